"""The sheet of a weighing test after R 76-1 (class III): what it must hold, and whether the scale is within limits.

The shape is `protocol/sheet.schema.json`, for form, upload and the scale's own test alike. Everything is worked out in
exact decimals of milligrams; what a sheet says of its own limits and results is never taken for granted, but a row that
says itself that it failed has failed.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

from steelyard_protocol import assets, schema
from steelyard_protocol.errors import ProtocolError

HALF, QUARTER, FIFTH = Decimal("0.5"), Decimal("0.25"), Decimal("0.2")
LEAST_LOADS = 10
LEAST_REPEATED = 10
LEAST_CORNERS = 4
DISCRIMINATED = Decimal("1.4")
MPE_STEPS = ((500, HALF), (2_000, Decimal(1)), (10_000, Decimal("1.5")))
"""Class III, initial verification: up to so many e the error may be so many e; in service twice that."""
REQUIRED = ("weighing", "eccentricity", "repeatability", "discrimination")
"""Without these tests a sheet shows nothing of a scale."""
MOST_BYTES = 200_000


class SheetError(ProtocolError):
    """This is not a sheet: {where}: {why}"""

    code, noun = "sheet", "sheet"


class Range(NamedTuple):
    """A weighing range or a partial one: its end and its interval e, mg."""

    end: Decimal
    e: Decimal


@dataclass(frozen=True)
class Instrument:
    """What limits follow from: Min, and the ranges, rising; all in mg. In service they are twice as wide."""

    minimum: Decimal
    ranges: tuple[Range, ...]
    in_service: bool = False

    @property
    def most(self) -> Decimal:
        """Max."""
        return self.ranges[-1].end

    def e(self, load: Decimal) -> Decimal:
        """The interval for a load."""
        return next((one.e for one in self.ranges if load <= one.end), self.ranges[-1].e)

    def mpe(self, load: Decimal) -> Decimal:
        """The maximum permissible error at a load, mg."""
        e = self.e(load)
        steps = next((error for end, error in MPE_STEPS if abs(load) <= end * e), MPE_STEPS[-1][1])
        return e * steps * (2 if self.in_service else 1)

    def changes(self) -> list[Decimal]:
        """The loads at which the permissible error changes, without Max."""
        found, begin = [], Decimal(0)
        for end, e in self.ranges:
            found += [e * steps for steps, _ in MPE_STEPS if begin < e * steps < end]
            begin = end
        return found

    @classmethod
    def of(cls, ranges: Sequence[tuple[int, int]], minimum: int, *, in_service: bool = False) -> "Instrument":
        """From a parameter map's ranges (`parameters.ranges`) and Min."""
        return cls(Decimal(minimum), tuple(Range(Decimal(end), Decimal(e)) for end, e in ranges), in_service)


class Fault(NamedTuple):
    """What is wrong with a sheet: test and row, a code, and the figures that show it as text."""

    test: str
    row: str
    code: str
    values: Mapping[str, str]


@cache
def shape() -> dict[str, Any]:
    """The JSON schema."""
    found: dict[str, Any] = json.loads((assets.folder("schemas") / "sheet.schema.json").read_text())
    return found


def read(raw: bytes) -> dict[str, Any]:
    """A sheet from JSON; raises SheetError where it is none."""
    if len(raw) > MOST_BYTES:
        raise SheetError(where="file", why=f"more than {MOST_BYTES} bytes")
    try:
        found = json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise SheetError(where="file", why="JSON expected") from error
    return checked(found)


def checked(sheet: Any) -> dict[str, Any]:
    """The same if it has the shape of a sheet; raises SheetError naming the place of the first breach."""
    if found := schema.breaches(shape(), sheet):
        where, _, why = found[0].partition(": ")
        raise SheetError(where=where.strip("/") or "sheet", why=why)
    names = [one["test"] for one in sheet["tests"]]
    if twice := {name for name in names if names.count(name) > 1}:
        raise SheetError(where="tests", why=f"{min(twice)} is there twice")
    made: dict[str, Any] = sheet
    return made


def judge(sheet: Mapping[str, Any], instrument: Instrument) -> list[Fault]:
    """Everything that keeps a sheet from showing that such a scale is right; none if it does."""
    tests = {one["test"]: [Row(row, instrument) for row in one["rows"]] for one in sheet["tests"]}
    faults = [Fault(name, "", "missing", {}) for name in REQUIRED if name not in tests]
    faults += [] if sheet["passed"] else [Fault("sheet", "", "says-failed", {})]
    faults += [Fault(one["test"], "", "says-failed", {}) for one in sheet["tests"] if not one["passed"]]
    for name, rows in tests.items():
        faults += [Fault(name, row.what, "says-failed", {}) for row in rows if not row.passed]
    for name, check in _CHECKS.items():
        if name in tests:
            faults += [Fault(name, *one) for one in check(tests[name], instrument)]
    for name, rows in tests.items():
        if name not in _CHECKS:
            faults += [Fault(name, *one) for one in _within_own_limits(rows)]
    return faults


class Row:
    """One row with its figures as decimals, mg; None where there is none."""

    def __init__(self, row: Mapping[str, Any], instrument: Instrument) -> None:
        self.what: str = row["what"]
        self.passed: bool = row["passed"]
        self._row = row
        self.load, self.before, self.shown, self.added, self.found, self.limit = (
            Decimal(row[f"{name}_mg"]) if f"{name}_mg" in row else None
            for name in ("load", "before", "shown", "added", "found", "limit")
        )
        self.instrument = instrument

    @property
    def error(self) -> Decimal | None:
        """E = I + e/2 - dL - L; None where something is missing for that."""
        if self.load is None or self.shown is None or self.added is None:
            return None
        return self.shown + self.instrument.e(self.shown) * HALF - self.added - self.load

    def oddities(self) -> Iterator["_Found"]:
        """Figures that cannot be: masses beyond one interval, an indication between two."""
        e = self.instrument.e(self.shown if self.shown is not None else Decimal(0))
        if self.added is not None and not 0 <= self.added <= e:
            yield _Found(self.what, "added-out-of-range", {"added": text(self.added), "most": text(e)})
        if self.shown is not None and self.shown % e:
            yield _Found(self.what, "shown-between-intervals", {"shown": text(self.shown), "e": text(e)})


class _Found(NamedTuple):
    row: str
    code: str
    values: Mapping[str, str]


def _beyond(row: str, found: Decimal, limit: Decimal) -> Iterator[_Found]:
    if abs(found) > limit:
        yield _Found(row, "beyond-limit", {"found": text(found), "limit": text(limit)})


def _errors(rows: Sequence[Row], zero: Decimal) -> Iterator[_Found | tuple[Row, Decimal]]:
    """Each row with its error less that at zero, or what is wrong with it."""
    for row in rows:
        error = row.error
        if error is None:
            yield _Found(row.what, "incomplete", {})
            continue
        yield from row.oddities()
        if row.found is not None and row.found != error - zero:
            values = {"said": text(row.found), "found": text(error - zero)}
            yield _Found(row.what, "contradicts-itself", values)
        yield row, error - zero


def _weighing(rows: Sequence[Row], instrument: Instrument) -> Iterator[_Found]:
    zeros = [row for row in rows if row.what == "zero"]
    zero = zeros[0].error if len(zeros) == 1 else None
    if zero is None or zeros[0].load is None or not 0 <= zeros[0].load <= 10 * instrument.e(Decimal(0)):
        yield _Found("zero", "incomplete", {})
        return
    yield from zeros[0].oddities()
    yield from _beyond("zero", zero, instrument.e(Decimal(0)) * QUARTER)
    for way in ("up", "down"):
        some = [row for row in rows if row.what == way]
        yield from _loads_missing(way, some, instrument)
        for one in _errors(some, zero):
            if isinstance(one, _Found):
                yield one
            else:
                row, error = one
                load = row.load or Decimal(0)
                if not 0 <= load <= instrument.most:
                    yield _Found(row.what, "wrong-load", {"load": text(load)})
                yield from _beyond(f"{way} {text(load)}", error, instrument.mpe(load))
    yield from (_Found(row.what, "unknown-row", {}) for row in rows if row.what not in ("zero", "up", "down"))


def _loads_missing(way: str, rows: Sequence[Row], instrument: Instrument) -> Iterator[_Found]:
    loads = {row.load for row in rows if row.load is not None and instrument.minimum <= row.load <= instrument.most}
    if len(loads) < LEAST_LOADS:
        yield _Found(way, "too-few-loads", {"loads": str(len(loads)), "least": str(LEAST_LOADS)})
    for load in (instrument.minimum, *instrument.changes(), instrument.most):
        if load not in loads:
            yield _Found(way, "load-missing", {"load": text(load)})


def _eccentricity(rows: Sequence[Row], instrument: Instrument) -> Iterator[_Found]:
    """A third of Max on each corner, within the MPE."""
    if len({row.what for row in rows}) < LEAST_CORNERS:
        yield _Found("", "too-few-rows", {"least": str(LEAST_CORNERS)})
    for row in rows:
        load = row.load
        if load is None or not (instrument.most / 3 - instrument.e(load) <= load <= instrument.most / 2):
            yield _Found(row.what, "wrong-load", {"load": text(load) if load is not None else ""})
            continue
        for one in _errors([row], Decimal(0)):
            if isinstance(one, _Found):
                yield one
            else:
                yield from _beyond(row.what, one[1], instrument.mpe(load))


def _repeatability(rows: Sequence[Row], instrument: Instrument) -> Iterator[_Found]:
    """Ten weighings near half of Max: their spread."""
    loads = {row.load for row in rows}
    load = next(iter(loads)) if len(loads) == 1 else None
    if load is None or not instrument.most * Decimal("0.4") <= load <= instrument.most * Decimal("0.6"):
        yield _Found("", "wrong-load", {"load": text(load) if load is not None else ""})
        return
    errors = [row.error for row in rows if row.error is not None]
    if len(errors) < max(LEAST_REPEATED, len(rows)):
        yield _Found("", "too-few-rows", {"least": str(LEAST_REPEATED)})
    else:
        for row in rows:
            yield from row.oddities()
        yield from _beyond("spread", max(errors) - min(errors), instrument.mpe(load))


def _discrimination(rows: Sequence[Row], instrument: Instrument) -> Iterator[_Found]:
    """1.4 e more, at Min, half of Max and Max, change the indication."""
    for load in (instrument.minimum, instrument.most / 2, instrument.most):
        e = instrument.e(load)
        near = [row for row in rows if row.load is not None and abs(row.load - load) <= e]
        if not near:
            yield _Found("", "load-missing", {"load": text(load)})
        for row in near:
            if row.before is None or row.shown is None or row.added is None:
                yield _Found(row.what, "incomplete", {})
                continue
            change = row.shown - row.before
            if not 0 < row.added <= DISCRIMINATED * e or not e <= change <= 2 * e:
                yield _Found(row.what, "no-change", {"added": text(row.added), "change": text(change)})
            if abs(row.before - load) > e + instrument.mpe(load) or row.before % e:
                yield _Found(row.what, "wrong-load", {"load": text(row.before)})


def _within_own_limits(rows: Sequence[Row]) -> Iterator[_Found]:
    for row in rows:
        if row.found is not None and row.limit is not None:
            yield from _beyond(row.what, row.found, abs(row.limit))


_CHECKS = {
    "weighing": _weighing,
    "eccentricity": _eccentricity,
    "repeatability": _repeatability,
    "discrimination": _discrimination,
}


def text(mass: Decimal) -> str:
    """A decimal number without exponent, without zeros at its end, and without a minus before zero."""
    written = f"{mass:f}"
    short = written.rstrip("0").rstrip(".") if "." in written else written
    return "0" if short in ("", "-0") else short
