"""Fixtures of the tests of stored statements."""

from collections.abc import Iterator

import pytest
from kit.cloud_desk import Desk
from kit.stored import SERVERS, desk_on


@pytest.fixture(scope="module", params=SERVERS)
def desk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A cloud without a broker, on each database, for all tests of a file."""
    with desk_on(request, tmp_path_factory) as desk:
        yield desk
