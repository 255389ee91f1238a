"""Wires between the processor and what hangs on it: levels, edges, and the interrupts that they cause."""

FALLING = 4  # RP2's numbers for IRQ_FALLING and IRQ_RISING
RISING = 8


class Interrupts:
    """The processor's interrupt switch: while it is off, edges are remembered once per wire and served afterwards."""

    def __init__(self, clock):
        self.enabled = True
        self._clock = clock
        self._pending = []

    def raise_for(self, wire):
        """Serve an edge of `wire`, now or when interrupts are enabled again."""
        if self.enabled:
            wire.handler(wire.pin)
        elif wire not in self._pending:
            self._pending.append(wire)

    def disable(self):
        """Switch off; returns what `restore` wants."""
        state = self.enabled
        self.enabled = False
        self._clock.guarded = True
        return state

    def restore(self, state):
        """Back to `state`; serves what came in between."""
        self.enabled = state
        self._clock.guarded = not state
        while self.enabled and self._pending:
            wire = self._pending.pop(0)
            if wire.handler:
                wire.handler(wire.pin)

    def forget(self, wire):
        """Drop a remembered edge, as the SDK does when an interrupt is set up again."""
        if wire in self._pending:
            self._pending.remove(wire)


class Wire:
    """One pin's net. `drive` is for the outside, `output` for the processor."""

    def __init__(self, interrupts):
        self.level = 0
        self.driven = False
        self.pin = None
        self.handler = None
        self.trigger = 0
        self.pulled = None
        self.contact = None
        self._interrupts = interrupts

    def drive(self, level):
        """Something outside sets the level."""
        self.driven = True
        self._change(level)

    def _change(self, level):
        if level != self.level:
            self.level = level
            if self.trigger & (RISING if level else FALLING) and self.handler:
                self._interrupts.raise_for(self)

    def pull(self, level):
        """A pull-up (1) or pull-down (0) of the processor, or none (None): decides only where nothing drives."""
        self.pulled = level
        if self.contact:
            self._change(self.contact.level())
        elif not self.driven and level is not None:
            self.level = level

    def touch(self):
        """The contact on this wire has moved."""
        self._change(self.contact.level())

    def output(self, level):
        """The processor sets the level; whatever listens to the wire replaces this method, keeping `level`."""
        self.level = level

    def listen(self, handler, trigger, pin):
        """Set up or switch off (handler None) the interrupt of this wire."""
        self._interrupts.forget(self)
        self.handler = handler
        self.trigger = trigger if handler else 0
        self.pin = pin


class RadioWire(Wire):
    """A pin that the module's radio uses: an output there ends its conversation with the processor for good."""

    def __init__(self, board):
        super().__init__(board.interrupts)
        self._board = board

    def output(self, level):
        self.level = level
        self._board.radio_is_lost = True


class Contact:
    """A switch to ground at a wire, with the levels of the worst case.

    Open, the wire is high by a pull-up: the board's own, or the processor's. With neither it floats, and keeps the
    level that it had. Closed, it is low, except behind a diode with both pull-ups at once: that is 0.85 V, where a
    processor may read anything from 0.8 V on as high.
    """

    def __init__(self, wire, has_pull_up, behind_diode=False):
        self.closed = True
        self._wire = wire
        self._has_pull_up = has_pull_up
        self._behind_diode = behind_diode
        wire.contact = self

    def set(self, closed):
        """Close or open it."""
        self.closed = closed
        self._wire.touch()

    def level(self):
        """The level that the processor reads."""
        is_pulled = self._wire.pulled == 1
        if self.closed:
            return 1 if self._behind_diode and self._has_pull_up and is_pulled else 0
        if self._has_pull_up or is_pulled:
            return 1
        return 0 if self._wire.pulled == 0 else self._wire.level
