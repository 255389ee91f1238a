"""The condition *case*: never opened, never locked, and what unlocks."""

from dataclasses import replace

import pytest
from kit.conditions import LOCKED, NOT_VERIFIED, TINY, said, send, start
from steelyard_cloud.judge.facts import PermitUse
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
