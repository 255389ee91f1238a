"""Honest scales get exactly the verdict that they should have: each event by itself, and all of them in long lives.

STEELYARD_HONEST_STATEMENTS=300000 makes the long lives that long.
"""

import os
import random
from collections import Counter

import pytest
from kit.honest_life import HonestLife
from kit.signing_scale import SigningScale
from steelyard_cloud.judge.verdict import Verdict

WANTED = int(os.environ.get("STEELYARD_HONEST_STATEMENTS", "6000"))
UPDATE = b"u" * 32


def verdict(life: HonestLife) -> Verdict:
    """What the page shows; from scratch, from the cache and naively it is the same."""
    scratch, cached = life.platform.from_scratch(), life.platform.from_cache()
    assert scratch.word == cached.word == life.platform.naively()[0]
    return scratch.word


def unmet(life: HonestLife) -> set[tuple[str, str]]:
    return {(one.condition, one.code) for one in life.platform.from_scratch().unmet}


@pytest.fixture
def life() -> HonestLife:
    """A scale that was verified and has traded for a while."""
    life = HonestLife()
    life.trade(12)
    assert verdict(life) is Verdict.VERIFIED
    return life


def test_an_outage_is_green_once_the_scale_has_caught_up(life: HonestLife) -> None:
    assert life.outage(10, 40) is Verdict.NO_RECENT_DATA
    assert verdict(life) is Verdict.VERIFIED


def test_a_short_outage_stays_green(life: HonestLife) -> None:
    assert life.outage(2, 40) is Verdict.VERIFIED
    assert verdict(life) is Verdict.VERIFIED


def test_catching_up_in_drips_is_never_worse_than_no_recent_data(life: HonestLife) -> None:
    raws = life.trade_offline(20)
    for at, raw in enumerate(raws):
        life.send(raw)
        assert verdict(life) is (Verdict.NO_RECENT_DATA if at < 16 else Verdict.VERIFIED)


def test_a_statement_that_comes_late_within_its_grace_changes_nothing(life: HonestLife) -> None:
    late, following = life.trade_offline(2)
    life.send(following)
    assert verdict(life) is Verdict.VERIFIED
    life.pass_s(899)
    assert verdict(life) is Verdict.VERIFIED
    life.send(late)
    assert verdict(life) is Verdict.VERIFIED


def test_one_that_comes_later_than_its_grace_closes_the_hole_when_it_comes(life: HonestLife) -> None:
    late, following = life.trade_offline(2)
    life.send(following)
    life.pass_s(900)
    assert verdict(life) is Verdict.CANNOT_BE_TOLD
    assert unmet(life) == {("chain", "hole")}
    life.send(late)
    assert verdict(life) is Verdict.VERIFIED


@pytest.mark.parametrize("restarts", [1, 3, 6, 7, 12])
def test_brown_outs_stay_green(life: HonestLife, restarts: int) -> None:
    life.brown_out(restarts)
    assert verdict(life) is Verdict.VERIFIED


def test_signing_again_after_a_cut_what_was_never_released_stays_green(life: HonestLife) -> None:
    life.cut_while_signing()
    assert verdict(life) is Verdict.VERIFIED


@pytest.mark.parametrize("trouble", [HonestLife.flat_battery, HonestLife.type_2042])
def test_without_the_time_it_cannot_be_told_until_the_clock_is_set(life: HonestLife, trouble: object) -> None:
    assert callable(trouble)
    trouble(life)
    assert verdict(life) is Verdict.CANNOT_BE_TOLD
    assert unmet(life) == {("fresh", "no-clock")}
    life.trade(10)
    assert verdict(life) is Verdict.CANNOT_BE_TOLD
    life.set_clock()
    assert verdict(life) is Verdict.VERIFIED


@pytest.mark.parametrize("unsent", [0, 3])
@pytest.mark.parametrize("settle", [HonestLife.decide, HonestLife.verify_anew])
def test_a_lost_journal_cannot_be_told_until_a_decision_or_a_verification(
    life: HonestLife, unsent: int, settle: object
) -> None:
    assert callable(settle)
    life.lose_journal(unsent)
    life.trade(3)
    assert verdict(life) is Verdict.CANNOT_BE_TOLD
    settle(life)
    assert verdict(life) is Verdict.VERIFIED
    life.trade(3)
    assert verdict(life) is Verdict.VERIFIED


@pytest.mark.parametrize("settle", [HonestLife.decide, HonestLife.verify_anew])
def test_a_failed_flash_sector_cannot_be_told_until_a_decision_or_a_verification(
    life: HonestLife, settle: object
) -> None:
    assert callable(settle)
    life.fail_sector(4)
    assert verdict(life) is Verdict.CANNOT_BE_TOLD
    settle(life)
    life.trade(3)
    assert verdict(life) is Verdict.VERIFIED


def test_an_adjustment_under_a_permit_is_not_verified_until_verified(life: HonestLife) -> None:
    life.adjust(1_500_000)
    _until_verified(life)


def test_a_repair_under_a_permit_is_locked_then_not_verified_until_verified(life: HonestLife) -> None:
    life.repair("another ADC")
    _until_verified(life)


def test_an_opened_case_is_locked_until_the_order_is_entered(life: HonestLife) -> None:
    life.open_case()
    life.trade(2)
    assert verdict(life) is Verdict.LOCKED


def test_an_approved_update_is_not_verified_until_verified(life: HonestLife) -> None:
    life.update(UPDATE)
    _until_verified(life)


def test_an_exchanged_board_is_not_verified_until_verified(life: HonestLife) -> None:
    life.exchange_board()
    _until_verified(life)


def _until_verified(life: HonestLife) -> None:
    life.trade(3)
    assert verdict(life) is Verdict.NOT_VERIFIED
    assert life.verify_anew()
    assert verdict(life) is Verdict.VERIFIED
    life.trade(3)
    assert verdict(life) is Verdict.VERIFIED


def test_of_two_verifications_only_what_follows_the_later_one_counts(life: HonestLife) -> None:
    life.send(life.sign("raise_span", 100))
    life.lose_journal(3)
    assert verdict(life) is Verdict.ALTERED
    assert life.verify_anew()
    assert verdict(life) is Verdict.VERIFIED
    life.send(life.sign("snapshot", lie=1))
    assert verdict(life) is Verdict.CANNOT_BE_TOLD


def test_unknown_kinds_and_longer_heads_and_bodies_stay_green(life: HonestLife) -> None:
    scale: SigningScale = life.scale
    life.send(life.sign("append", 77, ["later"]), life.sign("event", 99, 1))
    life.send(life.sign("event", 13, 2, "more"))
    assert scale.number == 17
    assert verdict(life) is Verdict.VERIFIED


# ---- long lives ----------------------------------------------------------------------------------------------------


def one_event(life: HonestLife, chance: random.Random) -> None:
    """Something that happens to honest scales, as often as it might."""
    event = chance.choices(
        ["trade", "outage", "late", "brown-out", "cut", "clock", "lost", "work", "board", "people"],
        [30, 8, 6, 4, 4, 3, 2, 3, 1, 14],
    )[0]
    match event:
        case "trade":
            life.trade(chance.randint(3, 20))
        case "outage":
            life.outage(chance.randint(1, 120), chance.choice((1, 7, 40)))
        case "late":
            life.late_within_grace()
        case "brown-out":
            life.brown_out(chance.randint(1, 12))
        case "cut":
            life.cut_while_signing()
        case "clock":
            chance.choice((life.flat_battery, life.type_2042))()
        case "lost" if chance.random() < 0.5:
            life.lose_journal(chance.randint(0, 5))
        case "lost":
            life.fail_sector(chance.randint(1, 5))
        case "work":
            counts, name = chance.randint(1_400_000, 1_600_000), f"ADC {chance.random()}"
            chance.choice(
                (
                    lambda: life.adjust(counts),
                    lambda: life.repair(name),
                    lambda: life.update(counts.to_bytes(32, "big")),
                )
            )()
        case "board":
            life.exchange_board()
        case _:
            life.set_clock()
            if life.open:
                assert life.verify_anew() or life.open
            if chance.random() < 0.5:
                life.decide()


def test_long_honest_lives_have_the_verdict_that_they_should_have() -> None:
    statements, shown, wrong = 0, Counter[str](), Counter[str]()
    seed = 0
    while statements < WANTED:
        seed += 1
        chance, life = random.Random(seed), HonestLife(seed)
        for _ in range(40):
            one_event(life, chance)
            life.trade(1)
            word, expected = life.platform.from_cache().word, life.expected
            shown[word] += 1
            if word is not expected:
                kind = (
                    "false green"
                    if word is Verdict.VERIFIED
                    else "false non-green"
                    if expected is Verdict.VERIFIED
                    else "other"
                )
                wrong[f"{kind}: {word} for {expected}, life {seed}"] += 1
        statements += len(life.platform.rows)
    print(f"{statements} statements in {seed} honest lives: {dict(shown)}, wrong: {dict(wrong)}")
    assert not wrong
    assert set(shown) >= {Verdict.VERIFIED, Verdict.NOT_VERIFIED, Verdict.CANNOT_BE_TOLD}
