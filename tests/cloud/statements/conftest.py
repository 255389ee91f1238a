"""Fixtures of the tests of stored statements: many of them read what one has stored."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from kit.cloud_desk import Desk
from kit.servers import PostgreSQL


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def desk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A cloud without a broker, on each database, for all tests of a file."""
    with ExitStack() as servers:
        if request.param == "sqlite":
            url = f"sqlite:///{tmp_path_factory.mktemp('statements')}/cloud.db"
        else:
            server: PostgreSQL = request.getfixturevalue("postgresql_server")
            name = servers.enter_context(server.database())
            url = server.address(name).replace("postgresql://", "postgresql+psycopg://")
        desk = Desk(url)
        servers.callback(desk.close)
        yield desk
