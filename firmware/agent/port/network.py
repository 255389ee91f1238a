"""The network: bring Wi-Fi up, and open one TCP or TLS connection with a single time limit over all of it.

`getaddrinfo` and TLS stop everything: `standstill` (`agent.weighing.standstill`) hides the weight
before, and until its `end`. The last address is kept, and its name asked again only after a failure. TLS certificates
are DER: `/fs/ca.der` of the broker's authority, without which there is no TLS, and the scale's own with its key in
`/fs/client.der` and `/fs/client-key.der`, for a broker that wants one.
"""

import asyncio
import errno
import io
import socket
from asyncio import core  # type: ignore[attr-defined]  # the stubs leave it out

import network
from micropython import const

from agent.port import system
from agent.port.flash import ROOT

_UP_RETRY_MS = const(250)
_UP_TIMEOUT_MS = const(15000)
_AUTHORITY_FILE = ROOT + "/ca.der"
_CLIENT_FILE = ROOT + "/client.der"
_CLIENT_KEY_FILE = ROOT + "/client-key.der"

# (ssid, password), None while nothing was said.
_wifi = None
# (host, port) -> [what getaddrinfo said last, whether it has failed since]
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


def must_ask(host, port):
    """Whether a name has to be looked up for the next connection; numbers with dots are no name."""
    return (host, port) not in _addresses and bool(host.replace(".", "").strip("0123456789"))


async def open(host, port, tls=False, timeout_ms=10000, standstill=None, calm=True):
    """Connect to `host`:`port`. Returns (reader, writer): one asyncio stream, twice.

    What stands still is between the `begin` of `standstill` and whenever the caller ends it. Unless the moment is
    `calm`, a name that was found before is not asked for again. Raises OSError: no such name, no certificates for TLS,
    refused, or ETIMEDOUT after `timeout_ms`. A connection that the peer refuses may show only at the first write.
    """
    try:
        return await asyncio.wait_for_ms(_open(host, port, tls, standstill, calm), timeout_ms)
    except asyncio.TimeoutError:
        raise OSError(errno.ETIMEDOUT, "no connection to %s:%d within %d ms" % (host, port, timeout_ms)) from None


def doubt(host, port):
    """Have the name asked for again before the next connection, as this one failed."""
    if (host, port) in _addresses:
        _addresses[(host, port)][1] = True


async def _open(host, port, tls, standstill, calm):
    # The certificates are there, and the name is found, before anything is allocated for the connection.
    certificates = _certificates() if tls else None
    address = await _address(host, port, standstill, calm)
    connection = socket.socket(address[0], address[1], address[2])
    try:
        connection.setblocking(False)
        try:
            connection.connect(address[-1])
        except OSError as error:
            if error.errno != errno.EINPROGRESS:
                raise
        await _writable(connection)
        if certificates is not None:
            if standstill is not None:
                await standstill.begin()
            context = _tls_context(*certificates)
            connection = context.wrap_socket(connection, server_hostname=host, do_handshake_on_connect=False)
            connection.setblocking(False)
    except BaseException:
        connection.close()
        raise
    stream = asyncio.StreamReader(connection)
    return stream, stream


async def _address(host, port, standstill, calm):
    known = _addresses.get((host, port))
    if known is None or known[1] and calm:
        if standstill is not None:
            await standstill.begin()
        try:
            known = [system.wait_out(socket.getaddrinfo, host, port, 0, socket.SOCK_STREAM)[0], False]
        except OSError:
            if known is None:
                raise
            # Nobody to ask: the last address may be right again.
        _addresses[(host, port)] = known
        if standstill is not None:
            await standstill.end()
    return known[0]


def _writable(connection):
    # A generator is what MicroPython awaits: asyncio has no public way to wait for a socket that it did not open.
    yield core._io_queue.queue_write(connection)


def _certificates():
    """Return the authority's certificate, the scale's own and its key, each as DER; None for both of the last."""
    authority = _read(_AUTHORITY_FILE)
    if authority is None:
        raise OSError(errno.ENOENT, "no TLS without the certificate of the broker's authority in " + _AUTHORITY_FILE)
    own, key = _read(_CLIENT_FILE), _read(_CLIENT_KEY_FILE)
    if (own is None) != (key is None):
        raise OSError(errno.ENOENT, "no TLS with only one of %s and %s" % (_CLIENT_FILE, _CLIENT_KEY_FILE))
    return authority, own, key


def _read(path):
    try:
        with io.open(path, "rb") as file:
            return file.read()
    except OSError:
        return None


def _tls_context(authority, own, key):
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_mode = ssl.CERT_REQUIRED  # type: ignore[attr-defined]  # the stubs leave it out
    path = _AUTHORITY_FILE
    try:
        context.load_verify_locations(cadata=authority)
        path = "%s or %s" % (_CLIENT_FILE, _CLIENT_KEY_FILE)
        if own is not None:
            context.load_cert_chain(own, key)
    except ValueError as error:
        raise OSError(errno.EINVAL, "no TLS, as %s is damaged: %s" % (path, error)) from None
    return context


def why_cut(error):
    """What to say of a TLS connection that the broker cut off, with the `error` that showed it, text."""
    own = "refuses the one in " if _read(_CLIENT_FILE) else "may want one, and there is none in "
    return "the broker ended the TLS handshake (%s): of this scale's certificates it %s" % (error, own + _CLIENT_FILE)
