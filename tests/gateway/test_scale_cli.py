"""`steelyard scale` at the end of a pseudo-terminal: every answer, every way it goes wrong, every exit code."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from kit.pty_peer import Peer, ScriptedScale
from kit.servers import wait_until
from steelyard_gateway import errors
from steelyard_gateway.scale.command import app
from steelyard_gateway.scale.mass import kilograms, parse_mg, shown
from steelyard_gateway.scale.watch import plot
from steelyard_gateway.serial import port
from typer.testing import CliRunner, Result

Connect = Callable[..., Peer]


@pytest.fixture
def connect() -> Iterator[Connect]:
    peers: list[Peer] = []

    def make(answer: Callable[[str], str | None], raw: bool = False) -> Peer:
        peers.append(Peer(answer, raw))
        return peers[-1]

    yield make
    for peer in peers:
        peer.close()


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def test_status_is_shown_to_people_and_given_to_programs(connect: Connect) -> None:
    peer = connect(ScriptedScale())
    told = run("status", "--port", peer.port)
    assert told.exit_code == 0
    assert "0123456789ABCDEF" in told.stdout
    given = run("status", "--port", peer.port, "--json")
    assert json.loads(given.stdout)["identity"] == "0123456789ABCDEF"


def test_parameters_watch_and_log_give_json(connect: Connect) -> None:
    peer = connect(ScriptedScale())
    assert json.loads(run("parameters", "--port", peer.port, "--json").stdout)["parameters"]["e_mg"] == 5000
    lines = run("watch", "--port", peer.port, "--json", "-n", "3").stdout.splitlines()
    assert [json.loads(line)["net"] for line in lines] == [200, 200, 200]
    assert json.loads(run("log", "--port", peer.port, "--json").stdout)[0]["event"] == "enrolled"
    assert "max_mg" in run("parameters", "--port", peer.port).stdout


def test_guided_span_shows_the_error_before_and_after_and_closes_its_session(connect: Connect) -> None:
    scale = ScriptedScale()
    scale.switch, scale.per_mille = False, 990
    deeds = iter([lambda: None, lambda: setattr(scale, "switch", True), lambda: setattr(scale, "load_mg", 5_000_000)])
    asked = {"times": 0}

    def technician() -> None:
        asked["times"] += 1
        if asked["times"] > 1 and asked["times"] % 2:
            next(deeds, lambda: None)()

    scale.on_status = technician
    peer = connect(scale)
    done = run("adjust", "span", "5 kg", "--yes", "--json", "--port", peer.port)
    assert done.exit_code == 0, done.output
    result = json.loads(done.stdout)
    assert result["error_before_e"] == -10
    assert result["error_after_e"] == 0
    assert result["calibration_counter"] == 1
    assert peer.lines[-1] == "adjust close"
    for step in ("adjustment switch on", "Empty the pan", "Put 5 kg on the pan"):
        assert step in done.stderr


def test_load_that_moves_after_the_adjustment_leaves_its_error_unknown(connect: Connect) -> None:
    scale = ScriptedScale()
    peer = connect(lambda line: _restless(scale, line, '"error_after_millie": null'))
    words = ("adjust", "zero", "--yes", "--port", peer.port)
    done = run(*words, "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["error_after_e"] is None
    assert "unknown after" in run(*words).stdout


def test_refused_adjustment_leaves_no_session_open(connect: Connect) -> None:
    scale = ScriptedScale()
    peer = connect(lambda line: _restless(scale, line, '"error": "refused", "message": "it did not come to rest"'))
    done = run("adjust", "zero", "--yes", "--port", peer.port)
    assert done.exit_code != 0
    assert "did not come to rest" in done.stderr
    assert peer.lines[-1] == "adjust close"


def _restless(scale: ScriptedScale, line: str, told: str) -> str | None:
    """The scale's answers, but for `adjust zero`: that changes what `told` says."""
    if line != "adjust zero json":
        return scale(line)
    state = '"calibration_counter": 1, "configuration_counter": 0, "digest": "00"'
    return f'{{"number": 9, "error_before_millie": 0, {told}, {state}}}\n'


def test_without_a_yes_nothing_is_adjusted(connect: Connect) -> None:
    scale = ScriptedScale()
    peer = connect(scale)
    assert run("adjust", "zero", "--port", peer.port).exit_code == 1
    assert not any(line.startswith("adjust") for line in peer.lines)


@pytest.mark.parametrize(
    ("answer", "raw", "error"),
    [
        (lambda line: None, True, errors.NoAnswer),
        (lambda line: "\n>>> ", True, errors.NotAScale),
        (lambda line: "\x00\xff garbage \x07", True, errors.NotAScale),
        (lambda line: "hello from something else\n", False, errors.NotAScale),
        (lambda line: "[1, 2]\n", False, errors.NotAScale),
        (lambda line: '{"colour": "red"}\n', False, errors.NotAScale),
    ],
)
def test_what_is_no_scale_is_said_with_its_own_exit_code(
    connect: Connect, answer: Callable[[str], str | None], raw: bool, error: type[errors.ConsoleError]
) -> None:
    told = run("status", "--port", connect(answer, raw).port, "--json")
    assert told.exit_code == error.exit_code
    assert json.loads(told.stdout)["error"] == error.code


def test_a_garbled_answer_and_a_refusal_are_told_apart(connect: Connect) -> None:
    scale = ScriptedScale()
    peer = connect(lambda line: '{"parameters": \n' if line == "parameters json" else scale(line))
    assert run("parameters", "--port", peer.port).exit_code == errors.Garbled.exit_code
    refused = run("adjust", "set", "e_mg", "1", "--port", peer.port)
    assert refused.exit_code == errors.Refused.exit_code
    assert "there is no command 'adjust'" in refused.stderr


def test_absent_and_busy_ports_are_told_apart(connect: Connect) -> None:
    assert run("status", "--port", "/dev/nosuchport").exit_code == errors.PortAbsent.exit_code
    peer = connect(ScriptedScale())
    with port.open_console(peer.port):
        busy = run("status", "--port", peer.port)
    assert busy.exit_code == errors.PortBusy.exit_code
    assert peer.port in busy.stderr


class Found:
    """What pyserial lists."""

    def __init__(self, device: str, vid: int | None = 0x2E8A) -> None:
        self.device, self.vid = device, vid


def test_the_port_is_found_where_there_is_one_scale(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    scale, other = connect(ScriptedScale()), connect(lambda line: "\n>>> ", True)
    present = [Found(other.port), Found(scale.port), Found("/dev/ttyS0", vid=None)]
    monkeypatch.setattr(port.list_ports, "comports", lambda: present)
    assert port.find() == scale.port
    present[:] = [Found(scale.port), Found(connect(ScriptedScale()).port)]
    with pytest.raises(errors.SeveralPorts, match=scale.port):
        port.find()
    present[:] = []
    with pytest.raises(errors.NoPort):
        port.find()


def test_ctrl_c_ends_a_watch_and_leaves_the_scale_at_its_prompt(connect: Connect) -> None:
    scale = ScriptedScale()
    line = '{"indication": "1.000 kg", "net": 200, "stable": true, "noise_counts": 41}\n'
    peer = connect(lambda command: None if command == "watch json" else scale(command))
    tool = subprocess.Popen(
        [sys.executable, "-m", "steelyard_gateway", "scale", "watch", "--port", peer.port],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    wait_until(lambda: "watch json" in peer.lines, 10, "the watch")
    peer.say(line)
    assert tool.stdout is not None
    assert b"1.000 kg" in tool.stdout.readline()
    tool.send_signal(signal.SIGINT)
    _, said = tool.communicate(timeout=10)
    assert tool.returncode == 130
    assert b"as it was" in said
    assert peer.lines[-1] == ""


@pytest.mark.parametrize(
    ("text", "mass_mg"), [("5 kg", 5_000_000), ("500g", 500_000), ("0.5", 500_000), ("20 mg", 20), ("1.0kg", 1_000_000)]
)
def test_masses_are_read_as_people_write_them(text: str, mass_mg: int) -> None:
    assert parse_mg(text) == mass_mg


@pytest.mark.parametrize("text", ["", "kg", "-1 kg", "0", "five kg", "nan", "inf kg", "0.0000001 kg"])
def test_what_is_no_mass_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="mass"):
        parse_mg(text)


def test_masses_are_written_with_the_decimals_of_the_interval() -> None:
    assert kilograms(5_000_000) == "5"
    assert kilograms(1_250) == "0.00125"
    assert kilograms(100_000_000) == "100"
    assert shown(4_998_000, 2_000) == "4.998 kg"
    assert shown(100_000_000, 1_000_000) == "100 kg"


def test_the_plot_spans_the_values_own_range() -> None:
    rows = plot([0, 7], rows=2)
    assert rows == [" █", "▁█"]
    assert plot([], rows=2) == ["", ""]
