"""The condition *case*: never opened, never locked, and what unlocks."""

from dataclasses import replace

import pytest
from kit.conditions import LOCKED, NOT_VERIFIED, TINY, said, send, start
from kit.honest_life import HonestLife
from steelyard_cloud.judge.facts import Clock, PermitUse
from steelyard_cloud.judge.judge import judge
from steelyard_cloud.judge.verdict import Verdict
from steelyard_protocol.events import EventKind
from steelyard_protocol.statement import Flag


@pytest.mark.parametrize("flag", [Flag.LOCKED, Flag.CASE_OPEN])
def test_case_by_flag(flag: int) -> None:
    life = start()
    send(life, "snapshot", flags=2 | flag)
    send(life, "snapshot")
    assert said(life) == {("case", "opened"): LOCKED}


@pytest.mark.parametrize("event", [(EventKind.CASE_OPENED, 0), (EventKind.LOCKED, 1)])
def test_case_by_event(event: tuple[int, int]) -> None:
    life = start()
    send(life, "event", *event)
    assert said(life) == {("case", "opened"): LOCKED}


def test_unlocked_needs_a_permit_for_the_newest_lock() -> None:
    life = start()
    locked_at = life.open_case()
    life.unlock(1)
    assert said(life) == {("case", "opened"): LOCKED}, "no such order is recorded"
    permit = life.permit(PermitUse.UNLOCK, locked_at)
    assert said(life) == {("case", "was-opened"): NOT_VERIFIED}, "recorded late, and for this lock"
    life.open_case()
    life.unlock(permit.order_number)
    assert said(life) == {("case", "opened"): LOCKED}, "one order opens once"


@pytest.mark.parametrize("what", [PermitUse.ADJUST, PermitUse.UPDATE])
def test_a_permit_for_something_else_does_not_unlock(what: PermitUse) -> None:
    life = start()
    life.unlock(life.permit(what, life.open_case()).order_number)
    assert said(life)["case", "opened"] is LOCKED


def test_no_order_is_not_order_0() -> None:
    life = start()
    permit = life.permit(PermitUse.UNLOCK, life.open_case())
    life.platform.record(permits=frozenset({replace(permit, order_number=0)}))
    life.scale.flags &= ~(Flag.LOCKED | Flag.CASE_OPEN)
    send(life, "event", EventKind.UNLOCKED, 1, None)
    assert said(life)["case", "opened"] is LOCKED


def test_of_two_permits_with_one_order_number_either_may_answer() -> None:
    life = start()
    old = life.permit(PermitUse.UNLOCK, 1)
    new = life.permit(PermitUse.UNLOCK, life.open_case())
    life.platform.record(permits=frozenset({old, replace(new, order_number=old.order_number)}))
    life.unlock(old.order_number)
    assert said(life) == {("case", "was-opened"): NOT_VERIFIED}


def test_of_more_unlockings_than_are_kept_the_newest_count() -> None:
    life = start()
    for _ in range(TINY.numbers + 1):
        send(life, "event", EventKind.UNLOCKED, 1, 7)
    permit = life.permit(PermitUse.UNLOCK, life.open_case())
    life.unlock(permit.order_number)
    (summary,) = life.platform.summaries()
    assert len(summary.unlocks) == TINY.numbers
    assert said(life) == {("case", "was-opened"): NOT_VERIFIED}


def codes(life: HonestLife) -> list[str]:
    """What the rules find."""
    platform = life.platform
    return [one.code for one in judge(platform.summaries(), platform.facts(), Clock(platform.now_ms)).findings]


def both(life: HonestLife) -> dict[tuple[str, str], Verdict]:
    """What the judge says, and the naive one too."""
    found = said(life)
    assert life.platform.naively()[1] == {condition: word for (condition, _), word in found.items()}
    return found


def test_what_is_opened_in_a_repair_is_permitted_and_raises_no_alert() -> None:
    life = start()
    life.begin_repair(life.permit(PermitUse.REPAIR))
    assert both(life) == {("case", "was-opened"): NOT_VERIFIED}
    life.end_repair()
    send(life, "snapshot")
    assert both(life) == {("case", "was-opened"): NOT_VERIFIED}
    assert codes(life) == []
    life.open_case()
    assert both(life) == {("case", "opened"): LOCKED}, "the next opening is of no repair"


def test_a_case_that_is_open_when_the_repair_ends_is_locked() -> None:
    life = start()
    life.begin_repair(life.permit(PermitUse.REPAIR))
    life.end_repair(closed=False)
    assert both(life) == {("case", "opened"): LOCKED}


@pytest.mark.parametrize("what", [PermitUse.ADJUST, PermitUse.UNLOCK, PermitUse.UPDATE])
def test_a_session_under_another_permit_is_no_repair(what: PermitUse) -> None:
    life = start()
    life.begin_repair(life.permit(what))
    assert both(life) == {("case", "opened"): LOCKED}
    assert codes(life) == ["opened"]


def test_a_permit_is_for_one_session_one_key_and_one_start() -> None:
    life = start()
    permit = life.permit(PermitUse.REPAIR)
    life.begin_repair(permit)
    life.end_repair()
    life.begin_repair(permit)
    assert both(life) == {("case", "opened"): LOCKED}, "named before"
    other = start()
    other.platform.record(permits=frozenset({replace(other.permit(PermitUse.REPAIR), kid=b"1" * 10)}))
    (permit,) = other.platform.registry.permits
    other.begin_repair(permit)
    assert both(other) == {("case", "opened"): LOCKED}, "another key's"
    third = start()
    third.begin_repair(third.permit(PermitUse.REPAIR))
    third.send(third.boot())
    assert both(third) == {("case", "opened"): LOCKED}, "the power has ended it, whatever the flags say"


def test_a_permit_that_is_recorded_late_turns_locked_into_not_verified() -> None:
    life = start()
    permit = life.permit(PermitUse.REPAIR)
    life.platform.record(permits=frozenset())
    life.begin_repair(permit)
    assert both(life) == {("case", "opened"): LOCKED}
    life.platform.record(permits=frozenset({permit}))
    assert both(life) == {("case", "was-opened"): NOT_VERIFIED}


def test_a_repair_answers_a_lock_from_before_only_where_its_permit_says_so() -> None:
    for answers in (False, True):
        life = start()
        locked_at = life.open_case()
        permit = life.permit(PermitUse.REPAIR, locked_at if answers else None)
        life.scale.flags |= Flag.SESSION_OPEN
        send(life, "event", EventKind.SESSION_OPENED, permit.hash)
        send(life, "event", EventKind.UNLOCKED, 1, permit.order_number)
        life.scale.flags &= ~Flag.LOCKED
        life.end_repair()
        word = NOT_VERIFIED if answers else LOCKED
        assert list(both(life).values()) == [word], answers
