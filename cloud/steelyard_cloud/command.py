"""`steelyard cloud`: set the platform up, run it, and let people and programs in."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated

import typer
from steelyard_protocol import downlink, identity

from steelyard_cloud import keys
from steelyard_cloud.clock import now_ms
from steelyard_cloud.db import database, due, root
from steelyard_cloud.db.database import Connection, Engine, SQLAlchemyError
from steelyard_cloud.errors import CloudError
from steelyard_cloud.people import access, organisations, users
from steelyard_cloud.people.access import Purpose
from steelyard_cloud.people.organisations import PLATFORM
from steelyard_cloud.people.roles import SCOPES, Role
from steelyard_cloud.settings import Settings, load

app = typer.Typer(no_args_is_help=True, help="The platform: registry, ingest, rules, alerts, pages.")
token_app = typer.Typer(no_args_is_help=True, help="API tokens.")
app.add_typer(token_app, name="token")

Configured = Annotated[Path | None, typer.Option("--config", help="Settings file (TOML); else STEELYARD_CONFIG.")]
OfOrganisation = Annotated[str, typer.Option(help="Name of the organisation.")]


class NoOrganisation(CloudError):
    """There is no organisation {name!r}. `steelyard cloud init` creates {platform!r}, the API creates the others."""

    code, noun = "no-organisation", "organisation"


@app.command()
def init(config: Configured = None) -> None:
    """Create the database, the platform's keys and its own organisation; what already exists stays as it is."""
    settings = _settings(config)
    _refuse_new_keys(settings)
    made = keys.create(settings.keys, settings.root)
    added = keys.add_unlock(settings.keys, settings.root)
    with database.explained(settings.database):
        database.migrate(settings.database)
    with _database(settings) as engine, database.writing(engine) as connection:
        organisations.ensure_platform(connection, now_ms())
        due.wait_for_no_silence(connection)
        if thumbprint := keys.root_thumbprint(settings.keys):
            root.record(connection, thumbprint, now_ms())
    print(f"database  {database.shown(settings.database)}")
    print(f"keys      {settings.keys}" + ("" if made else ", with a new unlock key" if added else " (kept)"))
    print(f"root key  {settings.root / keys.ROOT}.pem" + (": move it to a safe place offline" if made else " (kept)"))


@app.command("add-manufacturer")
def add_manufacturer(
    key: Annotated[Path, typer.Argument(help="The public key, as `steelyard update key` wrote it.")],
    config: Configured = None,
) -> None:
    """Let a manufacturer's key sign updates: makes the next key set, for which the root has to be here."""
    settings = _settings(config)
    point = keys.read_public(key)
    added = keys.add_key(settings.keys, settings.root, point, downlink.Role.MANUFACTURER)
    print(f"{identity.to_text(identity.kid(point))} {'may now sign' if added else 'signs already'} updates")


@app.command()
def serve(config: Configured = None) -> None:
    """Run everything in one process: ingest, API and pages."""
    from steelyard_cloud import serving

    _run(serving.everything, config)


@app.command()
def web(config: Configured = None) -> None:
    """Run API and pages only."""
    from steelyard_cloud import serving

    _run(serving.pages, config)


@app.command()
def ingest(config: Configured = None) -> None:
    """Run ingest only, for the shards that the settings name."""
    from steelyard_cloud import serving

    _run(serving.receiving, config)


@token_app.command("create")
def create_token(
    role: Annotated[Role, typer.Option(help="What the bearer may do.")],
    organisation: OfOrganisation = PLATFORM,
    name: Annotated[str, typer.Option(help="What the token is for; shown in the audit log.")] = "command line",
    days: Annotated[int, typer.Option(min=1, max=36_500, help="Days until it expires.")] = 365,
    scope: Annotated[
        list[str] | None, typer.Option(help=f"Only this, of: {', '.join(SCOPES)}; may be repeated.")
    ] = None,
    config: Configured = None,
) -> None:
    """Create an API token and print it; it is shown only once."""
    with _database(_settings(config)) as engine, database.writing(engine) as connection:
        organisation_id = _known_organisation(connection, organisation)
        secret = access.create_token(
            connection,
            name=name,
            role=role,
            organisation_id=organisation_id,
            now_ms=now_ms(),
            days=days,
            scope=users.checked_scope(scope),
        )
        print(secret, flush=True)  # where that fails, no token was made


@app.command("sign-in-link")
def sign_in_link(
    role: Annotated[Role, typer.Option(help="Role of the user, who is created if there is none.")] = Role.REGULATOR,
    organisation: OfOrganisation = PLATFORM,
    name: Annotated[str, typer.Option(help="Name of the user.")] = "operator",
    config: Configured = None,
) -> None:
    """Print a one-time link by which a person sets up how they sign in; who had a way to do so begins again."""
    settings = _settings(config)
    with _database(settings) as engine, database.writing(engine) as connection:
        organisation_id = _known_organisation(connection, organisation)
        user_id = organisations.ensure_user(connection, organisation_id, role, name, now_ms())
        purpose = Purpose.OPEN if settings.open_links else users.purpose_for(connection, user_id)
        secret = access.create_sign_in_link(connection, user_id, now_ms(), purpose)
        print(f"{settings.url}/sign-in?token={secret}", flush=True)


def _settings(config: Path | None) -> Settings:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    return load(config)


@contextmanager
def _database(settings: Settings) -> Iterator[Engine]:
    """The database, of this program's schema and of this machine's root.

    Raises OtherSchema, OtherRoot and what `database.explained` raises.
    """
    with database.explained(settings.database):
        engine = database.connect(settings.database)
        if thumbprint := keys.root_thumbprint(settings.keys):
            root.guard(engine, thumbprint, settings.keys)
        try:
            database.check(engine)
            yield engine
        finally:
            engine.dispose()


def _refuse_new_keys(settings: Settings) -> None:
    """Before keys are made: raise RootMissing for a database that belongs to a root whose keys are not here."""
    if keys.root_thumbprint(settings.keys) is not None:
        return
    with database.explained(settings.database):
        engine = database.connect(settings.database)
    try:
        with suppress(SQLAlchemyError), engine.connect() as connection:
            if known := root.recorded(connection):
                raise root.RootMissing(recorded=known.hex(), folder=settings.keys)
    finally:
        engine.dispose()


def _run(process: Callable[[Settings, Engine], None], config: Path | None) -> None:
    settings = _settings(config)
    with _database(settings) as engine:
        process(settings, engine)


def _known_organisation(connection: Connection, name: str) -> int:
    found = organisations.organisation_named(connection, name)
    if found is None:
        raise NoOrganisation(name=name, platform=PLATFORM)
    return found
