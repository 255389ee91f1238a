"""Fixtures of the gateway's tests: scripted peers answer at once, so nobody waits long for one that does not."""

import pytest
from steelyard_gateway.scale import outcome
from steelyard_gateway.serial import console


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No scale here takes long to start, to answer or to adjust."""
    monkeypatch.setattr(console, "START_S", 1.5)
    monkeypatch.setattr(outcome, "START_S", 1.5)
    monkeypatch.setattr(outcome, "LONGEST_S", 1.5)
    monkeypatch.setattr(console, "_KNOCK_S", 0.3)
    monkeypatch.setattr(console, "_QUIET_S", 0.3)
