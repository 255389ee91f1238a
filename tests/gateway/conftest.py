"""Fixtures of the gateway's tests: scripted peers answer at once, so nobody waits long for one that does not."""

import pytest
from kit.hurried import hurried


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No scale here takes long to start, to answer or to adjust."""
    hurried(monkeypatch.setattr, start_s=0.6, silence_s=0.1)
