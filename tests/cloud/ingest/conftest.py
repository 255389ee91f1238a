"""Fixtures of the tests of ingest."""

from collections.abc import Iterator

import pytest
from kit.cloud_desk import Desk
from steelyard_cloud.ingest.receiver import Receiver


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    """A cloud without a broker, on each database."""
    desk = Desk(database_url)
    yield desk
    desk.close()


@pytest.fixture
def receiver(desk: Desk) -> Iterator[Receiver]:
    """A receiver of all shards."""
    receiver = desk.receiver()
    yield receiver
    receiver.close()
