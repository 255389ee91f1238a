"""Sheets of verifications: whether one is of this scale and shows that it is right, and where it is kept."""

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, func, insert, select
from steelyard_protocol import parameters, sheet
from steelyard_protocol.plate import as_read
from steelyard_protocol.sheet import Fault, Instrument, SheetError

from steelyard_cloud.db.schema import life_steps, sheets
from steelyard_cloud.errors import Refusal
from steelyard_cloud.people.audit import Actor
from steelyard_cloud.scales import codes
from steelyard_cloud.scales.life.table import Of
from steelyard_cloud.scales.queries import ScaleInScope
from steelyard_cloud.scales.refusals import SheetFails, SheetMalformed, SheetOfAnother

LATEST_DAYS = 31
"""A test that is older says nothing of the scale of today."""
MOST_NAMED = 20
"""So many faults of one sheet are said; there may be hundreds."""


def unreadable(given: Any) -> list[Refusal]:
    """Why this is no sheet."""
    if given is None:
        return [SheetMalformed(where="sheet", why="a sheet is needed")]
    try:
        sheet.checked(given)
    except SheetError as error:
        return [SheetMalformed(where=error.values["where"], why=error.values["why"])]
    return []


def tested_on(given: Mapping[str, Any]) -> date | None:
    """The day of the test; None where it is missing or no day."""
    try:
        return date.fromisoformat(given.get("tested_on", ""))
    except ValueError:
        return None


def of_another(given: Mapping[str, Any], scale: ScaleInScope) -> list[Refusal]:
    """Where a readable sheet names another scale, or none."""
    named = given["scale"]
    if "identity" not in named and "serial_number" not in named:
        return [SheetMalformed(where="scale", why="identity or serial_number is needed")]
    found: list[Refusal] = []
    if "identity" in named and codes.read(named["identity"]) not in (scale.code, scale.identity):
        found.append(_other("identity", named["identity"], scale.code))
    for name, known in (("maker", scale.maker), ("model", scale.model), ("serial_number", scale.serial_number)):
        if name in named and as_read(named[name]) != as_read(known):
            found.append(_other(name, named[name], known))
    return found


def failed_before(connection: Connection, scale: ScaleInScope, given: Mapping[str, Any]) -> list[Refusal]:
    """Where the scale was failed by this very sheet already."""
    c = sheets.c
    failed = (c.scale_id == scale.id, c.hash == hashlib.sha256(_raw(given)).digest(), ~c.passed)
    if connection.scalar(select(c.id).where(*failed).limit(1)) is None:
        return []
    return [SheetMalformed(where="sheet", why="the scale was failed by it; a new test is needed")]


def repaired_on(connection: Connection, scale: ScaleInScope, zone: tzinfo) -> date | None:
    """The day of the scale's last repair; None where there was none."""
    c = life_steps.c
    of_repair = (c.kind == Of.SCALE.value, c.object_id == scale.id, c.step == "repair.report")
    at_ms = connection.scalar(select(func.max(c.at_ms)).where(*of_repair))
    return None if at_ms is None else datetime.fromtimestamp(at_ms / 1000, zone).date()


def failings(given: Mapping[str, Any], map_: Mapping[int, int], today: date, repaired: date | None) -> list[Refusal]:
    """Why a readable sheet does not show that a scale with these parameters is right, after its last repair."""
    found = [*_other_ranges(given, map_), *_day(given, today, repaired)]
    instrument = Instrument.of(parameters.ranges(map_), map_[parameters.KEYS["min_mg"]])
    return [*found, *map(_refusal, sheet.judge(given, instrument)[:MOST_NAMED])]


def _other(what: str, value: object, expected: object) -> SheetOfAnother:
    return SheetOfAnother(what=what, value=value, expected=expected)


def _other_ranges(given: Mapping[str, Any], map_: Mapping[int, int]) -> list[Refusal]:
    said, named = given["scale"], parameters.KEYS
    pairs = [("max_mg", said["max_mg"], map_[named["max_mg"]]), ("min_mg", said["min_mg"], map_[named["min_mg"]])]
    found: list[Refusal] = [_other(what, value, known) for what, value, known in pairs if Decimal(value) != known]
    ranges = [(Decimal(one["end_mg"]), Decimal(one["e_mg"])) for one in said["ranges"]]
    known = [(Decimal(end), Decimal(e)) for end, e in parameters.ranges(map_)]
    if ranges != known:
        shown = [" / ".join(f"{end} by {e}" for end, e in some) for some in (ranges, known)]
        found.append(_other("ranges", *shown))
    return found


def _day(given: Mapping[str, Any], today: date, repaired: date | None) -> list[Refusal]:
    day = tested_on(given)
    if day is not None and repaired is not None and day < repaired:
        return [SheetMalformed(where="tested_on", why="the scale was repaired after that day")]
    if day is None or not today - timedelta(days=LATEST_DAYS) <= day <= today:
        return [SheetMalformed(where="tested_on", why=f"a day of the last {LATEST_DAYS} days is needed")]
    return []


def _refusal(one: Fault) -> SheetFails:
    figures = ", ".join(f"{name} {value}" for name, value in one.values.items())
    return SheetFails(test=one.test, row=one.row, why=one.code, figures=figures)


def _raw(given: Mapping[str, Any]) -> bytes:
    return json.dumps(given, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def keep(
    connection: Connection, actor: Actor, scale: ScaleInScope, given: Mapping[str, Any], *, passed: bool, now_ms: int
) -> tuple[int, bytes]:
    """Keep a sheet as it was judged; gives its id and the SHA-256 of what is kept."""
    raw = _raw(given)
    row = {
        "scale_id": scale.id,
        "organisation_id": actor.organisation_id,
        "hash": hashlib.sha256(raw).digest(),
        "raw": raw,
        "tested_on": tested_on(given),
        "passed": passed,
        "recorded_ms": now_ms,
    }
    return int(connection.execute(insert(sheets).values(row).returning(sheets.c.id)).scalar_one()), row["hash"]  # type: ignore[return-value]
