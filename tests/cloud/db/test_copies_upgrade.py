"""A database of schema 0004 gets the copies that it has, and the sizes of its quarantine."""

from pathlib import Path

import pytest
from alembic import command
from kit.signing_scale import SigningScale
from sqlalchemy import insert, select, text
from steelyard_cloud.db import database
from steelyard_cloud.db.schema import copies, quarantine, quarantine_sizes, statements
from steelyard_protocol.statement import parse


def row(identity_id: int, raw: bytes, number: int | None = None) -> dict[str, object]:
    one = parse(raw)
    return {
        "scale_id": 7,
        "identity_id": identity_id,
        "number": one.number if number is None else number,
        "hash": one.hash,
        "content_hash": one.content_hash,
        "kind": one.kind,
        "measured_s": one.time,
        "received_ms": 1,
        "authentic_by": 1,
        "raw": raw,
    }


@pytest.mark.parametrize("server", ["sqlite", "postgresql"])
def test_copies_and_sizes_are_filled_from_what_is_stored(
    server: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path}/c.db" if server == "sqlite" else request.getfixturevalue("postgresql").url
    engine = database.connect(url)
    config = database._migrations()
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0004")
        connection.commit()
    scale, other = SigningScale(1), SigningScale(2)
    first = [scale.enrol(), scale.boot()]
    forked = [scale.branch().snapshot(load) for load in (1_000, 2_000, 3_000)]
    rows = [row(1, raw) for raw in (*first, *forked)] + [row(2, raw) for raw in (other.enrol(), other.boot())]
    rows += [row(2, raw, number=0) for raw in forked[:2]]
    suspect = {"topic": "t", "kid": None, "reason": "topic", "received_ms": 1}
    with database.writing(engine) as connection:
        connection.execute(insert(statements), rows)
        kept = [("0", b"ab"), ("0", b"cde"), ("1", b"f")]
        connection.execute(
            insert(quarantine),
            [{**suspect, "shard": shard, "hash": raw * 8, "raw": raw} for shard, raw in kept],
        )
    database.migrate(url)
    with database.reading(engine) as connection:
        found = {tuple(one) for one in connection.execute(select(copies))}
        sizes = {tuple(one) for one in connection.execute(select(quarantine_sizes))}
        assert connection.scalar(text("SELECT count(*) FROM statements")) == len(rows)
    engine.dispose()
    assert found == {(1, 3, parse(raw).content_hash, parse(raw).link) for raw in forked}
    assert sizes == {("0", 2, 5), ("1", 1, 1)}
