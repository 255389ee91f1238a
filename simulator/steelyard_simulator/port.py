"""A serial port of the scale: a pseudo-terminal that outlives power cuts, and the host's own hand on the same line.

The board's stream is one end of a socket pair; a thread carries bytes between it and the pseudo-terminal, and drops
what nobody reads, as a UART does. Whatever the board wrote before it answered a request is there afterwards.
"""

from __future__ import annotations

import os
import pty
import select
import socket
import termios
import threading
import tty
from contextlib import suppress

_CHUNK = 4096
_KEEP = 1 << 20
_SPEED = 5  # its place in what termios tells of a terminal
_SPEEDS = {9600: termios.B9600, 19200: termios.B19200, 38400: termios.B38400, 115200: termios.B115200}


class SimulatedPort:
    """`path` is the pseudo-terminal to open as a serial port.

    `baudrate` is that of the board's end, None where there is none, as by USB. Whoever opens the pseudo-terminal with
    another one reads and sends other bytes than were meant; parity and length of its bytes are not known here.
    """

    def __init__(self) -> None:
        self._terminal, self._client = pty.openpty()
        # Kept open: without a client the terminal would otherwise report an error instead of waiting for the next.
        tty.setraw(self._client)
        os.set_blocking(self._terminal, False)
        self.path = os.ttyname(self._client)
        self.baudrate: int | None = None
        self._board: socket.socket | None = None
        self._output = bytearray()
        self._quiet = False
        self._lock = threading.Lock()
        self._wake, self._waker = socket.socketpair()
        self._changed = threading.Condition(self._lock)
        self._thread = threading.Thread(target=self._carry, name=f"console {self.path}", daemon=True)
        self._thread.start()

    def connect(self) -> socket.socket:
        """Return the board's end of a new line; close it once the process has it."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        with self._lock:
            if self._board:
                self._board.close()
            self._board = ours
            self._output.clear()
        self._waker.send(b"w")
        return theirs

    @property
    def hung_up(self) -> bool:
        """True once the board has closed its end."""
        return self._board is None

    def write(self, data: bytes) -> None:
        """Type `data` at the board."""
        with self._lock:
            board = self._board
        if board is not None:
            with suppress(BrokenPipeError, ConnectionResetError):
                view = memoryview(data)
                while view:
                    try:
                        view = view[board.send(view) :]
                    except BlockingIOError:
                        select.select([], [board], [], 1.0)

    def output(self) -> bytes:
        """Everything that the board has written since `forget`, without waiting."""
        with self._lock:
            self._take()
            return bytes(self._output)

    def forget(self) -> None:
        """Drop what the board has written so far."""
        with self._lock:
            self._take()
            self._output.clear()

    def wait_for(self, end: bytes, timeout: float) -> bool:
        """Wait until what the board has written ends with `end`, at most `timeout` seconds; False if it does not.

        Also returns at once when the board hangs up.
        """

        def ended() -> bool:
            self._take()
            return self._board is None or self._output.endswith(end)

        with self._changed:
            self._changed.wait_for(ended, timeout)
            return self._output.endswith(end)

    def quiet(self, quiet: bool) -> None:
        """While quiet, the board's output is the host's alone and does not reach the pseudo-terminal."""
        with self._lock:
            self._take()
            self._quiet = quiet

    def close(self) -> None:
        """Hang up; the pseudo-terminal disappears."""
        self._waker.close()
        self._thread.join()
        with self._lock:
            if self._board:
                self._board.close()
                self._board = None
        self._wake.close()
        os.close(self._terminal)
        os.close(self._client)

    def _carry(self) -> None:
        while True:
            with self._lock:
                board = self._board
            watched: list[socket.socket | int] = [self._wake, self._terminal, *([board] if board else [])]
            try:
                readable, _, _ = select.select(watched, [], [])
            except (OSError, ValueError):
                continue  # the board's end was replaced meanwhile: `_wake` tells of the new one
            if self._wake in readable and not self._wake.recv(_CHUNK):
                return
            if self._terminal in readable:
                with suppress(BlockingIOError):
                    self.write(self._on_the_line(os.read(self._terminal, _CHUNK)))
            if board and board in readable:
                with self._changed:
                    if not self._take():
                        self._hang_up(board)
                    self._changed.notify_all()

    def _take(self) -> bool:
        """Take over what the board has written; False if it has hung up. Needs the lock."""
        while self._board is not None:
            try:
                data = self._board.recv(_CHUNK)
            except BlockingIOError:
                return True
            except ConnectionResetError:
                return False
            if not data:
                return False
            self._output += data
            del self._output[:-_KEEP]
            if not self._quiet:
                with suppress(BlockingIOError):
                    os.write(self._terminal, self._on_the_line(data))
        return True

    def _on_the_line(self, data: bytes) -> bytes:
        """What of `data` comes through between the two ends of the line."""
        if self.baudrate is None or termios.tcgetattr(self._client)[_SPEED] == _SPEEDS.get(self.baudrate):
            return data
        return bytes(byte >> 1 | 0x80 for byte in data)  # as where bits are looked at in the wrong places

    def _hang_up(self, board: socket.socket) -> None:
        if self._board is board:
            self._board = None
        board.close()
