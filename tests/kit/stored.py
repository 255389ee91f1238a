"""Statements in a database, written as ingest writes them, but without its judgement."""

from collections.abc import Sequence

from sqlalchemy import Connection
from steelyard_cloud.db import database
from steelyard_cloud.statements.keys import Key, load_keys
from steelyard_cloud.statements.stored import BY_SIGNATURE, StatementRow, write_statements
from steelyard_protocol.events import Event
from steelyard_protocol.statement import parse

from kit.cloud_desk import Desk
from kit.signing_scale import SigningScale

RECEIVED_MS = 1_800_000_000_000
"""When the first of the statements that are written together was committed."""


def keys_of(desk: Desk, *some: SigningScale) -> list[Key]:
    """The keys of scales that are put on record."""
    desk.register(*some)
    with database.reading(desk.engine) as connection:
        known = load_keys(connection, [scale.kid for scale in some])
    return [known[scale.kid] for scale in some]


def write(
    connection: Connection, key: Key, raws: Sequence[bytes], *, by: int = BY_SIGNATURE, of: int = 0, after: int = 0
) -> None:
    """Store statements under a key, or under another identity `of` its scale, `after` so many others.

    Each was committed a second after the one before.
    """
    rows = []
    for at, statement in enumerate(map(parse, raws), after):
        event = int(statement.body.kind) if isinstance(statement.body, Event) else None
        rows.append(
            StatementRow(
                scale_id=key.scale_id,
                identity_id=of or key.identity_id,
                number=statement.number,
                hash=statement.hash,
                content_hash=statement.content_hash,
                kind=statement.kind,
                measured_s=statement.time or None,
                received_ms=RECEIVED_MS + 1_000 * at,
                set_backs=0,
                authentic_by=by,
                raw=statement.raw,
                event=event,
                arrival=0,
            )
        )
    write_statements(connection, rows)
