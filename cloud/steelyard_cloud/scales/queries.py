"""Scales as somebody who is signed in sees them: rows narrowed by `people.scoping`, put into plain values.

A `ScaleInScope` comes from here alone. Whatever reads or changes something of one scale takes it, so that no route can
forget to ask who may see the scale.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import Connection, Row, Select, Table, or_, select

from steelyard_cloud.db.schema import identities, organisations, scale_types, scales, standings, summaries
from steelyard_cloud.errors import NotFound
from steelyard_cloud.judge.verdict import Freshness, Opinion
from steelyard_cloud.people.roles import Principal
from steelyard_cloud.people.scoping import InScope, ScopeCheck, rows_in_scope
from steelyard_cloud.scales import codes, store, verdicts
from steelyard_cloud.scales.verdicts import Verification


def moment(ms: int | None) -> datetime | None:
    """A platform time for people."""
    return None if ms is None else datetime.fromtimestamp(ms / 1000, UTC)


def fold(code: str) -> str:
    """A public code as it is kept, from what somebody typed; raises NotFound for what cannot be one."""
    folded = codes.read(code)
    if folded is None:
        raise NotFound(what="scale", name=code[:40])
    return folded


@dataclass(frozen=True, kw_only=True)
class ScaleInScope(InScope):
    """A scale that the principal who asked may see.

    `standing` is what judging it gave last, empty before the first report; head (highest number), stored (how many) and
    the time of the newest commit are those of the active identity. `life_version` rises with every step of its life;
    `owner_id` is the organisation that has it, its maker before anybody else.
    """

    TABLE: ClassVar[Table] = scales

    code: str
    shard: str
    maker: str
    model: str
    serial_number: str
    production_code: str
    type_approval: str
    scale_type_id: int
    organisation: str
    division_code: str
    place: str
    life_stage: str
    life_version: int
    owner_id: int
    enrolled_ms: int
    identity_id: int
    identity: str
    key_store_class: int
    standing: dict[str, Any]
    head: int
    stored: int
    newest_received_ms: int | None
    freshness: Freshness
    period_s: int

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
        standings.c.standing,
        summaries.c.head,
        summaries.c.stored,
        summaries.c.received_ms.label("newest_received_ms"),
        summaries.c.dated_ms,
        summaries.c.undated_ms,
    )
    .select_from(scales)
    .join(organisations, organisations.c.id == scales.c.organisation_id)
    .join(scale_types, scale_types.c.id == scales.c.scale_type_id)
    .join(identities, (identities.c.scale_id == scales.c.id) & identities.c.active)
    .outerjoin(standings, standings.c.scale_id == scales.c.id)
    .outerjoin(summaries, summaries.c.identity_id == identities.c.id)
)


def _scale(check: ScopeCheck, row: Row[Any]) -> ScaleInScope:
    return ScaleInScope(
        check=check,
        code=row.public_code,
        shard=row.shard,
        maker=row.maker,
        model=row.model,
        serial_number=row.serial_number,
        production_code=row.production_code,
        type_approval=row.type_approval,
        scale_type_id=row.scale_type_id,
        organisation=row.organisation,
        division_code=row.division_code,
        place=row.place,
        life_stage=row.life_stage,
        life_version=row.life_version,
        owner_id=row.organisation_id if row.owner_id is None else row.owner_id,
        enrolled_ms=row.enrolled_ms,
        identity_id=row.identity_id,
        identity=row.identity_text,
        key_store_class=row.key_store_class,
        standing=row.standing or {},
        head=row.head or 0,
        stored=row.stored or 0,
        newest_received_ms=row.newest_received_ms,
        freshness=Freshness(row.dated_ms, row.undated_ms),
        period_s=row.period_s,
    )


def scale_by_code(connection: Connection, principal: Principal, code: str) -> ScaleInScope:
    """One scale that the principal may see; raises NotFound."""
    found = rows_in_scope(connection, principal, _SCALE.where(scales.c.public_code == fold(code)), scales)
    if not found:
        raise NotFound(what="scale", name=code[:40])
    return _scale(*found[0])


def matching(query: Select[Any], text: str) -> Select[Any]:
    """`query` narrowed to scales of which a number, a name, the place or the code's beginning contains `text`.

    A whole code finds its scale however it is typed, and in a link too.
    """
    if not text:
        return query
    like = [
        column.icontains(text, autoescape=True)
        for column in (scales.c.serial_number, scales.c.model, scales.c.maker, scales.c.place)
    ]
    of_code = (scales.c.public_code.startswith(text.upper(), autoescape=True), scales.c.public_code == codes.read(text))
    return query.where(or_(*like, *of_code))


def scale_list(
    connection: Connection, principal: Principal, *, text: str, after: int, limit: int
) -> list[ScaleInScope]:
    """Scales that the principal may see, by rising id behind `after`; `text` looks in numbers, names and places."""
    query = matching(_SCALE, text).where(scales.c.id > after).order_by(scales.c.id).limit(limit)
    return [_scale(check, row) for check, row in rows_in_scope(connection, principal, query, scales)]


def verifications_of(connection: Connection, scale: ScaleInScope) -> list[Verification]:
    """All verifications of a scale, the newest first."""
    return store.verifications_of(connection, scale.id)


def opinion_on(scale: ScaleInScope, now_ms: int) -> Opinion:
    """The public verdict on a scale."""
    return verdicts.opinion(scale.standing, scale.freshness, now_ms, scale.life_stage)
