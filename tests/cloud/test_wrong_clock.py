"""What the platform's clock decides, when it was ahead for a while: nothing lives longer than it should, or is lost.

One test for each line of the table in `docs/operations.md`; what ingest does is in `ingest/test_ingest_set_back.py`.
"""

from collections.abc import Iterator

import pytest
from kit.cloud_desk import Desk
from sqlalchemy import func, select
from steelyard_cloud import clock
from steelyard_cloud.clock import SKEW_MS
from steelyard_cloud.complaints import service
from steelyard_cloud.complaints.service import NewComplaint
from steelyard_cloud.db import database, due, feeds, idempotency
from steelyard_cloud.db.schema import feed_entries, sessions, sign_in_links
from steelyard_cloud.errors import TooManyComplaints, WrongWindow
from steelyard_cloud.ingest import limits, listening
from steelyard_cloud.ingest.limits import FailureBudget
from steelyard_cloud.ingest.listening import Listening
from steelyard_cloud.ingest.mqtt.broker import Address, MqttBroker
from steelyard_cloud.judge.facts import Clock, Facts, Retired
from steelyard_cloud.judge.findings import Subject
from steelyard_cloud.judge.rules import silent
from steelyard_cloud.judge.summary import Summary
from steelyard_cloud.people import access
from steelyard_cloud.people.roles import Role
from steelyard_cloud.scales.permits import LONGEST_DAYS, Terms
from steelyard_cloud.web.http.allowance import HOUR_MS, Allowance
from steelyard_cloud.web.http.recent_views import AGAIN_MS, RecentViews

NOW_MS = 1_800_000_000_000
DAY_MS = 86_400_000
AHEAD_MS = NOW_MS + 400 * DAY_MS


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    """A cloud with people, on each database."""
    desk = Desk(database_url)
    yield desk
    desk.close()


def test_a_session_of_the_future_opens_nothing_and_is_deleted(desk: Desk) -> None:
    user = desk.registry.users[Role.REGULATOR]
    with database.writing(desk.engine) as connection:
        ahead, near = (
            access.open_session(connection, access.create_sign_in_link(connection, user, at_ms), at_ms)
            for at_ms in (AHEAD_MS, NOW_MS + SKEW_MS)
        )
        assert ahead is not None
        assert near is not None
        assert access.by_session(connection, near, NOW_MS) is not None, "of another machine's clock"
        assert access.by_session(connection, ahead, NOW_MS) is None
        assert access.by_session(connection, near, NOW_MS - 1) is None
    with database.reading(desk.engine) as connection:
        assert connection.scalar(select(func.count()).select_from(sessions)) == 1


def test_a_sign_in_link_of_the_future_opens_nothing_and_is_deleted(desk: Desk) -> None:
    user = desk.registry.users[Role.REGULATOR]
    with database.writing(desk.engine) as connection:
        ahead = access.create_sign_in_link(connection, user, AHEAD_MS)
        assert access.open_session(connection, ahead, NOW_MS) is None
        near = access.create_sign_in_link(connection, user, NOW_MS + SKEW_MS)
        assert connection.scalar(select(func.count()).select_from(sign_in_links)) == 1
        assert access.open_session(connection, near, NOW_MS - 1) is None
        assert access.open_session(connection, near, NOW_MS) is not None


def test_a_token_of_the_future_is_valid_for_its_days_and_one_without_an_end_at_once(desk: Desk) -> None:
    place = desk.registry.organisations["Hangzhou Market Supervision"]
    with database.writing(desk.engine) as connection:
        days, endless = (
            access.create_token(
                connection, name="t", role=Role.REGULATOR, organisation_id=place, now_ms=AHEAD_MS, days=of
            )
            for of in (1, None)
        )
        assert access.by_token(connection, days, AHEAD_MS - SKEW_MS - 1) is None
        assert access.by_token(connection, days, AHEAD_MS - SKEW_MS) is not None
        assert access.by_token(connection, days, AHEAD_MS + DAY_MS) is None
        assert access.by_token(connection, endless, NOW_MS) is not None


def test_an_answer_is_repeated_although_the_clock_was_ahead_meanwhile(desk: Desk) -> None:
    with database.writing(desk.engine) as connection:
        for key, at_ms in (("first", NOW_MS), ("ahead", AHEAD_MS), ("again", AHEAD_MS + 1)):
            idempotency.claim(connection, "token:1", key, b"\1" * 32, 201, at_ms)
        assert idempotency.answered(connection, "token:1", "first") is not None
        for number in range(idempotency.KEPT_LEAST + 1):
            idempotency.claim(connection, "token:1", f"more {number}", b"\1" * 32, 201, AHEAD_MS + 2 + number)
        assert idempotency.answered(connection, "token:1", "first") is None, "they do not pile up"


def test_complaints_of_the_future_take_nobodys_place(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "A_SCALE_A_DAY", 1)
    said, code = NewComplaint("It weighs too much."), "0" * 16
    with database.writing(desk.engine) as connection:
        service.complain(connection, code, said, AHEAD_MS)
        service.complain(connection, code, said, NOW_MS)
        for at_ms in (NOW_MS - SKEW_MS, NOW_MS, NOW_MS + service.DAY_MS - 1):
            with pytest.raises(TooManyComplaints):
                service.complain(connection, code, said, at_ms)
        service.complain(connection, code, said, NOW_MS + service.DAY_MS)


def test_an_address_that_was_counted_in_the_future_has_its_share_again() -> None:
    one = Allowance(1)
    assert one.spend("192.0.2.1", AHEAD_MS)
    assert not one.spend("192.0.2.1", AHEAD_MS - 1), "threads may read the clock in another order"
    assert not one.spend("192.0.2.1", AHEAD_MS - HOUR_MS + 1)
    assert one.spend("192.0.2.1", NOW_MS)
    assert not one.spend("192.0.2.1", NOW_MS)


def test_a_view_of_the_future_is_logged_again() -> None:
    views = RecentViews()
    views.note("user:1", "scale:1", AHEAD_MS)
    assert views.recently("user:1", "scale:1", AHEAD_MS - AGAIN_MS + 1)
    assert not views.recently("user:1", "scale:1", AHEAD_MS - AGAIN_MS)
    assert not views.recently("user:1", "scale:1", NOW_MS)


def test_a_topic_that_failed_in_the_future_is_looked_at_again() -> None:
    budget = FailureBudget()
    for _ in range(limits.FAILURES):
        budget.fail("t", AHEAD_MS)
    assert not budget.allows("t", AHEAD_MS, 1)
    assert not budget.allows("t", NOW_MS, 1)
    assert budget.allows("t", NOW_MS + 1000, 1)
    assert not budget.allows("t", NOW_MS + 1000, 2)


def test_timers_are_leased_for_no_longer_than_a_lease(desk: Desk) -> None:
    with database.writing(desk.engine) as connection:
        due.make_due(connection, [7], "A", NOW_MS)
        assert due.lease(connection, "A", NOW_MS, 9) == [7]
        assert due.lease(connection, "A", NOW_MS, 9) == [], "leased"
        assert not due.shards_due(connection, "A", NOW_MS)
        assert due.shards_due(connection, "A", NOW_MS + due.LEASE_MS) == ["A"]
    with database.writing(desk.engine) as connection:
        due.make_due(connection, [7], "A", NOW_MS - 1)
        assert due.lease(connection, "A", NOW_MS, 9) == [7]
        assert due.shards_due(connection, "A", NOW_MS - 1), "by a clock that was set back since"


def test_timers_beyond_a_set_back_are_due_and_the_others_stay(desk: Desk) -> None:
    with database.writing(desk.engine) as connection:
        for scale, shard, due_ms in ((1, "A", AHEAD_MS), (2, "A", NOW_MS - 5), (3, "B", AHEAD_MS)):
            due.make_due(connection, [scale], shard, due_ms)
        due.set_back(connection, "A", NOW_MS)
        assert due.lease(connection, "A", NOW_MS - 1, 9) == [2]
        assert due.lease(connection, "A", NOW_MS, 9) == [1]
        assert due.lease(connection, "B", NOW_MS, 9) == []


def test_how_long_a_receiver_has_listened_is_measured_by_a_clock_that_nobody_sets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, awake = [NOW_MS], [100.0]
    monkeypatch.setattr(listening, "awake_s", lambda: awake[0])
    monkeypatch.setattr(clock, "awake_s", lambda: awake[0])
    heard = Listening(lambda _shard: 5, lambda: now[0])
    assert heard.since_ms("A") == 5
    awake[0] += listening.BREAK_S + 1
    now[0] = AHEAD_MS
    heard.worked()
    assert heard.since_ms("A") == AHEAD_MS
    awake[0], now[0] = awake[0] + 60, NOW_MS
    assert heard.since_ms("A") == NOW_MS - 60_000
    broker = MqttBroker(Address("127.0.0.1", 1), "A")
    try:
        assert broker.connected_since_ms("A") is None
        monkeypatch.setattr(broker._session_of["A"], "subscribed_s", awake[0] - 3)
        monkeypatch.setattr(clock, "now_ms", lambda: NOW_MS)
        assert broker.connected_since_ms("A") == NOW_MS - 3000
    finally:
        broker.close()


def test_the_outbox_lets_go_what_was_written_in_the_future(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "KEPT", 10)
    with database.writing(desk.engine) as connection:
        for number in range(1, 129):
            at_ms = AHEAD_MS if number <= 20 else NOW_MS
            feeds.append(connection, feeds.OUTBOX, "A", "alert", None, {}, at_ms)
        kept = connection.scalars(
            select(feed_entries.c.position).where(feed_entries.c.feed == feeds.OUTBOX, feed_entries.c.shard == "A")
        ).all()
    assert sorted(kept) == [*range(119, 129)], "by their number"


def test_what_nobody_has_read_of_the_registry_stays_when_the_clock_runs_ahead(desk: Desk) -> None:
    with database.writing(desk.engine) as connection:
        for number in range(1, 65):
            at_ms = NOW_MS if number < 64 else AHEAD_MS
            feeds.append(connection, feeds.CHANGES, "A", "scale", None, {}, at_ms)
        kept = connection.scalars(select(feed_entries.c.position).where(feed_entries.c.feed == feeds.CHANGES)).all()
    assert len(kept) == 64


def test_a_permit_is_for_a_window_of_a_month_whatever_day_it_is() -> None:
    begin_s = AHEAD_MS // 1000
    window = {"not_before_s": begin_s, "not_after_s": begin_s + LONGEST_DAYS * 86_400}
    Terms(fields=(32,), calibration_counter=0, configuration_counter=0, **window).check(NOW_MS)
    for end_s in (begin_s + LONGEST_DAYS * 86_400 + 1, begin_s):
        terms = Terms(
            fields=(32,), calibration_counter=0, configuration_counter=0, not_before_s=begin_s, not_after_s=end_s
        )
        with pytest.raises(WrongWindow):
            terms.check(NOW_MS)


def silence(newest_ms: int, now_ms: int, since_ms: int = 0, facts: Facts | None = None) -> tuple[int, list[int | None]]:
    """How many findings the rule makes, and when it wants to look again."""
    summary = Summary(b"k" * 10, newest_ms=newest_ms)
    found, waits = silent.judge(Subject.of(summary, facts or Facts(), Clock(now_ms, since_ms)))
    return len(found), [one.until_ms for one in waits]


def test_what_is_later_than_now_hides_no_silence() -> None:
    patience_ms = 1_800_000
    assert silence(AHEAD_MS, NOW_MS) == (0, [NOW_MS + patience_ms])
    assert silence(NOW_MS, NOW_MS, AHEAD_MS) == (0, [NOW_MS + patience_ms])
    assert silence(NOW_MS, NOW_MS + patience_ms - 1) == (0, [NOW_MS + patience_ms])
    assert silence(NOW_MS, NOW_MS + patience_ms) == (1, [])
    assert silence(0, NOW_MS) == (0, [])


def test_a_replaced_key_is_not_called_silent() -> None:
    for kid, findings in ((b"k" * 10, 0), (b"o" * 10, 1)):
        facts = Facts(retired=frozenset({Retired(kid, 3)}))
        assert silence(NOW_MS, AHEAD_MS, facts=facts)[0] == findings
