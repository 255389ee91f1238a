"""Leads through the verification test load by load; what was observed is durable before the next load is asked for."""

import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from steelyard_protocol.sheet_plan import Planned

from steelyard_gateway.errors import NoSheet
from steelyard_gateway.scale.adjust import Steps, gross_mg
from steelyard_gateway.scale.sheet import MG_PER_G, Observed, grams

Ask = Callable[[str], str]


@dataclass
class Progress:
    """A test that was begun: by whom, of which scale in which state, and each observation so far, two masses in mg."""

    scale: dict[str, Any]
    facts: dict[str, Any]
    observations: list[tuple[str, str]] = field(default_factory=list)

    def save(self, path: Path) -> None:
        """Write it; when this returns it is durable."""
        write(path, json.dumps(asdict(self), ensure_ascii=False, indent=1).encode())

    @classmethod
    def load(cls, path: Path, scale: dict[str, Any]) -> "Progress":
        """What was saved for this scale in this state; raises NoSheet."""
        try:
            said = json.loads(path.read_bytes())
            found = [(str(Decimal(one)), str(Decimal(other))) for one, other in said["observations"]]
            progress = cls(dict(said["scale"]), dict(said["facts"]), found)
        except OSError as error:
            raise NoSheet(file=path, why=error.strerror) from error
        except (ValueError, LookupError, TypeError, InvalidOperation) as error:
            raise NoSheet(file=path, why="it is not what this program wrote; use --start-over") from error
        if progress.scale != scale:
            raise NoSheet(file=path, why="it is of another scale, or of other parameters; use --start-over")
        return progress


class Walk:
    """One test: `ask(question)` reads what somebody types, `steps` waits for the scale."""

    def __init__(self, steps: Steps, observed: Observed, progress: Progress, path: Path, ask: Ask) -> None:
        self.steps, self.observed, self.progress, self.path, self.ask = steps, observed, progress, path, ask

    def run(self) -> None:
        """All steps that were not observed yet; raises NotReached where a load does not come in time."""
        every = self.observed.steps()
        done = [(Decimal(one), Decimal(other)) for one, other in self.progress.observations]
        if len(done) > len(every):
            raise NoSheet(file=self.path, why="it has more observations than the test; use --start-over")
        for step, (shown, second) in zip(every, done, strict=False):
            self.observed.add(step, shown, second)
        for number, step in list(enumerate(every, 1))[len(done) :]:
            self.steps.say(f"{number} of {len(every)}: {step.test}, {step.what}")
            shown, second = self._observe(step)
            seen = self.observed.add(step, shown, second)
            self.progress.observations.append((str(shown), str(second)))
            self.progress.save(self.path)
            verdict = "within" if seen.passed else "BEYOND"
            self.steps.say(f"   {grams(seen.found)} g, {verdict} {grams(seen.limit)} g")

    def _observe(self, step: Planned) -> tuple[Decimal, Decimal]:
        if step.test == "repeatability":
            self.steps.wait("Empty the pan", lambda status: bool(status["stable"]) and status["gross"] == 0)
        words = f"Put {grams(step.load)} g on the pan" + (f", {step.what}" if step.test == "eccentricity" else "")
        shown = self._shown(words, step.load)
        if step.more is not None:
            return shown, self._shown(f"Add {grams(step.more)} g to it", step.load)
        return shown, self._added(step)

    def _shown(self, words: str, load: Decimal) -> Decimal:
        """The indication in mg, once the load is on the pan and rests."""
        while True:
            self.ask(f"{words}, then press Enter")
            shown = Decimal(gross_mg(self.steps.wait("Leave it until it rests", lambda status: bool(status["stable"]))))
            if 2 * abs(shown - load) < load:
                return shown
            self.steps.say(f"The scale shows {grams(shown)} g: that is another load")

    def _added(self, step: Planned) -> Decimal:
        e = self.observed.instrument.e(step.load)
        while True:
            said = self.ask("Small masses, in g, until the indication goes up by one step").strip().replace(",", ".")
            try:
                mass = Decimal(said.removesuffix("g").strip()) * MG_PER_G
            except InvalidOperation:
                mass = Decimal("NaN")
            if mass.is_finite() and 0 <= mass <= e:
                return mass
            self.steps.say(f"{said!r} is not from 0 to {grams(e)} g")


def write(path: Path, data: bytes) -> None:
    """Write a file as a whole or not at all; when this returns it is durable. Raises NoSheet."""
    new = path.with_name(path.name + ".new")
    try:
        with new.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError as error:
        raise NoSheet(file=path, why=error.strerror) from error
