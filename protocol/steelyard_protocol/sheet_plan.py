"""What has to be weighed for a sheet: the rows of the tests that a verification needs, for a scale's ranges."""

from decimal import Decimal
from typing import Any, NamedTuple

from steelyard_protocol.sheet import DISCRIMINATED, HALF, LEAST_LOADS, LEAST_REPEATED, Instrument, text


class Planned(NamedTuple):
    """One row to be measured; `more` are the masses that are added on top (mg), None where they are to be found."""

    test: str
    what: str
    load: Decimal
    more: Decimal | None = None


def plan(instrument: Instrument) -> list[Planned]:
    """Every row, in the order in which it is convenient to measure."""
    loads = _loads(instrument)
    third, half = (_upwards(instrument, instrument.most / part) for part in (3, 2))
    return [
        Planned("weighing", "zero", 10 * instrument.e(Decimal(0))),
        *(Planned("weighing", "up", load) for load in loads),
        *(Planned("weighing", "down", load) for load in reversed(loads)),
        *(Planned("eccentricity", f"corner {corner}", third) for corner in range(1, 5)),
        *(Planned("repeatability", f"weighing {at}", half) for at in range(1, LEAST_REPEATED + 1)),
        *(
            Planned("discrimination", f"at {text(load)}", load, instrument.e(load) * DISCRIMINATED)
            for load in (instrument.minimum, half, instrument.most)
        ),
    ]


def _loads(instrument: Instrument) -> list[Decimal]:
    """Min, Max, where the permissible error changes, and as many between as are wanted."""
    least, most = instrument.minimum, instrument.most
    found = {least, *instrument.changes(), most}
    for parts in (LEAST_LOADS, 4 * LEAST_LOADS):
        for at in range(1, parts):
            if len(found) < LEAST_LOADS:
                found.add(min(most, _upwards(instrument, least + (most - least) * at / parts)))
    return sorted(found)


def _upwards(instrument: Instrument, load: Decimal) -> Decimal:
    """The next whole number of intervals."""
    e = instrument.e(load)
    return -(-load // e) * e


def head(instrument: Instrument, names: dict[str, str]) -> dict[str, Any]:
    """What a sheet says of the scale; `names` are identity, maker, model, serial_number, as far as they are known."""
    ranges = [{"end_mg": text(end), "e_mg": text(e)} for end, e in instrument.ranges]
    limits = {"class": "III", "max_mg": text(instrument.most), "min_mg": text(instrument.minimum), "ranges": ranges}
    return {**names, **limits}


def faultless(instrument: Instrument, names: dict[str, str], day: str, masses: list[str]) -> dict[str, Any]:
    """The sheet of a scale without any error: what demo and tests hand in for a scale that nobody has weighed with."""
    tests: dict[str, list[dict[str, Any]]] = {}
    for one in plan(instrument):
        e = instrument.e(one.load)
        row: dict[str, Any] = {"what": one.what, "load_mg": text(one.load), "shown_mg": text(one.load), "passed": True}
        row["added_mg"] = text(e * HALF if one.more is None else one.more)
        if one.more is not None:
            row |= {"before_mg": text(one.load), "shown_mg": text(one.load + e)}
        tests.setdefault(one.test, []).append(row)
    return {
        "sheet": 1,
        "scale": head(instrument, names),
        "tested_on": day,
        "masses": masses,
        "conditions": "20 °C",
        "tests": [{"test": name, "rows": rows, "passed": True} for name, rows in tests.items()],
        "passed": True,
    }
