"""Fixtures of the tests of ingest."""

from collections.abc import Iterator

import pytest
from kit.cloud_desk import Desk


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    """A cloud without a broker, on each database."""
    desk = Desk(database_url)
    yield desk
    desk.close()
