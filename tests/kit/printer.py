"""A receipt printer at a scale's RS-232 port, in virtual time."""

from __future__ import annotations

from steelyard_simulator import SimulatedScale
from steelyard_simulator.printer import XOFF, XON, SimulatedPrinter

STEP_S = 0.05


class Printer(SimulatedPrinter):
    """Plugged in. After `stops_after` bytes it holds the scale back; `sent` is all that came."""

    def __init__(self, scale: SimulatedScale, speaks_escpos: bool = True) -> None:
        super().__init__(speaks_escpos)
        self.scale = scale
        self.stops_after: int | None = None
        self.sent = b""
        scale.rs232.forget()

    def advance(self, seconds: float) -> None:
        """Let time pass, and serve the port meanwhile."""
        for _ in range(round(seconds / STEP_S)):
            self.scale.advance(STEP_S)
            data = self.scale.rs232.output()
            self.scale.rs232.forget()
            self.sent += data
            self.scale.rs232.write(self.take(data))
            if self.stops_after is not None and len(self.paper) >= self.stops_after:
                self.stops_after = None
                self.hold()

    def advance_until(self, printed: bytes) -> None:
        """Let time pass until so much is on paper, and no more than that."""
        while printed not in self.paper:
            self.advance(STEP_S)

    def hold(self) -> None:
        """Tell the scale to send nothing."""
        self.scale.rs232.write(XOFF)

    def go_on(self) -> None:
        """Tell it to go on."""
        self.scale.rs232.write(XON)

    def tear_off(self) -> bytes:
        """What was printed since."""
        paper, self.paper, self.sent = self.paper, b"", b""
        return paper
