"""What comes late and turns the verdict calls people too: one alert for each thing that is wrong, and it names it.

Late below the first verification, late after the alert of the same kind was decided, and what the honest scale does.
"""

from collections.abc import Sequence

import pytest
from kit.alert_book import AlertBook
from kit.conditions import ALTERED, CANNOT_BE_TOLD, LOCKED, OTHER, VERIFIED, word
from kit.honest_life import HonestLife
from kit.late import LATE, Cheat, silently_undone
from kit.parameters import MAP
from steelyard_cloud.alerts.states import DECIDED
from steelyard_cloud.judge.facts import PermitUse
from steelyard_protocol.events import EventKind
from steelyard_protocol.statement import Flag

SIXTEEN = OTHER[:16]
Called = set[tuple[str, str]]
REPORTED: dict[str, Called] = {
    "software": {("software", "not-approved")},
    "ADC": {("device", "other-device")},
    "map that the head does not name": {("authenticity", "profile"), ("parameter_change", "changed-silently")},
    "case opened": {("case", "opened")},
    "locked": {("case", "locked")},
    "case flag": {("case", "locked")},
    "unreadable start": {("authenticity", "profile")},
    "journal lost": {("continuity", "journal-lost")},
    "rolled back": {("continuity", "rolled-back")},
    "link": {("continuity", "link")},
    "counter that goes down": {("continuity", "boot")},
    "contradiction": {("authenticity", "profile")},
    "weight": {("weight", "not-recomputable")},
    "start that nothing states": {("boots", "start-not-stored")},
}


def newly_made(cheat: Cheat, times: int = 1) -> tuple[HonestLife, list[Sequence[bytes]]]:
    """A scale whose first verification names a statement above what is kept back."""
    life = HonestLife(verified=False)
    life.trade(3)
    late = [cheat(life) for _ in range(times)]
    life.send(life.boot())
    assert life.verify()
    life.trade(1)
    return life, late


def deliver(life: HonestLife, raws: Sequence[bytes]) -> None:
    life.send(*raws)
    while life.platform.waits:
        life.platform.read_again()


def called(book: AlertBook) -> Called:
    book.look()
    return book.undecided()


@pytest.mark.parametrize("name", LATE)
def test_what_comes_late_below_the_first_verification_is_one_alert_that_names_it(name: str) -> None:
    life, (late,) = newly_made(LATE[name][0])
    book = AlertBook(life.platform)
    assert (word(life), called(book)) == (VERIFIED, set())
    number = life.platform.stored()[-1].number
    deliver(life, late)
    assert word(life) is LATE[name][1]
    assert called(book) == REPORTED[name]
    assert len(book.alerts) == len(REPORTED[name])
    late_numbers = {one.number for one in life.platform.stored()[-len(late) :]}
    assert max(late_numbers) < number
    for alert in book.alerts.values():
        assert alert.finding.first_number in late_numbers | {max(late_numbers) + 1}
    life.trade(3)
    assert called(book) == REPORTED[name]
    assert {alert.raised for alert in book.alerts.values()} == {1}


def called_but_for_gaps(book: AlertBook) -> Called:
    """What is kept back longer than the grace is missing meanwhile."""
    return called(book) - {("continuity", "gap")}


@pytest.mark.parametrize("to", DECIDED)
@pytest.mark.parametrize("name", LATE)
def test_what_comes_late_after_its_alert_was_decided_calls_again(name: str, to: str) -> None:
    life, (early, late) = newly_made(LATE[name][0], 2)
    book = AlertBook(life.platform)
    deliver(life, early)
    assert called_but_for_gaps(book) == REPORTED[name]
    book.decide(to)
    life.trade(2)
    assert called_but_for_gaps(book) == set(), "more of the same is known"
    assert life.verify_anew()
    life.trade(2)
    assert (word(life), called_but_for_gaps(book)) == (VERIFIED, set())
    deliver(life, late)
    assert word(life) is LATE[name][1]
    assert called_but_for_gaps(book) == REPORTED[name]
    life.trade(3)
    assert called_but_for_gaps(book) == REPORTED[name]
    raised = [alert.raised for alert in book.alerts.values() if alert.finding.code != "gap"]
    assert sum(raised) == 2 * len(REPORTED[name])


def test_parameters_that_come_late_below_the_first_verification() -> None:
    life, (late,) = newly_made(silently_undone)
    book = AlertBook(life.platform)
    deliver(life, late)
    assert (word(life), called(book)) == (ALTERED, {("parameter_change", "changed-silently")})
    (alert,) = book.alerts.values()
    assert alert.finding.first_number in {one.number for one in life.platform.stored()[-len(late) :]}


def test_the_verified_parameters_of_before_that_come_late() -> None:
    life = HonestLife()
    book = AlertBook(life.platform)
    kept = life.trade_offline(2)
    life.adjust(1_540_000)
    life.pass_s(900)
    life.trade(1)
    assert called(book) == {("continuity", "gap")}
    life.decide()
    assert life.verify_anew()
    book.decide()
    deliver(life, kept[:1])
    assert word(life) is ALTERED
    assert called(book) == {("parameter_change", "changed-silently")}


def test_an_event_that_lies_about_a_change_to_what_was_verified() -> None:
    life = HonestLife()
    book = AlertBook(life.platform)
    digest, calibration, configuration = life.scale.state()
    life.send(
        life.sign(
            "event", EventKind.PARAMETER_CHANGE, [[40, MAP[40], MAP[40]]], None, digest, calibration, configuration
        )
    )
    assert word(life) is ALTERED
    assert called(book) == {("parameter_change", "changed")}


def test_breaks_after_an_old_fork_are_reported() -> None:
    life = HonestLife()
    book = AlertBook(life.platform)
    twin = life.scale.branch()
    life.send(life.sign("snapshot"), twin.snapshot(3_000))
    life.trade(1)
    assert called(book) == {("continuity", "fork")}
    life.decide()
    book.decide()
    life.send(life.sign("snapshot", link=SIXTEEN))
    assert (word(life), called(book)) == (CANNOT_BE_TOLD, {("continuity", "link")})


def test_a_third_content_calls_again_after_a_decision() -> None:
    life = HonestLife()
    book = AlertBook(life.platform)
    thieves = [life.scale.branch(), life.scale.branch()]
    life.send(life.sign("snapshot"), thieves[0].snapshot(1_000))
    life.trade(1)
    book.decide("false")
    life.decide()
    assert called(book) == set()
    life.send(thieves[1].snapshot(2_000))
    assert (word(life), called(book)) == (CANNOT_BE_TOLD, {("continuity", "fork")})


def test_a_replaced_key_that_speaks_is_reported() -> None:
    life = HonestLife()
    book = AlertBook(life.platform)
    old = life.scale
    life.exchange_board()
    assert life.verify_anew()
    assert called(book) == set()
    for _ in range(2):
        life.send(old.snapshot())
        assert (word(life), called(book)) == (CANNOT_BE_TOLD, {("authenticity", "retired-key")})
        book.decide()


def test_the_flag_waits_for_the_event_only_while_that_may_come() -> None:
    life = HonestLife()
    book = AlertBook(life.platform)
    opened = life.sign("event", EventKind.CASE_OPENED, life.true_s)
    life.send(life.sign("snapshot", flags=2 | Flag.CASE_OPEN))
    assert (word(life), called(book)) == (LOCKED, set())
    life.send(opened)
    assert called(book) == {("case", "opened")}
    life.trade(1)
    other = HonestLife()
    book = AlertBook(other.platform)
    other.sign("event", EventKind.CASE_OPENED, other.true_s)
    other.send(other.sign("snapshot", flags=2 | Flag.CASE_OPEN))
    other.pass_s(900)
    assert called(book) == {("case", "locked"), ("continuity", "gap")}


def test_honest_work_calls_nobody() -> None:
    life = HonestLife(period_s=60)
    book = AlertBook(life.platform)
    life.outage(30, 7)
    life.late_within_grace()
    life.brown_out(9)
    life.adjust(1_540_000)
    life.update(OTHER)
    assert life.verify_anew()
    kept = life.trade_offline(12)
    life.send(life.boot())
    for raw in reversed(kept):
        life.send(raw)
        assert called(book) == set()
    life.flat_battery()
    life.set_clock()
    life.exchange_board()
    assert life.verify_anew()
    assert (word(life), called(book), book.alerts) == (VERIFIED, set(), {})


def test_an_honest_repair_is_its_opening_and_no_more() -> None:
    life = HonestLife()
    book = AlertBook(life.platform)
    permit = life.permit(PermitUse.REPAIR, life.open_case())
    assert called(book) == {("case", "opened")}
    life.other[3] = "ads1232"
    life.unlock(permit.order_number)
    life.send(life.boot())
    assert called(book) == {("case", "opened")}
    book.decide("authorised")
    assert life.verify_anew()
    assert called(book) == set()


def test_what_overflows_is_reported_once() -> None:
    life = HonestLife()
    book = AlertBook(life.platform)
    for at in range(70):
        life.send(life.sign("boot", other={3: f"adc {at}"}))
    assert ("device", "too-many") in called(book)
    assert ("overflow", "too-much") not in called(book)
