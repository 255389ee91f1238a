"""The regulator's side of the demo: an embedded broker and the cloud, each a process of its own on loopback.

The cloud is started and asked as an operator would, through the command `steelyard cloud`. Both processes are kept
from the terminal's Ctrl-C, so that the demo can end them in order; should it be killed, they end by themselves.
"""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import iotcore

from steelyard_simulator.demo.errors import CloudNotUp, NotInTime, ProgramFailed
from steelyard_simulator.demo.waiting import until

COMMAND = (sys.executable, "-m", "steelyard_gateway")
LEASHED = (sys.executable, "-m", "steelyard_simulator.demo.leash")
START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 10.0


def free_port() -> int:
    """A loopback port that nothing listened on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def embedded_broker() -> Iterator[int]:
    """An MQTT broker on loopback; gives its port."""
    broker = iotcore.Broker(port=free_port(), listen="127.0.0.1")
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)  # the child inherits that; only we end it
    try:
        broker.start()
    finally:
        signal.signal(signal.SIGINT, handler)
    try:
        yield broker.port
    finally:
        broker.stop()


class Cloud:
    """The cloud in `folder`, with SQLite, under the settings that an operator would put into the environment."""

    def __init__(self, folder: Path, broker_port: int, period_s: int, port: int | None = None) -> None:
        self.folder, self.log, self.broker_port = folder, folder / "cloud.log", broker_port
        self.port = port or free_port()
        self.url = f"http://localhost:{self.port}"  # passkeys want a name
        self.environment = os.environ | {
            "STEELYARD_CLOUD_DATA_DIR": str(folder),
            "STEELYARD_CLOUD_MQTT_PORT": str(broker_port),
            "STEELYARD_CLOUD_BROKER_PORT": str(broker_port),
            "STEELYARD_CLOUD_SESSION_PER_SHARD": "false",
            "STEELYARD_CLOUD_PERIOD_S": str(period_s),
            "STEELYARD_CLOUD_LISTEN_PORT": str(self.port),
            "STEELYARD_CLOUD_BASE_URL": self.url,
            "STEELYARD_CLOUD_OPEN_LINKS": "true",
        }

    def run(self, *words: str) -> str:
        """What `steelyard cloud WORDS` prints; ProgramFailed where it fails."""
        done = subprocess.run(
            [*COMMAND, "cloud", *words], env=self.environment, capture_output=True, text=True, timeout=60
        )
        if done.returncode:
            output = (done.stderr or done.stdout).strip()[-500:]
            raise ProgramFailed(command=f"steelyard cloud {' '.join(words)}", exit=done.returncode, output=output)
        return done.stdout.strip()

    @contextmanager
    def serving(self) -> Iterator[None]:
        """`steelyard cloud serve` from when it answers until the block ends; CloudNotUp where it does not answer."""
        with self.log.open("wb") as log:
            process = subprocess.Popen(
                [*LEASHED, "cloud", "serve"],
                env=self.environment,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            self._await_answer(process)
            yield
        finally:
            process.terminate()
            if process.stdin is not None:
                process.stdin.close()
            try:
                process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _await_answer(self, process: subprocess.Popen[bytes]) -> None:
        def answers() -> bool:
            if process.poll() is not None:
                raise NotInTime(what="the start of the cloud", timeout_s=0)
            with suppress(httpx.TransportError):
                return httpx.get(f"{self.url}/api/v1/health", timeout=2).is_success
            return False

        try:
            until(answers, "the start of the cloud", START_TIMEOUT_S)
        except NotInTime as error:
            said = self.log.read_text(errors="replace")[-1000:]
            raise CloudNotUp(url=self.url, timeout_s=START_TIMEOUT_S, output=said) from error
