"""The sheet of a verification test after R 76-1: which loads, what was observed, and what follows, in exact decimals.

Masses are grams as Decimal. JSON as in `steelyard_protocol/assets/sheet.schema.json`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from steelyard_protocol import parameters

Test = Literal["zero", "weighing", "eccentricity", "discrimination", "repeatability"]
HALF, MG_PER_G = Decimal("0.5"), Decimal(1000)
PLACES = ("middle", "front left", "front right", "back left", "back right")
REPEATS, LEAST_LOADS = 10, 10


@dataclass(frozen=True)
class Instrument:
    """What the limits follow from: Max, Min, and the ranges as (end, e); `in_service` doubles the limits."""

    maximum: Decimal
    minimum: Decimal
    ranges: tuple[tuple[Decimal, Decimal], ...]
    in_service: bool = False

    @classmethod
    def of(cls, values: parameters.ParameterMap, in_service: bool) -> "Instrument":
        """By the parameter map."""
        ranges = tuple((Decimal(end) / MG_PER_G, Decimal(e) / MG_PER_G) for end, e in parameters.ranges(values))
        keys = parameters.KEYS
        return cls(ranges[-1][0], Decimal(values[keys["min_mg"]]) / MG_PER_G, ranges, in_service)

    def e(self, load: Decimal) -> Decimal:
        """The interval at a load."""
        return next((e for end, e in self.ranges if load <= end), self.ranges[-1][1])

    def mpe(self, load: Decimal) -> Decimal:
        """The maximum permissible error at a load, class III."""
        e = self.e(load)
        steps = HALF if load <= 500 * e else Decimal(1) if load <= 2000 * e else Decimal("1.5")
        return steps * e * (2 if self.in_service else 1)

    def loads(self) -> list[Decimal]:
        """At least ten loads, rising: Min, Max, where the limit changes, and between them."""
        changes = [steps * e for _, e in self.ranges for steps in (500, 2000)] + [end for end, _ in self.ranges]
        found = {self.minimum, self.maximum, *(load for load in changes if self.minimum < load < self.maximum)}
        for tenth in range(1, 20):
            if len(found) >= LEAST_LOADS:
                break
            part = self.maximum * tenth / 20
            e = self.e(part)
            if (load := part // e * e) > self.minimum:
                found.add(load)
        return sorted(found)

    def discriminated(self, load: Decimal) -> Decimal:
        """The 1.4 d that must change the indication at a load."""
        return Decimal("1.4") * self.e(load)

    def third(self) -> Decimal:
        """A third of Max, in whole intervals."""
        part = self.maximum / 3
        return part // self.e(part) * self.e(part)

    def half(self) -> Decimal:
        """Half of Max, in whole intervals."""
        part = self.maximum / 2
        return part // self.e(part) * self.e(part)


@dataclass(frozen=True)
class Step:
    """One thing to do: a test's row before it is observed."""

    test: Test
    what: str
    load: Decimal


@dataclass(frozen=True)
class Row:
    """One observation, and what follows from it."""

    step: Step
    indication: Decimal
    additional: Decimal
    error: Decimal
    limit: Decimal
    passed: bool

    def as_json(self) -> dict[str, Any]:
        """As the schema has it."""
        masses = {
            "load_g": self.step.load,
            "indication_g": self.indication,
            "additional_g": self.additional,
            "error_g": self.error,
            "mpe_g": self.limit,
        }
        return {"what": self.step.what, **{name: text(mass) for name, mass in masses.items()}, "pass": self.passed}


@dataclass
class Observed:
    """All rows of one test, in the order of its steps."""

    instrument: Instrument
    rows: list[Row] = field(default_factory=list)

    def steps(self) -> Iterator[Step]:
        """All steps, first to last: ten e as good as zero, the loads up and down, the rest."""
        one = self.instrument
        yield Step("zero", "near zero", 10 * one.e(Decimal(0)))
        for load in one.loads():
            yield Step("weighing", "up", load)
        for load in reversed(one.loads()[:-1]):
            yield Step("weighing", "down", load)
        for place in PLACES:
            yield Step("eccentricity", place, one.third())
        for load in (one.minimum, one.half(), one.maximum):
            yield Step("discrimination", "1.4 d more", load)
        for number in range(1, REPEATS + 1):
            yield Step("repeatability", f"weighing {number}", one.half())

    def add(self, step: Step, indication: Decimal, additional: Decimal) -> Row:
        """Take an observation: the indication, and the small masses up to the change-over point.

        Of discrimination `additional` is the indication after 1.4 d were added.
        """
        row = self._judged(step, indication, additional)
        self.rows.append(row)
        return row

    def _judged(self, step: Step, indication: Decimal, additional: Decimal) -> Row:
        one = self.instrument
        e = one.e(step.load)
        if step.test == "discrimination":
            rise = additional - indication
            return Row(step, indication, one.discriminated(step.load), rise, e, rise >= e)
        limit = one.mpe(step.load)
        if step.test == "repeatability":
            shown = [row.indication for row in self.rows if row.step.test == step.test] + [indication]
            spread = max(shown) - min(shown)
            return Row(step, indication, additional, spread, limit, spread <= limit)
        error = indication + HALF * e - additional - step.load
        if step.test == "zero":
            quarter = e / 4
            return Row(step, indication, additional, error, quarter, abs(error) <= quarter)
        corrected = error - self.zero_error
        return Row(step, indication, additional, corrected, limit, abs(corrected) <= limit)

    @property
    def zero_error(self) -> Decimal:
        """E0: the error at zero, or near it."""
        return next((row.error for row in self.rows if row.step.test == "zero"), Decimal(0))

    @property
    def passed(self) -> bool:
        """Whether every row did."""
        return all(row.passed for row in self.rows)

    def as_json(self) -> list[dict[str, Any]]:
        """The tests, as the schema has them."""
        names = list(dict.fromkeys(row.step.test for row in self.rows))
        tests = {name: [row for row in self.rows if row.step.test == name] for name in names}
        return [
            {"test": name, "loads": [row.as_json() for row in rows], "pass": all(row.passed for row in rows)}
            for name, rows in tests.items()
        ]


def text(mass: Decimal) -> str:
    """A decimal number without exponent, without zeros at its end, and without a minus before zero."""
    written = f"{mass:f}"
    short = written.rstrip("0").rstrip(".") if "." in written else written
    return "0" if short in ("", "-0") else short
