"""The sheet of a weighing test: as `protocol/sheet.schema.json` has it, and as text for people."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from steelyard_cloud.scales.masses import MassSet
from steelyard_protocol import parameters
from steelyard_protocol.sheet import Instrument, text
from steelyard_protocol.sheet_plan import faultless

from kit.parameters import MAP

Map = dict[int, int]


@dataclass(frozen=True)
class Row:
    """One observation; masses in mg, None where there is none. `found` is compared with `limit`, which is included."""

    what: str
    load: Decimal | None = None
    shown: Decimal | None = None
    added: Decimal | None = None
    before: Decimal | None = None
    found: Decimal | None = None
    limit: Decimal | None = None
    right: bool = True

    @property
    def passed(self) -> bool:
        """Whether what was found is within its limit, and all else is right."""
        within = self.found is None or self.limit is None or abs(self.found) <= self.limit
        return self.right and within

    def as_json(self) -> dict[str, Any]:
        """As the schema has it."""
        masses = {name: getattr(self, name) for name in ("load", "before", "shown", "added", "found", "limit")}
        written = {f"{name}_mg": text(mass) for name, mass in masses.items() if mass is not None}
        return {"what": self.what, **written, "passed": self.passed}


@dataclass
class Sheet:
    """All tests of one scale under its parameter map, each by its name with its rows."""

    map: Map
    conditions: str
    tests: dict[str, list[Row]] = field(default_factory=dict)

    @property
    def failures(self) -> list[str]:
        """`test: row` of each that did not pass."""
        return [f"{name}: {row.what}" for name, rows in self.tests.items() for row in rows if not row.passed]

    def as_json(self) -> dict[str, Any]:
        """As the schema has it."""
        ranges = [{"end_mg": str(end), "e_mg": str(e)} for end, e in parameters.ranges(self.map)]
        scale = {"class": "III", "max_mg": str(self.map[1]), "min_mg": str(self.map[2]), "ranges": ranges}
        tests = [
            {"test": name, "rows": [row.as_json() for row in rows], "passed": all(row.passed for row in rows)}
            for name, rows in self.tests.items()
        ]
        passed = not self.failures
        return {"sheet": 1, "scale": scale, "conditions": self.conditions, "tests": tests, "passed": passed}

    def as_markdown(self) -> str:
        """A table for each test, in grams; what failed is marked."""
        lines = [f"# Weighing test: {'passed' if not self.failures else 'FAILED'}", "", self.conditions, ""]
        if self.failures:
            lines += ["Failed:", "", *(f"- {one}" for one in self.failures), ""]
        for name, rows in self.tests.items():
            lines += [f"## {name}", "", "| | load, g | shown, g | added, g | found, g | limit, g | |"]
            lines.append("| --- | ---: | ---: | ---: | ---: | ---: | --- |")
            for row in rows:
                masses = (row.load, row.shown, row.added, row.found, row.limit)
                cells = ["" if mass is None else text(mass / 1000) for mass in masses]
                lines.append(f"| {row.what} | {' | '.join(cells)} | {'' if row.passed else 'FAILED'} |")
            lines.append("")
        return "\n".join(lines)

    def write(self, folder: Path, name: str) -> None:
        """Write both into `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.json").write_text(json.dumps(self.as_json(), indent=1) + "\n")
        (folder / f"{name}.md").write_text(self.as_markdown())


MASSES = "M-1"
"""The number of the institution's reference masses."""


def certified(now_ms: int) -> MassSet:
    """Its certificate, which holds some days before and a year after."""
    day = datetime.fromtimestamp(now_ms / 1000, UTC).date()
    return MassSet(MASSES, "M1", "ZJ-2026-0815", day - timedelta(days=60), day + timedelta(days=800))


def right_sheet(code: str, day: date, map_: Map = MAP) -> dict[str, Any]:
    """The sheet of a scale with this public code and map that has no error, tested on a day."""
    instrument = Instrument.of(parameters.ranges(map_), map_[parameters.KEYS["min_mg"]])
    return faultless(instrument, {"identity": code}, day.isoformat(), [MASSES])
