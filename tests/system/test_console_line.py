"""`steelyard scale` over a bad line to a real agent: it never runs what nobody entered, and says what the log says."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kit import hurried
from kit.cli import Ended, steelyard
from kit.frames import CHANGE, HELLO, LAST, TAKEN, said, split
from kit.serial_line import SerialLine, unchanged
from kit.servers import wait_until
from kit.virtual_line import Noise
from steelyard_gateway import errors
from steelyard_gateway.serial import frames
from steelyard_simulator.scale import SimulatedScale

COMPARED = ("digest", "calibration_counter", "configuration_counter")
FIELD = "gravity_use_um_s2"
NOTHING, CHANGED, UNKNOWN = "Nothing was changed", "The scale was changed", "unknown: whether"


@pytest.fixture
def bench_scale(tmp_path: Path) -> Iterator[SimulatedScale]:
    """A scale without noise, enrolled, its adjustment switch on; it takes a quarter of the time for what it does."""
    with SimulatedScale(tmp_path / "scale", cell="ideal", virtual=False, speed=4.0) as scale:
        scale.console("enrol maker=Q model=ACS-15 serial=S-1 code=P-1")
        scale.adjustment_switch(True)
        wait_until(lambda: scale.console_json("status")["stable"], 10, "the first zero")
        yield scale


@pytest.fixture
def line(bench_scale: SimulatedScale, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SerialLine]:
    """The cable to it; the tool waits less long than it may, as nothing here takes longer."""
    hurried.hurried(monkeypatch.setattr)
    with SerialLine(bench_scale.path, tmp_path) as line:
        yield line


def run(line: SerialLine, *words: str) -> Ended:
    return steelyard("scale", *words, "--port", line.path)


def start(line: SerialLine, *words: str) -> subprocess.Popen[str]:
    command = (sys.executable, hurried.__file__, "scale", *words, "--port", line.path)
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def await_line(process: subprocess.Popen[str], words: str) -> None:
    """Wait until the tool says `words`; what it says after that is left."""
    assert process.stderr is not None
    for words_said in process.stderr:
        if words in words_said:
            return
    pytest.fail(f"the tool did not say {words!r}")


def loaded(scale: SimulatedScale, line: SerialLine, kg: float = 0.02) -> dict[str, Any]:
    """Put a load on the pan; the status once it rests."""
    scale.place(kg=kg)
    wait_until(lambda: (now := status(line))["stable"] and now["gross"] == round(kg / 0.005), 10, "the load")
    return status(line)


@contextlib.contextmanager
def adjusting(line: SerialLine) -> Iterator[subprocess.Popen[str]]:
    """The tool at the instant after it has sent `adjust zero`."""
    sent = threading.Event()

    def watched(data: bytes) -> bytes:
        if any(said(one).kind == CHANGE for one in split(data)[0]):
            sent.set()
        return data

    line.to_scale = watched
    with start(line, "adjust", "zero", "--yes") as process:
        assert sent.wait(20), "the tool did not send its command"
        yield process


def status(line: SerialLine) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(run(line, "status", "--json").stdout)
    return answer


def log(line: SerialLine) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = json.loads(run(line, "log", "--json").stdout)
    return events


def state(facts: dict[str, Any]) -> list[Any]:
    return [facts[name] for name in COMPARED]


def check_said(line: SerialLine, before: dict[str, Any], told: str) -> str:
    """What the tool said is what the scale's own log has; returns which of the three it said."""
    after = status(line)
    changes = [one for one in log(line) if one["number"] > before["number"] and one["event"] == "parameter change"]
    assert (state(after) != state(before)) == bool(changes)
    word, *more = (word for word in (NOTHING, CHANGED, UNKNOWN) if word in told)
    assert more in ([], [UNKNOWN]), told  # what was changed may be known, and whether the session is closed not
    if word != UNKNOWN:
        assert (word == CHANGED) == bool(changes), told
        assert more or not after["session"], told
    for one in changes if word == CHANGED else ():
        words = f"statement {one['number']}, Parameters changed"
        assert words in told or (more and "`steelyard scale log` says what it was" in told), told
    return word


# ---- what nobody entered --------------------------------------------------------------------------------------------


def test_a_half_line_left_by_somebody_is_not_run_by_the_next_status(
    bench_scale: SimulatedScale, line: SerialLine
) -> None:
    before = status(line)
    for half in (b"adjust zero", f"adjust set {FIELD} 9799000".encode(), b"zero", b"adjust close"):
        terminal = os.open(bench_scale.path, os.O_RDWR | os.O_NOCTTY)
        os.write(terminal, half)
        os.close(terminal)
        assert run(line, "status").exit_code == 0
        after = status(line)
        assert (state(after), after["number"], after["session"]) == (state(before), before["number"], False)
    assert [one["event"] for one in log(line)] == ["enrolled", "started"]


def test_a_half_line_is_not_run_where_the_beginning_of_each_frame_is_lost(
    line: SerialLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = status(line)
    hurried.hurried(monkeypatch.setattr, start_s=1.5)  # nothing answers: each run takes that long
    line.to_scale = lambda data: data.replace(frames.BEGIN, b"")
    for half in (b"adjust zero", b"time 1800000000", b'enrol maker=M model=m serial=1 code="x'):
        os.write(line.far, half)
        told = run(line, "parameters", "--json")
        assert told.exit_code in (0, errors.NoAnswer.exit_code, errors.NotAScale.exit_code)
    line.to_scale = unchanged
    hurried.hurried(monkeypatch.setattr)
    after = status(line)
    assert (state(after), after["number"], after["time"]) == (state(before), before["number"], 0)


def test_a_tool_killed_half_way_through_a_command_leaves_nothing_to_run(line: SerialLine) -> None:
    before = status(line)
    question = frames.Frame(frames.Kind.CHANGE, 1, 1, 0, f"\0\xffadjust set {FIELD} 9799000".encode()).encode()
    for cut in range(2, len(question) - 1, 7):
        os.write(line.far, question[:cut])
        os.write(line.far, b"\r" if cut % 2 else b"")
        assert state(status(line)) == state(before)
    assert [one["event"] for one in log(line)] == ["enrolled", "started"]


# ---- a bad line -----------------------------------------------------------------------------------------------------


def test_on_a_noisy_line_what_the_tool_says_is_true_or_unknown(line: SerialLine) -> None:
    for seed in range(6):
        before = status(line)
        rate = (0.01, 0.04)[seed % 2]
        line.to_tool, line.to_scale = Noise(seed, rate), Noise(~seed, rate)
        done = run(line, "adjust", "set", FIELD, str(9_790_000 + seed))
        line.to_tool = line.to_scale = unchanged
        assert "Traceback" not in done.output
        if done.exit_code == 0:
            assert state(status(line)) != state(before)
            assert run(line, "adjust", "close").exit_code == 0
        elif any(word in done.stderr for word in (NOTHING, CHANGED, UNKNOWN)):
            check_said(line, before, done.stderr)
        else:
            assert state(status(line)) == state(before), done.stderr


class Lost:
    """Loses what the scale says of a change, as long as the tool asks for that."""

    def __init__(self) -> None:
        self._asked, self.losing = b"", False

    def question(self, data: bytes) -> bytes:
        found, self._asked = split(self._asked + data)
        for one in found:
            if said(one).kind == HELLO:
                self.losing = False
            elif said(one).kind == CHANGE and b"adjust close" not in one:
                self.losing = True
        return data

    def answer(self, data: bytes) -> bytes:
        return b"" if self.losing else data


@pytest.mark.parametrize("command", [("adjust", "zero", "--yes"), ("adjust", "set", FIELD, "9799000")])
def test_an_answer_that_is_lost_is_found_out(
    bench_scale: SimulatedScale, line: SerialLine, command: tuple[str, ...]
) -> None:
    """All that the scale says of the change is lost, however often it is asked; the change is made, once."""
    before = loaded(bench_scale, line)
    line.to_scale, line.to_tool = (lost := Lost()).question, lost.answer
    done = run(line, *command)
    assert done.exit_code == errors.NoAnswer.exit_code, done.output
    assert check_said(line, before, done.stderr) == CHANGED


# ---- power, cable and Ctrl-C in the middle --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "how", "word"),
    [
        ("journal sync", "none", NOTHING),
        ("journal sync", "all", NOTHING),
        (2, "none", NOTHING),
        (2, "all", CHANGED),
        ("files sync", "none", CHANGED),
        ("files sync", "all", CHANGED),
    ],
)
def test_power_that_fails_in_the_middle_and_comes_back(
    bench_scale: SimulatedScale, line: SerialLine, at: Any, how: Any, word: str
) -> None:
    before = loaded(bench_scale, line)
    with adjusting(line) as process:
        bench_scale.cut_power(at=at, how=how)
        wait_until(lambda: not bench_scale.powered, 20, "the power cut")
        bench_scale.power_on()
        _, told = process.communicate(timeout=60)
    assert process.returncode in (errors.Garbled.exit_code, errors.NoAnswer.exit_code)
    assert check_said(line, before, told) == word


class Interrupts:
    """Ctrl-C at the moment when a frame of that kind passes the line to one side, before it is handed on."""

    def __init__(self, kind: int) -> None:
        self._kind, self._passed = kind, b""
        self.process: subprocess.Popen[str] | None = None
        self.done = threading.Event()

    def __call__(self, data: bytes) -> bytes:
        found, self._passed = split(self._passed + data)
        if self.process and not self.done.is_set() and any(said(one).kind == self._kind for one in found):
            self.process.send_signal(signal.SIGINT)
            self.done.set()
        return data


@pytest.mark.parametrize(
    ("side", "kind"),
    [("to_tool", TAKEN), ("to_tool", LAST), ("to_scale", CHANGE)],
    ids=["as the command is taken", "as its answer comes", "as the session is closed"],
)
def test_ctrl_c_in_the_middle(bench_scale: SimulatedScale, line: SerialLine, side: str, kind: int) -> None:
    before = loaded(bench_scale, line)
    interrupts = Interrupts(kind)
    with adjusting(line) as process:
        setattr(line, side, interrupts)
        interrupts.process = process
        _, told = process.communicate(timeout=60)
    assert interrupts.done.is_set()
    assert process.returncode == 130
    check_said(line, before, told)


def test_a_second_ctrl_c_says_unknown_and_what_to_do(bench_scale: SimulatedScale, line: SerialLine) -> None:
    before = status(line)
    asked = threading.Event()

    def heard(data: bytes) -> bytes:
        asked.set()
        return data

    with adjusting(line) as process:
        line.to_tool = lambda _: b""
        process.send_signal(signal.SIGINT)
        await_line(process, "Asking the scale")
        line.to_scale = heard
        assert asked.wait(20), "the tool did not ask the scale"
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=20)
    assert process.returncode == 130
    for words in (UNKNOWN, before["digest"], "steelyard scale status", "switch off"):
        assert words in told


def test_of_a_tool_that_is_killed_the_next_one_tells(bench_scale: SimulatedScale, line: SerialLine) -> None:
    before = loaded(bench_scale, line)
    with adjusting(line) as process:
        process.kill()
        process.communicate()
    told = run(line, "parameters")
    assert told.exit_code == 0
    assert "An earlier call was broken off after it had sent `adjust zero`" in told.stderr
    assert check_said(line, before, told.stderr) in (NOTHING, CHANGED)


@pytest.mark.parametrize("back", [True, False])
def test_a_cable_that_is_pulled_in_the_middle(line: SerialLine, back: bool) -> None:
    before = status(line)
    with adjusting(line) as process:
        line.pull()
        if back:
            await_line(process, "Asking the scale")
            line.plug()
        _, told = process.communicate(timeout=60)
    assert process.returncode == errors.PortLost.exit_code
    if back:
        assert check_said(line, before, told) in (NOTHING, CHANGED)
    else:
        assert UNKNOWN in told


def test_a_refused_change_leaves_no_session(line: SerialLine) -> None:
    before = status(line)
    refused = run(line, "adjust", "set", FIELD, "1", "--json")
    assert refused.exit_code == errors.Refused.exit_code
    assert NOTHING in json.loads(refused.stdout)["outcome"]
    assert check_said(line, before, refused.stderr) == NOTHING
    assert [one["event"] for one in log(line)][-2:] == ["session opened", "session closed"]


# ---- a scale that starts, or cannot ---------------------------------------------------------------------------------


def test_a_scale_that_is_silent_for_six_seconds_is_waited_for(bench_scale: SimulatedScale, tmp_path: Path) -> None:
    bench_scale.power_off()
    with SerialLine(bench_scale.path, tmp_path) as line:
        line.say(b"ets Jun  8 2016 00:22:57\r\nrst:0x1\xff\xfe\x00\x80\r\n> ")
        back = threading.Timer(6.5, bench_scale.power_on)
        back.start()
        told = run(line, "status", "--json")
        back.join()
    assert told.exit_code == 0, told.stderr
    assert json.loads(told.stdout)["serial"] == "S-1"
    assert "Waiting for the scale to start" in told.stderr


def test_a_scale_that_cannot_start_is_heard(simulate: Callable[..., SimulatedScale]) -> None:
    scale = simulate(factory=b"\xa0", virtual=False)
    for words in ("status", "log", "adjust zero --yes", "export"):
        told = steelyard("scale", *words.split(), "--port", scale.path, "--json")
        assert told.exit_code == errors.Refused.exit_code, told.output
        assert "the scale cannot start: the factory's data" in json.loads(told.stdout)["message"]


# ---- span -----------------------------------------------------------------------------------------------------------


class Asked:
    """Counts the questions for the status on `line`; `enough` is set after five."""

    def __init__(self, line: SerialLine) -> None:
        self.enough = threading.Event()
        self._passed, self._count = b"", 0
        line.to_scale = self

    def __call__(self, data: bytes) -> bytes:
        found, self._passed = split(self._passed + data)
        self._count += sum(said(one).data.endswith(b"status json") for one in found)
        if self._count >= 5:
            self.enough.set()
        return data


def test_span_never_sets_a_zero(bench_scale: SimulatedScale, line: SerialLine) -> None:
    """With a load on the pan, or a zero that is off, it waits; the load is never made the zero."""
    before = loaded(bench_scale, line, 0.1)
    with start(line, "adjust", "span", "5 kg", "--yes") as process:
        await_line(process, "Empty the pan")
        asked = Asked(line)
        assert asked.enough.wait(30), "the tool does not wait for the pan to be empty"
        assert process.poll() is None
        bench_scale.place(kg=0.0)
        await_line(process, "Put 5 kg")
        bench_scale.place(kg=5.0)
        assert process.wait(timeout=60) == 0
    after = status(line)
    assert (after["zero_counts"], after["calibration_counter"]) == (before["zero_counts"], 0)
