"""MicroPython's `select.poll` under the board's clock: flags of Python streams, real descriptors, and the waiting.

A stream written in Python (a ThreadSafeFlag) is asked by its `ioctl`; everything else is a descriptor of the PC.
"""

import io

import uselect
from hal_board import BOARD
from hal_clock import NEVER_US
from uselect import POLLERR, POLLHUP, POLLIN, POLLOUT  # noqa: F401 (asyncio and the agent take all four from here)

_STREAM_POLL = 3  # MP_STREAM_POLL
_LOOK_EVERY_US = 5000

_clock = BOARD.clock


class poll:
    """As MicroPython's."""

    def __init__(self):
        self._flags = {}
        self._streams = uselect.poll()
        self._masks = {}
        self._eager = False
        self._look_us = 0
        if BOARD.host:
            self._streams.register(BOARD.host.stream, POLLIN)
        if BOARD.uart.line:
            self._streams.register(BOARD.uart.line, POLLIN)

    def register(self, stream, mask=POLLIN | POLLOUT):
        if isinstance(stream, io.IOBase):
            self._flags[id(stream)] = [stream, mask]
        else:
            self._streams.register(stream, mask)
            self._note(stream, mask)

    def modify(self, stream, mask):
        entry = self._flags.get(id(stream))
        if entry:
            entry[1] = mask
        else:
            self._streams.modify(stream, mask)
            self._note(stream, mask)

    def unregister(self, stream):
        if self._flags.pop(id(stream), None) is None and self._masks.pop(id(stream), None) is not None:
            self._streams.unregister(stream)
            self._eager = any(mask & POLLOUT for mask in self._masks.values())

    def ipoll(self, timeout=-1, flags=0):
        if not _clock.virtual:
            _clock.catch_up()
        until_us = NEVER_US if timeout < 0 else _clock.now_us + timeout * 1000
        while True:
            ready = self._ready()
            if ready or _clock.now_us >= until_us:
                return ready
            _clock.pass_time(until_us, self._block)

    def poll(self, timeout=-1, flags=0):
        return self.ipoll(timeout, flags)

    def _note(self, stream, mask):
        self._masks[id(stream)] = mask
        self._eager = any(mask & POLLOUT for mask in self._masks.values())
        self._look_us = 0

    def _ready(self):
        ready = []
        for stream, mask in self._flags.values():
            events = stream.ioctl(_STREAM_POLL, mask)
            if events:
                ready.append((stream, events))
        # In virtual time input comes only with the host's permission to go on, so a rare look costs nothing but delay.
        if _clock.virtual and not self._eager and not _clock.look and _clock.now_us < self._look_us:
            return ready
        found = False
        for stream, events in self._streams.ipoll(0):
            if BOARD.host and stream is BOARD.host.stream:
                if not _clock.virtual:
                    BOARD.host.serve()
            elif stream is BOARD.uart.line:
                BOARD.uart.take()
            else:
                found = True
                ready.append((stream, events))
        if found:
            self._look_us = 0
        else:
            _clock.look = False
            self._look_us = _clock.now_us + _LOOK_EVERY_US
        return ready

    def _block(self, ms):
        for _ in self._streams.ipoll(ms):
            return
