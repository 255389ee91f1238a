"""The verdict is a proof: an adversary with the key, the flash, the network and the clocks gets no false green.

STEELYARD_VERDICT_STATEMENTS=1000000 makes one long run of it, from fresh seeds.
"""

import os
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from kit import alert_book
from kit.adversary.counting import COUNTS, MOVES, FalseGreen, Unreported
from kit.adversary.machine import VerdictMachine
from steelyard_cloud.judge.conditions import CONDITIONS, NAMES, fresh
from steelyard_cloud.judge.facts import Since
from steelyard_cloud.judge.findings import Finding
from steelyard_cloud.judge.proof import Proof
from steelyard_cloud.judge.rules import RULES, parameter_change

DEFAULT = 20_000
WANTED = int(os.environ.get("STEELYARD_VERDICT_STATEMENTS", "0"))
LIVES, STEPS = 700, 30


def run(lives: int, *, derandomize: bool) -> None:
    """So many lives of so many steps."""
    run_state_machine_as_test(
        VerdictMachine,
        settings=settings(
            max_examples=lives,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            derandomize=derandomize,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.fixture(autouse=True)
def _counts(monkeypatch: pytest.MonkeyPatch) -> None:
    COUNTS.__init__()  # type: ignore[misc]


def test_no_adversary_gets_a_verdict_that_a_naive_judge_would_not_give() -> None:
    run(LIVES, derandomize=True)
    print(COUNTS.statements, COUNTS.steps, dict(COUNTS.words), dict(COUNTS.decided), dict(COUNTS.moves))
    assert COUNTS.statements >= DEFAULT
    assert {name for name in MOVES if not COUNTS.moves[name]} == set(), "moves that were never made"
    assert {name for name in NAMES if not COUNTS.decided[name]} == set(), "conditions that never decided"


if WANTED:

    def test_a_long_run() -> None:
        while COUNTS.statements < WANTED:
            run(LIVES, derandomize=False)
        print(COUNTS.statements, COUNTS.steps, dict(COUNTS.words), dict(COUNTS.decided))


OFF: dict[str, tuple[object, str, Callable[..., object]]] = {
    **{one.NAME: (one, "unmet", lambda *_: ()) for one in [*CONDITIONS, fresh]},
    "what comes after a fact": (Since, "leaves", lambda since, highest, _: highest > since.number),
    "what cannot be read": (Proof, "is_hidden", lambda *_: False),
}
"""Each is a rule without which the judge would be wrong: where it is, its name, and what it is without."""


@pytest.mark.parametrize("rule", OFF)
def test_it_can_fail(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(*OFF[rule])
    monkeypatch.setattr(VerdictMachine, "only_false_green", True)
    with pytest.raises(FalseGreen):
        run(LIVES, derandomize=True)


NOT_ASKED = ("silent", "price")
"""Rules whose findings the adversary's machine cannot bring about."""


@pytest.mark.parametrize("rule", sorted(RULES.keys() - set(NOT_ASKED)))
def test_a_rule_that_is_missing_is_noticed(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RULES, rule, lambda _: ([], []))
    with pytest.raises(Unreported):
        run(LIVES, derandomize=True)


UNREPORTED: dict[str, tuple[object, str, Callable[..., object]]] = {
    "what comes after a decided alert": (alert_book, "when_found_again", lambda status, *_: status),
    "what a newer fact does not settle": (Finding, "marks", property(lambda _: {})),
    "parameters since the last verification": (parameter_change, "unexplained_since", lambda _: {}),
}


@pytest.mark.parametrize("part", UNREPORTED)
def test_a_part_that_is_missing_is_noticed(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(*UNREPORTED[part])
    with pytest.raises(Unreported):
        run(LIVES, derandomize=True)
