"""Nothing that was stored is dated later than the time that the platform's clock was set back to afterwards."""

from collections.abc import Iterator

import pytest
from kit.cloud_desk import Desk
from kit.signing_scale import SigningScale
from kit.stored import RECEIVED_MS, keys_of, write
from sqlalchemy import Connection, insert
from steelyard_cloud.db import database
from steelyard_cloud.db.schema import set_backs
from steelyard_cloud.judge.stored import NEVER_MS, Following
from steelyard_cloud.statements import queries
from steelyard_cloud.statements.keys import Key
from steelyard_cloud.statements.selection import Selection
from steelyard_cloud.statements.stored import StoredStatements

FIRST_MS, SECOND_MS = RECEIVED_MS + 2_500, RECEIVED_MS + 3_500
EXPECTED = {1: None, 2: None, 3: None, 4: FIRST_MS, 5: FIRST_MS, 6: SECOND_MS, 7: None}
"""Which time stands for the commit of each number; without one its own does."""


@pytest.fixture(scope="module")
def stored(desk: Desk) -> Iterator[tuple[Connection, Key]]:
    """Seven statements a second apart: five before two set-backs of their shard, one between, one after both."""
    scale = SigningScale()
    (key,) = keys_of(desk, scale)
    scale.enrol()
    for _ in range(6):
        scale.snapshot()
    other = "Z" if key.shard != "Z" else "Y"
    with database.writing(desk.engine) as connection:
        write(connection, key, scale.chain[:5])
        write(connection, key, scale.chain[5:6], after=5, set_backs=1)
        write(connection, key, scale.chain[6:], after=6, set_backs=2)
        for shard, number, to_ms in ((key.shard, 1, FIRST_MS), (key.shard, 2, SECOND_MS), (other, 1, 5)):
            row = {"shard": shard, "number": number, "from_ms": RECEIVED_MS + 9_000, "to_ms": to_ms}
            connection.execute(insert(set_backs).values(row))
    with database.reading(desk.engine) as connection:
        yield connection, key


def test_of_all_later_set_backs_the_earliest_counts(stored: tuple[Connection, Key]) -> None:
    connection, key = stored
    read = queries.newest(connection, key.scale_id, key.identity_id, limit=9)
    own = {number: RECEIVED_MS + 1_000 * (number - 1) for number in EXPECTED}
    assert {one.number: one.received_ms for one in read} == {
        number: expected or own[number] for number, expected in EXPECTED.items()
    }
    evidence = StoredStatements(connection, key)
    latest = [expected or NEVER_MS for expected in EXPECTED.values()]
    assert [(one.commit_ms, one.latest_ms) for one in evidence.page(1, 7, 9)] == list(
        zip(own.values(), latest, strict=True)
    )
    assert [(commit_ms, latest_ms) for _, commit_ms, latest_ms, _ in evidence.rows()] == list(
        zip(own.values(), latest, strict=True)
    )
    assert [evidence.following(number) for number in (3, 5, 6)] == [
        Following(4, FIRST_MS),
        Following(6, SECOND_MS),
        Following(7, own[7]),
    ]
    selection = Selection(connection, key.scale_id, key.identity_id, 9)
    selection.add_up_to(7)
    assert [(one.received_ms, one.latest_ms) for one in selection.rising()] == list(
        zip(own.values(), latest, strict=True)
    )
