"""Fixtures that every kind of test may use: a real broker, a real database, a real browser, third-party vectors."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from kit import servers

pytest_plugins = ["kit.micropython_checks"]

TESTS = Path(__file__).parent
FAST = ("cloud/evidence", "cloud/judge", "gateway", "hardware", "project", "protocol", "target")
"""What `pytest -m fast` runs: folders whose tests start no server and no whole scale."""


def pytest_configure() -> None:
    """Let Ctrl-C reach what the tests start: a shell that runs them in the background hands on that it is ignored."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests in the folders of FAST."""
    fast = [TESTS / folder for folder in FAST]
    for item in items:
        if any(item.path.is_relative_to(folder) for folder in fast):
            item.add_marker("fast")


def pytest_report_header() -> str:
    """Say before the first test which real servers will take part."""
    return servers.found()


@pytest.fixture(autouse=True, scope="session")
def own_state(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What the technician's tool notes of ports and changes stays in the test run."""
    os.environ["STEELYARD_STATE"] = str(tmp_path_factory.mktemp("state"))


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[servers.Server]:
    """A Mosquitto of the test's own: `.port`, `.kill()`, `.restart()`, `.log` (a path)."""
    broker = servers.mosquitto(tmp_path)
    yield broker
    broker.stop()


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[servers.PostgreSQL]:
    """One PostgreSQL server for each pytest worker."""
    with servers.postgresql(throwaway=True) as server:
        yield server


@pytest.fixture
def postgresql(postgresql_server: servers.PostgreSQL) -> Iterator[servers.Database]:
    """A fresh database of the test's own in the worker's server: `.url`."""
    with postgresql_server.database() as name:
        address = postgresql_server.address(name)
        yield servers.Database(address.replace("postgresql://", "postgresql+psycopg://"), address, postgresql_server)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """SQLAlchemy's URL of an empty database of the test's own, once on each server."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/cloud.db"
    url: str = request.getfixturevalue("postgresql").url
    return url


@pytest.fixture(scope="session")
def chromium_path() -> Path:
    """The browser for Playwright's `chromium.launch(executable_path=…, args=servers.CHROMIUM_ARGUMENTS)`."""
    return servers.chromium()


@pytest.fixture(scope="session")
def vectors() -> Path:
    """The folder of third-party vectors that come in no package; skips where it is absent."""
    beside_checkout = Path(__file__).parents[2] / "shared" / "vectors"
    folder = Path(os.environ.get("STEELYARD_VECTORS") or beside_checkout)
    if not folder.is_dir():
        pytest.skip(f"third-party vectors absent: no folder {folder} (set STEELYARD_VECTORS)")
    return folder


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table of frauds: each row was recorded by the test that did it."""
    reports = terminalreporter.getreports("passed")
    rows = [str(row).split("|") for report in reports for name, row in report.user_properties if name == "fraud"]
    if rows:
        terminalreporter.section("frauds")
        for row in (["fraud", "seen by", "statements", "seconds"], *rows):
            terminalreporter.write_line("{:40}{:40}{:>11}{:>9}".format(*row))
