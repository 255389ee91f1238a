"""Every command of the cloud with nonsense: a sentence that says what is wrong, an exit code, never a traceback."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from kit.cli import Ended, steelyard
from steelyard_cloud.settings import CONFIG_VARIABLE, PREFIX

Environment = Callable[..., None]
URL = f"{PREFIX}DATABASE_URL"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to be in, which is the cloud's data folder too."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(CONFIG_VARIABLE, raising=False)
    monkeypatch.setenv(f"{PREFIX}DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "folder").mkdir()
    (tmp_path / "noise").write_bytes(bytes(range(256)) * 20)
    with sqlite3.connect(tmp_path / "foreign.db") as foreign:
        foreign.execute("create table users (a)")
    foreign.close()
    return tmp_path


def refused(ended: Ended, exit_code: int, *words: str) -> None:
    assert ended.exit_code == exit_code, ended.output
    assert "Traceback" not in ended.output
    assert "fault of the program" not in ended.output
    for word in words:
        assert word in ended.stderr


DATABASES = {
    "sqlite:///folder": ["unable to open database file"],
    "sqlite:///noise": ["not a database"],
    "sqlite:///foreign.db": ["another program", "users"],
    "sqlite:////proc/nowhere/x.db": ["No such file or directory"],
    "mysql://steelyard:hunter2@host/name": ["database_url", "not a database URL"],
    "nonsense": ["not a database URL"],
    "postgresql+psycopg2://steelyard:hunter2@host/name": ["psycopg2", "steelyard[postgres]"],
    "postgresql+nope://steelyard:hunter2@host/name": ["nope"],
    "postgresql://steelyard:hunter2@127.0.0.1:1/name": ["Connection refused"],
}


@pytest.mark.parametrize("url", DATABASES)
def test_a_database_that_cannot_be_used_is_named(here: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(URL, url)
    told = steelyard("cloud", "init")
    refused(told, 1, *DATABASES[url])
    assert "hunter2" not in told.output
    assert told.stderr.count("error:") == 1


@pytest.mark.parametrize("words", ["token create --role admin", "sign-in-link", "serve", "web", "ingest"])
@pytest.mark.parametrize("url", ["sqlite:///folder", "sqlite:///noise", "sqlite:///foreign.db", ""])
def test_no_command_runs_on_a_database_that_was_not_set_up(
    here: Path, words: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(URL, url)
    refused(steelyard("cloud", *words.split()), 1, "database")
    with sqlite3.connect(here / "foreign.db") as foreign:
        assert foreign.execute("select name from sqlite_master").fetchall() == [("users",)]
    foreign.close()


FILES = {
    "syntax": (b"a = = 3", "not TOML"),
    "latin-1": (b'mqtt_user = "\xff"', "not UTF-8"),
    "utf-16": ("period_s = 3".encode("utf-16"), "not UTF-8"),
    "unknown name": (b"mqtt_prot = 1", "did you mean mqtt_port?"),
    "wrong types": (b"shards = 4\ndata_dir = [1]\nmqtt_tls = {}", "shards"),
}


@pytest.mark.parametrize("what", FILES)
def test_a_wrong_settings_file_is_named_with_its_fault(here: Path, what: str) -> None:
    data, word = FILES[what]
    (here / "s.toml").write_bytes(data)
    refused(steelyard("cloud", "init", "--config", "s.toml"), 1, "s.toml", word)


def test_a_byte_order_mark_before_the_settings_does_not_matter(here: Path) -> None:
    (here / "s.toml").write_bytes(b"\xef\xbb\xbfperiod_s = 3")
    assert steelyard("cloud", "init", "--config", "s.toml").exit_code == 0


def test_all_problems_of_the_settings_are_told_at_once(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "s.toml").write_text("mqtt_prot = 1883")
    monkeypatch.setenv(f"{PREFIX}PEROID_S", "3")
    monkeypatch.setenv(f"{PREFIX}MQTT_PORT", "x")
    told = steelyard("cloud", "init", "--config", "s.toml")
    refused(told, 1, f"{PREFIX}PEROID_S (did you mean {PREFIX}PERIOD_S?)", "mqtt_prot", "mqtt_port: Input")


@pytest.mark.parametrize("file", ["folder", "none.toml"])
def test_settings_that_are_no_file_are_named(here: Path, file: str) -> None:
    refused(steelyard("cloud", "init", "--config", file), 1, file)


def test_a_folder_that_cannot_be_written_is_named(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "file").touch()
    monkeypatch.setenv(f"{PREFIX}DATA_DIR", str(here / "file" / "data"))
    refused(steelyard("cloud", "init"), 1, "file", "Not a directory")


WORDS = {
    "token create": 2,
    "token create --role nobody": 2,
    "token create --role admin --days -1": 2,
    "token create --role admin --days 99999999999999999999": 2,
    "token create --role admin --organisation nobody": 1,
    "token create --role admin --scope everything": 1,
    "token create --role admin --name \udcff": 1,
    "sign-in-link --role nobody": 2,
    "sign-in-link --organisation 中文": 1,
    "nothing": 2,
    "serve --port -1": 2,
}


@pytest.mark.parametrize("words", WORDS)
def test_wrong_words_are_refused(here: Path, words: str) -> None:
    assert steelyard("cloud", "init").exit_code == 0
    refused(steelyard("cloud", *words.split()), WORDS[words])
    refused(steelyard("cloud", *words.split(), encoding="ascii"), WORDS[words])


@pytest.mark.parametrize("file", ["folder", "none", "empty", "noise", "/dev/zero", "x\udcff"])
def test_what_is_no_evidence_file_is_unreadable(here: Path, file: str) -> None:
    (here / "empty").touch()
    refused(steelyard("evidence", "verify", file), 2, "The evidence file cannot be read")
    told = steelyard("evidence", "verify", file, "--json", encoding="ascii")
    refused(told, 2)
    assert '"error": "unreadable"' in told.stdout
