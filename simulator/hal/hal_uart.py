"""The serial port: each byte takes its time on the line, and what comes while the receive buffer is full is lost.

A line that carries 7 bits carries no eighth. `line` is the other end of the cable, a descriptor of the PC, or None.
"""

import uselect
from uselect import POLLIN, POLLOUT

# What a sender may be ahead of the line; a real one is never.
_MOST_COMING = 4096


class Uart:
    """The chip's one serial port; silent until `set_up`."""

    def __init__(self, clock):
        self.line = None
        self.received = b""
        self.lost = 0
        self._clock = clock
        self._coming = self._leaving = b""
        self._byte_us = 0
        self._waiting = uselect.poll()

    def set_up(self, baudrate, bits, has_parity, stop, receive_bytes, send_bytes):
        """Open the port with this frame and buffers of this size."""
        self._byte_us = (1 + bits + has_parity + stop) * 1000000 // baudrate
        self._mask = (1 << bits) - 1
        self._receive_bytes, self._send_bytes = receive_bytes, send_bytes

    def take(self):
        """Take what the sender has written to the cable: it arrives byte by byte."""
        self._waiting.register(self.line, POLLIN)
        idle = not self._coming
        while self._waiting.poll(0):
            byte = self.line.read(1)
            if not byte:
                self._waiting.unregister(self.line)
                return
            if self._byte_us and len(self._coming) < _MOST_COMING:
                self._coming += bytes((byte[0] & self._mask,))
        if idle and self._coming:
            self._clock.after(self._byte_us, self._arrive)

    def _arrive(self):
        if len(self.received) < self._receive_bytes:
            self.received += self._coming[:1]
        else:
            self.lost += 1
        self._coming = self._coming[1:]
        if self._coming:
            self._clock.after(self._byte_us, self._arrive)

    def read(self, most):
        """Up to `most` received bytes, None where there are none."""
        if not self.received:
            return None
        most = len(self.received) if most < 0 else most
        data, self.received = self.received[:most], self.received[most:]
        return data

    def write(self, data):
        """Send what there is room for; returns how many bytes that is, None for none."""
        taken = data[: self._send_bytes - len(self._leaving)]
        if taken and not self._leaving:
            self._clock.after(self._byte_us, self._leave)
        self._leaving += taken
        return len(taken) or None

    def _leave(self):
        self.line.write(bytes((self._leaving[0] & self._mask,)))
        self._leaving = self._leaving[1:]
        if self._leaving:
            self._clock.after(self._byte_us, self._leave)

    def ready(self, wanted):
        """Which of POLLIN and POLLOUT in `wanted` hold now."""
        ready = POLLIN if self.received else 0
        if len(self._leaving) < self._send_bytes:
            ready |= POLLOUT
        return ready & wanted
