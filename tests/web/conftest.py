"""Fixtures of the web's tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A started world with a scale type and a factory order."""
    made = World(tmp_path / "data")
    made.start()
    try:
        made.prepare()
        yield made
    finally:
        made.stop()
