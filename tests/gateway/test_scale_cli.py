"""`steelyard scale` at the end of a pseudo-terminal: every answer, every way it goes wrong, every exit code."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kit.cli import Ended, steelyard
from kit.pty_peer import Peer, ScriptedScale
from kit.servers import wait_until
from steelyard_gateway import errors
from steelyard_gateway.scale.mass import kilograms, parse_mg, shown
from steelyard_gateway.scale.watch import plot
from steelyard_gateway.serial import finding

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


def run(*words: str) -> Ended:
    return steelyard("scale", *words)


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


@pytest.mark.parametrize(("unit_mg", "e_mg", "error_e"), [(5_000, 5_000, -10), (1_000, 2_000, -25)])
def test_guided_span_shows_the_error_before_and_after_and_closes_its_session(
    connect: Connect, unit_mg: int, e_mg: int, error_e: int
) -> None:
    """A multi-interval scale counts in a unit smaller than e."""
    scale = ScriptedScale()
    scale.unit_mg, scale.e_mg = unit_mg, e_mg
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
    assert result["error_before_e"] == error_e
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
    assert "Nothing was changed" in done.stderr
    assert "adjust close" in peer.lines
    assert not scale.session


def _restless(scale: ScriptedScale, line: str, told: str) -> str | None:
    """The scale's answers, but for `adjust zero`: that changes what `told` says."""
    if line != "adjust zero json":
        return scale(line)
    scale.session = True
    state = '"calibration_counter": 1, "configuration_counter": 0, "digest": "00"'
    return f'{{"number": 9, "error_before_millie": 0, {told}, {state}}}\n'


def test_without_a_yes_nothing_is_adjusted(connect: Connect) -> None:
    scale = ScriptedScale()
    peer = connect(scale)
    told = run("adjust", "zero", "--port", peer.port)
    assert (told.exit_code, told.stdout) == (1, "")
    assert told.stderr.endswith("Not adjusted: answer yes when asked, or give --yes.\n")
    assert not any(line.startswith("adjust") for line in peer.lines)


@pytest.mark.parametrize(
    ("words", "sent"),
    [
        ("watch -n 3", "watch 3 json"),
        ("log -n 5", "log 5 json"),
        ("log", "log 20 json"),
        ("export", "export"),
        ("export 2", "export 2"),
        ("export 2 5", "export 2 5"),
        ("adjust close", "adjust close"),
        ("adjust close --json", "adjust close json"),
    ],
)
def test_the_words_of_a_command_reach_the_scale(connect: Connect, words: str, sent: str) -> None:
    peer = connect(ScriptedScale())
    run(*words.split(), "--port", peer.port)
    assert sent in peer.lines


@pytest.mark.parametrize("words", ["watch -n -1", "log -n 0", "log -n 101", "export 0", "export 1 0", "adjust set E 1"])
def test_words_that_no_scale_would_take_are_wrong_use(words: str) -> None:
    assert run(*words.split(), "--port", "/dev/nosuchport").exit_code == 2


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
    assert "console has no command `adjust`" in refused.stderr


def test_absent_and_busy_ports_are_told_apart(connect: Connect) -> None:
    absent = run("status", "--port", "/dev/nosuchport")
    assert absent.exit_code == errors.PortAbsent.exit_code
    assert "/dev/nosuchport (No such file or directory)" in absent.stderr
    peer = connect(ScriptedScale())
    with finding.open_console(peer.port):
        busy = run("status", "--port", peer.port)
    assert busy.exit_code == errors.PortBusy.exit_code
    assert peer.port in busy.stderr


class Found:
    """What pyserial lists."""

    def __init__(self, device: str, vid: int | None = 1, pid: int = 5, serial_number: str | None = None) -> None:
        self.device, self.vid, self.pid, self.serial_number = device, vid, pid, serial_number


def test_the_port_is_found_where_there_is_one_scale(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    scale, other = connect(ScriptedScale()), connect(lambda line: "\n>>> ", True)
    present = [Found(other.port), Found(scale.port), Found("/dev/ttyS0", vid=None)]
    monkeypatch.setattr(finding.list_ports, "comports", lambda: present)
    assert finding.find() == scale.port
    present[:] = [Found(scale.port), Found(connect(ScriptedScale()).port)]
    with pytest.raises(errors.SeveralPorts, match=scale.port):
        finding.find()
    present[:] = []
    with pytest.raises(errors.NoPort):
        finding.find()


def test_ctrl_c_ends_a_watch_and_leaves_the_scale_at_its_prompt(connect: Connect) -> None:
    scale = ScriptedScale()
    line = '{"indication": "1.000 kg", "net": 200, "stable": true, "noise_counts": 41}'
    peer = connect(lambda command: None if command == "watch json" else scale(command))
    tool = subprocess.Popen(
        [sys.executable, "-m", "steelyard_gateway", "scale", "watch", "--port", peer.port],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    wait_until(lambda: "watch json" in peer.lines, 10, "the watch")
    peer.tell(line + "\n")
    assert tool.stdout is not None
    assert b"1.000 kg" in tool.stdout.readline()
    tool.send_signal(signal.SIGINT)
    _, said = tool.communicate(timeout=10)
    assert tool.returncode == 130
    assert b"was not changed" in said
    assert peer.lines[-1] == "watch json"


POINTS = {f"point_{n}_mg": "None -> 1" for n in (2, 3, 4)}
NO_EVENT = {"number": "x", "time": 0, "boot": 1, "event": "e", "facts": 5}
NO_MASSES = ("", "kg", "-1 kg", "0", "five kg", "nan", "inf kg", "0.0000001 kg", "斤", "五斤", "5 斤 2 两", "1e400 kg")


def log(number: int, event: str, time: int = 1_800_000_000, **facts: Any) -> dict[str, Any]:
    return {"number": number, "time": time, "boot": 3, "event": event, "facts": facts}


def test_the_log_is_told_in_words_each_event_on_a_line(connect: Connect) -> None:
    scale = ScriptedScale()
    scale.log = [
        log(1, "enrolled", time=0),
        log(4, "locked", why=2),
        log(5, "clock set", **{"from": 0, "to": 1_800_000_000, "source": 4}),
        log(6, "session opened", permit="ab" * 32),
        log(
            7,
            "parameter change",
            point_1_mg="15000000 -> 16500000",
            **{f"point_{n}_mg": "None -> 1" for n in (2, 3, 4)},
        ),
        log(8, "session closed", why=1),
        log(9, "downlink refused", why=200, order=2, count=1),
        log(10, "event 99", colour="[red]"),
        log(11, "statements lost", first=2),
    ]
    told = run("log", "--port", connect(scale).port)
    assert told.exit_code == 0, told.stderr
    lines = told.stdout.splitlines()
    assert len(lines) == len(scale.log), "no line is broken in a pipe"
    said = [line[33:] for line in lines]
    assert said == [
        "Enrolled",
        "Locked itself: its parameters do not match its records",
        "Clock set from an unknown time to 2027-01-15 08:00:00 UTC by the service console",
        f"Adjustment session opened under permit {'ab' * 32}",
        "Parameters changed: point_1_mg from 15000000 to 16500000, point_2_mg from nothing to 1, "
        "point_3_mg from nothing to 1, point_4_mg from nothing to 1",
        "Adjustment session closed: the adjustment switch was turned off",
        "Refused a permit from the platform: reason 200 (1 in all)",
        "event 99, colour [red]",
        "statements lost, first 2",
    ]
    assert lines[0].startswith("     1  start 3, no clock")
    assert lines[1].startswith("     4  2027-01-15 08:00:00 UTC")


@pytest.mark.parametrize("log", [[7], [{"number": 1}], [NO_EVENT], {}])
def test_a_log_that_makes_no_sense_is_garbled(connect: Connect, log: Any) -> None:
    scale = ScriptedScale()
    scale.log = log
    assert run("log", "--port", connect(scale).port).exit_code == errors.Garbled.exit_code


@pytest.mark.parametrize("words", ["status", "parameters", "watch", "adjust zero", "adjust span 5kg"])
@pytest.mark.parametrize("facts", [{}, {"e_mg": 0}, {"e_mg": None, "stable": 1, "switch": 1, "gross": 1}])
def test_an_answer_without_its_facts_is_garbled_or_shown(connect: Connect, words: str, facts: dict[str, Any]) -> None:
    told = run(*words.split(), "--port", connect(lambda _: json.dumps({"identity": "0", **facts}) + "\n").port)
    assert told.exit_code == errors.Garbled.exit_code, told.output
    assert "makes no sense" in told.stderr


def test_a_table_into_a_pipe_is_not_wrapped(connect: Connect) -> None:
    scale = ScriptedScale()
    told = run("status", "--port", connect(scale).port).stdout
    assert any("steelyard 0.1.0 " + "ab" * 32 in line for line in told.splitlines())


PERMIT = "hEqg-_" * 40
FILES = {
    "as issued": PERMIT.encode() + b"\r\n",
    "broken lines": b"\n".join(PERMIT.encode()[at : at + 76] for at in range(0, 240, 76)),
    "byte order mark": PERMIT.encode("utf-8-sig"),
    "utf-16": PERMIT.encode("utf-16"),
    "utf-16 big": b"\xfe\xff" + PERMIT.encode("utf-16-be"),
}
NO_FILES = {
    "empty": b"",
    "binary": bytes(range(256)),
    "signed bytes": b"\xd2\x84\x4a\xa2",
    "utf-16 without mark": PERMIT.encode("utf-16-le"),
    "half a character": b"\xff\xfe\x41",
    "other text": "许可".encode(),
    "too long": b"A" * 20_000,
}


@pytest.mark.parametrize("what", FILES)
def test_a_permit_is_read_as_any_editor_saves_it(connect: Connect, what: str, tmp_path: Path) -> None:
    (tmp_path / "permit").write_bytes(FILES[what])
    scale = ScriptedScale()
    peer = connect(lambda line: "permit held\n" if line.startswith("adjust permit") else scale(line))
    told = run("adjust", "permit", f"@{tmp_path / 'permit'}", "--port", peer.port)
    assert (told.exit_code, told.stdout) == (0, "permit held\n")
    assert peer.lines[-1] == f"adjust permit {PERMIT}"


@pytest.mark.parametrize("what", [*NO_FILES, "none", "folder"])
def test_what_is_no_permit_is_refused_before_the_scale_is_asked(what: str, tmp_path: Path) -> None:
    if what == "folder":
        (tmp_path / "permit").mkdir()
    elif what in NO_FILES:
        (tmp_path / "permit").write_bytes(NO_FILES[what])
    told = run("adjust", "permit", f"@{tmp_path / 'permit'}", "--port", "/dev/nosuchport")
    assert told.exit_code == errors.NoPermit.exit_code
    assert "No permit can be read from" in told.stderr
    assert str(tmp_path / "permit") in told.stderr
    assert run("adjust", "permit", "a b\rstatus", "--port", "/dev/nosuchport").exit_code != 0


def test_negative_values_reach_the_scale_and_negative_masses_do_not(connect: Connect) -> None:
    peer = connect(ScriptedScale())
    assert run("adjust", "set", "zero_temperature_mcounts_per_k", "-5", "--port", peer.port).exit_code == 8
    assert "adjust set zero_temperature_mcounts_per_k -5" in peer.lines
    told = run("adjust", "span", "-1 kg", "--port", peer.port)
    assert (told.exit_code, "not a positive mass" in told.stderr) == (2, True)


def test_an_export_is_in_the_file_before_it_is_said_to_be(connect: Connect, tmp_path: Path) -> None:
    scale, file = ScriptedScale(), tmp_path / "statements"
    file.write_bytes(b"older")
    peer = connect(lambda line: "0oQ\n0oUF\n" if line == "export" else scale(line))
    told = run("export", "-o", str(file), "--port", peer.port)
    assert told.exit_code == 0, told.stderr
    assert file.read_bytes() == b"\xd2\x84\xd2\x85\x05"
    assert told.stdout.strip() == f"2 statements in {file}"


def test_an_export_that_cannot_be_written_says_so(connect: Connect, tmp_path: Path) -> None:
    scale = ScriptedScale()
    peer = connect(lambda line: "0oQ\n" if line == "export" else scale(line))
    for file in (tmp_path, tmp_path / "none" / "x"):
        told = run("export", "-o", str(file), "--port", peer.port)
        assert (told.exit_code, str(file) in told.stderr) == (1, True)


@pytest.mark.parametrize(
    ("text", "mass_mg"),
    [
        *(("5 kg", 5_000_000), ("500g", 500_000), ("0.5", 500_000), ("20 mg", 20), ("1.0kg", 1_000_000)),
        *(("5千克", 5_000_000), ("5 公斤", 5_000_000), ("500克", 500_000), ("3斤", 1_500_000), ("2 两", 100_000)),
        *(
            ("20毫克", 20),
            ("１．５ｋｇ", 1_500_000),
            ("５００Ｇ", 500_000),
            ("２市斤", 1_000_000),
            ("３　斤", 1_500_000),
        ),
    ],
)
def test_masses_are_read_as_people_write_them(text: str, mass_mg: int) -> None:
    assert parse_mg(text) == mass_mg


@pytest.mark.parametrize(
    "text", ["", "kg", "-1 kg", "0", "five kg", "nan", "inf kg", "0.0000001 kg", "斤", "五斤", "5 斤 2 两", "1e400 kg"]
)
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
