"""What a keypad's matrix takes of the machine beside plain inputs: open-drain columns, and edges on any of its rows."""

import asyncio

import machine


def OpenDrain(number):
    """Pin `number` as an open-drain output: 0 pulls low, 1 lets go."""
    return machine.Pin(number, machine.Pin.OPEN_DRAIN, value=1)


class Edges:
    """Any edge on any of some input pins."""

    def __init__(self, inputs):
        self._inputs = inputs
        self._flag = asyncio.ThreadSafeFlag()
        self._on_edge = self._edge

    def _edge(self, pin):
        self._flag.set()

    def arm(self):
        """Listen from now on."""
        for pin in self._inputs:
            pin.irq(self._on_edge, machine.Pin.IRQ_FALLING | machine.Pin.IRQ_RISING)

    def disarm(self):
        """Stop listening, and forget what was heard."""
        for pin in self._inputs:
            pin.irq(None, machine.Pin.IRQ_FALLING)
        self._flag.clear()

    def wake(self):
        """Make `wait` return although no edge came."""
        self._flag.set()

    async def wait(self):
        """Return after an edge, or after `wake`."""
        await self._flag.wait()
