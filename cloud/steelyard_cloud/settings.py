"""Settings of the cloud: one TOML file, overridden by environment variables `STEELYARD_CLOUD_*`.

All errors are reported at once, each with the name of its setting, before anything is opened.
"""

import difflib
import os
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from steelyard_cloud.errors import CloudError

PREFIX = "STEELYARD_CLOUD_"
CONFIG_VARIABLE = "STEELYARD_CONFIG"
SHARDS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class SettingsError(CloudError):
    """The cloud's settings are wrong: {problems}. Correct {config}the variables STEELYARD_CLOUD_*."""

    code, noun = "settings", "setting"


def _shards(value: object) -> object:
    return SHARDS if value in ("", "all", None) else value


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"there is no time zone {name!r}; give a name such as Asia/Shanghai") from None
    return name


def _known_database(url: str) -> str:
    try:
        kind = make_url(url).get_backend_name() if url else "sqlite"
    except (ArgumentError, ValueError):  # whose text may have the password
        kind = "unreadable"
    if kind not in ("sqlite", "postgresql"):
        raise ValueError("not a database URL such as sqlite:////folder/file or postgresql://user:password@host/name")
    return url


class Settings(BaseModel):
    """What an operator can set; a value that is not given has a default that suits one machine."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    data_dir: Path = Path("steelyard-data")
    database_url: Annotated[str, AfterValidator(_known_database)] = ""  # SQLite in data_dir when empty
    keys_dir: Path | None = None  # data_dir/keys when not given
    root_dir: Path | None = None  # the offline root's own place; data_dir/root when not given

    mqtt_host: str = "127.0.0.1"
    mqtt_port: int = Field(default=1883, ge=1, le=65535)
    mqtt_user: str = ""
    mqtt_password: str = ""
    mqtt_tls: bool = False
    mqtt_client_prefix: str = Field(default="steelyard-ingest", min_length=1, max_length=40)
    shards: Annotated[str, BeforeValidator(_shards)] = SHARDS  # those that this process owns
    session_per_shard: bool = True  # one MQTT session for all of them when false
    verifier: Literal["openssl", "ifma"] = (
        "openssl"  # what checks signatures; ifma: the extension, where it can be used
    )

    broker_host: str = "127.0.0.1"  # where the scales are told to connect
    broker_port: int = Field(default=1883, ge=1, le=65535)
    broker_tls: bool = False
    period_s: int = Field(default=600, ge=1, le=86400)  # snapshot period that an enrolment's answer sets

    listen_host: str = "127.0.0.1"
    listen_port: int = Field(default=8080, ge=0, le=65535)
    base_url: str = ""  # http://listen_host:listen_port when empty

    open_links: bool = False  # `sign-in-link` opens the console itself; for demonstrations

    time_zone: Annotated[str, AfterValidator(_known_zone)] = "Asia/Shanghai"  # of the times and dates on pages
    complaint_number: str = Field(default="12315", pattern=r"^(\+?[0-9][0-9 -]{1,19})?$")  # none when empty

    @model_validator(mode="after")
    def _consistent(self) -> "Settings":
        wrong = set(self.shards) - set(SHARDS)
        if wrong or len(set(self.shards)) != len(self.shards):
            raise ValueError(f"shards must be different characters from {SHARDS}, got {self.shards!r}")
        return self

    @property
    def database(self) -> str:
        """SQLAlchemy URL of the database."""
        return self.database_url or f"sqlite:///{self.data_dir.absolute() / 'steelyard.sqlite'}"

    @property
    def keys(self) -> Path:
        """Folder of the platform's online keys."""
        return self.keys_dir or self.data_dir / "keys"

    @property
    def root(self) -> Path:
        """Folder of the root key; in production a medium that is put away."""
        return self.root_dir or self.data_dir / "root"

    @property
    def url(self) -> str:
        """Base of the public pages' addresses, without a trailing slash."""
        return (self.base_url or f"http://{self.listen_host}:{self.listen_port}").rstrip("/")


def load(config: Path | None = None, **overrides: object) -> Settings:
    """Read the settings from `config` (or the file that STEELYARD_CONFIG names) and the environment.

    `overrides` come before the environment, that before the file. Raises SettingsError with every problem in one text.
    """
    named = str(config) if config is not None else os.environ.get(CONFIG_VARIABLE, "")
    problems: list[str] = []
    values = (_from_file(Path(named), problems) if named else {}) | _from_environment(problems) | overrides
    try:
        made = Settings.model_validate(values)
    except ValidationError as error:
        problems += [f"{'.'.join(map(str, e['loc'])) or 'settings'}: {_words(e['msg'])}" for e in error.errors()]
    if problems:
        raise SettingsError(problems="; ".join(problems), config=f"the file {named} or " if named else "")
    return made


def _from_file(path: Path, problems: list[str]) -> dict[str, object]:
    """The known settings in a TOML file; what is wrong with it is added to `problems`."""
    try:
        found = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        problems.append(f"the settings file {path} cannot be read ({error.strerror})")
        return {}
    except UnicodeDecodeError:
        problems.append(f"the settings file {path} is not UTF-8 text")
        return {}
    except tomllib.TOMLDecodeError as error:
        problems.append(f"the settings file {path} is not TOML ({error})")
        return {}
    return _known(found, str, problems)


def _from_environment(problems: list[str]) -> dict[str, object]:
    """The known settings among the environment's variables; unknown ones are added to `problems`."""
    given: dict[str, object] = {
        name.upper().removeprefix(PREFIX).lower(): value
        for name, value in os.environ.items()
        if name.upper().startswith(PREFIX)
    }
    return _known(given, lambda name: PREFIX + name.upper(), problems)


def _known(given: dict[str, object], written: Callable[[str], str], problems: list[str]) -> dict[str, object]:
    for name in sorted(given.keys() - Settings.model_fields.keys()):
        near = difflib.get_close_matches(name, Settings.model_fields, 1)
        advice = f" (did you mean {written(near[0])}?)" if near else ""
        problems.append(f"there is no setting {written(name)}{advice}")
    return {name: value for name, value in given.items() if name in Settings.model_fields}


def _words(message: str) -> str:
    """Pydantic's words without what it puts before ours."""
    return message.removeprefix("Value error, ")
