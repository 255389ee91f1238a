"""Driver of a keypad matrix: columns are pulled low, rows have pull-ups and wake it by an interrupt. Nothing is polled
while no key is down.

One key at a time: with two or more pressed the matrix can show keys that nobody touched, so none counts until all have
been let go. That is told once, as a key without a name.
"""

import asyncio

from micropython import const

from agent.port import matrix, pins

_DEBOUNCE_MS = const(20)
_HELD_MS = const(200)  # so often somebody looks for a second key beside one that is down


class Keypad:
    """`columns` and `rows` are pin numbers, `names` what each key is called, row by row."""

    def __init__(self, columns, rows, names):
        if len(names) != len(columns) * len(rows):
            raise ValueError("%d keys cannot have %d names" % (len(columns) * len(rows), len(names)))
        self._names = names
        self._columns = [matrix.OpenDrain(number) for number in columns]
        self._rows = [pins.Input(number) for number in rows]
        self._edges = matrix.Edges(self._rows)
        self._waits_for_release = self._are_several = False
        self._listen()

    def _listen(self):
        """Have every column low, so that any key moves its row."""
        for column in self._columns:
            column(0)
        self._edges.arm()

    def _scan(self):
        """The places in `names` of all keys that are pressed."""
        self._edges.disarm()
        for column in self._columns:
            column(1)
        pressed = []
        for place, column in enumerate(self._columns):
            column(0)
            for number, row in enumerate(self._rows):
                if not row():
                    pressed.append(number * len(self._columns) + place)
            column(1)
        self._listen()
        return pressed

    async def _changed(self):
        """After an edge; beside a key that is down another of its row makes none, so that is looked for."""
        if not self._waits_for_release:
            await self._edges.wait()
            return
        try:
            await asyncio.wait_for_ms(self._edges.wait(), _HELD_MS)
        except asyncio.TimeoutError:
            pass

    def _touched(self):
        return any(not row() for row in self._rows)

    async def key(self):
        """The name of the next key that is pressed, for longer than contacts bounce; "" for several at once."""
        while True:
            await self._changed()
            await asyncio.sleep_ms(_DEBOUNCE_MS)
            pressed = self._scan()
            if self._touched() != bool(pressed):
                self._edges.wake()  # it changed while it was looked at
            if not pressed:
                self._waits_for_release = self._are_several = False
            elif len(pressed) > 1:
                self._waits_for_release = True
                if not self._are_several:
                    self._are_several = True
                    return ""
            elif not self._waits_for_release:
                self._waits_for_release = True
                return self._names[pressed[0]]
