"""What the API and the pages read: rows narrowed by `scoping`, put into plain values.

Every function takes the principal, so that no route can forget to ask who may see a row.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, or_, select
from steelyard_protocol import identity
from steelyard_protocol.bodies import Boot, Kind
from steelyard_protocol.statement import parse

from steelyard_cloud.db.schema import (
    TELLING,
    approved_software,
    identities,
    organisations,
    scale_types,
    scales,
    standings,
    statements,
    summaries,
    verifications,
)
from steelyard_cloud.errors import NotFound
from steelyard_cloud.judge.summary import Summary
from steelyard_cloud.judge.verdict import Known, Verdict, public_verdict
from steelyard_cloud.people.roles import Principal
from steelyard_cloud.people.scoping import scope
from steelyard_cloud.scales.verification import verification_code


def moment(ms: int | None) -> datetime | None:
    """A platform time for people."""
    return None if ms is None else datetime.fromtimestamp(ms / 1000, UTC)


def fold(code: str) -> str:
    """A public code as it is kept, from what somebody typed; raises NotFound for what cannot be one."""
    try:
        return identity.to_text(identity.from_text(code))
    except identity.IdentityError:
        raise NotFound(what="scale", name=code[:40]) from None


@dataclass(frozen=True)
class Verification:
    """A recorded verification for people."""

    id: int
    number: int
    kind: str
    valid_until: date
    seal: str
    institution: str
    recorded_ms: int

    @property
    def code(self) -> str:
        """The verification code."""
        return verification_code(self.id, self.valid_until)


@dataclass(frozen=True)
class Scale:
    """A scale as lists and pages show it.

    `standing` is what judging it gave last, empty before the first report; head (highest number), held (how many) and
    the time of the newest commit are those of the active identity.
    """

    id: int
    code: str
    shard: str
    maker: str
    model: str
    serial_number: str
    production_code: str
    type_approval: str
    scale_type_id: int
    organisation_id: int
    organisation: str
    division_code: str
    place: str
    life: str
    enrolled_ms: int
    identity_id: int
    identity: str
    key_store_class: int
    standing: dict[str, Any]
    head: int
    held: int
    newest_received_ms: int | None

    @property
    def name(self) -> str:
        """How people call it."""
        return f"{self.model} {self.serial_number}"


_SCALE = (
    select(
        scales,
        organisations.c.name.label("organisation"),
        scale_types.c.type_approval,
        identities.c.id.label("identity_id"),
        identities.c.text.label("identity_text"),
        identities.c.key_store_class,
        standings.c.state.label("standing"),
        summaries.c.head,
        summaries.c.held,
        summaries.c.received_ms.label("newest_received_ms"),
    )
    .select_from(scales)
    .join(organisations, organisations.c.id == scales.c.organisation_id)
    .join(scale_types, scale_types.c.id == scales.c.scale_type_id)
    .join(identities, (identities.c.scale_id == scales.c.id) & identities.c.active)
    .outerjoin(standings, standings.c.scale_id == scales.c.id)
    .outerjoin(summaries, summaries.c.identity_id == identities.c.id)
)


def _scale(row: Row[Any]) -> Scale:
    return Scale(
        id=row.id,
        code=row.public_code,
        shard=row.shard,
        maker=row.maker,
        model=row.model,
        serial_number=row.serial_number,
        production_code=row.production_code,
        type_approval=row.type_approval,
        scale_type_id=row.scale_type_id,
        organisation_id=row.organisation_id,
        organisation=row.organisation,
        division_code=row.division_code,
        place=row.place,
        life=row.state,
        enrolled_ms=row.enrolled_ms,
        identity_id=row.identity_id,
        identity=row.identity_text,
        key_store_class=row.key_store_class,
        standing=row.standing or {},
        head=row.head or 0,
        held=row.held or 0,
        newest_received_ms=row.newest_received_ms,
    )


def scale_by_code(connection: Connection, principal: Principal, code: str) -> Scale:
    """One scale that the principal may see; raises NotFound."""
    query = scope(_SCALE.where(scales.c.public_code == fold(code)), principal, scales)
    row = connection.execute(query).first()
    if row is None:
        raise NotFound(what="scale", name=code[:40])
    return _scale(row)


def public_scale(connection: Connection, code: str) -> Scale | None:
    """One scale for anybody: what the public page shows of it; None if it is not on record."""
    try:
        folded = fold(code)
    except NotFound:
        return None
    row = connection.execute(_SCALE.where(scales.c.public_code == folded)).first()
    return None if row is None else _scale(row)


def matching(query: Select[Any], text: str) -> Select[Any]:
    """`query` narrowed to scales of which a number, a name, the place or the code's beginning contains `text`."""
    if not text:
        return query
    like = [
        column.icontains(text, autoescape=True)
        for column in (scales.c.serial_number, scales.c.model, scales.c.maker, scales.c.place)
    ]
    return query.where(or_(*like, scales.c.public_code.startswith(text.upper(), autoescape=True)))


def scale_list(connection: Connection, principal: Principal, *, text: str, after: int, limit: int) -> list[Scale]:
    """Scales that the principal may see, by rising id behind `after`; `text` looks in numbers, names and places."""
    query = matching(scope(_SCALE, principal, scales), text)
    query = query.where(scales.c.id > after).order_by(scales.c.id).limit(limit)
    return [_scale(row) for row in connection.execute(query)]


def verifications_of(connection: Connection, scale_id: int) -> list[Verification]:
    """All verifications of a scale, the newest first."""
    query = (
        select(verifications, organisations.c.name.label("institution"))
        .join_from(verifications, organisations)
        .where(verifications.c.scale_id == scale_id)
        .order_by(verifications.c.number.desc(), verifications.c.id.desc())
    )
    return [
        Verification(row.id, row.number, row.kind, row.valid_until, row.seal, row.institution, row.recorded_ms)
        for row in connection.execute(query)
    ]


def in_effect(standing: dict[str, Any], verified: list[Verification]) -> Verification | None:
    """The verification whose baseline is in effect."""
    number = standing.get("baseline_number")
    return next((one for one in verified if one.number == number), None)


def verdict_on(
    connection: Connection, scale: Scale, verified: list[Verification], *, now_ms: int, today: date
) -> Verdict:
    """The public verdict on a scale that is on record."""
    standing = scale.standing
    software = standing.get("software_hash")
    approved = software is None or connection.scalar(
        select(approved_software.c.id).where(
            approved_software.c.scale_type_id == scale.scale_type_id,
            approved_software.c.software_hash == bytes.fromhex(software),
        )
    )
    baseline = in_effect(standing, verified)
    known = Known(
        altered=bool(standing.get("altered")),
        software_approved=bool(approved),
        locked=bool(standing.get("locked")),
        baseline_number=standing.get("baseline_number"),
        adjusted_since=bool(standing.get("adjusted_since")),
        valid_until=baseline.valid_until if baseline else None,
        newest_received_ms=scale.newest_received_ms,
        period_s=int(standing.get("period_s") or 0),
    )
    return public_verdict(known, now_ms=now_ms, today=today)


def newest(connection: Connection, scale: Scale, kind: Kind, limit: int) -> list[Row[tuple[int, bytes, int]]]:
    """(number, raw, received_ms) of the newest statements of a kind other than snapshots, the newest first.

    An index serves it, so it costs the same however many snapshots lie between.
    """
    of_kind = (
        statements.c.scale_id == scale.id,
        statements.c.identity_id == scale.identity_id,
        statements.c.kind == int(kind),
        TELLING,
    )
    query = select(statements.c.number, statements.c.raw, statements.c.received_ms).where(*of_kind)
    return list(connection.execute(query.order_by(statements.c.number.desc()).limit(limit)))


def repair_code(connection: Connection, scale: Scale) -> str | None:
    """The repair code that the scale's newest start names; None for one that was never repaired."""
    found = newest(connection, scale, Kind.BOOT, 1)
    body = parse(found[0].raw).body if found else None
    return body.repair_code if isinstance(body, Boot) else None


def summary_of(connection: Connection, identity_id: int) -> Summary | None:
    """The summary of an identity's chain; None before its first statement."""
    row = connection.execute(
        select(summaries.c.state, identities.c.kid)
        .join_from(summaries, identities, summaries.c.identity_id == identities.c.id)
        .where(summaries.c.identity_id == identity_id)
    ).first()
    return None if row is None else Summary.load(row.kid, row.state)
