"""Statements in a database, written as ingest writes them, but without its judgement."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

import pytest
from sqlalchemy import Connection
from steelyard_cloud.db import database
from steelyard_cloud.statements.keys import Key, load_keys
from steelyard_cloud.statements.stored import BY_SIGNATURE, StatementRow, write_statements
from steelyard_protocol.events import Event
from steelyard_protocol.statement import parse

from kit.cloud_desk import Desk
from kit.servers import PostgreSQL
from kit.signing_scale import SigningScale

SERVERS = ("sqlite", "postgresql")

RECEIVED_MS = 1_800_010_000_000
"""When the first of the statements that are written together was committed."""


@contextmanager
def desk_on(request: pytest.FixtureRequest, folders: pytest.TempPathFactory) -> Iterator[Desk]:
    """A cloud without a broker on the server of SERVERS that the fixture's parameter names."""
    with ExitStack() as open_:
        if request.param == "sqlite":
            url = f"sqlite:///{folders.mktemp('database')}/cloud.db"
        else:
            server: PostgreSQL = request.getfixturevalue("postgresql_server")
            name = open_.enter_context(server.database())
            url = server.address(name).replace("postgresql://", "postgresql+psycopg://")
        desk = Desk(url)
        open_.callback(desk.close)
        yield desk


def keys_of(desk: Desk, *some: SigningScale) -> list[Key]:
    """The keys of scales that are put on record."""
    desk.register(*some)
    with database.reading(desk.engine) as connection:
        known = load_keys(connection, [scale.kid for scale in some])
    return [known[scale.kid] for scale in some]


def write(
    connection: Connection,
    key: Key,
    raws: Sequence[bytes],
    *,
    by: int = BY_SIGNATURE,
    of: int = 0,
    after: int = 0,
    set_backs: int = 0,
) -> None:
    """Store statements under a key, or under another identity `of` its scale, `after` so many others.

    Each was committed a second after the one before, and all after so many set-backs of the clock.
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
                set_backs=set_backs,
                authentic_by=by,
                raw=statement.raw,
                event=event,
                arrival=0,
            )
        )
    write_statements(connection, rows)
