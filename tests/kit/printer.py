"""A receipt printer at a scale's RS-232 port, in virtual time: it answers, holds back, runs out of paper, is off."""

from __future__ import annotations

from steelyard_simulator import SimulatedScale

STEP_S = 0.05
ASK_STATE, ASK_PAPER, ASK_WHEN_DONE = b"\x10\x04\x01", b"\x10\x04\x04", b"\x1dr\x01"
XON, XOFF = b"\x11", b"\x13"


class Printer:
    """Plugged in; `paper` is what it was sent to print. Without `speaks_escpos` it knows no commands and never answers.

    `on`, `has_paper` and `online` are its state; after `stops_after` bytes it holds the scale back, or ends its paper.
    """

    def __init__(self, scale: SimulatedScale, speaks_escpos: bool = True) -> None:
        self.scale, self.speaks_escpos = scale, speaks_escpos
        self.on = self.has_paper = self.online = True
        self.stops_after: int | None = None
        self.paper = b""
        self.sent = b""
        scale.rs232.forget()

    def advance(self, seconds: float) -> None:
        """Let time pass, and serve the port meanwhile."""
        for _ in range(round(seconds / STEP_S)):
            self.scale.advance(STEP_S)
            data = self.scale.rs232.output()
            self.scale.rs232.forget()
            self.sent += data
            if self.on:
                self._take(data)

    def advance_until(self, printed: bytes) -> None:
        """Let time pass until so much is on paper, and no more than that."""
        while printed not in self.paper:
            self.advance(STEP_S)

    def _take(self, data: bytes) -> None:
        if not self.speaks_escpos:
            self.paper += data
        while data and self.speaks_escpos:
            if data.startswith(ASK_STATE):
                data = self._answer(data, 0x12 if self.online and self.has_paper else 0x1A)
            elif data.startswith(ASK_PAPER):
                data = self._answer(data, 0x12 if self.has_paper else 0x72)
            elif data.startswith(ASK_WHEN_DONE):
                data = self._answer(data, 0x00) if self.has_paper else data[3:]
            else:
                self.paper, data = self.paper + data[:1], data[1:]
        if self.stops_after is not None and len(self.paper) >= self.stops_after:
            self.stops_after = None
            self.hold()

    def _answer(self, data: bytes, answer: int) -> bytes:
        self.scale.rs232.write(bytes((answer,)))
        return data[3:]

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
