"""The cable between one scale and the network: a relay that the scale connects to and that can be cut.

While it is cut nothing passes and nobody notices, as with a pulled cable; restoring it resets the connections that were
open, as their peers have long given them up or will.
"""

from __future__ import annotations

import select
import socket
import struct
import threading
from contextlib import suppress

_CHUNK = 65536
_CONNECT_S = 5.0
_RESET = struct.pack("ii", 1, 0)


class Link:
    """Listens on a loopback `port` of its own and carries every connection on to `target`."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.target: tuple[str, int] | None = None
        self._up = True
        self._peers: dict[socket.socket, socket.socket] = {}
        self._held: list[socket.socket] = []
        self._lock = threading.Lock()
        self._wake, self._waker = socket.socketpair()
        self._thread = threading.Thread(target=self._carry, name=f"link {self.port}", daemon=True)
        self._thread.start()

    def aim(self, host: str, port: int) -> None:
        """Carry connections to `host`:`port` from now on."""
        self.target = (host, port)

    def cut(self) -> None:
        """Let nothing pass any more."""
        self._up = False
        self._waker.send(b"w")

    def restore(self) -> None:
        """Let new connections pass again; reset those from before."""
        self.drop()
        self._up = True
        self._waker.send(b"w")

    def drop(self) -> None:
        """Reset every open connection."""
        with self._lock:
            for end in (*self._peers, *self._held):
                _reset(end)
            self._peers.clear()
            self._held.clear()
        self._waker.send(b"w")

    def close(self) -> None:
        """Stop and reset every open connection."""
        self.drop()
        self._waker.close()
        self._thread.join()
        self._listener.close()
        self._wake.close()

    def _carry(self) -> None:
        while True:
            with self._lock:
                ends = list(self._peers) if self._up else []
            try:
                readable, _, _ = select.select([self._wake, self._listener, *ends], [], [])
            except (OSError, ValueError):
                continue  # an end was reset meanwhile
            if self._wake in readable and not self._wake.recv(_CHUNK):
                return
            if self._listener in readable:
                self._accept()
            for end in ends:
                if end in readable and self._up:
                    self._pass(end)

    def _accept(self) -> None:
        near, _ = self._listener.accept()
        if not self._up:
            with self._lock:
                self._held.append(near)
            return
        try:
            if self.target is None:
                raise ConnectionRefusedError
            far = socket.create_connection(self.target, _CONNECT_S)
        except OSError:
            _reset(near)
            return
        for end in (near, far):
            end.settimeout(_CONNECT_S)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            self._peers[near] = far
            self._peers[far] = near

    def _pass(self, end: socket.socket) -> None:
        with self._lock:
            peer = self._peers.get(end)
        if peer is None:
            return
        try:
            data = end.recv(_CHUNK)
            if data:
                peer.sendall(data)
                return
        except OSError:
            pass
        with self._lock:
            self._peers.pop(end, None)
            self._peers.pop(peer, None)
        with suppress(OSError):
            end.close()
        with suppress(OSError):
            peer.close()


def _reset(end: socket.socket) -> None:
    with suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    end.close()
