"""Pins and their interrupts: outputs, inputs, the converter's ready line, and slow switches with debouncing.

Nothing here is polled: an interrupt sets a ThreadSafeFlag and a task waits for that.
"""

import asyncio

import board
import machine
from micropython import const

_DEBOUNCE_MS = const(30)
_CLOCK_HZ = const(250000)

# `state = guard()` holds off every interrupt until `unguard(state)`: for the microseconds that clock pulses last.
guard = machine.disable_irq
unguard = machine.enable_irq


def Output(number):
    """Pin `number` as an output that starts low. Call it with 0 or 1."""
    return machine.Pin(number, machine.Pin.OUT, value=0)


def Input(number):
    """Pin `number` as an input, with the chip's pull-up where the board has none. Call it for its level."""
    if number in board.PULL_UPS:
        return machine.Pin(number, machine.Pin.IN, machine.Pin.PULL_UP)
    return machine.Pin(number, machine.Pin.IN)


def shifter(clock, data):
    """Return `readinto(buffer)`, which clocks bytes in from pin `data`, most significant bit first.

    For each bit `clock` is high for 2 us and then low for 2 us, and `data` is read at the end of the high half. On the
    RP2, which waits for ticks of its timer, several halves in a row may take a microsecond less, all together.
    """
    # It also sends, and needs a pin for that. The clock will do: it is set to 0 while it is 0.
    return machine.SoftSPI(baudrate=_CLOCK_HZ, polarity=0, phase=1, sck=clock, mosi=clock, miso=data).readinto


class DataReady:
    """The falling edge by which a converter says that a result waits."""

    def __init__(self, pin):
        self._pin = pin
        self._flag = asyncio.ThreadSafeFlag()
        self._on_edge = self._edge

    def _edge(self, pin):
        self._flag.set()

    def arm(self):
        """Listen for the next falling edge; a level that is low already counts."""
        self._flag.clear()
        self._pin.irq(self._on_edge, machine.Pin.IRQ_FALLING)
        if not self._pin():
            self._flag.set()

    def disarm(self):
        """Stop listening, so that the data bits on the same pin interrupt nobody."""
        self._pin.irq(None, machine.Pin.IRQ_FALLING)

    def wake(self):
        """Make `wait` return although nothing fell: the waiter has to look at the pin."""
        self._flag.set()

    async def wait(self):
        """Return after the edge, or after `wake`."""
        await self._flag.wait()


class Switch:
    """A contact to ground."""

    def __init__(self, number):
        self._pin = Input(number)
        self._flag = asyncio.ThreadSafeFlag()
        self._on_edge = self._edge
        self._settled = self.closed
        self._pin.irq(self._on_edge, machine.Pin.IRQ_FALLING | machine.Pin.IRQ_RISING)

    def _edge(self, pin):
        self._flag.set()

    @property
    def closed(self):
        """True while the contact is closed, at this moment."""
        return not self._pin()

    async def settled(self):
        """Return the state, True for closed, once it has settled after an edge: after a short pulse the one before."""
        await self._flag.wait()
        await asyncio.sleep_ms(_DEBOUNCE_MS)
        return self.closed

    async def changed(self):
        """Return the state, True for closed, once it differs from the last one and has settled."""
        while True:
            closed = await self.settled()
            if closed != self._settled:
                self._settled = closed
                return closed
