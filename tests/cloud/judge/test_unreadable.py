"""What cannot be read may be the cheat's own: no decision settles it, and a kind of a later version hides nothing."""

from collections.abc import Callable, Sequence

import pytest
from kit.conditions import ALTERED, CANNOT_BE_TOLD, LOCKED, VERIFIED, unmet, word
from kit.honest_life import HonestLife
from kit.parameters import MAP
from steelyard_cloud.judge.facts import PermitUse
from steelyard_cloud.judge.verdict import Verdict
from steelyard_protocol.bodies import Kind
from steelyard_protocol.events import EventKind

Cheat = Callable[[HonestLife], Sequence[bytes]]
UNREADABLE: dict[str, tuple[Cheat, Verdict, set[str]]] = {
    "start": (lambda life: [life.sign("append", Kind.BOOT, [1])], ALTERED, {"device", "parameters"}),
    "start that is no array": (lambda life: [life.sign("append", Kind.BOOT, "x")], ALTERED, {"device", "parameters"}),
    "map": (lambda life: [life.sign("append", Kind.PARAMETERS, [{40: 1}, None])], ALTERED, {"parameters"}),
    "permit": (lambda life: [life.sign("append", Kind.PARAMETERS, [dict(MAP), "x"])], ALTERED, {"parameters"}),
    "change": (lambda life: [life.sign("event", EventKind.PARAMETER_CHANGE, 1)], ALTERED, {"parameters"}),
    "opening": (lambda life: [life.sign("event", EventKind.CASE_OPENED, -1)], LOCKED, {"case"}),
    "lock": (lambda life: [life.sign("event", EventKind.LOCKED)], LOCKED, {"case"}),
    "event": (lambda life: [life.sign("append", Kind.EVENT, [])], ALTERED, {"case", "parameters"}),
    "kind of event": (lambda life: [life.sign("append", Kind.EVENT, [True, []])], ALTERED, {"case", "parameters"}),
    "unknown event": (lambda life: [life.sign("append", Kind.EVENT, [99, 1])], ALTERED, {"case", "parameters"}),
    "no array": (lambda life: [life.sign("append", Kind.EVENT, 1)], ALTERED, {"case", "parameters"}),
    "kind": (lambda life: [life.sign("snapshot", kind=0)], ALTERED, {"case", "device", "parameters"}),
    "flags": (lambda life: [life.sign("snapshot", flags=1 << 16)], LOCKED, {"case"}),
    "digest": (lambda life: [life.sign("snapshot", digest=b"")], ALTERED, {"parameters"}),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_is_settled_by_a_verification_and_by_no_decision(name: str) -> None:
    cheat, worst, conditions = UNREADABLE[name]
    life = HonestLife()
    life.trade(2)
    life.send(*cheat(life))
    life.trade(1)
    assert word(life) is worst
    life.decide()
    assert (word(life), unmet(life)) == (worst, conditions)
    permit = life.permit(PermitUse.UNLOCK, life.scale.number - 1)
    life.unlock(permit.order_number)
    assert (word(life), unmet(life)) == (worst, conditions), "nothing unlocks it"
    assert life.verify_anew()
    assert word(life) is VERIFIED


@pytest.mark.parametrize(
    "harmless",
    [
        lambda life: life.sign("event", EventKind.ADC_FAULT, "x"),
        lambda life: life.sign("append", Kind.SNAPSHOT, [1]),
        lambda life: life.sign("snapshot", uptime=-1),
    ],
)
def test_what_cannot_be_read_and_hides_neither_a_change_nor_an_opening_is_settled(
    harmless: Callable[[HonestLife], bytes],
) -> None:
    life = HonestLife()
    life.send(harmless(life))
    life.trade(1)
    assert word(life) is CANNOT_BE_TOLD
    life.decide()
    assert word(life) is VERIFIED


@pytest.mark.parametrize(
    "later", [lambda life: life.sign("event", 99, 1, 2), lambda life: life.sign("append", 9, ["later"])]
)
def test_a_kind_of_a_later_version_hides_nothing(later: Callable[[HonestLife], bytes]) -> None:
    life = HonestLife()
    life.send(later(life))
    assert word(life) is VERIFIED
