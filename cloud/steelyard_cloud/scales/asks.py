"""Asks: what the platform wants to hear of a scale, recorded before it is sent; numbers rise for each identity.

A number is at least the time, so that a platform whose database came back from a copy gives none out again.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, insert, select, update
from steelyard_protocol import fresh
from steelyard_protocol.downlink import Ask, Asked

from steelyard_cloud.db import feeds
from steelyard_cloud.db.schema import asks, identities
from steelyard_cloud.errors import NotFound, WrongValue
from steelyard_cloud.people.audit import Actor, record
from steelyard_cloud.scales import store
from steelyard_cloud.scales.queries import ScaleInScope

LONGEST_PERIOD_S = 86_400
NONCE_BYTES = 16


class Wanted(NamedTuple):
    """What is asked: `value` is the number to send again from, the period in seconds, or a nonce; else None."""

    what: Asked
    value: int | bytes | None = None


def wanted(name: str, value: int | None, nonce: bytes) -> Wanted:
    """What somebody asks for by name; raises WrongValue where it needs a value, or has one too many."""
    what = Asked[name.upper()]
    longest = {Asked.RESEND: 0xFFFFFFFF, Asked.PERIOD: LONGEST_PERIOD_S}.get(what)
    if (value is None) != (longest is None):
        raise WrongValue(where="value", why="a value belongs to resend and period, and to nothing else")
    if longest is not None and value is not None and not 1 <= value <= longest:
        raise WrongValue(where="value", why=f"1 to {longest} expected")
    return Wanted(what, nonce if what is Asked.FRESH else value)


def ask(connection: Connection, actor: Actor, scale: ScaleInScope, wants: Wanted, now_ms: int) -> int:
    """Record an ask to the scale's active identity, so that it is sent; returns its number. Raises NotFound."""
    identity = store.active_identity(connection, scale.id)
    last = connection.scalar(select(func.max(asks.c.number)).where(asks.c.identity_id == identity.id)) or 0
    number = max(last + 1, now_ms // 1000)
    is_nonce = isinstance(wants.value, bytes)
    row = {
        "scale_id": scale.id,
        "identity_id": identity.id,
        "number": number,
        "what": int(wants.what),
        "value": None if is_nonce else wants.value,
        "nonce": wants.value if is_nonce else None,
        "recorded_ms": now_ms,
    }
    ask_id = connection.execute(insert(asks).values(row).returning(asks.c.id)).scalar_one()
    details = {"what": wants.what.name.lower(), "number": number, "value": row["value"]}
    record(connection, actor, "scale.ask", f"scale:{scale.id}", details, now_ms)
    feeds.append(connection, feeds.CHANGES, scale.shard, "ask", scale.id, {"ask_id": ask_id}, now_ms)
    return number


@dataclass(frozen=True)
class Recorded:
    """An ask for people: `code` are the digits of the fresh code that answered it, None while none did."""

    what: str
    recorded_ms: int
    sent_ms: int | None
    answered_ms: int | None
    code: str | None


def recorded(connection: Connection, scale: ScaleInScope, number: int) -> Recorded:
    """The newest ask to the scale with this number; raises NotFound."""
    query = select(asks).where(asks.c.scale_id == scale.id, asks.c.number == number).order_by(asks.c.id.desc())
    row = connection.execute(query.limit(1)).first()
    if row is None:
        raise NotFound(what="ask", name=number)
    code = fresh.to_digits(row.answer) if row.answer else None
    return Recorded(Asked(row.what).name.lower(), row.recorded_ms, row.sent_ms, row.answered_ms, code)


def ask_to_send(connection: Connection, ask_id: int, now_ms: int) -> tuple[int, Ask]:
    """The id of the identity that a recorded ask is for, and the order to sign; notes that it is sent now."""
    sent = update(asks).where(asks.c.id == ask_id).values(sent_ms=now_ms)
    row: Any = connection.execute(sent.returning(asks)).one()
    kid = connection.execute(select(identities.c.kid).where(identities.c.id == row.identity_id)).scalar_one()
    return row.identity_id, Ask(kid, row.number, row.what, row.nonce if row.nonce is not None else row.value)
