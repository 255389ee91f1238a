"""Fixtures of the tests of the registry of scales."""

from collections.abc import Iterator

import pytest
from kit.cloud_desk import Desk
from kit.office import Office
from kit.signing_scale import SigningScale
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
    some = [SigningScale(at, root=desk.authority.public_key) for at in range(1, 5)]
    desk.register(*some)
    scale, other, cheat, _ = some
    scale.repair_code = "R-7"
    for one in (scale, other):
        one.enrol(), one.boot(), one.snapshot(1_000_000), one.parameters(), one.boot()
    cheat.enrol(), cheat.boot(), cheat.snapshot(1_000_000), cheat.raise_span(), cheat.parameters(), cheat.parameters()
    cheat.flags = 0
    cheat.snapshot()
    receiver = desk.receiver()
    for one in (scale, other, cheat):
        for raw in one.chain:  # of a long run most signatures would be checked later
            receiver.handle([Message(one.up, raw, (0, 0, 0))], Office.received_ms)
    receiver.close()
    return some


@pytest.fixture
def office(desk: Desk, reporting: list[SigningScale]) -> Iterator[Office]:
    with database.writing(desk.engine) as connection:
        own = connection.begin_nested()
        yield Office(desk, connection, reporting)
        own.rollback()
