"""A database of the release before is brought up to date, and says of every scale what it said before.

`release_0_1_0.json` holds every row of a database that release 0.1.0 wrote on schema 0003: an honest scale, one with
its span raised, one with a gap, one that was opened, one that never was verified; and what its API said of them.
"""

import asyncio
import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from alembic import command
from kit.signing_scale import SigningScale
from steelyard_cloud import keys
from steelyard_cloud.db import clocks, database
from steelyard_cloud.db.schema import factory_orders, scales, statements
from steelyard_cloud.errors import AlreadyExists
from steelyard_cloud.ingest.listening import Listening
from steelyard_cloud.ingest.receiver import Receiver
from steelyard_cloud.ingest.timers import judge_due
from steelyard_cloud.people import access
from steelyard_cloud.people.audit import Actor
from steelyard_cloud.people.roles import Role
from steelyard_cloud.scales import enrolment
from steelyard_cloud.settings import SHARDS, Settings
from steelyard_cloud.web.app import create_app
from steelyard_protocol import statement
from steelyard_protocol.events import Event, EventKind

BEFORE = json.loads((Path(__file__).parent / "release_0_1_0.json").read_text())
SCHEMA_BEFORE = "0003"
Get = Callable[[str], Any]  # what the API answers to an administrator who asks for this path
ASKED = (
    "id",
    "rule",
    "what",
    "scale",
    "severity",
    "count",
    "first_number",
    "last_number",
    "values",
    "status",
    "still_found",
)


def value_of(written: Any) -> Any:
    """A value as the database takes it; bytes and dates are written as {"hex": …} and {"date": …}."""
    if isinstance(written, dict) and written.keys() == {"hex"}:
        return bytes.fromhex(written["hex"])
    if isinstance(written, dict) and written.keys() == {"date"}:
        return date.fromisoformat(written["date"])
    return written


def fill(engine: sa.Engine) -> None:
    """Make the tables of the release before, and write its rows."""
    config = database._migrations()
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, SCHEMA_BEFORE)
        connection.commit()
    tables = sa.MetaData()
    tables.reflect(engine)
    with database.writing(engine) as connection:
        for name, rows in BEFORE["rows"].items():
            table = tables.tables[name]
            values = [{column: value_of(value) for column, value in row.items()} for row in rows]
            connection.execute(table.insert(), values)
            if engine.dialect.name == "postgresql" and "id" in table.c:
                newest = f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), (SELECT max(id) FROM {name}))"
                connection.execute(sa.text(newest))


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings of a platform with keys, whose database is empty yet."""
    made = Settings(data_dir=tmp_path, database_url=database_url)
    keys.create(made.keys, made.root)
    return made


@pytest.fixture
def upgraded(settings: Settings) -> Iterator[sa.Engine]:
    """The database of the release before, brought up to date."""
    engine = database.connect(settings.database)
    fill(engine)
    database.migrate(settings.database)
    yield engine
    engine.dispose()


@pytest.fixture
def get(settings: Settings, upgraded: sa.Engine) -> Get:
    """The API of this release on the database of the release before, brought up to date."""
    engine = upgraded
    now_ms = BEFORE["expected"]["now_ms"]
    with database.writing(engine) as connection:
        secret = access.create_token(connection, name="test", role=Role.ADMIN, organisation_id=1, now_ms=now_ms)
    transport = httpx.ASGITransport(create_app(settings, engine, now_ms=lambda: now_ms))
    headers = {"Authorization": f"Bearer {secret}"}

    async def ask(path: str) -> Any:
        async with httpx.AsyncClient(transport=transport, base_url=settings.url, headers=headers) as client:
            return (await client.get(path)).raise_for_status().json()

    return lambda path: asyncio.run(ask(path))


def test_a_clock_that_was_ahead_before_is_known_after_the_upgrade(upgraded: sa.Engine) -> None:
    with database.writing(upgraded) as connection:
        latest = connection.execute(sa.text("SELECT shard, latest_ms FROM clocks")).all()
        newest = connection.execute(sa.text("SELECT shard, max(received_ms) FROM summaries GROUP BY shard")).all()
        assert sorted(map(tuple, latest)) == sorted(map(tuple, newest))
        assert len(latest) == 5
        shard, newest_ms = latest[0]
        (found,) = clocks.advance(connection, shard, newest_ms - 400 * 86_400_000).recorded
    assert (found.number, found.from_ms) == (1, newest_ms)


def test_scales_that_share_a_production_code_stay_and_are_reported(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    engine = database.connect(settings.database)
    fill(engine)
    with caplog.at_level("WARNING"):
        database.migrate(settings.database)
    told = [one.getMessage() for one in caplog.records if "production code" in one.getMessage()]
    assert len(told) == 1
    assert "5 scales of Hengtai share the production code P-2026-11" in told[0]
    scale = SigningScale(seed=99)
    scale.production_code = "P-2026-11"
    with database.writing(engine) as connection:
        assert connection.scalars(sa.select(scales.c.production_code_shared)).all() == [True] * 5
        connection.execute(factory_orders.update().values(quantity=100))
        order = connection.execute(sa.select(factory_orders)).one()
        maker = Actor("user:1", 1, order.organisation_id, "330700", 1, Role.MANUFACTURER)
        with pytest.raises(AlreadyExists, match="production code P-2026-11"):
            enrolment.enrol(connection, maker, order=order.number, raw=scale.enrol(), place="", period_s=600, now_ms=1)
    engine.dispose()


def test_stored_events_are_named_by_their_kind(upgraded: sa.Engine) -> None:
    with database.reading(upgraded) as connection:
        rows = connection.execute(sa.select(statements.c.raw, statements.c.event)).all()
    bodies = [(statement.parse(raw).body, event) for raw, event in rows]
    assert [event for _, event in bodies] == [one.kind if isinstance(one, Event) else None for one, _ in bodies]
    assert {event for _, event in bodies} >= {None, EventKind.PARAMETER_CHANGE, EventKind.CASE_OPENED}


def test_alerts_are_those_of_before(get: Get) -> None:
    alerts = get("/api/v1/alerts?status=all")["alerts"]
    told = [{key: alert[key] for key in ASKED} for alert in alerts]
    assert told == BEFORE["expected"]["alerts"]
    assert len(told) == 3


def test_a_verdict_cannot_be_told_until_the_scale_is_judged_by_the_new_conditions(get: Get) -> None:
    verdicts = BEFORE["expected"]["verdicts"]
    assert {get(f"/api/v1/scales/{code}")["verdict"] for code in verdicts} == {"cannot-be-told"}


def test_then_it_is_that_of_before_but_for_what_was_too_good(get: Get, settings: Settings, upgraded: sa.Engine) -> None:
    verdicts = BEFORE["expected"]["verdicts"]
    receiver = Receiver(upgraded, SHARDS, keys.read_online(settings.keys), Listening())
    now_ms = BEFORE["expected"]["now_ms"]
    while judge_due(receiver, now_ms):
        pass
    receiver.close()
    now = {code: get(f"/api/v1/scales/{code}")["verdict"] for code in verdicts}
    too_good = {"verified": "no-recent-data"}  # it signed nothing for a day: what counted was that something arrived
    assert now == {code: too_good.get(word, word) for code, word in verdicts.items()}
