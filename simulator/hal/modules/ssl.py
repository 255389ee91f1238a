"""MicroPython's `ssl`, with a handshake that stops the processor for as long as the board was told to.

The real one takes that long in a microcontroller, in one piece or in several; here all of it comes before the first
byte.
"""

from hal_board import BOARD
from tls import *  # noqa: F403 (everything else is MicroPython's own)
from tls import SSLContext as _Context


class SSLContext:
    """As MicroPython's, for certificates as bytes."""

    def __init__(self, protocol):
        self._context = _Context(protocol)

    @property
    def verify_mode(self):
        return self._context.verify_mode

    @verify_mode.setter
    def verify_mode(self, mode):
        self._context.verify_mode = mode

    def load_cert_chain(self, certfile, keyfile):
        self._context.load_cert_chain(certfile, keyfile)

    def load_verify_locations(self, cafile=None, cadata=None):
        self._context.load_verify_locations(cadata)

    def wrap_socket(self, sock, server_side=False, do_handshake_on_connect=True, server_hostname=None):
        BOARD.stand_still("tls")
        return self._context.wrap_socket(
            sock,
            server_side=server_side,
            do_handshake_on_connect=do_handshake_on_connect,
            server_hostname=server_hostname,
        )
