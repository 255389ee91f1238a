"""A platform whose clock was 400 days ahead for a while: once that is set right, nobody is hidden, nothing fresher."""

import logging
from collections.abc import Callable, Iterator

import pytest
from kit.canonical import canonical
from kit.cloud_desk import Desk, wait_for
from kit.set_clock import DAY_MS, PERIOD_MS, START_MS, Cloud, Receiving
from kit.signing_scale import SigningScale
from sqlalchemy import select, update
from steelyard_cloud.db import database
from steelyard_cloud.db.schema import due, identities
from steelyard_cloud.judge.chain import GRACE_MS
from steelyard_cloud.judge.stored import NEVER_MS
from steelyard_cloud.judge.summary import Summary
from steelyard_cloud.settings import SHARDS
from steelyard_cloud.statements import queries as statement_queries
from steelyard_cloud.statements import summaries as summary_store
from steelyard_cloud.statements.keys import load_keys
from steelyard_cloud.statements.stored import StoredStatements

AHEAD_MS = 400 * DAY_MS
PATIENCE_MS = 3 * PERIOD_MS
HALVES = SHARDS[:16], SHARDS[16:]


@pytest.fixture
def cloud_of(desk: Desk) -> Iterator[Callable[..., Cloud]]:
    """Makes a cloud whose receivers have these shards."""
    made: list[Cloud] = []

    def make(*shards: str) -> Cloud:
        made.append(Cloud(desk, *shards))
        return made[-1]

    yield make
    for one in made:
        one.stop()


def seeds(cloud: Cloud, count: int) -> list[int]:
    """Of so many scales for each receiver."""
    found: list[int] = []
    for shards in cloud.shards:
        own = (seed for seed in range(1, 1000) if SigningScale(seed).code[0] in shards)
        found += [next(own) for _ in range(count)]
    return found


def set_right(cloud: Cloud, *, restart: bool) -> int:
    """Set the clocks right and wait until that is noticed; gives the moment."""
    cloud.set_clocks(0, restart=restart)
    wait_for(lambda: len(cloud.set_backs()) == len(SHARDS), "the set-back of every shard")
    return cloud.true.ms


@pytest.mark.parametrize("restart", [False, True], ids=["running", "restarted"])
@pytest.mark.parametrize("shards", [(SHARDS,), HALVES], ids=["one", "two"])
def test_a_receiver_that_was_ahead_hides_nobody(
    cloud_of: Callable[..., Cloud], shards: tuple[str, ...], *, restart: bool
) -> None:
    cloud = cloud_of(*shards)
    scales = [cloud.in_use(seed) for seed in seeds(cloud, 4)]
    dated, undated, liars, holes = (scales[at::4] for at in range(4))
    cloud.set_clocks(AHEAD_MS)
    lie_ms = cloud.true.ms + AHEAD_MS - DAY_MS
    for scale in dated:
        cloud.report(scale, cloud.snapshot(scale, cloud.true.ms))
    for scale in undated:
        cloud.report(scale, cloud.snapshot(scale, None))
    for scale in liars:
        cloud.report(scale, cloud.snapshot(scale, lie_ms))
    for scale in holes:
        scale.skip(1)
        cloud.report(scale, cloud.snapshot(scale, cloud.true.ms + AHEAD_MS - 1000))
    to_ms = set_right(cloud, restart=restart)
    assert {ms for _, ms in cloud.set_backs()} == {to_ms}
    wait_for(lambda: cloud.latest_ms() <= to_ms + PATIENCE_MS, "timers that fire in time")

    assert [cloud.verdict(one) for one in dated] == ["verified"] * len(dated)
    assert [cloud.verdict(one) for one in liars] == ["verified"] * len(liars), "as any scale that was just heard"
    assert [cloud.verdict(one) for one in undated] == ["cannot-be-told"] * len(undated)
    assert [cloud.alert(one, "gap") for one in holes] == [None] * len(holes), "in its grace"
    cloud.true.ms = to_ms + GRACE_MS - 1
    assert [cloud.verdict(one) for one in holes] == ["verified"] * len(holes), "in its grace"
    cloud.true.ms = to_ms + GRACE_MS
    for scale in holes:
        cloud.becomes(scale, "cannot-be-told")
        wait_for(lambda one=scale: cloud.alert(one, "gap") == "open", "the gap")  # type: ignore[misc]
    cloud.true.ms = to_ms + PATIENCE_MS
    for scale in scales:
        wait_for(lambda one=scale: cloud.alert(one, "silent") == "open", "the silent scale")  # type: ignore[misc]
    assert [cloud.verdict(one) for one in liars] == ["verified"] * len(liars), "to the last moment"
    cloud.true.ms += 1
    assert {cloud.verdict(one) for one in [*dated, *liars, *holes]} == {"no-recent-data"}
    for scale in scales:
        cloud.report(scale, cloud.snapshot(scale, cloud.true.ms))
        cloud.becomes(scale, "cannot-be-told" if scale in holes else "verified")
        assert cloud.alert(scale, "silent") == "closed"


def as_read(desk: Desk, scale: SigningScale) -> list[Summary]:
    """The scale's summary as ingest reads it, and in the three ways of the web and of evidence files."""
    with database.reading(desk.engine) as connection:
        key = load_keys(connection, [scale.kid])[scale.kid]
        stored = summary_store.load_summaries(connection, [key])[key.identity_id].summary
        web = statement_queries.summary_of(connection, key.scale_id, key.identity_id)
        _, (of_scale,) = statement_queries.summaries_of(connection, key.scale_id)
        alone = summary_store.load_summary(connection, key.identity_id, key.kid)
    assert web is not None
    return [stored, web, of_scale, alone]


def test_ingest_and_web_read_the_same_and_so_does_who_starts_from_the_evidence(
    cloud_of: Callable[..., Cloud], desk: Desk
) -> None:
    cloud = cloud_of()
    scale = cloud.in_use(1)
    cloud.set_clocks(AHEAD_MS)
    cloud.report(scale, scale.raise_span(), cloud.snapshot(scale, cloud.true.ms + AHEAD_MS - 1000))
    first_ms = set_right(cloud, restart=False)
    stored, *others = as_read(desk, scale)
    assert [(one.newest_ms, one.dated, one.set_backs) for one in (stored, *others)] == [
        (first_ms, (4, first_ms), 1)
    ] * 4
    assert [canonical(one) for one in others] == [canonical(stored)] * 3
    cloud.true.ms += PERIOD_MS
    cloud.report(scale, cloud.snapshot(scale, cloud.true.ms))
    cloud.stop()
    with database.reading(desk.engine) as connection:
        key = load_keys(connection, [scale.kid])[scale.kid]
        evidence = StoredStatements(connection, key)
        commits = [min(one.commit_ms, one.latest_ms) for one in evidence.page(1, 99, 99)]
        latest = [one.latest_ms for one in evidence.page(1, 99, 99)]
        following = evidence.following(3)
        rows = [min(one.commit_ms, one.latest_ms) for one in evidence.rows()]
        read = statement_queries.newest(connection, key.scale_id, key.identity_id, limit=9)
    stored, *others = as_read(desk, scale)
    assert [(canonical(one), one.set_backs) for one in others] == [(canonical(stored), 1)] * 3
    assert (stored.newest_ms, stored.dated) == (cloud.true.ms, (5, cloud.true.ms))
    assert stored.changes.items[0].committed_s == first_ms // 1000
    assert commits == rows == [START_MS, START_MS, first_ms, first_ms, cloud.true.ms]
    assert latest == [NEVER_MS, NEVER_MS, first_ms, first_ms, NEVER_MS]
    assert following == (4, first_ms)
    assert [one.received_ms for one in reversed(read)] == commits


def test_what_comes_after_a_set_back_has_its_own_time(cloud_of: Callable[..., Cloud]) -> None:
    cloud = cloud_of()
    scale, new = cloud.in_use(1), SigningScale(2, start_s=START_MS // 1000)
    cloud.set_clocks(AHEAD_MS)
    cloud.report(scale, cloud.snapshot(scale, cloud.true.ms))
    set_right(cloud, restart=False)
    cloud.true.ms += PATIENCE_MS
    new = cloud.in_use(2)  # known from after the set-back on, and read from the database below
    cloud.set_clocks(0, restart=True)
    cloud.report(scale, cloud.snapshot(scale, cloud.true.ms))
    cloud.report(new, cloud.snapshot(new, cloud.true.ms))
    cloud.true.ms += PATIENCE_MS
    assert [cloud.verdict(one) for one in (scale, new)] == ["verified"] * 2
    assert len(cloud.set_backs()) == len(SHARDS), "one for each shard, once"


def test_it_is_said_once(cloud_of: Callable[..., Cloud], caplog: pytest.LogCaptureFixture) -> None:
    cloud = cloud_of()
    scale = cloud.in_use(1)
    cloud.set_clocks(AHEAD_MS)
    cloud.report(scale, cloud.snapshot(scale, None))
    with caplog.at_level(logging.WARNING):
        set_right(cloud, restart=False)
        cloud.report(scale, cloud.snapshot(scale, cloud.true.ms))
    (said,) = [one.getMessage() for one in caplog.records if "set back" in one.getMessage()]
    assert said.startswith(
        "the platform's clock was set back by 400 days, 0:00:00, from 2028-02-19 08:00:00+00:00 to 2027-01-15 08:00:00"
    )


def test_a_clock_that_was_ahead_while_nothing_arrived_leaves_no_timer_behind(
    cloud_of: Callable[..., Cloud], desk: Desk
) -> None:
    cloud = cloud_of()
    scale = cloud.in_use(1)
    cloud.true.ms += PATIENCE_MS
    wait_for(lambda: cloud.alert(scale, "silent") == "open", "the silent scale")
    cloud.report(scale, cloud.snapshot(scale, cloud.true.ms))
    cloud.set_clocks(AHEAD_MS)
    for one in cloud.receivers:
        one._connected_ms = cloud.true.ms  # so that it listens anew, and judges again in the far future

    def far() -> bool:
        with database.reading(desk.engine) as connection:
            return (connection.scalar(select(due.c.due_ms)) or 0) > cloud.true.ms + AHEAD_MS

    wait_for(far, "a timer in the far future")
    to_ms = set_right(cloud, restart=True)
    cloud.true.ms = to_ms + PATIENCE_MS
    wait_for(lambda: cloud.alert(scale, "silent") in ("open", "regressed"), "the silent scale")


def test_a_lease_of_the_far_future_is_none(cloud_of: Callable[..., Cloud], desk: Desk) -> None:
    cloud = cloud_of()
    scale = cloud.in_use(1)
    with database.writing(desk.engine) as connection:
        connection.execute(update(due).values(leased_until_ms=cloud.true.ms + AHEAD_MS))
    cloud.true.ms += PATIENCE_MS
    wait_for(lambda: cloud.alert(scale, "silent") == "open", "the silent scale")


def test_another_receiver_of_the_shard_forgets_what_it_knows(cloud_of: Callable[..., Cloud], desk: Desk) -> None:
    cloud = cloud_of()
    scale, other = cloud.in_use(1), cloud.in_use(2)
    second = Receiving(desk, cloud.true)
    cloud.receivers.append(second)
    wait_for(lambda: second.ingest.receiver.commits._set_backs == 0, "its first turn")
    cloud.set_clocks(AHEAD_MS)
    cloud.report(scale, cloud.snapshot(scale, None))
    cloud.receivers.remove(second)
    second.ingest.stop()  # before the clocks are set right, or it may record that too
    set_right(cloud, restart=False)
    second.ahead_ms = 0
    receiver = second.ingest.receiver
    receiver.commits.look(cloud.true.ms)
    with receiver.commits.at(cloud.true.ms + 2000):
        pass
    assert receiver.commits._set_backs == len(SHARDS)
    with database.reading(desk.engine) as connection:
        ids = connection.scalars(select(identities.c.id).order_by(identities.c.id)).all()
        stored = receiver.summaries.of_ids(connection, ids)
    assert [one.summary.set_backs for one in stored] == [1, 1]
    assert other.number == 2
