"""`steelyard scale` at the serial port of a simulated scale that runs the real agent, in real time."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from steelyard_gateway.errors import Refused
from steelyard_protocol import statement
from steelyard_simulator.scale import SimulatedScale

TOOL = (sys.executable, "-m", "steelyard_gateway", "scale")


@pytest.fixture
def bench_scale(tmp_path: Path) -> Iterator[SimulatedScale]:
    """A scale without noise, enrolled, so that adjusting it leaves statements."""
    with SimulatedScale(tmp_path, cell="ideal", virtual=False) as scale:
        scale.console("enrol maker=Q model=ACS-15 serial=S-1 code=P-1")
        yield scale


def tool(scale: SimulatedScale, *words: str) -> subprocess.CompletedProcess[str]:
    """The finished tool."""
    return subprocess.run([*TOOL, *words, "--port", scale.path], capture_output=True, text=True, timeout=60)


def start(scale: SimulatedScale, *words: str) -> subprocess.Popen[str]:
    """The running tool."""
    return subprocess.Popen(
        [*TOOL, *words, "--port", scale.path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def follow(process: subprocess.Popen[str], deeds: dict[str, Callable[[], Any]]) -> threading.Thread:
    """Do what the tool asks for as it asks, once: `deeds` are by a part of the line on standard error.

    An interrupted print of rich is printed again by the next one.
    """

    def read() -> None:
        assert process.stderr is not None
        for line in process.stderr:
            for asked in list(deeds):
                if asked in line:
                    deeds.pop(asked)()

    thread = threading.Thread(target=read)
    thread.start()
    return thread


def parameters(scale: SimulatedScale) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(tool(scale, "parameters", "--json").stdout)
    return answer


def test_status_watch_and_log_read_a_real_console(bench_scale: SimulatedScale) -> None:
    assert json.loads(tool(bench_scale, "status", "--json").stdout)["serial"] == "S-1"
    assert "S-1" in tool(bench_scale, "status").stdout
    readings = [json.loads(line) for line in tool(bench_scale, "watch", "-n", "3", "--json").stdout.splitlines()]
    assert len(readings) == 3
    assert json.loads(tool(bench_scale, "log", "--json").stdout)[0]["event"] == "enrolled"
    bench_scale.adjustment_switch(on=True)
    assert tool(bench_scale, "adjust", "set", "reference_temperature_cdeg", "-500").returncode == 0
    told = tool(bench_scale, "log")
    assert told.returncode == 0, told.stderr
    for words in ("Enrolled", "Adjustment session opened", "reference_temperature_cdeg from 2000 to -500"):
        assert words in told.stdout


def test_a_guided_span_corrects_the_scale_and_is_on_record(bench_scale: SimulatedScale, tmp_path: Path) -> None:
    bench_scale.fraud("line gain", percent=-1.0)
    before = parameters(bench_scale)
    deeds = {
        "switch on": lambda: bench_scale.adjustment_switch(on=True),
        "Put 5 kg": lambda: bench_scale.place(kg=5.0),
    }
    with start(bench_scale, "adjust", "span", "5 kg", "--yes", "--json") as process:
        hands = follow(process, deeds)
        assert process.wait(timeout=60) == 0
        hands.join()
        assert process.stdout is not None
        done = json.loads(process.stdout.read())
    assert done["error_before_e"] == pytest.approx(-10, abs=1)
    assert done["error_after_e"] == pytest.approx(0, abs=0.1)
    assert done["calibration_counter"] == before["calibration_counter"] + 1
    exported = tmp_path / "statements.cbor"
    assert tool(bench_scale, "export", str(done["number"]), str(done["number"]), "-o", str(exported)).returncode == 0
    assert statement.parse(exported.read_bytes()).number == done["number"]
    assert json.loads(tool(bench_scale, "status", "--json").stdout)["session"] is False


def test_ctrl_c_before_the_last_step_leaves_the_parameters_as_they_were(bench_scale: SimulatedScale) -> None:
    bench_scale.adjustment_switch(on=True)
    before = parameters(bench_scale)
    with start(bench_scale, "adjust", "span", "5 kg", "--yes") as process:
        hands = follow(process, {"Put 5 kg": lambda: process.send_signal(signal.SIGINT)})
        assert process.wait(timeout=60) == 130
        hands.join()
    assert parameters(bench_scale) == before


def test_what_the_scale_refuses_is_passed_on_in_its_own_words(bench_scale: SimulatedScale) -> None:
    refused = tool(bench_scale, "adjust", "set", "filter_samples", "9")
    assert refused.returncode == Refused.exit_code
    assert "switch" in refused.stderr
