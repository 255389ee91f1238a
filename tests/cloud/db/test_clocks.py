"""What is kept of the platform's clock for each shard, and what becomes of a clock that is set back."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, select
from steelyard_cloud.db import clocks, database
from steelyard_cloud.db.clocks import KEPT, TOLERATED_MS, SetBack
from steelyard_cloud.db.schema import clocks as clock_rows
from steelyard_cloud.db.schema import set_backs

NOW_MS = 1_800_000_000_000


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An empty database."""
    database.migrate(database_url)
    engine = database.connect(database_url)
    yield engine
    engine.dispose()


def advance(engine: Engine, shards: str, now_ms: int) -> list[SetBack]:
    """What is recorded when the owner of these shards commits."""
    with database.writing(engine) as connection:
        return list(clocks.advance(connection, shards, now_ms).recorded)


def latest(engine: Engine) -> dict[str, int]:
    """The latest time of each shard."""
    with database.reading(engine) as connection:
        return {row.shard: row.latest_ms for row in connection.execute(select(clock_rows))}


def test_a_clock_that_goes_on_or_is_steered_is_not_set_back(engine: Engine) -> None:
    for now_ms in (NOW_MS, NOW_MS + 5, NOW_MS - TOLERATED_MS + 5, NOW_MS + 5 - TOLERATED_MS):
        assert advance(engine, "AB", now_ms) == []
    assert latest(engine) == {"A": NOW_MS + 5, "B": NOW_MS + 5}, "never lowered: many small steps back add up"


def test_a_clock_that_is_set_back_is_recorded_for_the_shards_of_its_owner(engine: Engine) -> None:
    assert advance(engine, "ABC", NOW_MS) == []
    to_ms = NOW_MS - TOLERATED_MS - 1
    assert advance(engine, "AB", to_ms) == [SetBack("A", 1, NOW_MS, to_ms), SetBack("B", 1, NOW_MS, to_ms)]
    assert latest(engine) == {"A": to_ms, "B": to_ms, "C": NOW_MS}
    assert advance(engine, "AB", to_ms) == [], "once"
    assert advance(engine, "BD", to_ms - 9999) == [SetBack("B", 2, to_ms, to_ms - 9999)]
    with database.writing(engine) as connection:
        assert clocks.advance(connection, "ABCD", NOW_MS).set_backs == 3


def test_what_has_not_been_through_a_set_back_is_dated_by_the_least(engine: Engine) -> None:
    times = [NOW_MS + 50_000, NOW_MS + 10_000, NOW_MS + 30_000]
    for to_ms in times:
        advance(engine, "A", to_ms + 60_000)
        advance(engine, "A", to_ms)
    with database.reading(engine) as connection:
        known = clocks.load_set_backs(connection, "AB")
    assert [known.least_ms("A", after) for after in range(4)] == [times[1], times[1], times[2], None]
    assert (known.count("A"), known.count("B"), known.least_ms("B", 0)) == (3, 0, None)


def test_set_backs_are_bounded_and_the_least_of_the_oldest_still_counts(engine: Engine) -> None:
    first_ms, most = NOW_MS - 5_000_000, KEPT + 5
    for number in range(1, most + 1):
        to_ms = first_ms if number == 2 else NOW_MS + number * 10_000
        advance(engine, "A", NOW_MS + number * 10_000 + 5000)
        assert advance(engine, "A", to_ms)[0].number == number
    with database.reading(engine) as connection:
        known = clocks.load_set_backs(connection, "A")
        rows = connection.execute(select(set_backs.c.number).order_by(set_backs.c.number)).scalars().all()
    assert rows == [*range(most - KEPT, most + 1)]
    assert known.count("A") == most
    assert known.least_ms("A", 0) == known.least_ms("A", most - KEPT - 1) == first_ms
    for after in range(most - KEPT, most):
        assert known.least_ms("A", after) == NOW_MS + (after + 1) * 10_000
