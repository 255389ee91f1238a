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
        self._interrupts = interrupts

    def drive(self, level):
        """Something outside sets the level."""
        self.driven = True
        if level != self.level:
            self.level = level
            if self.trigger & (RISING if level else FALLING) and self.handler:
                self._interrupts.raise_for(self)

    def pull(self, level):
        """A pull-up or pull-down of the processor: decides only where nothing drives."""
        if not self.driven:
            self.level = level

    def output(self, level):
        """The processor sets the level; whatever listens to the wire replaces this method, keeping `level`."""
        self.level = level

    def listen(self, handler, trigger, pin):
        """Set up or switch off (handler None) the interrupt of this wire."""
        self._interrupts.forget(self)
        self.handler = handler
        self.trigger = trigger if handler else 0
        self.pin = pin
