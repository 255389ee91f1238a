"""The duties of the agent, each alone, in real MicroPython: when the journal is full, when others are at it too."""

from __future__ import annotations

import json
from typing import Any

import pytest
from kit.micropython import ROOT, MicroPython

HAL = ROOT / "simulator" / "hal"
PATH = [HAL / "modules", HAL, ROOT / "hardware" / "boards" / "simulated"]
OPENED = ["synced", 2, 7]


@pytest.fixture
def check(micropython: MicroPython) -> Any:
    """Run one check of target/agent_checks.py and return what it found."""
    return lambda name: json.loads(micropython("agent_checks.py", name, heap="6m", path=PATH).stdout)


def test_the_latch_forgets_an_opening_only_when_it_is_synced(check: Any) -> None:
    assert check("latch_and_full_journal") == [[], [OPENED, ["forgotten"]]]
    log = check("latch_and_two_tellers")
    assert log.index(OPENED) == 0
    assert log.count(OPENED) == 1


def test_the_lock_is_told_of_once_though_two_tasks_find_it_due(check: Any) -> None:
    assert check("lock_and_two_tellers") == 1


def test_a_line_that_finds_no_room_in_memory_is_answered_and_stops_nothing(check: Any) -> None:
    plain, as_json, after = check("line_without_memory")
    assert plain.startswith("error: ")
    assert json.loads(as_json)["error"] == "no-room"
    assert json.loads(after)["error"] == "unknown-command"


def test_what_a_line_loads_is_let_go_of_with_it(check: Any) -> None:
    assert check("what_a_line_leaves_loaded") == [[], False]
