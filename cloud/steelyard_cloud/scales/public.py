"""What anybody may know of a scale, without signing in: its plate, its place, the verdict and its history.

These values carry no id and nothing else that would open a door: no organisation, no division, no counts, no
investigation. A `ScaleInScope` cannot be made from them.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select
from steelyard_protocol import statement
from steelyard_protocol.events import Event, EventKind, ParameterChange

from steelyard_cloud.db.schema import identities, scales, standings, summaries
from steelyard_cloud.judge.maps import Map, map_of, state_at
from steelyard_cloud.judge.verdict import Freshness, Opinion, Verdict
from steelyard_cloud.scales import codes, plate_codes, store, verdicts
from steelyard_cloud.scales.verdicts import PublicDecision, Verification
from steelyard_cloud.statements import queries as statement_queries
from steelyard_cloud.statements.queries import StatementRead

EVENTS_SHOWN = 8
EARLIER_CHANGES = 3
"""So many older changes of parameters stay in sight, whatever else happened since."""
_SHOWN = (
    EventKind.PARAMETER_CHANGE,
    EventKind.CASE_OPENED,
    EventKind.LOCKED,
    EventKind.UNLOCKED,
    EventKind.SOFTWARE_UPDATE,
)


@dataclass(frozen=True)
class PublicScale:
    """A scale on record as its plate names it, and where it stands."""

    code: str
    maker: str
    model: str
    serial_number: str
    production_code: str
    place: str
    enrolled_ms: int


@dataclass(frozen=True)
class PublicEvent:
    """Something that the scale signed under a number, at a time in Unix milliseconds.

    `measured_s` is what its clock said, 0 without one. Of a change of parameters `event` is None: which values it has
    is not public.
    """

    number: int
    at_ms: int
    measured_s: int
    event: Event | None


@dataclass(frozen=True)
class PublicLife:
    """A page of what the scale signed, the newest first by number, and the changes of parameters before it.

    `before` is the number at which the next page starts, None on the last.
    """

    events: list[PublicEvent]
    earlier_changes: list[PublicEvent]
    before: int | None


@dataclass(frozen=True)
class PublicRecord:
    """The verdict on a scale and what it rests on.

    `dated_ms` is when the newest statement with a date was made. `altered` holds the parameters as verified and as they
    are now, where the verdict is that they differ and both are known.
    """

    scale: PublicScale
    opinion: Opinion
    verifications: list[Verification]
    in_effect: Verification | None
    repair_code: str | None
    dated_ms: int | None
    decisions: list[PublicDecision]
    altered: tuple[Map, Map] | None
    life: PublicLife


_SCALE = (
    select(
        scales,
        identities.c.id.label("identity_id"),
        standings.c.standing,
        summaries.c.dated_ms,
        summaries.c.undated_ms,
    )
    .select_from(scales)
    .join(identities, (identities.c.scale_id == scales.c.id) & identities.c.active)
    .outerjoin(standings, standings.c.scale_id == scales.c.id)
    .outerjoin(summaries, summaries.c.identity_id == identities.c.id)
)


def _row(connection: Connection, code: str) -> Row[Any] | None:
    return connection.execute(_SCALE.where(scales.c.public_code == codes.read(code))).first()


def _scale(row: Row[Any]) -> PublicScale:
    return PublicScale(
        code=row.public_code,
        maker=row.maker,
        model=row.model,
        serial_number=row.serial_number,
        production_code=row.production_code,
        place=row.place,
        enrolled_ms=row.enrolled_ms,
    )


def public_scale(connection: Connection, code: str) -> PublicScale | None:
    """The scale with this code, as people type it; None if it is not on record."""
    row = _row(connection, code)
    return None if row is None else _scale(row)


def scale_with_plate_code(connection: Connection, text: str) -> str | None:
    """The public code of the scale that has a code of another scheme on its plate; None if no scale has it.

    A public code that is on record means its own scale, whatever stands on other plates.
    """
    if _row(connection, text) is not None:
        return None
    return plate_codes.public_code_for(connection, text)


def public_record(connection: Connection, code: str, *, now_ms: int, before: int | None = None) -> PublicRecord | None:
    """All that the public page says of the scale with this code; None if it is not on record.

    `before` is the number at which the page of its life starts.
    """
    row = _row(connection, code)
    if row is None:
        return None
    standing: dict[str, Any] = row.standing or {}
    verified = store.verifications_of(connection, row.id)
    baseline = verdicts.in_effect(standing, verified)
    opinion = verdicts.opinion(standing, Freshness(row.dated_ms, row.undated_ms), now_ms, row.life_stage)
    altered = _altered(connection, row, standing, baseline) if opinion.word is Verdict.ALTERED else None
    return PublicRecord(
        scale=_scale(row),
        opinion=opinion,
        verifications=verified,
        in_effect=baseline,
        repair_code=store.repair_code(connection, row.id, row.identity_id),
        dated_ms=row.dated_ms,
        decisions=store.decisions_on(connection, row.id),
        altered=altered,
        life=_life(connection, row, before),
    )


def _altered(
    connection: Connection, row: Row[Any], standing: dict[str, Any], baseline: Verification | None
) -> tuple[Map, Map] | None:
    summary = statement_queries.summary_of(connection, row.id, row.identity_id)
    digest = standing.get("digest")
    if summary is None or baseline is None or not digest:
        return None
    verified_state = state_at(summary, baseline.number)
    verified = map_of(summary, verified_state.digest) if verified_state else None
    now = map_of(summary, bytes.fromhex(digest))
    return (verified, now) if verified and now else None


def _life(connection: Connection, row: Row[Any], before: int | None) -> PublicLife:
    """By number: neither the scale's clock nor the order of arrival decides."""
    chain = (connection, row.id, row.identity_id)
    found = statement_queries.newest_events(*chain, _SHOWN, EVENTS_SHOWN + 1, before)
    page = [one for one in found if one.number >= found[:EVENTS_SHOWN][-1].number] if found else []
    more = len(found) > len(page)
    changes = []
    if more:
        kinds = (EventKind.PARAMETER_CHANGE,)
        changes = statement_queries.newest_events(*chain, kinds, EARLIER_CHANGES, page[-1].number)
    return PublicLife(_events(page), _events(changes), page[-1].number if more else None)


def _events(rows: list[StatementRead]) -> list[PublicEvent]:
    found = []
    for stored in rows:
        one = statement.parse(stored.raw)
        if isinstance(one.body, Event):
            at_ms = one.time * 1000 if one.time else stored.received_ms
            change = isinstance(one.body.facts, ParameterChange)
            found.append(PublicEvent(one.number, at_ms, one.time, None if change else one.body))
    return found
