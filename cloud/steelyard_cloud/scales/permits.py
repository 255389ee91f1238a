"""Permits: signed, one-use authorisations to adjust a scale, recorded before anybody can use them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, func, insert, select
from steelyard_protocol import downlink, statement
from steelyard_protocol.codes import ORDER_OF_CODES
from steelyard_protocol.parameters import KEYS

from steelyard_cloud.db import feeds
from steelyard_cloud.db.schema import organisations, permits
from steelyard_cloud.errors import Refusal, WrongValue, WrongWindow
from steelyard_cloud.keys import PlatformKey
from steelyard_cloud.people.audit import Actor
from steelyard_cloud.scales import store
from steelyard_cloud.scales.life.take import Act, Written, take
from steelyard_cloud.scales.queries import ScaleInScope
from steelyard_cloud.scales.subjects import subject_of
from steelyard_cloud.statements import queries as statement_queries

LONGEST_DAYS = 31


def field_keys(names: list[str]) -> tuple[int, ...]:
    """Keys of the parameters named, rising; raises WrongValue for an unknown name."""
    unknown = [name for name in names if name not in KEYS]
    if unknown:
        raise WrongValue(where="fields", why=f"no parameter is called {', '.join(unknown)}")
    return tuple(sorted({KEYS[name] for name in names}))


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What a permit allows while both counters stand at these values; times in Unix seconds.

    To adjust `fields`, to repair, or to unlock: then `locked_at` is the number of the *locked* event that it answers.
    """

    what: downlink.PermitFor = downlink.PermitFor.ADJUST
    locked_at: int | None = None
    fields: tuple[int, ...]
    not_before_s: int
    not_after_s: int
    calibration_counter: int
    configuration_counter: int

    def check(self, now_ms: int) -> None:
        """Raise WrongWindow unless the window starts before it ends, ends in the future and is not too long."""
        if not self.not_before_s < self.not_after_s or self.not_after_s * 1000 <= now_ms:
            raise WrongWindow(days=LONGEST_DAYS)
        if self.not_after_s - self.not_before_s > LONGEST_DAYS * 86_400:
            raise WrongWindow(days=LONGEST_DAYS)


_STEPS = {
    downlink.PermitFor.ADJUST: "adjust.permit",
    downlink.PermitFor.REPAIR: "repair.permit",
    downlink.PermitFor.UNLOCK: "repair.unlock",
}


def permit(
    connection: Connection, actor: Actor, authority: PlatformKey, scale: ScaleInScope, terms: Terms, now_ms: int
) -> bytes:
    """Sign a permit for the scale's active identity and record it, so that it is sent; raises NotFound, WrongWindow."""
    made: list[Recorded] = []

    def in_window() -> Iterable[Refusal]:
        try:
            terms.check(now_ms)
        except WrongWindow as refusal:
            yield refusal

    def write() -> Written:
        given = select(func.max(permits.c.order_number)).where(permits.c.order_number < ORDER_OF_CODES)
        number = (connection.scalar(given) or 0) + 1
        made.append(record_permit(connection, actor, authority, scale, terms, number, now_ms))
        feeds.append(connection, feeds.CHANGES, scale.shard, "permit", scale.id, {"permit_id": made[0].id}, now_ms)
        return Written(scale.id, evidence(terms, number))

    checks = {"window": in_window, "lock": in_window}
    act = Act(_STEPS[terms.what], write, checks, action="scale.permit")
    take(connection, actor, subject_of(scale), act, now_ms)
    return made[0].raw


def evidence(terms: Terms, order_number: int) -> dict[str, object]:
    """What the step of a permit is proven by."""
    return {"what": terms.what.name.lower(), "order": order_number, "fields": list(terms.fields)}


class Recorded(NamedTuple):
    """A recorded permit: its row and its bytes."""

    id: int
    raw: bytes


def newest_lock(connection: Connection, scale: ScaleInScope) -> int | None:
    """The newest statement on record that tells of an open case or a lock; None where there is none."""
    identity = store.active_identity(connection, scale.id)
    summary = statement_queries.summary_of(connection, scale.id, identity.id)
    return max(summary.case_flagged, summary.case_event) or None if summary else None


def record_permit(
    connection: Connection,
    actor: Actor,
    authority: PlatformKey,
    scale: ScaleInScope,
    terms: Terms,
    order_number: int,
    now_ms: int,
) -> Recorded:
    """Sign a permit and record it, without having it sent; raises NotFound and WrongWindow."""
    terms.check(now_ms)
    identity = store.active_identity(connection, scale.id)
    order = downlink.Permit(
        identity=identity.kid,
        what=terms.what,
        order_number=order_number,
        by=actor.number,
        not_before=terms.not_before_s,
        not_after=terms.not_after_s,
        calibration_counter=terms.calibration_counter,
        configuration_counter=terms.configuration_counter,
        locked_at=terms.locked_at,
        fields=terms.fields,
    )
    raw = downlink.sign(order, authority.private_key, authority.kid)
    return Recorded(_insert(connection, actor, scale, identity.id, order, raw, now_ms), raw)


def _insert(
    connection: Connection,
    actor: Actor,
    scale: ScaleInScope,
    identity_id: int,
    order: downlink.Permit,
    raw: bytes,
    now_ms: int,
) -> int:
    row = {
        "scale_id": scale.id,
        "identity_id": identity_id,
        "permit_hash": statement.hash_of(raw),
        "what": int(order.what),
        "order_number": order.order_number,
        "by_number": order.by,
        "not_before_s": order.not_before,
        "not_after_s": order.not_after,
        "calibration_counter": order.calibration_counter,
        "configuration_counter": order.configuration_counter,
        "fields": list(order.fields),
        "locked_at": order.locked_at,
        "raw": raw,
        "organisation_id": actor.organisation_id,
        "division_code": actor.division_code,
        "recorded_ms": now_ms,
    }
    return int(connection.execute(insert(permits).values(row).returning(permits.c.id)).scalar_one())


@dataclass(frozen=True)
class Permitted:
    """A recorded permit for people: which organisation allowed what, which fields (keys of parameters), and when."""

    organisation: str
    what: downlink.PermitFor
    fields: list[int]
    recorded_ms: int


def permits_of(connection: Connection, scale: ScaleInScope, limit: int) -> list[Permitted]:
    """The newest permits for a scale, the newest first."""
    query = (
        select(organisations.c.name, permits.c.what, permits.c.fields, permits.c.recorded_ms)
        .join_from(permits, organisations)
        .where(permits.c.scale_id == scale.id)
        .order_by(permits.c.id.desc())
        .limit(limit)
    )
    return [
        Permitted(row.name, downlink.PermitFor(row.what), row.fields, row.recorded_ms)
        for row in connection.execute(query)
    ]
