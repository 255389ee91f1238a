"""The table of steps: no two rows contradict, and what follows from a row is what people are told."""

import pytest
from kit import life_page
from kit.life_oracle import BACK, ORACLE
from steelyard_cloud.people.roles import Role
from steelyard_cloud.scales.life import rules
from steelyard_cloud.scales.life.table import PASS_NEEDS, TABLE, Goes, Of, Row, Stage
from steelyard_cloud.web.words.life import NEEDS, STAGES, STEPS

SCALE = [row for row in TABLE if row.of is Of.SCALE]


def test_the_table_contradicts_itself_nowhere() -> None:
    assert rules.contradictions() == []
    twice = Row(Of.SCALE, "scrap", frozenset({Role.OPERATOR}), frozenset({Stage.PRODUCED}), Stage.SCRAPPED)
    assert rules.contradictions([*TABLE, twice]) == [f"scrap: two rows for {Stage.PRODUCED}"]
    assert rules.contradictions([twice._replace(by=frozenset())]) == ["scrap: nobody may take it, or from nowhere"]
    assert rules.contradictions([twice._replace(from_=frozenset({None}), to=Goes.STAYS)]) != []
    assert rules.contradictions([twice, twice._replace(of=Of.TYPE, from_=frozenset({Stage.FAILED}))]) != []


def as_written(table: tuple[Row, ...]) -> set[tuple[str, str, str, str | None]]:
    """Step, role, from, to of each row of a table that says where a scale goes."""
    to = {Goes.STAYS: None, Goes.BACK: BACK}
    return {
        (row.step, role.value, stage.value, to.get(row.to, row.to))  # type: ignore[call-overload]
        for row in table
        if row.of is Of.SCALE and row.step not in WITH_MORE
        for role in row.by
        for stage in row.from_
        if stage is not None
    }


WITH_MORE = ("move.accept", "move.refuse", "decide", "enrol")
"""Steps that need what the machine does not have: a move that waits, a statement that nobody decided on, nothing."""


def test_the_table_is_what_it_was_meant_to_be() -> None:
    meant = {(step, role, stage, to) for step, by, from_, to in ORACLE for role in by for stage in from_}
    assert as_written(TABLE) == meant
    scrap = next(row for row in TABLE if row.step == "scrap")
    for other in (
        scrap._replace(by=scrap.by | {Role.VERIFICATION}),
        scrap._replace(from_=scrap.from_ | {Stage.SCRAPPED}),
        scrap._replace(to=Stage.OUT_OF_USE),
    ):
        assert as_written((*(row for row in TABLE if row is not scrap), other)) != meant


def test_every_word_of_the_table_is_a_word_for_people() -> None:
    assert {row.step for row in TABLE} == set(STEPS)
    assert {need for row in TABLE for need in row.needs} == set(NEEDS)
    assert {stage.value for stage in Stage} <= set(STAGES)


def test_every_stage_is_reached_and_only_final_ones_are_never_left() -> None:
    reached = {row.to for row in TABLE if isinstance(row.to, Stage)}
    assert reached == set(Stage)
    left = {stage for row in TABLE for stage in row.from_ if row.to is not Goes.STAYS}
    assert set(Stage) - left == {Stage.SCRAPPED, Stage.WITHDRAWN, Stage.REVOKED}
    assert not [row for row in SCALE if Stage.SCRAPPED in row.from_], "scrap is final"


def test_nobody_but_an_institution_says_that_a_scale_is_verified() -> None:
    verified = [row for row in SCALE if row.to is Stage.VERIFIED]
    assert [(row.step, row.by, row.needs) for row in verified] == [
        ("verification.pass", {Role.VERIFICATION}, PASS_NEEDS)
    ]
    assert not {Stage.IN_REPAIR, Stage.FORBIDDEN, Stage.OUT_OF_USE} & verified[0].from_


def test_after_a_repair_a_scale_waits_for_its_verification() -> None:
    ways_out = {row.step: row.to for row in SCALE if Stage.IN_REPAIR in row.from_ and row.to is not Goes.STAYS}
    assert ways_out == {
        "repair.report": Stage.AWAITING,
        "use.forbid": Stage.FORBIDDEN,
        "scrap": Stage.SCRAPPED,
    }


@pytest.mark.parametrize(("put_away", "again"), [("use.forbid", "use.release"), ("use.stop", "use.resume")])
@pytest.mark.parametrize("before", [Stage.PRODUCED, Stage.VERIFIED, Stage.AWAITING, Stage.FAILED])
def test_what_is_allowed_again_goes_where_it_was(before: Stage, put_away: str, again: str) -> None:
    row = rules.row_for(put_away, before)
    assert row is not None
    away, kept = rules.lands(row, before, None), rules.remembered(row, before, None)
    place = rules.row_for("place", away)
    assert place is not None
    assert (rules.lands(place, away, kept), rules.remembered(place, away, kept)) == (away, before)
    back = rules.row_for(again, away)
    assert back is not None
    assert (rules.lands(back, away, kept), rules.remembered(back, away, kept)) == (before, None)


def test_a_repair_of_a_forbidden_scale_leads_to_a_verification_and_not_past_it() -> None:
    for step in ("repair.report", "repair.unlock"):
        row = rules.row_for(step, Stage.FORBIDDEN)
        assert row is not None
        assert rules.lands(row, Stage.FORBIDDEN, Stage.VERIFIED) is Stage.FORBIDDEN
        kept = rules.remembered(row, Stage.FORBIDDEN, Stage.VERIFIED)
        release = rules.row_for("use.release", Stage.FORBIDDEN)
        assert release is not None
        assert rules.lands(release, Stage.FORBIDDEN, kept) is Stage.AWAITING


def test_an_unknown_step_can_be_taken_by_nobody_from_nowhere() -> None:
    assert (rules.row_for("bless", Stage.PRODUCED), rules.takers("bless"), rules.allowed_from("bless")) == (
        None,
        frozenset(),
        [],
    )


def test_what_is_open_to_a_role_is_what_the_table_gives_it() -> None:
    steps = [row.step for row in rules.open_to(Role.REPAIRER, Of.SCALE, Stage.IN_REPAIR)]
    assert steps == ["repair.report"]
    assert rules.open_to(Role.TYPE_EVALUATION, Of.SCALE, Stage.PRODUCED) == []
    assert [row.step for row in rules.open_to(Role.TYPE_EVALUATION, Of.TYPE, Stage.APPLIED)] == [
        "type.approve",
        "type.refuse",
    ]
    assert rules.allowed_from("repair.report") == ["in repair", "use forbidden"]


def test_the_page_of_the_documentation_is_drawn_from_the_table() -> None:
    assert life_page.PAGE.read_text() == life_page.drawn(), "run: python tests/kit/life_page.py"
