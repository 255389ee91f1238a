"""A serial line in virtual time between the tool's own code and a simulated scale: bad cables cost no waiting."""

from __future__ import annotations

import random
from collections.abc import Callable

from steelyard_gateway.errors import PortLost
from steelyard_simulator.scale import SimulatedScale

Passes = Callable[[bytes], bytes]
_READ_S, _LONGEST_STEP_S = 0.01, 0.05


class VirtualLine:
    """The tool's stream to the RS-232 port of `scale`, which stands still except while something is waited for.

    `to_scale` and `to_tool` turn what comes into what goes on. Once `pulled`, whoever reads or writes is told so.
    """

    def __init__(self, scale: SimulatedScale) -> None:
        self.scale = scale
        self.to_scale: Passes = lambda data: data
        self.to_tool: Passes = lambda data: data
        self.pulled = False
        self._step_s = _READ_S
        scale.rs232.forget()

    def read(self, size: int = 1, /) -> bytes:
        """What has come, after a moment of the scale's time where nothing has; not more than a frame at once."""
        self._check()
        if not (came := self._received()):
            self.scale.advance(self._step_s)
            self._step_s = min(2 * self._step_s, _LONGEST_STEP_S)
            came = self._received()
        if came:
            self._step_s = _READ_S
        return self.to_tool(came)

    def write(self, data: bytes, /) -> int | None:
        """Send bytes."""
        self._check()
        self.scale.rs232.write(self.to_scale(data))
        self._step_s = _READ_S
        return len(data)

    def now_s(self) -> float:
        """The scale's own seconds."""
        return self.scale.now_s

    def reopen(self, timeout_s: float, /) -> None:
        """Plug the cable in again; it is not, as long as the test has it pulled."""
        self._check()

    def _received(self) -> bytes:
        came = self.scale.rs232.output()
        self.scale.rs232.forget()
        return came

    def _check(self) -> None:
        if self.pulled:
            raise PortLost(port="the virtual line", reason="pulled")


class Noise:
    """A line that drops, garbles, doubles and splits bytes, or holds them back, each byte with a chance of `rate`.

    What is held back goes on with what comes next, in its order. `split` and `held` make pieces of what came whole.
    """

    def __init__(self, seed: int, rate: float) -> None:
        self._chance, self._rate, self._held = random.Random(seed), rate, b""

    def __call__(self, data: bytes) -> bytes:
        out = bytearray(self._held)
        self._held = b""
        for place, byte in enumerate(data):
            if self._chance.random() >= self._rate:
                out.append(byte)
                continue
            what = self._chance.choice(("drop", "flip", "garble", "double", "hold"))
            if what == "hold":
                self._held = data[place:]
                break
            out += self._spoilt(what, byte)
        return bytes(out)

    def _spoilt(self, what: str, byte: int) -> bytes:
        if what == "flip":
            return bytes((byte ^ 1 << self._chance.randrange(8),))
        if what == "garble":
            return self._chance.choice((self._chance.randbytes(1), b"\r", b"\n", b"\x03", b"\xfe", b"\xfd"))
        return bytes((byte, byte)) if what == "double" else b""
