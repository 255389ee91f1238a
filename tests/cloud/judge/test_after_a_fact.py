"""A verification or decision that names a statement far ahead settles nothing that comes after it, whatever its number.

What comes late and shows nothing wrong changes nothing.
"""

from collections.abc import Callable, Sequence

import pytest
from kit.conditions import ALTERED, CANNOT_BE_TOLD, LOCKED, NOT_VERIFIED, OTHER, VERIFIED, unmet, word
from kit.honest_life import HonestLife
from kit.late import LATE, Cheat, long_run, silently_undone, undone
from kit.naive_chain import Decision
from kit.signing_scale import SigningScale
from steelyard_cloud.judge.facts import PermitUse
from steelyard_cloud.judge.summary_parts import BOUNDS, Bounds
from steelyard_cloud.judge.verdict import Verdict
from steelyard_protocol import p256, statement
from steelyard_protocol.events import EventKind
from steelyard_protocol.statement import hash_of

SIXTEEN = OTHER[:16]
Settle = Callable[[HonestLife], object]
SETTLES: tuple[Settle, ...] = (HonestLife.verify, HonestLife.decide)


def far_ahead(cheat: Cheat, settle: Settle, bounds: Bounds = BOUNDS) -> tuple[HonestLife, Sequence[bytes]]:
    """What the cheat signs is kept back, a start after it is named, and all is well; and what was kept back."""
    life = HonestLife(bounds=bounds)
    life.trade(3)
    late = cheat(life)
    life.send(life.boot())
    assert settle(life) is not False
    life.trade(1)
    return life, late


@pytest.mark.parametrize("settle", SETTLES)
@pytest.mark.parametrize("name", LATE)
def test_what_comes_after_a_fact_counts_whatever_its_number(name: str, settle: Settle) -> None:
    cheat, worst, condition = LATE[name]
    life, late = far_ahead(cheat, settle)
    assert word(life) is VERIFIED
    life.send(*late)
    assert word(life) is worst
    assert condition in unmet(life)
    life.trade(2)
    assert word(life) is worst, "nothing that comes ends it"
    assert life.verify_anew()
    assert word(life) is VERIFIED, "it was stored before this one"


@pytest.mark.parametrize("cheat", [undone, silently_undone])
def test_other_parameters_below_a_verification_that_come_after_it(cheat: Cheat) -> None:
    life, late = far_ahead(cheat, HonestLife.verify)
    assert word(life) is VERIFIED
    life.send(*late)
    while life.platform.waits:
        life.platform.read_again()
    assert word(life) is ALTERED
    assert life.verify_anew()
    assert word(life) is VERIFIED


@pytest.mark.parametrize("settle", SETTLES)
def test_a_copy_that_comes_after_a_fact_counts(settle: Settle) -> None:
    life, late = far_ahead(lambda life: life.trade_offline(3), settle)
    life.send(*late)
    assert word(life) is VERIFIED
    twin = late[0][:-64] + p256.lower(bytes(reversed(late[0][-64:])))
    life.send(twin)
    assert (word(life), unmet(life)) == (CANNOT_BE_TOLD, {"chain"})
    life.trade(1)
    life.decide()
    assert word(life) is VERIFIED
    old = statement.parse(late[1])
    thief = SigningScale(life.seed)
    thief.map, thief.number, thief.head_hash = dict(life.scale.map), old.number - 1, OTHER
    life.send(thief.snapshot(7_000))
    assert (word(life), unmet(life)) == (CANNOT_BE_TOLD, {"chain"})


def test_a_third_content_is_as_late_as_it_comes() -> None:
    life = HonestLife()
    life.trade(2)
    thieves = [life.scale.branch(), life.scale.branch()]
    life.send(life.sign("snapshot"), thieves[0].snapshot(1_000))
    life.trade(1)
    life.decide()
    assert word(life) is VERIFIED
    life.send(thieves[1].snapshot(2_000))
    assert (word(life), unmet(life)) == (CANNOT_BE_TOLD, {"chain"})


@pytest.mark.parametrize("settle", SETTLES)
@pytest.mark.parametrize("drip", [1, 3, 40])
@pytest.mark.parametrize("backwards", [False, True])
def test_an_honest_scale_that_catches_up_after_a_fact_stays_green(settle: Settle, drip: int, backwards: bool) -> None:
    life, late = far_ahead(lambda life: [*life.trade_offline(5), life.boot(), *life.trade_offline(3)], settle)
    late = late[::-1] if backwards else late
    for at in range(0, len(late), drip):
        assert word(life) is VERIFIED
        life.send(*late[at : at + drip])
    assert word(life) is VERIFIED
    life.pass_s(900)
    life.trade(1)
    assert word(life) is VERIFIED, "and so it is after the grace"


def test_an_undated_statement_that_comes_late_changes_nothing() -> None:
    life, late = far_ahead(lambda life: [life.sign("snapshot", flags=0)], HonestLife.verify)
    life.send(*late)
    assert word(life) is VERIFIED


def test_a_late_opening_is_answered_by_its_own_unlocking() -> None:
    def opened_and_unlocked(life: HonestLife) -> Sequence[bytes]:
        number = life.scale.number + 1
        order = life.permit(PermitUse.UNLOCK, number).order_number
        return [life.sign("event", EventKind.LOCKED, 1), life.sign("event", EventKind.UNLOCKED, 1, order)]

    life, late = far_ahead(opened_and_unlocked, HonestLife.verify)
    life.send(late[0])
    assert word(life) is LOCKED
    life.send(late[1])
    assert word(life) is NOT_VERIFIED


def test_what_waits_counts_as_late_as_it_came() -> None:
    life, late = far_ahead(lambda life: [life.sign("snapshot", digest=SIXTEEN)], HonestLife.decide)
    life.send(*late)
    assert {"complete", "parameters"} <= unmet(life), "its map is not stored"
    life, late = far_ahead(lambda life: life.trade_offline(1), HonestLife.verify)
    life.platform.take(late, 0, "unchecked")
    assert (word(life), unmet(life)) == (CANNOT_BE_TOLD, {"complete"})
    life.platform.check_signatures(0, bad=False)
    assert word(life) is VERIFIED
    life, late = far_ahead(lambda life: life.trade_offline(1), HonestLife.verify)
    life.platform.take(late, 0, "bad")
    assert (word(life), unmet(life)) == (CANNOT_BE_TOLD, {"consistent"})


def test_weights_that_wait_for_a_late_map_are_late() -> None:
    def other_map(life: HonestLife) -> Sequence[bytes]:
        life.scale.map[40] -= 1
        raws = [life.sign("snapshot", lie=1), life.sign("parameters")]
        life.scale.map[40] += 1
        return raws

    life, late = far_ahead(other_map, HonestLife.decide)
    life.send(*late)
    while life.platform.waits:
        life.platform.read_again()
    assert "consistent" in unmet(life)


@pytest.mark.parametrize("what", ["states", "changes", "devices", "boots", "maps"])
def test_what_is_dropped_late_is_never_better(what: str) -> None:
    tiny = Bounds(2, 3, 3, 2, 8)

    def old(life: HonestLife) -> Sequence[bytes]:
        match what:
            case "states":
                return [life.sign("snapshot", digest=SIXTEEN)]
            case "devices":
                return [life.sign("boot", other={2: "late"})]
            case "maps":
                return [life.sign("snapshot", digest=bytes(15) + b"\xff")]
            case "boots":
                return long_run(life)
        return [life.sign("event", EventKind.PARAMETER_CHANGE, [[40, 1, 2]], None, SIXTEEN, 1, 0)]

    def many(life: HonestLife) -> bool:
        for at in range(6):
            match what:
                case "states" | "maps":
                    life.send(life.sign("snapshot", digest=bytes([at]) * 16))
                case "devices":
                    life.send(life.sign("boot", other={2: f"board {at}"}))
                case "boots":
                    life.scale.boot_number, life.scale.uptime_s = 10 + at, 4_000
                    life.send(life.sign("snapshot"))
                case _:
                    life.send(life.sign("event", EventKind.PARAMETER_CHANGE, [[40, 1, 2]], None, SIXTEEN, 1, 0))
        life.send(life.boot())
        verified = life.verify()
        life.decide()
        return verified

    life, late = far_ahead(old, many, tiny)
    before = life.platform.from_scratch().word
    life.send(*late)
    after, naive = life.platform.from_scratch().word, life.platform.naively()[0]
    assert life.platform.from_cache().word is after
    assert naive is not VERIFIED
    order = list(Verdict)
    assert order.index(after) <= order.index(naive), (before, after, naive)


def test_a_decision_on_a_replaced_key_settles_only_what_it_had_said_by_then() -> None:
    life = HonestLife()
    life.trade(2)
    old = life.scale
    life.exchange_board()
    assert life.verify_anew()
    late, newest = old.snapshot(), old.snapshot()
    life.send(newest)
    assert unmet(life) == {"consistent"}
    life.platform.record(decisions=(Decision(old.kid, hash_of(newest)),))
    assert word(life) is VERIFIED
    life.send(late)
    assert (word(life), unmet(life)) == (CANNOT_BE_TOLD, {"consistent"})


@pytest.mark.parametrize("behind_ms", [0, 1_900, 3_600_000])
def test_what_a_replaced_key_says_without_a_number_is_late_by_a_clock_that_is_behind(behind_ms: int) -> None:
    life = HonestLife()
    old = life.scale
    life.exchange_board()
    assert life.verify_anew()
    assert word(life) is VERIFIED
    life.platform.now_ms -= behind_ms
    life.send(statement.build(old.private_key, old.kid, [3, 0]))
    assert (word(life), unmet(life)) == (CANNOT_BE_TOLD, {"consistent"})
