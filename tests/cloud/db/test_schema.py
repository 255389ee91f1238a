"""The migrations build exactly the tables that the code names, on both databases, and the audit log only grows."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, delete, insert, inspect, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from steelyard_cloud.db import database, schema


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    url = f"sqlite:///{tmp_path}/s.db" if request.param == "sqlite" else request.getfixturevalue("postgresql").url
    database.migrate(url)
    engine = database.connect(url)
    yield engine
    engine.dispose()


def test_migrations_and_tables_agree(engine: Engine) -> None:
    with engine.connect() as connection:
        options = {"include_name": lambda name, kind, _: kind != "table" or not str(name).startswith("statements_")}
        differences = compare_metadata(MigrationContext.configure(connection, opts=options), schema.metadata)
    assert differences == []


def test_migrating_twice_changes_nothing(engine: Engine) -> None:
    database.migrate(engine.url.render_as_string(hide_password=False))
    assert set(schema.metadata.tables) <= set(inspect(engine).get_table_names())


def test_a_maker_gives_a_production_code_once(engine: Engine) -> None:
    maker = {"name": "H", "kind": "manufacturer", "division_code": "330700", "created_ms": 1}
    kind = {"organisation_id": 1, "maker": "H", "model": "M", "type_approval": "", "parameters": {}, "created_ms": 1}
    scale = {"public_code": "0", "shard": "0", "maker": "H", "model": "M", "serial_number": "1", "production_code": "P"}
    scale |= dict.fromkeys(("scale_type_id", "organisation_id", "enrolled_ms"), 1)
    scale |= dict.fromkeys(("division_code", "place", "life_stage"), "")
    with database.writing(engine) as connection:
        connection.execute(insert(schema.organisations), [maker])
        connection.execute(insert(schema.scale_types), [kind])
        connection.execute(insert(schema.scales), [scale])
        other_maker = {"public_code": "1", "maker": "J"}
        connection.execute(insert(schema.scales), [scale | other_maker])
    other_scale = {"public_code": "2", "serial_number": "2"}
    with pytest.raises(IntegrityError), database.writing(engine) as connection:
        connection.execute(insert(schema.scales), [scale | other_scale])


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_evidence_is_partitioned_by_scale_on_postgresql(engine: Engine) -> None:
    with engine.connect() as connection:
        parts = connection.scalar(text("SELECT count(*) FROM pg_inherits WHERE inhparent = 'statements'::regclass"))
    assert parts == schema.EVIDENCE_PARTITIONS


def test_audit_log_refuses_to_change_or_forget(engine: Engine) -> None:
    row = {"at_ms": 1, "actor": "user:1", "action": "looked at", "object": "scale:1", "details": {}}
    with database.writing(engine) as connection:
        connection.execute(insert(schema.audit_log), [row])
    for statement in (update(schema.audit_log).values(actor="nobody"), delete(schema.audit_log)):
        with pytest.raises(DBAPIError, match="append-only"), database.writing(engine) as connection:
            connection.execute(statement)
