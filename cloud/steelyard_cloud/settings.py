"""Settings of the cloud: one TOML file, overridden by environment variables `STEELYARD_CLOUD_*`.

All errors are reported at once, each with the name of its setting, before anything is opened.
"""

import os
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

CONFIG_VARIABLE = "STEELYARD_CONFIG"
SHARDS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class SettingsError(Exception):
    """The cloud's settings are wrong: {problems}. Correct the file {config} or the STEELYARD_CLOUD_ variables."""


def _shards(value: object) -> object:
    return SHARDS if value in ("", "all", None) else value


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"no time zone is called {name!r}; a name as Asia/Shanghai is expected") from None
    return name


class Settings(BaseSettings):
    """What an operator can set; a value that is not given has a default that suits one machine."""

    model_config = SettingsConfigDict(env_prefix="STEELYARD_CLOUD_", extra="forbid", frozen=True)

    data_dir: Path = Path("steelyard-data")
    database_url: str = ""  # SQLite in data_dir when empty
    keys_dir: Path | None = None  # data_dir/keys when not given
    root_dir: Path | None = None  # the off-line root's own place; data_dir/root when not given

    mqtt_host: str = "127.0.0.1"
    mqtt_port: int = Field(default=1883, ge=1, le=65535)
    mqtt_user: str = ""
    mqtt_password: str = ""
    mqtt_tls: bool = False
    mqtt_client_prefix: str = Field(default="steelyard-ingest", min_length=1, max_length=40)
    shards: Annotated[str, BeforeValidator(_shards)] = SHARDS  # those that this process owns
    session_per_shard: bool = True  # one MQTT session for all of them when false

    broker_host: str = "127.0.0.1"  # where the scales are told to connect
    broker_port: int = Field(default=1883, ge=1, le=65535)
    broker_tls: bool = False
    period_s: int = Field(default=600, ge=1, le=86400)  # snapshot period that an enrolment's answer sets

    listen_host: str = "127.0.0.1"
    listen_port: int = Field(default=8080, ge=0, le=65535)
    base_url: str = ""  # http://listen_host:listen_port when empty

    time_zone: Annotated[str, AfterValidator(_known_zone)] = "Asia/Shanghai"  # of the times and dates on pages
    complaint_number: str = Field(default="12315", pattern=r"^(\+?[0-9][0-9 -]{1,19})?$")  # none when empty

    @model_validator(mode="after")
    def _consistent(self) -> "Settings":
        wrong = set(self.shards) - set(SHARDS)
        if wrong or len(set(self.shards)) != len(self.shards):
            raise ValueError(f"shards must be different characters out of {SHARDS}, got {self.shards!r}")
        return self

    @property
    def database(self) -> str:
        """SQLAlchemy URL of the database."""
        return self.database_url or f"sqlite:///{self.data_dir.absolute() / 'steelyard.sqlite'}"

    @property
    def keys(self) -> Path:
        """Folder of the platform's on-line keys."""
        return self.keys_dir or self.data_dir / "keys"

    @property
    def root(self) -> Path:
        """Folder of the root key; in production a medium that is put away."""
        return self.root_dir or self.data_dir / "root"

    @property
    def url(self) -> str:
        """Base of the public pages' addresses, without a trailing slash."""
        return (self.base_url or f"http://{self.listen_host}:{self.listen_port}").rstrip("/")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order of precedence: arguments, environment, the TOML file."""
        config = os.environ.get(CONFIG_VARIABLE, "")
        file = [TomlConfigSettingsSource(settings_cls, Path(config))] if config else []
        return (init_settings, env_settings, *file)


def load(config: Path | None = None, **overrides: object) -> Settings:
    """Read the settings from `config` (or the file that STEELYARD_CONFIG names) and the environment.

    Raises SettingsError with every problem in one text.
    """
    if config is not None:
        os.environ[CONFIG_VARIABLE] = str(config)
    named = os.environ.get(CONFIG_VARIABLE, "")
    if named and not Path(named).is_file():
        raise SettingsError(f"The settings file {named} does not exist. Write it or unset {CONFIG_VARIABLE}.")
    try:
        return Settings(**overrides)  # type: ignore[arg-type]  # names and types are checked by pydantic itself
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'settings'}: {e['msg']}" for e in error.errors())
        doc = SettingsError.__doc__ or ""
        raise SettingsError(doc.format(problems=problems, config=named or "(none)")) from None
