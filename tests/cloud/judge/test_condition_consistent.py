"""The conditions *consistent* and *complete*: what contradicts itself, and what is read again or checked later."""

import pytest
from kit.conditions import CANNOT_BE_TOLD, OTHER, Trouble, by_link, said, send, silently, start
from kit.honest_life import HonestLife
from steelyard_cloud.judge.conditions import unmet
from steelyard_cloud.judge.proof import Proof
from steelyard_cloud.judge.summary_parts import Bounds
from steelyard_protocol.bodies import Kind
from steelyard_protocol.events import EventKind


def changed_to(life: HonestLife, calibration: int, configuration: int) -> None:
    """A change of a device-specific parameter after which the counters are these."""
    send(life, "event", EventKind.PARAMETER_CHANGE, [[40, 1, 2]], None, OTHER[:16], calibration, configuration)


CONTRADICTIONS: dict[str, Trouble] = {
    "thumbprint": lambda life: send(life, "boot", other={0: OTHER}),
    "head before": lambda life: send(life, "boot", other={8: life.scale.number + 1}),
    "statements lost to come": lambda life: send(life, "event", EventKind.STATEMENTS_LOST, 1, life.scale.number + 1),
    "statements lost backwards": lambda life: send(life, "event", EventKind.STATEMENTS_LOST, 2, 1),
    "journal lost to come": lambda life: send(life, "event", EventKind.JOURNAL_LOST, life.scale.number + 1),
    "rolled back to come": lambda life: send(life, "event", EventKind.ROLLED_BACK, life.scale.number + 1),
    "a counter that jumps": lambda life: changed_to(life, 9, 0),
    "the other counter": lambda life: changed_to(life, 0, 1),
    "an unreadable digest": lambda life: send(life, "snapshot", digest=b"short"),
    "an unreadable flag": lambda life: send(life, "snapshot", flags=1 << 16),
    "a permit of text": lambda life: send(life, "append", Kind.PARAMETERS, [dict(life.scale.map), "permit"]),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_what_contradicts_itself_cannot_be_told(name: str) -> None:
    life = start()
    CONTRADICTIONS[name](life)
    assert said(life)["consistent", "contradiction"] is CANNOT_BE_TOLD


def test_complete_while_something_is_to_be_read_again_or_made_again() -> None:
    life = start()
    silently(life)
    send(life, "snapshot")
    assert ("complete", "waits") in said(life), "the map is not stored"
    send(life, "parameters")
    assert life.platform.waits
    assert ("complete", "waits") in said(life), "the snapshot is to be read again"
    life.platform.read_again()
    assert ("complete", "waits") not in said(life)
    summary = life.platform.summaries()[0]
    summary.outdated = True
    found = unmet(Proof(summary, (), life.platform.facts()))
    assert ("complete", "waits") in {(one.condition, one.code) for one in found}


def test_a_long_range_is_read_again_page_by_page() -> None:
    life = start(Bounds())
    silently(life)
    raws = [life.sign("snapshot", lie=at == 5) for at in range(9)]
    life.send(*raws)
    life.send(life.sign("parameters"))
    pages = 0
    while life.platform.waits:
        assert ("complete", "waits") in said(life)
        life.platform.read_again(most=3)
        pages += 1
    assert pages == 5, "no number is read twice, but the last of a page, which may have more copies"
    assert said(life)["consistent", "weight"] is CANNOT_BE_TOLD


def test_late_snapshots_that_wait_with_others_are_weighed_once() -> None:
    life = start(Bounds())
    silently(life)
    raws = [life.sign("snapshot", lie=1) for _ in range(3)]
    life.send(raws[0], raws[2])
    life.send(life.sign("parameters"))
    life.send(raws[1])
    while life.platform.waits:
        life.platform.read_again(most=2)
    assert life.platform.summaries()[0].wrong_weights.count == 3


def test_signatures_are_checked_range_by_range() -> None:
    life = start()
    by_link("unchecked")(life)
    life.trade(1)
    by_link("unchecked")(life)
    assert len(life.platform.summaries()[0].unchecked) == 2
    life.platform.check_signatures(0, bad=False)
    assert said(life) == {}
