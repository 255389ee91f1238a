"""Fixtures of the web's tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from kit.world import World


def started(folder: Path, url: str = "") -> Iterator[World]:
    """A started world with a scale type and a factory order; stopped at the end."""
    made = World(folder / "data", url)
    made.start()
    try:
        made.registry.add_type(quantity=20)
        yield made
    finally:
        made.stop()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A world of the test's own, on SQLite."""
    yield from started(tmp_path)


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One world for the tests of a module that change nothing in it."""
    yield from started(tmp_path_factory.mktemp("quiet"))


@pytest.fixture
def either(database_url: str, tmp_path: Path) -> Iterator[World]:
    """A world of the test's own, once on each database."""
    yield from started(tmp_path, database_url)
