"""Guided adjustment: one step after the other, each waited for and bounded, the error shown before and after.

Until the last step nothing is sent that changes the scale: not even its zero is set. Where the last step was stopped,
`outcome` finds out what it did.
"""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from steelyard_gateway.errors import Garbled, NotReached
from steelyard_gateway.scale.mass import kilograms, shown
from steelyard_gateway.scale.outcome import CLOSE
from steelyard_gateway.scale.status import Status
from steelyard_gateway.scale.status import read as status_of
from steelyard_gateway.serial.console import SerialConsole

POLL_S = 0.25


@dataclass(frozen=True)
class Adjustment:
    """What one adjustment did, as the scale reports it: errors in intervals of e.

    `error_after_e` is None where the load moved afterwards, `number` where nothing changed.
    """

    kind: str
    mass_mg: int
    error_before_e: float
    error_after_e: float | None
    calibration_counter: int
    configuration_counter: int
    digest: str
    number: int | None

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)


class Steps:
    """Waits for what somebody does at the scale; `say` shows it, each step has `timeout_s`."""

    def __init__(self, console: SerialConsole, say: Callable[[str], None], timeout_s: float = 120.0) -> None:
        self.console, self.say, self.timeout_s = console, say, timeout_s

    def wait(self, step: str, reached: Callable[[Status], bool]) -> Status:
        """Show the step and return the first status in which it is done; NotReached after its time-out."""
        self.say(step)
        deadline = time.monotonic() + self.timeout_s
        while True:
            status = status_of(self.console)
            if status["gross"] is not None and reached(status):
                return status
            if time.monotonic() > deadline:
                raise NotReached(step=step, timeout_s=self.timeout_s)
            time.sleep(POLL_S)


class Guide:
    """Leads through one adjustment; `say` shows a step, `confirm` asks before the scale is changed."""

    def __init__(
        self,
        console: SerialConsole,
        say: Callable[[str], None],
        confirm: Callable[[str], bool],
        step_timeout_s: float = 120.0,
    ) -> None:
        self.console, self.say, self.confirm = console, say, confirm
        self._wait = Steps(console, say, step_timeout_s).wait

    def zero(self) -> Adjustment | None:
        """Take the empty pan as zero at calibration; None where `confirm` said no."""
        start = self._switch_on()
        empty = self._wait("Empty the pan", lambda status: bool(status["stable"]))
        return self._adjust("zero", 0, "adjust zero", start, empty)

    def span(self, mass_mg: int) -> Adjustment | None:
        """Make the scale show `mass_mg` for the mass that is put on; None where `confirm` said no."""
        start = self._switch_on()
        self._wait(
            "Empty the pan; if the scale does not show zero then, press its zero key",
            lambda status: status["stable"] and status["gross"] == 0,
        )
        loaded = self._wait(
            f"Put {kilograms(mass_mg)} kg on the pan",
            lambda status: status["stable"] and 2 * abs(gross_mg(status) - mass_mg) < mass_mg,
        )
        return self._adjust("span", mass_mg, f"adjust span {kilograms(mass_mg)} kg", start, loaded)

    def _adjust(self, kind: str, mass_mg: int, command: str, start: Status, before: Status) -> Adjustment | None:
        error_e = (gross_mg(before) - mass_mg) / int(before["e_mg"])
        found = f"The scale shows {shown(gross_mg(before), before['unit_mg'])}: error {error_e:+.1f} e"
        if not self.confirm(found):
            return None
        self.say("Adjusting; leave the pan alone")
        done = self.console.change_json(command)
        if not start["session"]:
            self.console.change(CLOSE)
        try:
            after = done["error_after_millie"]
            return Adjustment(
                kind,
                mass_mg,
                done["error_before_millie"] / 1000,
                None if after is None else after / 1000,
                done["calibration_counter"],
                done["configuration_counter"],
                done["digest"],
                done["number"],
            )
        except (LookupError, TypeError) as error:
            raise Garbled(command=command, port=self.console.port, said=str(done)[:80]) from error

    def _switch_on(self) -> Status:
        start = status_of(self.console)
        if start["switch"]:
            return start
        self._wait("Open the seal and turn the adjustment switch on", lambda status: bool(status["switch"]))
        return start


def gross_mg(status: Status) -> int:
    """Gross weight in milligrams."""
    return int(status["gross"]) * int(status["unit_mg"])
