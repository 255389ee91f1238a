"""One simulated scale: flash image, powered lives of its board, serial port, network cable, and the world around it.

In virtual time nothing happens except during `advance`, `run_until` and `console`, and hours take seconds; there is no
network. In real time the scale runs by itself, with a network that can be cut.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from steelyard_simulator.board import State
from steelyard_simulator.errors import NoAnswer, NoStandstill, ScaleIsOff, ScaleIsOn, ScaleRestarted
from steelyard_simulator.surroundings import ScaleInItsWorld
from steelyard_simulator.world import number

_PROMPT = b"\n> "
_BOOT_S = 30.0
_FIRST_STEP_US = 1_000
_LONGEST_STEP_US = 50_000
_ADVANCE_PATIENCE_S = 3600.0


class SimulatedScale(ScaleInItsWorld):
    """A scale on the bench, off until `power_on` (or `with`). `folder` keeps its flash image and its log.

    `cell`: "ideal" (100,000 counts and 102 counts per gram, exact but for one count of noise), "noiseless" (without it:
    the agent takes that for a fault), "class_iii", "class_iii_multi" or "cheap". The same `seed` gives the same scale,
    and where `repeatable` (default: in virtual time) also the same random bytes, hence the same key. `speed` is that of
    real time. `factory` is the contents of `/factory.cbor` (default: that of `flashing.factory_file`); an `image.bin`
    already in `folder` is used as it is. `firmware` is a folder with another program than the agent (`boot.py`,
    `main.py`), `board` the name of its profile: "simulated", or "simulated_element" with a secure element. With
    `rtc_battery` the clocks go on while the scale is off, and the clock chip's case latch works.
    """

    # Time

    @property
    def now_s(self) -> float:
        """Seconds for which the scale has been on, all its lives together, as of the last answer."""
        return self._now_us / 1e6

    def state(self) -> State:
        """Return counters of the board: `time_us`, `flash_operations`, `conversions`, `wrong_pulse_counts`, …"""
        return self._ask("state")

    def rest(self, seconds: float) -> None:
        """Let virtual time pass while the scale is off."""
        self._usable()
        if self.powered:
            raise ScaleIsOn(what="it rests, or use advance()")
        self._off_us += round(number("seconds", seconds, 0) * 1e6)

    def advance(self, seconds: float) -> bool:
        """Let virtual time pass; False if the power failed meanwhile, as it was told to.

        A board that resets itself starts again. Raises AgentEnded if the program stops, NoStandstill in real time.
        """
        end_us = self._now_us + round(number("seconds", seconds, 0) * 1e6)
        while True:
            try:
                self._advance(max(0, end_us - self._now_us))
            except ScaleIsOff:
                if self.outcome == "power cut":
                    return False
                raise
            if self._now_us >= end_us:
                return True

    def run_until(self, true: Callable[[], bool], timeout_s: float = 600.0, step_s: float = 0.1) -> bool:
        """Advance by steps until `true()`; False if that takes more than `timeout_s`, or if the power failed."""
        number("step_s", step_s, 1e-6)
        end_s = self.now_s + number("timeout_s", timeout_s, 0)
        while not true():
            if self.now_s >= end_s or not self.advance(step_s):
                return False
        return True

    def type(self, keys: str, held_s: float = 0.06) -> None:
        """Press keys one after the other, each for `held_s` seconds, and let go of each for as long (virtual time)."""
        for key in keys:
            self.press(key)
            self.advance(held_s)
            self.press(key, down=False)
            self.advance(held_s)

    # Service console

    def console(self, command: str, timeout: float = 60.0) -> str:
        """Type `command` at the service console and return the answer, without echo and prompt.

        Lines end with a line feed. Raises NoAnswer after `timeout` seconds (virtual ones in virtual time), ScaleIsOff,
        ScaleRestarted.
        """
        self._usable()
        number("timeout", timeout, 0)
        self._console.quiet(True)
        try:
            if not self._prompted:
                self._await_prompt("start", _BOOT_S)
                self._prompted = True
            life = self._world.life
            self._console.forget()
            self._console.write(command.encode() + b"\r")
            self._await_prompt(command, timeout)
            if self._world.life != life:
                raise ScaleRestarted(command=command)
            text = self._console.output().decode(errors="replace").replace("\r\n", "\n")
        finally:
            self._console.quiet(False)
        return text.partition("\n")[2].removesuffix("\n> ").strip("\n")

    def console_json(self, command: str, timeout: float = 60.0) -> Any:
        """Type `command` with `json` after it and return the decoded answer."""
        answer = self.console(command + " json", timeout)
        try:
            return json.loads(answer)
        except ValueError:
            raise NoAnswer(command=command, seconds=timeout, output=answer) from None

    # Inside

    def _await_prompt(self, command: str, timeout: float) -> None:
        if not self.virtual:
            board = self._running()
            deadline_s = time.monotonic() + timeout
            while not self._console.wait_for(_PROMPT, deadline_s - time.monotonic()):
                if not self._console.hung_up:
                    raise NoAnswer(command=command, seconds=timeout, output=self._tail())
                board.join()
                board = self._running()
            return
        self._ask("state")  # a board that has just started has then come as far as it comes without time
        end_s, step_us = self.now_s + timeout, _FIRST_STEP_US
        while not self._console.output().replace(b"\r", b"").endswith(_PROMPT):
            if self.now_s >= end_s:
                raise NoAnswer(command=command, seconds=timeout, output=self._tail())
            self._advance(step_us)
            step_us = min(2 * step_us, _LONGEST_STEP_US)

    def _advance(self, us: int) -> None:
        if not self.virtual:
            raise NoStandstill()
        self._ask("advance", _ADVANCE_PATIENCE_S, us=us)
