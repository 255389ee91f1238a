"""What was answered to a request that may come twice, by its caller and the key that the caller chose."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, delete, insert, select, update

from steelyard_cloud.db.schema import idempotency_keys

KEPT_MS = 7 * 24 * 60 * 60 * 1000
"""A client that has not had its answer asks again within a week."""
KEPT_LEAST = 64
"""So many of a caller's keys stay in any case: a clock that is ahead makes all of them look old."""


class Answer(NamedTuple):
    """The first answer, and the hash of the request that it answered."""

    request_hash: bytes
    status: int
    body: dict[str, Any]


def answered(connection: Connection, actor: str, key: str) -> Answer | None:
    """What this caller was answered under this key; None for a key that is new."""
    c = idempotency_keys.c
    row = connection.execute(select(c.request_hash, c.status, c.response).where(c.actor == actor, c.key == key)).first()
    return None if row is None else Answer(*row)


def claim(connection: Connection, actor: str, key: str, request_hash: bytes, status: int, now_ms: int) -> None:
    """Take the key before the request's effect; IntegrityError where another transaction has just taken it.

    The caller's old keys go.
    """
    c = idempotency_keys.c
    newest = select(c.created_ms).where(c.actor == actor).order_by(c.created_ms.desc())
    last_kept_ms = newest.limit(1).offset(KEPT_LEAST - 1).scalar_subquery()
    old = and_(c.actor == actor, c.created_ms <= now_ms - KEPT_MS, c.created_ms < last_kept_ms)
    connection.execute(delete(idempotency_keys).where(old))
    row = {
        "actor": actor,
        "key": key,
        "request_hash": request_hash,
        "status": status,
        "response": {},
        "created_ms": now_ms,
    }
    connection.execute(insert(idempotency_keys).values(row))


def keep(connection: Connection, actor: str, key: str, body: Mapping[str, Any]) -> None:
    """Keep the answer with its key."""
    c = idempotency_keys.c
    connection.execute(update(idempotency_keys).where(c.actor == actor, c.key == key).values(response=dict(body)))
