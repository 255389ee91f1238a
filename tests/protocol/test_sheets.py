"""Sheets of a weighing test: judged in exact decimals against the errors of R 76, whatever a sheet says of itself."""

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from kit.parameters import MAP
from steelyard_protocol import parameters, sheet
from steelyard_protocol.sheet import Instrument, SheetError
from steelyard_protocol.sheet_plan import faultless, plan

MULTI = MAP | {2: 40_000, 3: 2_000, 16: 6_000_000, 17: 5_000}
INSTRUMENTS = [Instrument.of(parameters.ranges(one), one[2]) for one in (MAP, MULTI)]
SINGLE = INSTRUMENTS[0]


def right(instrument: Instrument = SINGLE) -> dict[str, Any]:
    return copy.deepcopy(faultless(instrument, {"identity": "X"}, "2026-11-28", ["M-1"]))


def rows(made: dict[str, Any], test: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = next(one["rows"] for one in made["tests"] if one["test"] == test)
    return found


def at(made: dict[str, Any], what: str, load: str) -> dict[str, Any]:
    return next(row for row in rows(made, "weighing") if (row["what"], row["load_mg"]) == (what, load))


def codes(made: dict[str, Any], instrument: Instrument = SINGLE) -> set[tuple[str, str]]:
    return {(one.test, one.code) for one in sheet.judge(sheet.checked(made), instrument)}


@pytest.mark.parametrize("instrument", INSTRUMENTS, ids=["single", "multi-interval"])
def test_a_scale_without_error_passes(instrument: Instrument) -> None:
    assert sheet.judge(sheet.checked(right(instrument)), instrument) == []
    assert sheet.read(json.dumps(right(instrument)).encode("utf-8-sig")) == right(instrument)


def test_the_permissible_error_changes_where_r_76_says() -> None:
    for load, e in ((0, "0.5"), (500, "0.5"), (501, "1"), (2_000, "1"), (2_001, "1.5"), (3_000, "1.5")):
        assert SINGLE.mpe(Decimal(load * 5_000)) == Decimal(e) * 5_000, load
        assert replace(SINGLE, in_service=True).mpe(Decimal(load * 5_000)) == Decimal(e) * 10_000, load
    multi = INSTRUMENTS[1]
    assert [multi.mpe(Decimal(one)) for one in (1_000_000, 1_002_000, 4_002_000, 6_005_000, 10_005_000)] == [
        Decimal(one) for one in (1_000, 2_000, 3_000, 5_000, 7_500)
    ]


@pytest.mark.parametrize(("load", "limit"), [("2500000", 2_500), ("10000000", 5_000), ("15000000", 7_500)])
def test_the_limit_itself_is_right_and_a_thousandth_more_is_not(load: str, limit: int) -> None:
    """E = I + e/2 - dL - L: of one interval more that is shown, the masses added take away what is too much."""
    for sign in (1, -1):
        for beyond, expected in (("0", set()), ("0.001", {("weighing", "beyond-limit")})):
            made = right()
            wanted = sign * (limit + Decimal(beyond))
            shift = 5_000 * round(wanted / 5_000)
            row = at(made, "down", load)
            row["shown_mg"] = str(int(load) + shift)
            row["added_mg"] = str(Decimal(2_500) + shift - wanted)
            if Decimal(row["added_mg"]) < 0:
                row["shown_mg"], row["added_mg"] = (
                    str(int(row["shown_mg"]) + 5_000),
                    str(Decimal(row["added_mg"]) + 5_000),
                )
            assert codes(made) == expected, (sign, beyond)


def test_the_error_at_zero_is_taken_away_and_is_small_itself() -> None:
    made = right()
    for row in rows(made, "weighing"):
        row["added_mg"] = "3750"  # every error is a quarter of e
    at(made, "up", "2500000")["added_mg"] = "5000"
    assert codes(made) == set(), "half of e, less the quarter at zero"
    rows(made, "weighing")[0]["added_mg"] = "3750.001"
    assert codes(made) == {("weighing", "beyond-limit")}


Change = Callable[[dict[str, Any]], object]
WRONG: dict[str, tuple[Change, tuple[str, str]]] = {
    "no test": (lambda made: made["tests"].pop(1), ("eccentricity", "missing")),
    "says itself failed": (
        lambda made: rows(made, "repeatability")[3].update(passed=False),
        ("repeatability", "says-failed"),
    ),
    "too few loads": (
        lambda made: rows(made, "weighing").remove(at(made, "up", "4570000")),
        ("weighing", "too-few-loads"),
    ),
    "no Max": (lambda made: at(made, "up", "15000000").update(load_mg="14995000"), ("weighing", "load-missing")),
    "no Min": (lambda made: at(made, "down", "100000").update(load_mg="105000"), ("weighing", "load-missing")),
    "no change of the error": (
        lambda made: at(made, "up", "2500000").update(load_mg="2600000", shown_mg="2600000"),
        ("weighing", "load-missing"),
    ),
    "no zero": (lambda made: rows(made, "weighing").pop(0), ("weighing", "incomplete")),
    "two zeros": (lambda made: rows(made, "weighing").insert(0, rows(made, "weighing")[0]), ("weighing", "incomplete")),
    "zero at a load": (lambda made: rows(made, "weighing")[0].update(load_mg="500000"), ("weighing", "incomplete")),
    "no masses added": (lambda made: at(made, "up", "100000").pop("added_mg"), ("weighing", "incomplete")),
    "more than an interval added": (
        lambda made: at(made, "up", "15000000").update(added_mg="5001", shown_mg="15005000"),
        ("weighing", "added-out-of-range"),
    ),
    "masses taken away": (
        lambda made: at(made, "up", "15000000").update(added_mg="-1"),
        ("weighing", "added-out-of-range"),
    ),
    "between two intervals": (
        lambda made: at(made, "up", "15000000").update(shown_mg="15000001"),
        ("weighing", "shown-between-intervals"),
    ),
    "another error written": (
        lambda made: at(made, "up", "15000000").update(found_mg="1"),
        ("weighing", "contradicts-itself"),
    ),
    "an unknown row": (lambda made: rows(made, "weighing")[5].update(what="sideways"), ("weighing", "unknown-row")),
    "three corners": (lambda made: rows(made, "eccentricity").pop(), ("eccentricity", "too-few-rows")),
    "a light corner": (
        lambda made: rows(made, "eccentricity")[0].update(load_mg="1000000", shown_mg="1000000"),
        ("eccentricity", "wrong-load"),
    ),
    "a corner off": (
        lambda made: rows(made, "eccentricity")[2].update(shown_mg="5010000"),
        ("eccentricity", "beyond-limit"),
    ),
    "nine weighings": (lambda made: rows(made, "repeatability").pop(), ("repeatability", "too-few-rows")),
    "a spread": (
        lambda made: rows(made, "repeatability")[9].update(shown_mg="7510000"),
        ("repeatability", "beyond-limit"),
    ),
    "not near half of Max": (
        lambda made: [row.update(load_mg="1000000") for row in rows(made, "repeatability")],
        ("repeatability", "wrong-load"),
    ),
    "the whole says failed": (lambda made: made.update(passed=False), ("sheet", "says-failed")),
    "a test says failed": (lambda made: made["tests"][2].update(passed=False), ("repeatability", "says-failed")),
    "a zero below zero": (lambda made: rows(made, "weighing")[0].update(load_mg="-50000"), ("weighing", "incomplete")),
    "a load beyond Max": (
        lambda made: at(made, "up", "15000000").update(load_mg="90000000", shown_mg="90000000"),
        ("weighing", "wrong-load"),
    ),
    "a spread instead of weighings": (
        lambda made: made["tests"][2].update(rows=[rows(made, "repeatability")[0] | {"found_mg": "0"}]),
        ("repeatability", "too-few-rows"),
    ),
    "a corner without an indication": (
        lambda made: [row.pop("shown_mg") and row.update(found_mg="0") for row in rows(made, "eccentricity")[:1]],
        ("eccentricity", "incomplete"),
    ),
    "another error at a corner": (
        lambda made: rows(made, "eccentricity")[0].update(found_mg="99999999"),
        ("eccentricity", "contradicts-itself"),
    ),
    "masses taken off for 1.4 e": (
        lambda made: rows(made, "discrimination")[0].update(added_mg="-7000"),
        ("discrimination", "no-change"),
    ),
    "a change of many e": (
        lambda made: rows(made, "discrimination")[0].update(shown_mg="999999995000"),
        ("discrimination", "no-change"),
    ),
    "1.4 e at another load": (
        lambda made: rows(made, "discrimination")[0].update(before_mg="0", shown_mg="5000"),
        ("discrimination", "wrong-load"),
    ),
    "no answer to 1.4 e": (
        lambda made: rows(made, "discrimination")[1].update(shown_mg="7500000"),
        ("discrimination", "no-change"),
    ),
    "more than 1.4 e": (
        lambda made: rows(made, "discrimination")[0].update(added_mg="7000.1"),
        ("discrimination", "no-change"),
    ),
    "no discrimination at Max": (lambda made: rows(made, "discrimination").pop(), ("discrimination", "load-missing")),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_shows_nothing_or_something_wrong_fails(what: str) -> None:
    change, expected = WRONG[what]
    made = right()
    change(made)
    assert expected in codes(made)


def test_every_fault_is_said_at_once() -> None:
    made = right()
    for what in ("no masses added", "a spread", "a corner off", "no answer to 1.4 e"):
        WRONG[what][0](made)
    assert {WRONG[what][1] for what in ("no masses added", "a spread", "a corner off", "no answer to 1.4 e")} <= codes(
        made
    )


def test_limits_that_a_sheet_gives_itself_count_for_nothing() -> None:
    made = right()
    at(made, "up", "100000").update(shown_mg="105000", limit_mg="999999")
    assert codes(made) == {("weighing", "beyond-limit")}


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"{",
        b"[" * 100_000,
        b"\xff\xfe",
        json.dumps({**right(), "tests": right()["tests"] * 2}).encode(),
        json.dumps({**right(), "tested_on": "today"}).encode(),
        json.dumps({**right(), "masses": []}).encode(),
        json.dumps({**right(), "conditions": "x" * 501}).encode(),
        json.dumps({**right(), "colour": "red"}).encode(),
        json.dumps(right()).replace('"15000000"', '"15000000\\n"').encode(),
        json.dumps(right()).replace('"15000000"', '"1e7"').encode(),
        json.dumps(right()).replace('"15000000"', '"９９"').encode(),
        json.dumps(right()).replace('"15000000"', f'"{"9" * 5_000}"').encode(),
        json.dumps(right()).encode() + b" " * sheet.MOST_BYTES,
    ],
    ids=range(15),
)
def test_what_is_no_sheet_is_refused(raw: bytes) -> None:
    with pytest.raises(SheetError):
        sheet.read(raw)


def test_the_plan_holds_all_that_is_judged_also_for_odd_scales() -> None:
    for max_, min_, e in (
        (500_000, 100_000, 5_000),
        (1_000_000_000, 20_000_000, 1_000_000),
        (3_000_000, 20_000, 1_000),
    ):
        odd = Instrument.of([(max_, e)], min_)
        assert sheet.judge(faultless(odd, {}, "2026-11-28", ["M-1"]), odd) == []
    tiny = Instrument.of([(1_000, 1_000)], 1_000)
    assert len(plan(tiny)) < 40, "and it ends"
