"""A key's answer is kept for who chose it for as long as it may be asked for again: a late retry never runs twice."""

from collections.abc import Iterator

import pytest
from kit.cloud_desk import Desk
from steelyard_cloud.db import database, idempotency
from steelyard_cloud.db.database import IntegrityError
from steelyard_cloud.db.idempotency import Answer

NOW_MS = 1_800_000_000_000
WEEK_MS = 604_800_000
KEPT_LEAST = 64
HASH = bytes(32)


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    """A cloud with people, on each database."""
    desk = Desk(database_url)
    yield desk
    desk.close()


def test_every_answer_of_a_busy_week_is_kept_with_its_own_key(desk: Desk) -> None:
    said = {number: Answer(number.to_bytes(32, "big"), 201, {"made": number}) for number in range(2 * KEPT_LEAST)}
    with database.writing(desk.engine) as connection:
        for number, answer in said.items():
            at_ms = NOW_MS + number * (WEEK_MS // len(said))
            idempotency.claim(connection, "token:1", f"key {number}", answer.request_hash, 201, at_ms)
            idempotency.keep(connection, "token:1", f"key {number}", answer.body)
        for number, answer in said.items():
            assert idempotency.answered(connection, "token:1", f"key {number}") == answer
            assert idempotency.answered(connection, "token:2", f"key {number}") is None


def test_what_another_caller_does_takes_nobodys_answer(desk: Desk) -> None:
    first = Answer(HASH, 201, {"made": "by the first"})
    with database.writing(desk.engine) as connection:
        idempotency.claim(connection, "token:1", "key", HASH, 201, NOW_MS)
        idempotency.keep(connection, "token:1", "key", first.body)
        for number in range(KEPT_LEAST + 1):
            name, at_ms = ("key", *(f"key {n}" for n in range(KEPT_LEAST)))[number], NOW_MS + 2 * WEEK_MS + number
            idempotency.claim(connection, "token:2", name, bytes(31) + b"\1", 200, at_ms)
            idempotency.keep(connection, "token:2", name, {"made": "by the second"})
        assert idempotency.answered(connection, "token:1", "key") == first
        assert idempotency.answered(connection, "token:2", "key") == (bytes(31) + b"\1", 200, {"made": "by the second"})


def test_old_answers_beyond_those_that_always_stay_go(desk: Desk) -> None:
    with database.writing(desk.engine) as connection:
        for number in range(KEPT_LEAST + 1):
            idempotency.claim(connection, "token:1", f"key {number}", HASH, 201, NOW_MS + number)
        for name, later_ms, kept in (
            ("a ms too early", WEEK_MS - 1, [0, 1, 2]),
            ("a week after the first", WEEK_MS, [1, 2]),
            ("after the second", WEEK_MS + 1, [2]),
        ):
            idempotency.claim(connection, "token:1", name, HASH, 201, NOW_MS + later_ms)
            found = [n for n in range(3) if idempotency.answered(connection, "token:1", f"key {n}")]
            assert found == kept, name


def test_the_last_answers_stay_however_old_they_look(desk: Desk) -> None:
    with database.writing(desk.engine) as connection:
        for number in range(KEPT_LEAST):
            idempotency.claim(connection, "token:1", f"key {number}", HASH, 201, NOW_MS + number)
        for again, left in ((1, 0), (2, 1), (3, 2)):
            idempotency.claim(connection, "token:1", f"again {again}", HASH, 201, NOW_MS + 50 * WEEK_MS + again)
            found = [n for n in range(KEPT_LEAST) if idempotency.answered(connection, "token:1", f"key {n}")]
            assert found == list(range(left, KEPT_LEAST)), again


def test_a_key_is_taken_once(desk: Desk) -> None:
    with database.writing(desk.engine) as connection:
        idempotency.claim(connection, "token:1", "key", HASH, 201, NOW_MS)
    with pytest.raises(IntegrityError), database.writing(desk.engine) as connection:
        idempotency.claim(connection, "token:1", "key", HASH, 201, NOW_MS)
