"""Fixtures of the tests of the registry of scales."""

from collections.abc import Iterator

import pytest
from kit.cloud_desk import Desk
from kit.office import Office
from kit.signing_scale import START_S, SigningScale
from kit.stored import SERVERS, desk_on
from steelyard_cloud.db import database
from steelyard_cloud.ingest.mqtt.broker import Message


@pytest.fixture(scope="module", params=SERVERS)
def desk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A cloud without a broker, on each database, for all tests of a file."""
    with desk_on(request, tmp_path_factory) as desk:
        yield desk


@pytest.fixture(scope="module")
def reporting(desk: Desk) -> list[SigningScale]:
    some = [SigningScale(at, root=desk.authority.public_key) for at in (1, 2)]
    desk.register(*some)
    receiver = desk.receiver()
    for scale in some:
        scale.enrol(), scale.boot(), scale.snapshot(), scale.parameters(), scale.boot()
        for raw in scale.chain:  # of a long run most signatures would be checked later
            receiver.handle([Message(scale.up, raw, (0, 0, 0))], START_S * 1_000 + 3_600_000)
    receiver.close()
    return some


@pytest.fixture
def office(desk: Desk, reporting: list[SigningScale]) -> Iterator[Office]:
    with database.writing(desk.engine) as connection:
        own = connection.begin_nested()
        yield Office(desk, connection, reporting)
        own.rollback()
