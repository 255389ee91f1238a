"""Timers: whoever reports is put off and not judged, whoever is silent is found in time, and nobody waits long."""

from collections.abc import Iterator, Sequence

import pytest
from kit.cloud_desk import Desk
from kit.handing_over import NOW, send
from kit.signing_scale import SigningScale
from sqlalchemy import event, select
from steelyard_cloud.db import database
from steelyard_cloud.db import due as due_rows
from steelyard_cloud.db.schema import due, scales
from steelyard_cloud.ingest.judged import LOOK_AGAIN_MS
from steelyard_cloud.ingest.judging import JUDGED_IN_A_ROW
from steelyard_cloud.ingest.listening import Listening
from steelyard_cloud.ingest.receiver import Receiver
from steelyard_cloud.ingest.timers import judge_due
from steelyard_cloud.judge import judge as judge_module
from steelyard_cloud.judge.chain import GRACE_MS

PATIENCE_MS = 3 * 600_000


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The active key of each scale that is judged, as often as it is."""
    kids: list[bytes] = []

    def noted(summaries: object, facts: object, clock: object, active_kid: bytes) -> judge_module.Judgement:
        kids.append(active_kid)
        return judge_module.judge(summaries, facts, clock, active_kid)  # type: ignore[arg-type]

    monkeypatch.setattr("steelyard_cloud.ingest.judging.judge", noted)
    return kids


@pytest.fixture
def asked(desk: Desk) -> Iterator[list[str]]:
    """What the database is asked."""
    found: list[str] = []

    def note(_c: object, _cursor: object, sql: str, *_: object) -> None:
        found.append(sql)

    event.listen(desk.engine, "before_cursor_execute", note)
    yield found
    event.remove(desk.engine, "before_cursor_execute", note)


def started(desk: Desk, receiver: Receiver, count: int, *, seed: int = 1, at_ms: int = NOW) -> list[SigningScale]:
    """So many scales that have reported."""
    some = [SigningScale(at) for at in range(seed, seed + count)]
    desk.register(*some)
    for scale in some:
        send(receiver, scale, scale.enrol(), scale.boot(), at_ms=at_ms)
    return some


def due_at(desk: Desk, scale: SigningScale) -> int | None:
    """When the scale is due."""
    query = select(due.c.due_ms).join(scales, scales.c.id == due.c.scale_id).where(scales.c.public_code == scale.code)
    with database.reading(desk.engine) as connection:
        return connection.scalar(query)


def silent(desk: Desk, some: Sequence[SigningScale]) -> list[bool]:
    """Which of these scales an open alert calls silent."""
    return [any(one["rule"] == "silent" and one["still_found"] for one in desk.alerts(scale)) for scale in some]


def test_who_reported_is_put_off_unjudged_and_who_did_not_is_alerted(
    desk: Desk, receiver: Receiver, judged: list[bytes]
) -> None:
    some = started(desk, receiver, 5)
    for scale in some[:3]:
        send(receiver, scale, scale.snapshot(), at_ms=NOW + 500_000)
    judged.clear()
    assert not judge_due(receiver, NOW + PATIENCE_MS - 1)
    assert silent(desk, some) == [False] * 5
    assert not judge_due(receiver, NOW + PATIENCE_MS)
    assert [due_at(desk, scale) for scale in some[:3]] == [NOW + 500_000 + PATIENCE_MS] * 3
    assert sorted(judged) == sorted(scale.kid for scale in some[3:])
    assert silent(desk, some) == [False, False, False, True, True]
    assert not judge_due(receiver, NOW + 500_000 + PATIENCE_MS)
    assert silent(desk, some) == [True] * 5


@pytest.mark.parametrize("restarted", [False, True])
def test_who_was_put_off_is_judged_in_time_for_a_hole(desk: Desk, receiver: Receiver, restarted: bool) -> None:
    (scale,) = started(desk, receiver, 1)
    send(receiver, scale, scale.snapshot(), at_ms=NOW + PATIENCE_MS - 1)
    judge_due(receiver, NOW + PATIENCE_MS)
    assert due_at(desk, scale) == NOW + 2 * PATIENCE_MS - 1
    if restarted:
        receiver.forget()
    scale.snapshot()
    send(receiver, scale, scale.snapshot(), at_ms=NOW + PATIENCE_MS)
    gap_ms = due_at(desk, scale)
    assert gap_ms is not None
    assert gap_ms <= NOW + PATIENCE_MS + GRACE_MS
    judge_due(receiver, NOW + PATIENCE_MS + GRACE_MS)
    assert [alert["rule"] for alert in desk.alerts(scale)] == ["continuity"]


def test_a_hole_is_awaited_although_the_scale_reports(desk: Desk, receiver: Receiver) -> None:
    """Its grace is over after the silence would have begun, and before it would after the newest statement."""
    (scale,) = started(desk, receiver, 1)
    scale.snapshot()
    at_ms = NOW + PATIENCE_MS - 1
    send(receiver, scale, scale.snapshot(), at_ms=at_ms)
    judge_due(receiver, NOW + PATIENCE_MS)
    judge_due(receiver, at_ms + GRACE_MS)
    assert [alert["rule"] for alert in desk.alerts(scale)] == ["continuity"]


def test_what_was_left_to_the_timers_is_judged_though_the_scale_was_put_off(
    desk: Desk, receiver: Receiver, judged: list[bytes]
) -> None:
    (scale,) = started(desk, receiver, 1)
    send(receiver, scale, scale.snapshot(), at_ms=NOW + PATIENCE_MS - 1)
    judge_due(receiver, NOW + PATIENCE_MS)
    at_ms = NOW + PATIENCE_MS + 1
    for turn in range(JUDGED_IN_A_ROW + 4):
        send(receiver, scale, scale.branch().snapshot(1_000 * (turn + 1)), scale.snapshot(), at_ms=at_ms)
    judged.clear()
    judge_due(receiver, at_ms + LOOK_AGAIN_MS)
    assert judged == [scale.kid]


def test_nobody_is_silent_who_could_not_be_heard(desk: Desk, judged: list[bytes]) -> None:
    heard_since_ms: int | None = NOW
    receiver = desk.receiver(listening=Listening(lambda _: heard_since_ms, lambda: NOW))
    (scale,) = started(desk, receiver, 1)
    judged.clear()
    heard_since_ms = NOW + PATIENCE_MS - 1
    judge_due(receiver, NOW + PATIENCE_MS)
    assert due_at(desk, scale) == NOW + 2 * PATIENCE_MS - 1
    heard_since_ms = None
    judge_due(receiver, NOW + 2 * PATIENCE_MS)
    assert due_at(desk, scale) == NOW + 3 * PATIENCE_MS
    assert judged == []
    heard_since_ms = NOW + PATIENCE_MS
    judge_due(receiver, NOW + 3 * PATIENCE_MS)
    receiver.close()
    assert silent(desk, [scale]) == [True]


def test_another_release_judges_everybody_once(desk: Desk, receiver: Receiver, judged: list[bytes]) -> None:
    (scale,) = started(desk, receiver, 1)
    send(receiver, scale, scale.snapshot(), at_ms=NOW + 500_000)
    with database.writing(desk.engine) as connection:
        due_rows.wait_for_no_silence(connection)
    judged.clear()
    judge_due(receiver, NOW + PATIENCE_MS)
    assert judged == [scale.kid]
    assert due_at(desk, scale) == NOW + 500_000 + PATIENCE_MS


def test_a_turn_of_the_timers_ends_when_its_time_is_over(
    desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(due_rows, "LEASED", 3)
    some = started(desk, receiver, 8)
    for expected in (3, 6):
        assert judge_due(receiver, NOW + PATIENCE_MS, within_s=0)
        assert sum(silent(desk, some)) == expected
    assert not judge_due(receiver, NOW + PATIENCE_MS, within_s=60)
    assert all(silent(desk, some))


def test_many_are_judged_for_as_many_queries_as_few(desk: Desk, receiver: Receiver, asked: list[str]) -> None:
    counts = []
    for seed, count, at_ms in ((1, 4, NOW), (101, 24, NOW + PATIENCE_MS)):
        some = started(desk, receiver, count, seed=seed, at_ms=at_ms)
        for scale in some:
            desk.verify(scale, 2)
        asked.clear()
        assert not judge_due(receiver, at_ms + PATIENCE_MS, within_s=60)
        found, shards = len(asked), len({scale.code[0] for scale in some})
        assert all(silent(desk, some))
        counts.append(found - 7 * shards)  # lease, put off, and the entries in the outbox
    assert counts[1] <= counts[0] + 4, counts


def test_scales_of_all_shards_have_their_turn_the_oldest_first(
    desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(due_rows, "LEASED", 20)
    some = started(desk, receiver, 60)
    older = [scale for scale in some if scale.code[0] == some[0].code[0]]
    with database.writing(desk.engine) as connection:
        connection.execute(due.update().where(due.c.shard == some[0].code[0]).values(due_ms=NOW))
    judge_due(receiver, NOW + PATIENCE_MS, within_s=0)
    assert all(silent(desk, older))
    assert sum(silent(desk, some)) == 20
