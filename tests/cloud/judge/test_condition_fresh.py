"""The condition *fresh*: the newest statement has a date that is not long past."""

import pytest
from kit.conditions import CANNOT_BE_TOLD, NO_RECENT_DATA, said, send, start
from kit.honest_life import HonestLife
from kit.verdict_platform import Platform
from steelyard_cloud.judge.stored import StatementsInMemory
from steelyard_cloud.judge.summary import Summary
from steelyard_protocol.statement import parse


def test_fresh() -> None:
    life = start()
    life.pass_s(1_800)
    assert said(life) == {}
    life.platform.now_ms += 1
    assert said(life) == {("fresh", "quiet"): NO_RECENT_DATA}
    send(life, "snapshot", flags=0)
    assert said(life) == {("fresh", "no-clock"): NO_RECENT_DATA}, "what has no date ends no silence"
    send(life, "snapshot")
    assert said(life) == {}
    send(life, "snapshot", flags=0)
    life.pass_s(10_000)
    assert said(life) == {("fresh", "no-clock"): CANNOT_BE_TOLD}


def test_fresh_without_any_date() -> None:
    life = start()
    life.exchange_board()
    undated = HonestLife(7)
    undated.platform.rows.clear()
    platform = Platform(undated.scale.kid, undated.platform.now_ms)
    platform.take([undated.scale.branch().snapshot(flags=0)])
    assert ("fresh", "no-clock") in {(one.condition, one.code) for one in platform.from_scratch().unmet}


@pytest.mark.parametrize(("period_s", "patience_s"), [(5, 60), (20, 60), (21, 63)])
def test_patience_is_three_registered_periods_and_at_least_a_minute(period_s: int, patience_s: int) -> None:
    life = start()
    life.platform.record(period_s=period_s)
    life.pass_s(patience_s)
    assert said(life) == {}
    life.pass_s(1)
    assert said(life) == {("fresh", "quiet"): NO_RECENT_DATA}


def test_set_back_in_memory_dates_nothing_later() -> None:
    life = HonestLife()
    evidence, one = StatementsInMemory(), parse(life.scale.chain[1])
    evidence.add(one, 9_000)
    evidence.set_back(7_000)
    evidence.set_back(8_000)
    assert [(row.commit_ms, row.latest_ms) for row in evidence.page(1, 9, 5)] == [(9_000, 7_000)]
    following = evidence.following(1)
    assert following is not None
    assert following.commit_ms == 7_000
    assert Summary(one.kid).contiguous() is None
