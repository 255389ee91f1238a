"""The duties of the agent, each alone, in real MicroPython: when the journal is full, when others are at it too."""

from __future__ import annotations

import json
from typing import Any

import pytest
from interpreter import ROOT, MicroPython

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
