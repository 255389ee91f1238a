"""The demo, as its user starts it: the cheat is caught, the honest are left in peace, and nothing is left running."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from kit import brisk_demo
from kit.servers import wait_until

DEMO = (sys.executable, "-m", "steelyard_gateway", "demo")
BRISK = (sys.executable, brisk_demo.__file__)
ALERT_WITHIN_S = 2.0  # a second for people, twice that on a machine that runs other tests at the same time


Start = Callable[..., tuple[subprocess.Popen[str], str]]


@pytest.fixture
def start() -> Iterator[Start]:
    """Gives the demo's process, and a mark that every process it starts inherits; both are gone after the test."""
    with ExitStack() as stack:

        def start(*arguments: str, demo: tuple[str, ...] = DEMO) -> tuple[subprocess.Popen[str], str]:
            mark = uuid.uuid4().hex
            process = subprocess.Popen(
                [*demo, *arguments],
                env={**os.environ, "STEELYARD_TEST_MARK": mark},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
            stack.callback(end, process)
            return process, mark

        yield start


def end(process: subprocess.Popen[str]) -> None:
    """Leave neither process nor pipes to the tests after this one, also where this one failed."""
    process.kill()
    process.wait()
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


def left_running(mark: str) -> list[str]:
    """Command lines of processes that carry the mark."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue  # it ended meanwhile
    return found


def test_the_cheat_is_caught_and_nothing_is_lost(start: Start) -> None:
    process, mark = start("--for", "22", "--json", demo=BRISK)
    printed, told = process.communicate(timeout=180)
    assert process.returncode == 0, told
    outcome = json.loads(printed)
    assert outcome["scales"] == 5
    assert outcome["published"] == outcome["stored"] == outcome["receipted"] > 5 * 10
    assert (outcome["gaps"], outcome["forks"], outcome["quarantined"]) == (0, 0, 0)
    (alert,) = outcome["alerts"]
    assert alert["rule"] == "parameter_change"
    assert 0 < alert["seconds"] < ALERT_WITHIN_S
    assert left_running(mark) == []


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="finds processes by /proc, which this system lacks")
@pytest.mark.parametrize("moment", ["Starting the embedded broker", "Console, signed in once", "cable pulled"])
def test_ctrl_c_leaves_nothing_running(start: Start, moment: str) -> None:
    process, mark = start(demo=BRISK if moment == "cable pulled" else DEMO)
    assert process.stdout is not None
    for line in process.stdout:
        if moment in line:
            break
    assert left_running(mark), process.communicate(timeout=60)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the whole group
    _, complaints = process.communicate(timeout=60)
    assert "Traceback" not in complaints
    wait_until(lambda: not left_running(mark), 5, "the end of every process")
    assert process.returncode == (0 if "cable pulled" in moment else 130)
    assert not list(Path(tempfile.gettempdir()).glob(f"steelyard-demo-{process.pid}-*"))


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="finds processes by /proc, which this system lacks")
def test_a_killed_demo_leaves_no_process_behind(start: Start) -> None:
    process, mark = start()
    assert process.stdout is not None
    for line in process.stdout:
        if "Console, signed in once" in line:
            break
    assert any("serve" in line for line in left_running(mark)), left_running(mark) or process.communicate(timeout=60)
    process.kill()
    process.communicate(timeout=60)
    wait_until(lambda: not left_running(mark), 15, "the end of every process")
    for folder in Path(tempfile.gettempdir()).glob(f"steelyard-demo-{process.pid}-*"):
        shutil.rmtree(folder)  # which nobody was left to do
