"""Real servers for the tests: Mosquitto, PostgreSQL and Chromium, each on a free loopback port.

A program that is not installed is a visible skip on a developer's machine and an error where `CI` is set, so that
a green run of CI always means that the real parts took part.
"""

import contextlib
import getpass
import glob
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import psycopg
import pytest

FOLDERS = ("/usr/sbin", "/opt/homebrew/sbin", "/opt/homebrew/bin", "/usr/local/sbin")
IN_MEMORY, ROOM = Path("/dev/shm"), 2 * 1024**3
POSTGRESQL_FOLDERS = ("/usr/lib/postgresql/*/bin", "/opt/homebrew/opt/postgresql@*/bin", "/usr/pgsql-*/bin")
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM_MACOS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


class ServerFailed(RuntimeError):
    """A server did not start; its last words follow."""


def program(name: str, *more_folders: str) -> Path | None:
    """Where the program is: on PATH or in one of the folders that packages use; None where it is not installed."""
    folders = [folder for pattern in more_folders for folder in sorted(glob.glob(pattern), reverse=True)]
    found = shutil.which(name) or shutil.which(name, path=os.pathsep.join([*folders, *FOLDERS]))
    return Path(found) if found else None


def found() -> str:
    """Which of the real servers are here, for the first lines of a test run."""
    here = {
        "Mosquitto": program("mosquitto"),
        "PostgreSQL": program("initdb", *POSTGRESQL_FOLDERS),
        "Chromium": chromium_program(),
    }
    return "real servers: " + ", ".join(f"{what} {path or 'absent'}" for what, path in here.items())


def missing(what: str, package: str) -> NoReturn:
    """End the test that needs `what`: an error in CI, a counted skip elsewhere."""
    reason = f"{what} is not installed (Debian package {package}); see .ci/run"
    if os.environ.get("CI"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def free_port() -> int:
    """A loopback port that nothing listened on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(condition: Callable[[], bool], timeout_s: float, what: str) -> None:
    """Return when `condition()` is true; TimeoutError naming `what` after `timeout_s`.

    It looks the more seldom the longer it takes, up to twenty times a second, as whoever is waited for needs the time.
    """
    start = time.monotonic()
    while not condition():
        waited_s = time.monotonic() - start
        if waited_s > timeout_s:
            raise TimeoutError(f"{what} did not happen within {timeout_s} s")
        time.sleep(min(max(0.005, waited_s / 8), 0.05))


def accepts(port: int) -> bool:
    """Whether something on loopback accepts a connection at `port`."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


class Server:
    """One server process that listens on a loopback port; the port stays the same over `kill` and `restart`."""

    def __init__(self, command: Sequence[str], port: int, log: Path, answers: Callable[[int], bool] = accepts) -> None:
        self.command, self.port, self.log, self.answers = list(command), port, log, answers
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process and wait until it answers at its port."""
        with self.log.open("ab") as log:
            process = self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", start_new_session=True
            )

        def ready() -> bool:
            if process.poll() is not None:
                raise ServerFailed(f"{self.command[0]}: {self.log.read_text(errors='replace')[-2000:]}")
            return self.answers(self.port)

        wait_until(ready, 20, f"port {self.port} of {self.command[0]}")

    def stop(self, how: int = signal.SIGTERM) -> None:
        """End the process and all its children with the signal, and wait for them."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, how)
        self.process.wait(timeout=20)
        self.process = None

    def kill(self) -> None:
        """SIGKILL: nothing is flushed, nobody is told."""
        self.stop(signal.SIGKILL)

    def restart(self) -> None:
        """Start again on the same port, after a `kill` or straight away."""
        self.stop()
        self.start()


def start_on_free_port(make: Callable[[int], Server]) -> Server:
    """Start what `make(port)` gives; tries again where another process took the port in between."""
    for attempt in range(5):
        server = make(free_port())
        try:
            server.start()
        except ServerFailed:
            if attempt == 4:
                raise
            continue
        return server
    raise AssertionError("unreachable")


def mosquitto(folder: Path) -> Server:
    """A started Mosquitto without persistence, queue limits or passwords; its files are in `folder`."""
    binary = program("mosquitto")
    if binary is None:
        missing("Mosquitto", "mosquitto")
    configuration = folder / "mosquitto.conf"

    def make(port: int) -> Server:
        configuration.write_text(
            f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\nuser {getpass.getuser()}\n"
            "max_inflight_messages 0\nmax_queued_messages 0\nset_tcp_nodelay true\nlog_dest stderr\n"
            "log_type error\nlog_type warning\nlog_type notice\nlog_type subscribe\n"
        )
        return Server([str(binary), "-c", str(configuration)], port, folder / "mosquitto.log")

    return start_on_free_port(make)


def address(port: int, database: str) -> str:
    """libpq's URL of a database on a PostgreSQL of the tests."""
    return f"postgresql://postgres@127.0.0.1:{port}/{database}"


def takes_queries(url: str) -> bool:
    """Whether the server is past its start and recovery: its port is open before."""
    with contextlib.suppress(psycopg.OperationalError), psycopg.connect(url):
        return True
    return False


class PostgreSQL:
    """One PostgreSQL server for the session; `database()` makes a fresh database in it."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.databases = 0

    @contextlib.contextmanager
    def database(self) -> Iterator[str]:
        """Name of a fresh, empty database, dropped afterwards."""
        self.databases += 1
        name = f"steelyard_{self.databases}"
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
            yield name
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def address(self, database: str) -> str:
        """libpq's URL of a database."""
        return address(self.server.port, database)


@dataclass(frozen=True)
class Database:
    """A fresh PostgreSQL database: `url` for SQLAlchemy with psycopg 3, `address` for libpq."""

    url: str
    address: str
    server: PostgreSQL


def in_memory() -> Path | None:
    """A folder whose files are in memory and that has room; None where the system has none."""
    return IN_MEMORY if IN_MEMORY.is_dir() and shutil.disk_usage(IN_MEMORY).free >= ROOM else None


@contextlib.contextmanager
def postgresql(*, throwaway: bool = False) -> Iterator[PostgreSQL]:
    """A started PostgreSQL in a temporary folder. It refuses to be root, so root runs it as the user postgres.

    One that is `throwaway` keeps its files in memory where the system can, without fsync: it makes a database in a
    tenth of the time, and loses nothing but in a power cut.
    """
    initdb, binary = (program(name, *POSTGRESQL_FOLDERS) for name in ("initdb", "postgres"))
    if initdb is None or binary is None:
        missing("PostgreSQL", "postgresql")
    folder = Path(tempfile.mkdtemp(prefix="steelyard-postgresql-", dir=in_memory() if throwaway else None))
    as_user: list[str] = []
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
        as_user = ["runuser", "-u", "postgres", "--"]
    data = folder / "data"
    subprocess.run(
        [*as_user, str(initdb), "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "-N"],
        check=True,
        capture_output=True,
        cwd="/",
    )

    def make(port: int) -> Server:
        settings = ["-p", str(port), "-h", "127.0.0.1", "-k", str(folder), "-c", "shared_buffers=32MB"]
        settings += ["-c", "fsync=off"] if throwaway else []
        command = [*as_user, str(binary), "-D", str(data), *settings]
        return Server(command, port, folder.with_suffix(".log"), lambda at: takes_queries(address(at, "postgres")))

    server = start_on_free_port(make)
    try:
        yield PostgreSQL(server)
    finally:
        # runuser passes SIGTERM on to the server only; INT asks for a fast shutdown that waits for no client
        server.stop(signal.SIGINT)
        server.log.unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)


def chromium_program() -> Path | None:
    """The installed Chromium or Chrome; None where there is none."""
    found = next((path for name in CHROMIUM_NAMES if (path := program(name))), None)
    return found or next((Path(path) for path in CHROMIUM_MACOS if Path(path).exists()), None)


def chromium() -> Path:
    """The installed Chromium or Chrome; Playwright drives it by `executable_path`."""
    found = chromium_program()
    if found is None:
        missing("Chromium", "chromium")
    return found
