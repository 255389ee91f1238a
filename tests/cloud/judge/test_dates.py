"""What has no date of its own gets one by a later statement, and whoever looks at it hears of that."""

import pytest
from kit.conditions import Trouble, send, start
from kit.honest_life import HonestLife
from steelyard_cloud.judge.summary import Summary
from steelyard_cloud.judge.summary_parts import Bounds
from steelyard_protocol.events import EventKind
from steelyard_protocol.statement import Flag

UNDATED: dict[str, Trouble] = {
    "a change": lambda life: send(life, "raise_span"),
    "an opening": lambda life: send(life, "event", EventKind.CASE_OPENED, 0),
}


def summary_of(life: HonestLife) -> Summary:
    (summary,) = life.platform.summaries()
    return summary


@pytest.mark.parametrize("what", UNDATED)
def test_a_date_that_comes_later_is_something_to_judge(what: str) -> None:
    life = start(Bounds())
    life.scale.flags &= ~Flag.CLOCK_QUALITY
    UNDATED[what](life)
    send(life, "parameters")
    send(life, "snapshot")
    before = summary_of(life).revision
    send(life, "snapshot")
    assert summary_of(life).revision == before, "it dates nothing"
    life.scale.flags |= 2
    send(life, "snapshot")
    dated = summary_of(life)
    assert dated.revision > before
    assert [one.anchor_number for one in (*dated.changes.items, *dated.openings)] == [dated.head]
    send(life, "snapshot")
    assert summary_of(life).revision == dated.revision, "what was dated stays so"


def test_two_late_copies_that_look_for_a_date_are_read_for_once() -> None:
    life = start(Bounds())
    life.scale.flags &= ~Flag.CLOCK_QUALITY
    twin = life.scale.branch()
    copies = life.sign("event", EventKind.CASE_OPENED, 0), twin.event(EventKind.CASE_OPENED, 1)
    life.scale.flags |= 2
    send(life, "snapshot")
    life.send(*copies)
    assert [one.number for one in summary_of(life).openings] == [5, 5]
    assert [(one.digest, one.first, one.last) for one in summary_of(life).rereads] == [(None, 6, 6)]
