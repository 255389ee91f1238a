"""Who makes the platform judge and read again without end has that done once for many messages; others at once."""

import pytest
from kit.cloud_desk import Desk
from kit.handing_over import NOW, send
from kit.signing_scale import SigningScale
from sqlalchemy import Connection, event, select
from steelyard_cloud.alerts import store as alert_store
from steelyard_cloud.db import database
from steelyard_cloud.db.schema import due
from steelyard_cloud.ingest.judging import JUDGED_IN_A_ROW, LOOK_AGAIN_MS
from steelyard_cloud.ingest.receiver import Receiver
from steelyard_cloud.ingest.timers import judge_due
from steelyard_cloud.judge import judge as judge_module
from steelyard_cloud.judge.rereads import PAGE, read_again
from steelyard_cloud.judge.stored import Evidence
from steelyard_cloud.judge.summary import Summary
from steelyard_protocol.events import EventKind

OFTEN = 40


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The active key of each scale that is judged, as often as it is."""
    kids: list[bytes] = []

    def noted(summaries: object, facts: object, clock: object, active_kid: bytes) -> judge_module.Judgement:
        kids.append(active_kid)
        return judge_module.judge(summaries, facts, clock, active_kid)  # type: ignore[arg-type]

    monkeypatch.setattr("steelyard_cloud.ingest.judging.judge", noted)
    return kids


def started(desk: Desk, receiver: Receiver, seed: int) -> SigningScale:
    scale = SigningScale(seed)
    desk.register(scale)
    send(receiver, scale, scale.enrol(), scale.boot())
    return scale


def forks(desk: Desk, scale: SigningScale) -> int:
    return sum(alert["count"] for alert in desk.alerts(scale) if alert["values"]["code"] == "fork")


def test_a_scale_that_changes_with_every_message_is_judged_some_times_and_then_by_the_timers(
    desk: Desk, receiver: Receiver, judged: list[bytes]
) -> None:
    busy, other = started(desk, receiver, 1), started(desk, receiver, 2)
    judged.clear()
    for turn in range(OFTEN):
        send(receiver, busy, busy.branch().snapshot(1_000 * (turn + 1)), busy.snapshot())
    assert judged.count(busy.kid) <= JUDGED_IN_A_ROW
    assert forks(desk, busy) < OFTEN
    send(receiver, other, other.branch().snapshot(1_000), other.snapshot())
    assert forks(desk, other) == 1  # nobody else waits for a timer
    with database.reading(desk.engine) as connection:
        due_ms = connection.scalar(select(due.c.due_ms).order_by(due.c.due_ms).limit(1))
    assert due_ms is not None
    assert due_ms <= NOW + LOOK_AGAIN_MS
    judged.clear()
    judge_due(receiver, NOW + LOOK_AGAIN_MS)
    assert judged.count(busy.kid) == 1
    assert forks(desk, busy) == OFTEN


def test_what_was_left_to_the_timers_is_found_by_whoever_starts_next(desk: Desk, receiver: Receiver) -> None:
    scale = started(desk, receiver, 1)
    for turn in range(OFTEN):
        send(receiver, scale, scale.branch().snapshot(1_000 * (turn + 1)), scale.snapshot())
    assert forks(desk, scale) < OFTEN
    next_one = desk.receiver()
    judge_due(next_one, NOW + LOOK_AGAIN_MS)
    next_one.close()
    assert forks(desk, scale) == OFTEN


def test_once_a_second_it_is_judged_at_once_again(desk: Desk, receiver: Receiver, judged: list[bytes]) -> None:
    scale = started(desk, receiver, 1)
    for turn in range(OFTEN):
        send(receiver, scale, scale.branch().snapshot(1_000 * (turn + 1)), scale.snapshot())
    for second in range(1, 4):
        judged.clear()
        for turn in range(10):
            at_ms = NOW + 1000 * second + turn
            send(receiver, scale, scale.branch().snapshot(1_000 * (turn + 1)), scale.snapshot(), at_ms=at_ms)
        assert judged.count(scale.kid) == 1


def test_alerts_that_change_together_ask_the_database_as_often_as_one(
    desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    update = alert_store.update_from

    def counted(connection: Connection, *rest: object) -> object:
        def note(_c: object, _cursor: object, sql: str, *_: object) -> None:
            asked.append(sql)

        event.listen(desk.engine, "before_cursor_execute", note)
        try:
            return update(connection, *rest)  # type: ignore[arg-type]
        finally:
            event.remove(desk.engine, "before_cursor_execute", note)

    monkeypatch.setattr(alert_store, "update_from", counted)
    counts = []
    for seed, many in ((1, 1), (2, 12)):
        scale = started(desk, receiver, seed)
        asked.clear()
        send(receiver, scale, *(scale.boot(software=bytes([at]) * 32) for at in range(many)))
        counts.append(len(asked))
    assert len(desk.alerts(scale)) >= 12
    assert counts[1] <= counts[0] + 2


def test_only_the_first_page_of_what_is_read_again_is_read_with_a_message(
    desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages: list[Summary] = []

    def counted(summary: Summary, evidence: Evidence) -> None:
        pages.append(summary)
        read_again(summary, evidence)

    monkeypatch.setattr("steelyard_cloud.ingest.store.read_again", counted)
    scale = started(desk, receiver, 1)
    thief = scale.branch()
    send(receiver, scale, *(scale.snapshot(flags=0) for _ in range(3 * PAGE)))
    send(receiver, scale, thief.event(EventKind.CASE_OPENED, 1, flags=0))
    assert len(pages) == 1
    for _ in range(5):
        send(receiver, scale, scale.snapshot(flags=0))
    assert len(pages) == 1
    while receiver.read_again(NOW):
        pass
    send(receiver, scale, thief.event(EventKind.CASE_OPENED, 2, flags=0))
    assert len(pages) == 2
