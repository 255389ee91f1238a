"""The network: bring Wi-Fi up, and open one TCP or TLS connection with a single time limit over all of it.

The last good address is kept and the name is asked again only after a failure, as `getaddrinfo` stops everything. TLS
certificates are DER; without the broker's authority in `/fs/ca.der` no TLS connection is made.
"""

import asyncio
import errno
import io
import socket
from asyncio import core  # type: ignore[attr-defined]  # the stubs leave it out

import network
from micropython import const

from agent.port.flash import ROOT

_UP_RETRY_MS = const(250)
_UP_TIMEOUT_MS = const(15000)
_AUTHORITY_FILE = ROOT + "/ca.der"

# (ssid, password), None while nothing was said.
_wifi = None
# (host, port) -> what getaddrinfo said, until it fails.
_addresses: dict = {}


def use_wifi(ssid, password):
    """Join the Wi-Fi `ssid` from now on; without this the board's own configuration decides."""
    global _wifi
    _wifi = ssid, password


async def up():
    """True once the network interface is connected; False after 15 s. OSError where the port cannot join at all."""
    interface = network.WLAN(network.STA_IF)
    interface.active(True)
    if _wifi is not None and not interface.isconnected() and interface.status() != network.STAT_CONNECTING:
        interface.connect(*_wifi)
    for _ in range(_UP_TIMEOUT_MS // _UP_RETRY_MS):
        if interface.isconnected():
            return True
        await asyncio.sleep_ms(_UP_RETRY_MS)
    return False


async def open(host, port, tls=False, timeout_ms=10000):
    """Connect to `host`:`port`. Returns (reader, writer): one asyncio stream, twice.

    Raises OSError: no such name, no authority for TLS, refused, or ETIMEDOUT after `timeout_ms`. A connection that the
    peer refuses may show only at the first write.
    """
    try:
        return await asyncio.wait_for_ms(_open(host, port, tls), timeout_ms)
    except asyncio.TimeoutError:
        _addresses.pop((host, port), None)
        raise OSError(errno.ETIMEDOUT, "no connection to %s:%d within %d ms" % (host, port, timeout_ms)) from None
    except OSError:
        _addresses.pop((host, port), None)
        raise


async def _open(host, port, tls):
    # The name is looked up, and a certificate demanded, before anything is allocated for the connection.
    context = _tls_context() if tls else None
    address = _addresses.get((host, port))
    if address is None:
        address = _addresses[(host, port)] = socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)[0]
    connection = socket.socket(address[0], address[1], address[2])
    try:
        connection.setblocking(False)
        try:
            connection.connect(address[-1])
        except OSError as error:
            if error.errno != errno.EINPROGRESS:
                raise
        await _writable(connection)
        if context is not None:
            connection = context.wrap_socket(connection, server_hostname=host, do_handshake_on_connect=False)
            connection.setblocking(False)
    except BaseException:
        connection.close()
        raise
    stream = asyncio.StreamReader(connection)
    return stream, stream


def _writable(connection):
    # A generator is what MicroPython awaits: asyncio has no public way to wait for a socket that it did not open.
    yield core._io_queue.queue_write(connection)


def _tls_context():
    import ssl

    try:
        with io.open(_AUTHORITY_FILE, "rb") as file:
            authority = file.read()
    except OSError:
        raise OSError(
            errno.ENOENT, "no TLS without the certificate of the broker's authority in " + _AUTHORITY_FILE
        ) from None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_mode = ssl.CERT_REQUIRED  # type: ignore[attr-defined]  # the stubs leave it out
    context.load_verify_locations(cadata=authority)
    return context
