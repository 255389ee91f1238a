"""Each condition of the verdict by itself: every code that it can give, its word, and what ends it."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from kit.honest_life import HonestLife
from kit.naive_chain import Decision
from kit.parameters import MAP
from kit.verdict_platform import Platform
from steelyard_cloud.judge.conditions import NAMES, unmet
from steelyard_cloud.judge.facts import Clock, Facts, PermitUse
from steelyard_cloud.judge.judge import judge, opinion
from steelyard_cloud.judge.proof import Proof
from steelyard_cloud.judge.stored import StatementsInMemory
from steelyard_cloud.judge.summary import Summary
from steelyard_cloud.judge.summary_parts import Bounds
from steelyard_cloud.judge.verdict import Opinion, Unmet, Verdict, worst
from steelyard_protocol import p256, statement
from steelyard_protocol.bodies import Kind
from steelyard_protocol.events import EventKind
from steelyard_protocol.statement import Flag, parse

ALTERED, LOCKED, NOT_VERIFIED = Verdict.ALTERED, Verdict.LOCKED, Verdict.NOT_VERIFIED
EXPIRED, NO_RECENT_DATA, CANNOT_BE_TOLD = Verdict.EXPIRED, Verdict.NO_RECENT_DATA, Verdict.CANNOT_BE_TOLD
OTHER = b"o" * 32
TINY = Bounds(2, 3, 3, 4, 4)
Trouble = Callable[[HonestLife], object]


def start(bounds: Bounds = TINY) -> HonestLife:
    life = HonestLife(bounds=bounds)
    life.trade(2)
    assert said(life) == {}
    return life


def said(life: HonestLife) -> dict[tuple[str, str], Verdict]:
    """(condition, code) → word, of all that is not met now."""
    scratch, cached = life.platform.from_scratch(), life.platform.from_cache()
    assert scratch == cached
    return {(one.condition, one.code): one.word for one in scratch.unmet}


def send(life: HonestLife, what: str, *values: object, **named: object) -> None:
    life.send(life.sign(what, *values, **named))


# ---- parameters ----------------------------------------------------------------------------------------------------


def silently(life: HonestLife) -> None:
    life.scale.map[40] -= 1


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


# ---- device --------------------------------------------------------------------------------------------------------


def reboot(life: HonestLife, **other: object) -> None:
    at = {"hardware": 2, "adc": 3, "debug": 5, "root": 7, "production_code": 11}
    life.send(life.sign("boot", other={at[name]: value for name, value in other.items()}))


def many_devices(life: HonestLife) -> None:
    life.permit(PermitUse.REPAIR)
    for at in range(4):
        reboot(life, hardware=f"board {at}")


def approve_other(life: HonestLife) -> None:
    life.platform.record(approved=life.platform.registry.approved | {OTHER})


DEVICE: dict[str, tuple[Trouble, Verdict, str]] = {
    "hardware": (lambda life: reboot(life, hardware="other"), ALTERED, "other-device"),
    "ADC": (lambda life: reboot(life, adc="other"), ALTERED, "other-device"),
    "root": (lambda life: reboot(life, root=OTHER), ALTERED, "other-device"),
    "production code": (lambda life: reboot(life, production_code="P"), ALTERED, "other-device"),
    "debug port": (lambda life: reboot(life, debug=True), ALTERED, "other-device"),
    "software": (lambda life: send(life, "boot", software=OTHER), ALTERED, "other-device"),
    "approved software": (lambda life: life.update(OTHER), NOT_VERIFIED, "other-device"),
    "hardware with approved software": (
        lambda life: (approve_other(life), send(life, "boot", software=OTHER, other={2: "x"})),
        ALTERED,
        "other-device",
    ),
    "under a permit to repair": (
        lambda life: (life.permit(PermitUse.REPAIR), reboot(life, adc="other")),
        NOT_VERIFIED,
        "other-device",
    ),
    "under a permit to adjust": (
        lambda life: (life.permit(PermitUse.ADJUST), reboot(life, adc="other")),
        ALTERED,
        "other-device",
    ),
    "more than are kept": (many_devices, ALTERED, "too-many"),
    "approval withdrawn": (lambda life: life.platform.record(approved=frozenset()), ALTERED, "not-approved"),
}


@pytest.mark.parametrize("name", DEVICE)
def test_device(name: str) -> None:
    trouble, word, code = DEVICE[name]
    life = start()
    trouble(life)
    assert said(life)["device", code] is word
    if name != "approval withdrawn":
        send(life, "boot")
        assert said(life)["device", code] is word, "undone or not"


def test_a_scale_verified_with_its_debug_port_open_is_altered() -> None:
    life = start()
    reboot(life, debug=True)
    assert not life.verify() or said(life)["device", "debug-open"] is ALTERED
    assert said(life)["device", "debug-open" if life.verify() else "other-device"] is ALTERED


# ---- case ----------------------------------------------------------------------------------------------------------


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


# ---- baseline and validity -----------------------------------------------------------------------------------------


def test_baseline() -> None:
    life = start()
    (verification,) = life.platform.registry.verifications
    life.platform.record(verifications=())
    assert said(life) == {("baseline", "no-verification"): NOT_VERIFIED}
    life.platform.record(verifications=(verification._replace(hash=OTHER),))
    assert said(life)["baseline", "statement-not-stored"] is NOT_VERIFIED
    life.platform.record(verifications=(verification, verification._replace(recorded_ms=1)))
    assert said(life)["baseline", "two-verifications"] is NOT_VERIFIED


def test_a_scale_of_which_nothing_is_stored_is_not_verified() -> None:
    platform = Platform(b"k" * 10, 0)
    assert opinion([], Facts(), 0) == Opinion.of([Unmet("baseline", NOT_VERIFIED, "no-verification")], 0)
    assert platform.from_scratch().word is NOT_VERIFIED
    assert judge([], Facts(), Clock(0)).standing is None


def test_validity() -> None:
    life = start()
    (verification,) = life.platform.registry.verifications
    now_ms = life.platform.now_ms
    life.platform.record(verifications=(verification._replace(until_ms=now_ms + 1),))
    assert said(life) == {}
    life.platform.record(verifications=(verification._replace(until_ms=now_ms),))
    assert said(life) == {("validity", "expired"): EXPIRED}
    life.platform.record(verifications=(verification._replace(longest_ms=verification.until_ms - 1),))
    assert said(life) == {("validity", "too-long"): EXPIRED}


# ---- fresh ---------------------------------------------------------------------------------------------------------


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


# ---- the four that a decision settles ------------------------------------------------------------------------------


def fork(life: HonestLife) -> None:
    twin = life.scale.branch()
    life.send(life.sign("snapshot"), twin.snapshot(1_000))


def resign(life: HonestLife) -> None:
    raw = life.sign("snapshot")
    life.send(raw, raw[:-64] + p256.lower(bytes(reversed(raw[-64:]))))


def lower(name: str) -> Trouble:
    def trouble(life: HonestLife) -> None:
        life.scale.calibration_counter, life.scale.boot_number = 4, 4
        life.send(life.boot())
        life.trade(1)
        assert life.verify()
        setattr(life.scale, name, getattr(life.scale, name) - 1_000 if name == "uptime_s" else 3)
        send(life, "snapshot")

    return trouble


def run_long(life: HonestLife, boot: int = 9) -> None:
    life.scale.boot_number, life.scale.uptime_s = boot, 3_900
    send(life, "snapshot")


def run_long_often(life: HonestLife) -> None:
    for boot in range(9, 13):
        run_long(life, boot)


def headless(life: HonestLife) -> None:
    life.pass_s(1)
    life.send(statement.build(life.scale.private_key, life.scale.kid, [3, 0, life.true_s]))


def retired_key(life: HonestLife) -> None:
    old = life.scale
    life.exchange_board()
    assert life.verify_anew()
    life.send(old.snapshot())


def retired_key_headless(life: HonestLife) -> None:
    old = life.scale
    life.exchange_board()
    assert life.verify_anew()
    life.pass_s(1)
    life.send(statement.build(old.private_key, old.kid, [3, 0]))


def by_link(signature: str) -> Trouble:
    def trouble(life: HonestLife) -> None:
        life.platform.take([life.sign("snapshot")], 0, signature)  # type: ignore[arg-type]

    return trouble


def holes(life: HonestLife) -> None:
    late = []
    for _ in range(4):
        late.append(life.sign("snapshot"))
        life.send(life.sign("snapshot"))


def unmapped(life: HonestLife) -> None:
    send(life, "snapshot", digest=OTHER[:16])


def many_unmapped(life: HonestLife) -> None:
    for at in range(4):
        send(life, "snapshot", digest=bytes([at]) * 16)


SETTLED: dict[str, tuple[Trouble, str, str]] = {
    "fork": (fork, "chain", "fork"),
    "re-signed": (resign, "chain", "re-signed"),
    "journal lost": (lambda life: life.lose_journal(0), "chain", "journal-lost"),
    "rolled back": (lambda life: send(life, "event", EventKind.ROLLED_BACK, 1), "chain", "rolled-back"),
    "link": (lambda life: send(life, "snapshot", link=OTHER[:16]), "chain", "link"),
    "counters": (lower("calibration_counter"), "chain", "counters"),
    "boot": (lower("boot_number"), "chain", "boot"),
    "uptime": (lower("uptime_s"), "chain", "uptime"),
    "hole": (lambda life: (life.sign("snapshot"), life.trade(3)), "chain", "hole"),
    "a start that nothing states": (run_long, "boots", "start-not-stored"),
    "more of them than are kept": (run_long_often, "boots", "start-not-stored"),
    "contradiction": (lambda life: send(life, "append", Kind.SNAPSHOT, [1]), "consistent", "contradiction"),
    "a loss to come": (
        lambda life: send(life, "event", EventKind.STATEMENTS_LOST, 5, life.scale.number + 7),
        "consistent",
        "contradiction",
    ),
    "weight": (lambda life: send(life, "snapshot", lie=1), "consistent", "weight"),
    "signature": (by_link("bad"), "consistent", "signature"),
    "headless": (headless, "consistent", "headless"),
    "unchecked": (by_link("unchecked"), "complete", "waits"),
    "no map": (unmapped, "complete", "waits"),
    "more without maps than are kept": (many_unmapped, "complete", "too-much"),
    "too many holes": (holes, "complete", "too-much"),
}


@pytest.mark.parametrize("name", SETTLED)
def test_what_a_decision_settles(name: str) -> None:
    trouble, condition, code = SETTLED[name]
    life = start()
    trouble(life)
    assert said(life)[condition, code] is CANNOT_BE_TOLD
    life.trade(1)
    life.pass_s(1)
    assert said(life)[condition, code] is CANNOT_BE_TOLD
    life.trade(1)
    life.pass_s(1)
    life.decide()
    remaining = {one for one, _ in said(life)}
    if name not in ("too many holes", "headless"):
        assert not remaining & {"chain", "boots", "consistent", "complete"}, said(life)


def test_a_decision_settles_a_headless_statement_that_was_committed_before_what_it_names() -> None:
    life = start()
    headless(life)
    life.decide()
    assert said(life)["consistent", "headless"] is CANNOT_BE_TOLD, "it came after the newest statement"
    life.trade(1)
    life.decide()
    assert said(life) == {}


@pytest.mark.parametrize("trouble", [retired_key, retired_key_headless])
def test_a_replaced_key_is_silent_until_a_decision_on_it(trouble: Trouble) -> None:
    life = start()
    trouble(life)
    assert said(life) == {("consistent", "retired-key"): CANNOT_BE_TOLD}
    old = [one for one in life.platform.stored() if one.kid != life.scale.kid]
    life.pass_s(1)
    if trouble is retired_key:
        life.platform.record(decisions=(Decision(old[-1].kid, old[-1].hash),))
        assert said(life) == {}


def test_a_decision_settles_neither_parameters_nor_device_nor_case() -> None:
    life = start()
    send(life, "raise_span")
    reboot(life, adc="other")
    life.open_case()
    life.decide()
    assert {name for name, _ in said(life)} == {"parameters", "device", "case"}


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


def test_every_condition_is_named_once() -> None:
    assert len(set(NAMES)) == len(NAMES) == 10
    assert Opinion.of([], 0) == Opinion(Verdict.VERIFIED, ())
    row = Unmet("chain", CANNOT_BE_TOLD, "hole", 5, {"first": 1})
    assert Unmet.from_json(row.as_json()) == row


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


# ---- what contradicts itself, and what is read again ---------------------------------------------------------------


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


def test_more_unstated_starts_than_are_kept_stay_unstated_whatever_is_stated_later() -> None:
    life = start()
    run_long_often(life)
    for boot in range(10, 13):
        life.scale.boot_number, life.scale.uptime_s = boot, -life.scale.period_s
        life.send(life.boot(late=True))
    assert life.platform.from_scratch().word is CANNOT_BE_TOLD
    assert said(life)["boots", "start-not-stored"] is CANNOT_BE_TOLD


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
    assert pages > 3
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


def test_signatures_are_checked_range_by_range() -> None:
    life = start()
    by_link("unchecked")(life)
    life.trade(1)
    by_link("unchecked")(life)
    assert len(life.platform.summaries()[0].unchecked) == 2
    life.platform.check_signatures(0, bad=False)
    assert said(life) == {}
