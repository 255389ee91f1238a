"""The condition *parameters*: each state since the baseline is the baseline's, undone or not."""

from dataclasses import replace

import pytest
from kit.conditions import ALTERED, NOT_VERIFIED, OTHER, Trouble, said, send, silently, start
from kit.honest_life import HonestLife
from kit.parameters import MAP
from steelyard_cloud.judge.facts import PermitUse
from steelyard_cloud.judge.summary_parts import Bounds
from steelyard_cloud.judge.verdict import Verdict, worst
from steelyard_protocol.bodies import Kind
from steelyard_protocol.events import EventKind


def sign_another_map(life: HonestLife) -> None:
    send(life, "append", Kind.PARAMETERS, [{**life.scale.map, 40: 1_500_000}, None])


def start_with_another_map(life: HonestLife) -> None:
    send(life, "boot", other={10: {**life.scale.map, 40: 1_500_000}})


def many_states(life: HonestLife) -> None:
    for _ in range(4):
        send(life, "snapshot", digest=life.scale.number.to_bytes(16, "big"))


def many_changes(life: HonestLife) -> None:
    permit = life.permit(PermitUse.ADJUST)
    for commit in range(1, 11):
        send(life, "change", {40: 1_500_000}, permit.hash, commit=commit)


def second_session(life: HonestLife) -> None:
    permit = life.permit(PermitUse.ADJUST, fields=(4, 40))
    send(life, "change", {40: 1_500_000}, permit.hash)
    send(life, "event", EventKind.SESSION_CLOSED, 2)
    send(life, "change", {4: 7}, permit.hash)


PARAMETERS: dict[str, tuple[Trouble, Verdict, str]] = {
    "span raised": (lambda life: send(life, "raise_span"), ALTERED, "changed"),
    "span raised under a permit": (lambda life: life.adjust(1_500_000), NOT_VERIFIED, "adjusted"),
    "an unknown permit": (lambda life: send(life, "raise_span", 5, OTHER), ALTERED, "changed"),
    "a permit's second session": (second_session, ALTERED, "changed"),
    "a whole map that the head does not name": (sign_another_map, ALTERED, "changed"),
    "another map at a start": (start_with_another_map, ALTERED, "changed"),
    "silently": (lambda life: (silently(life), send(life, "snapshot")), ALTERED, "changed"),
    "more states than are kept": (many_states, ALTERED, "too-many"),
    "more changes than are kept": (many_changes, ALTERED, "too-many"),
}


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameters(name: str) -> None:
    trouble, word, code = PARAMETERS[name]
    life = start()
    trouble(life)
    found = said(life)
    assert ("parameters", code) in found
    assert worst(one for (condition, _), one in found.items() if condition == "parameters") is word


def test_a_change_that_is_undone_stays_one() -> None:
    life = start()
    send(life, "raise_span")
    send(life, "change", {40: MAP[40]})
    life.trade(5)
    assert life.platform.from_scratch().word is ALTERED


def test_an_undated_change_under_a_permit_is_judged_by_the_clock_that_comes() -> None:
    life = start()
    permit = life.permit(PermitUse.ADJUST)
    send(life, "change", {40: 1_500_000}, permit.hash, flags=0)
    assert said(life)["parameters", "adjusted"] is NOT_VERIFIED
    assert ("parameters", "changed") not in said(life)
    late = life.scale.branch()
    life.send(life.sign("snapshot"))
    assert ("parameters", "changed") not in said(life)
    other = start()
    expired = replace(other.permit(PermitUse.ADJUST), not_after_s=other.true_s + 1)
    other.platform.record(permits=frozenset({expired}))
    send(other, "change", {40: 1_500_000}, expired.hash, flags=0)
    assert ("parameters", "changed") not in said(other)
    send(other, "snapshot")
    assert said(other)["parameters", "changed"] is ALTERED
    assert late.number == 5


def test_what_is_missing_below_a_change_may_explain_it_and_what_is_missing_above_may_not() -> None:
    life = start()
    permit = life.permit(PermitUse.ADJUST)
    change = life.sign("change", {40: 1_500_000}, permit.hash)
    life.send(life.sign("parameters"))
    assert said(life) == {("parameters", "adjusted"): NOT_VERIFIED}
    life.pass_s(900)
    assert said(life)["parameters", "changed"] is ALTERED
    life.send(change)
    assert said(life) == {("parameters", "adjusted"): NOT_VERIFIED}

    other = start()
    silently(other)
    other.send(other.sign("snapshot"))
    assert said(other)["parameters", "changed"] is ALTERED
    other.sign("snapshot")
    other.send(other.sign("snapshot"))
    assert said(other)["parameters", "changed"] is ALTERED, "a hole that was made after it excuses nothing"


def test_a_state_from_before_the_baseline_is_explained_by_nothing_missing() -> None:
    life = HonestLife()
    send(life, "raise_span")
    life.send(life.boot())
    assert life.verify()
    life.scale.map, life.scale.calibration_counter = dict(MAP), 0
    life.sign("snapshot")
    send(life, "snapshot")
    assert said(life)["parameters", "changed"] is ALTERED


def test_a_change_that_comes_late_is_dated_by_what_is_stored_above_it() -> None:
    life = start(Bounds())
    permit = life.permit(PermitUse.ADJUST)
    change = life.sign("change", {40: 1_500_000}, permit.hash, flags=0)
    life.send(*[life.sign("snapshot", flags=0) for _ in range(4)], life.sign("parameters"))
    life.send(change)
    assert ("complete", "waits") in said(life)
    while life.platform.waits:
        life.platform.read_again(most=2)
    (kept,) = life.platform.summaries()[0].changes.items
    assert kept.anchor_number == life.scale.number
    assert said(life) == {("parameters", "adjusted"): NOT_VERIFIED}


def test_a_permit_to_update_permits_no_change() -> None:
    life = start()
    send(life, "raise_span", 5, life.permit(PermitUse.UPDATE).hash)
    assert said(life)["parameters", "changed"] is ALTERED
