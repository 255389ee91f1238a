"""`steelyard cloud`: set the platform up, run it, and let people and programs in."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from sqlalchemy import Connection, Engine, make_url

from steelyard_cloud import keys
from steelyard_cloud.clock import now_ms
from steelyard_cloud.db import database
from steelyard_cloud.people import access, organisations
from steelyard_cloud.people.organisations import PLATFORM
from steelyard_cloud.people.roles import Role
from steelyard_cloud.settings import Settings, SettingsError, load

app = typer.Typer(no_args_is_help=True, help="The platform: registry, ingest, rules, alerts, pages.")
token_app = typer.Typer(no_args_is_help=True, help="API tokens.")
app.add_typer(token_app, name="token")

Configured = Annotated[Path | None, typer.Option("--config", help="Settings file (TOML); else STEELYARD_CONFIG.")]
OfOrganisation = Annotated[str, typer.Option(help="Name of the organisation.")]


@app.command()
def init(config: Configured = None) -> None:
    """Create the database, the platform's keys and its own organisation; what is there already stays as it is."""
    settings = _settings(config)
    try:
        made = keys.create(settings.keys, settings.root)
    except keys.KeysError as error:
        _fail(str(error))
    database.migrate(settings.database)
    with _engine(settings) as engine, database.writing(engine) as connection:
        organisations.ensure_platform(connection, now_ms())
    typer.echo(f"database  {make_url(settings.database).render_as_string(hide_password=True)}")
    typer.echo(f"keys      {settings.keys}" + ("" if made else " (kept)"))
    typer.echo(f"root key  {settings.root / keys.ROOT}.pem" + (": put it away off line" if made else " (kept)"))


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
    days: Annotated[int | None, typer.Option(min=1, help="Life in days; unlimited when not given.")] = None,
    config: Configured = None,
) -> None:
    """Make an API token and print it; it is shown this once."""
    with _engine(_settings(config)) as engine, database.writing(engine) as connection:
        organisation_id = _known_organisation(connection, organisation)
        typer.echo(
            access.create_token(
                connection, name=name, role=role, organisation_id=organisation_id, now_ms=now_ms(), days=days
            )
        )


@app.command("sign-in-link")
def sign_in_link(
    role: Annotated[Role, typer.Option(help="Role of the user, who is made if there is none.")] = Role.REGULATOR,
    organisation: OfOrganisation = PLATFORM,
    name: Annotated[str, typer.Option(help="Name of the user.")] = "operator",
    config: Configured = None,
) -> None:
    """Print a link that signs one person in once."""
    settings = _settings(config)
    with _engine(settings) as engine, database.writing(engine) as connection:
        organisation_id = _known_organisation(connection, organisation)
        user_id = organisations.ensure_user(connection, organisation_id, role, name, now_ms())
        secret = access.create_sign_in_link(connection, user_id, now_ms())
    typer.echo(f"{settings.url}/sign-in?token={secret}")


def _settings(config: Path | None) -> Settings:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    try:
        return load(config)
    except SettingsError as error:
        _fail(str(error))


@contextmanager
def _engine(settings: Settings) -> Iterator[Engine]:
    engine = database.connect(settings.database)
    try:
        yield engine
    finally:
        engine.dispose()


def _run(process: Callable[[Settings, Engine], None], config: Path | None) -> None:
    settings = _settings(config)
    with _engine(settings) as engine:
        try:
            database.check(engine)
            process(settings, engine)
        except (database.OtherSchema, keys.KeysError) as error:
            _fail(str(error))


def _known_organisation(connection: Connection, name: str) -> int:
    found = organisations.organisation_named(connection, name)
    if found is None:
        _fail(f"There is no organisation {name!r}. `steelyard cloud init` makes {PLATFORM!r}, the API the others.")
    return found


def _fail(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(1)
