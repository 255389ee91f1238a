"""The whole agent's service console on its serial port: a closed list of commands, and nothing typed stops it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kit.terminal import PROMPT, Terminal
from steelyard_protocol import statement
from steelyard_protocol.enrolment import from_base64url
from steelyard_simulator.scale import SimulatedScale

COMMANDS = ["adjust", "check", "enrol", "export", "fresh", "help", "log", "parameters", "prices"]
COMMANDS += ["repair", "serial", "status", "tare", "time", "unlock", "update", "watch", "zero"]
ENROL = "enrol maker=M model=one serial=1 code=P-1"


@pytest.fixture
def terminal(simulate: Callable[..., SimulatedScale]) -> Iterator[Terminal]:
    """A terminal at a scale in real time."""
    scale = simulate(virtual=False)
    scale.console("help")
    terminal = Terminal(scale.path)
    terminal.ask(b"")
    yield terminal
    terminal.close()


def test_help_explains_every_command_in_a_line(scale: SimulatedScale) -> None:
    assert [each["name"] for each in scale.console_json("help")] == COMMANDS
    lines = scale.console("help").splitlines()
    assert [line.split()[0].partition("|")[0] for line in lines[:-1]] == COMMANDS
    assert all(len(line) > 40 for line in lines[:-1])


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("format", "unknown-command"),
        ("STATUS", "unknown-command"),
        ("json", "unknown-command"),
        ("status now", "usage"),
        ("watch 1 2", "usage"),
        ("log 1 2", "usage"),
        ("export 1 1 2", "usage"),
        ("time 1800000000 1800000001", "usage"),
        ("help me", "usage"),
        ("@", "unknown-command"),
        ("zero please", "usage"),
        ("tare 5", "usage"),
        ("serial modem", "usage"),
        ("serial till now", "usage"),
        ("prices all", "usage"),
        ("prices set 17", "usage"),
        ("prices set 101 1.00", "number"),
        ("prices set 17 0", "price"),
        ("prices set 17 1.234", "price"),
        ("prices set 17 12,99", "price"),
        ("prices set 17 10000", "price"),
        ("prices set 17 12.99 0.012", "tare"),
        ("prices set 17 12.99 -1", "tare"),
        ("prices clear 0", "number"),
        ('status "', "quote"),
        ("watch 0", "number"),
        ("watch many", "number"),
        ("log 101", "number"),
        ("export 5 4", "number"),
        ("time -1", "number"),
        ("time 99999999999", "number"),
        ("enrol", "usage"),
        ("enrol maker=M", "usage"),
        ("enrol maker=M model=one serial=1 code=P-1 colour=red", "usage"),
        ("enrol maker=" + 33 * "M" + " model=one serial=1 code=P-1", "word"),
        ("enrol accept", "usage"),
        ("enrol accept a+b", "base64url"),
        ("enrol accept AAAA", "not-enrolled"),
        ("adjust", "usage"),
        ("adjust everything", "usage"),
        ("adjust zero 1", "usage"),
        ("adjust span 1.1", "usage"),
        ("adjust span 1,1 kg", "mass"),
        ("adjust span 1.1.1 kg", "mass"),
        ("adjust span 0.001 kg", "mass"),
        ("adjust span 1.0000001 kg", "mass"),
        ("adjust span 999999 kg", "mass"),
        ("adjust set no_such_name 1", "name"),
        ("adjust set e_mg five", "number"),
        ("adjust set e_mg 5000", "not-enrolled"),
        ("adjust permit", "usage"),
        ("adjust permit A", "base64url"),
        ("adjust permit AAAA", "message-refused"),
        ("x" * 1020, "line-too-long"),
    ],
)
def test_what_cannot_be_done_is_said_with_a_code(scale: SimulatedScale, line: str, code: str) -> None:
    answer = scale.console_json(line)
    assert answer["error"] == code, answer
    assert answer["message"]
    assert scale.console(line).startswith("error: ")
    assert scale.console_json("status")["number"] == 0


def test_enrolment_is_made_once_and_shown_as_often_as_asked(scale: SimulatedScale) -> None:
    first = scale.console_json(ENROL)
    again = scale.console_json("enrol maker=Other model=two serial=2 code=P-2")
    assert again == first == scale.console_json("enrol")
    parsed = statement.parse(from_base64url(first["statement"]))
    assert (parsed.number, parsed.kind, parsed.body.serial_number) == (1, 1, "1")
    assert scale.console("enrol").splitlines()[-1] == first["statement"]
    scale.cut_power()
    scale.power_on()
    assert scale.console_json("enrol") == first


def test_words_with_blanks_stand_in_quotes(scale: SimulatedScale) -> None:
    answer = scale.console_json('enrol maker="Acme Scales" model="AC 15" serial=1 code=P-1')
    body = statement.parse(from_base64url(answer["statement"])).body
    assert (body.maker, body.model) == ("Acme Scales", "AC 15")


def test_export_gives_the_statements_asked_for(scale: SimulatedScale) -> None:
    scale.console(ENROL)
    scale.console("time 1800000000")
    numbers = [statement.parse(from_base64url(text)).number for text in scale.console_json("export")]
    assert numbers == [1, 2, 3]
    assert [statement.parse(from_base64url(text)).number for text in scale.console_json("export 2 2")] == [2]
    assert scale.console_json("export 9") == []
    assert len(scale.console("export").splitlines()) == 3


def test_setting_the_clock_is_an_event_and_dates_what_follows(scale: SimulatedScale) -> None:
    scale.console(ENROL)
    assert scale.console_json("time") == {"time": 0, "clock_quality": 0}
    assert scale.console_json("time 1800000000") == {"time": 1_800_000_000, "clock_quality": 1}
    scale.advance(100)
    assert scale.console_json("time")["time"] == pytest.approx(1_800_000_100, abs=2)
    told = statement.parse(from_base64url(scale.console_json("export 3 3")[0]))
    assert told.body.facts == (0, 1_800_000_000, 4)
    assert scale.console_json("log")[-1]["event"] == "clock set"


def test_watch_gives_a_line_for_each_indication(scale: SimulatedScale) -> None:
    scale.console("status")
    lines = [json.loads(line) for line in scale.console("watch 5 json").splitlines()]
    assert len(lines) == 5
    assert all(line["filtered_counts"] == 100_000 for line in lines)


def test_an_adjustment_told_from_start_to_end(scale: SimulatedScale) -> None:
    """Refused without the switch; then zero and span, with the error before and after; then the session closes."""
    scale.console(ENROL)
    assert scale.console_json("adjust zero")["error"] == "switch-off"
    scale.adjustment_switch(True)
    assert scale.console_json("adjust zero")["error_after_millie"] == 0
    scale.place(kg=10.0)
    done = scale.console_json("adjust span 10.01 kg")
    assert done["error_before_millie"] == -2_000
    assert abs(done["error_after_millie"]) <= 3
    assert (done["calibration_counter"], done["configuration_counter"]) == (1, 0)
    assert scale.console_json("adjust set filter_samples 10")["configuration_counter"] == 1
    assert scale.console_json("adjust set point_1_mg 0")["error"] == "invalid"
    assert scale.console_json("parameters")["parameters"]["filter_samples"] == 10
    assert scale.console_json("adjust close") == {"session": False}
    told = [each["event"] for each in scale.console_json("log")]
    assert told[2:] == ["session opened", "parameter change", "parameter change", "session closed"]
    assert scale.console_json("status")["digest"] == scale.console_json("parameters")["digest"]


def test_span_is_not_adjusted_by_a_load_that_cannot_be_that_mass(scale: SimulatedScale) -> None:
    scale.console(ENROL)
    scale.adjustment_switch(True)
    scale.place(kg=1.0)
    assert scale.console_json("adjust span 2.1 kg")["error"] == "mass"
    assert scale.console_json("status")["calibration_counter"] == 0


def test_a_session_ends_with_the_switch_the_case_and_after_a_quarter_of_an_hour(scale: SimulatedScale) -> None:
    scale.console(ENROL)
    for end in (lambda: scale.adjustment_switch(False), lambda: scale.advance(910), scale.open_case):
        scale.adjustment_switch(True)
        scale.console("adjust set filter_samples 9")
        assert scale.console_json("status")["session"]
        end()
        scale.advance(2)
        assert not scale.console_json("status")["session"]
    closed = [each["facts"]["why"] for each in scale.console_json("log") if each["event"] == "session closed"]
    assert closed == [1, 3, 4]
    assert scale.console_json("adjust zero")["error"] == "locked"


def test_a_session_ends_though_the_switch_was_on_for_no_longer_than_a_bounce(scale: SimulatedScale) -> None:
    scale.console(ENROL)
    scale.adjustment_switch(True)
    scale.console("adjust set filter_samples 9")
    scale.adjustment_switch(False)
    scale.advance(1)
    assert not scale.console_json("status")["session"]


def test_an_open_case_locks_for_good_and_shows_it(scale: SimulatedScale) -> None:
    scale.console(ENROL)
    scale.open_case()
    scale.advance(1)
    scale.close_case()
    scale.cut_power()
    scale.power_on()
    scale.advance(3)
    found = scale.console_json("status")
    assert found["locked"]
    assert found["indication"] is None
    assert "LOCKED" in scale.console("status")
    assert [each["event"] for each in scale.console_json("log")][2:4] == ["case opened", "locked"]


# ---- at a bare terminal ---------------------------------------------------------------------------------------------


def test_what_is_typed_is_echoed_and_can_be_taken_back(terminal: Terminal) -> None:
    terminal.type(b"stax\x7ftus json\r\n")
    echo, _, answer = terminal.read_until(PROMPT).partition(b"\r\n")
    assert echo == b"stax\b \btus json"
    assert json.loads(answer.removesuffix(PROMPT))["number"] == 0


def test_ctrl_u_drops_the_line_and_ctrl_c_does_not_stop_the_scale(terminal: Terminal) -> None:
    for drop in (b"\x15", b"\x03"):
        terminal.type(b"adjust zero" + drop)
        assert terminal.read_until(PROMPT).startswith(b"adjust zero")
        assert terminal.ask(b"time").startswith(b"time\r\ntime 0")


def test_line_ends_of_every_kind_give_one_answer_each(terminal: Terminal) -> None:
    terminal.type(b"time\r\ntime\rtime\n")
    for _ in range(3):
        assert b"quality 0" in terminal.read_until(PROMPT)
    assert terminal.ask(b"") == b"\r\n"


def test_bytes_that_are_not_text_are_refused(terminal: Terminal) -> None:
    assert b"error: the line is not UTF-8" in terminal.ask(b"status \xff\xfe")
    assert b"error: there is no command" in terminal.ask("重量".encode())
    assert b"time 0" in terminal.ask(b"time")


def test_an_endless_line_is_dropped_and_the_next_one_answered(terminal: Terminal) -> None:
    for _ in range(5):
        terminal.type(b"A" * 1000)
    answer = terminal.ask(b"")
    assert b"error: the line has more than 4096 bytes" in answer
    assert b"time 0" in terminal.ask(b"time")


def test_any_key_ends_watching(terminal: Terminal) -> None:
    terminal.type(b"watch\r")
    terminal.read_until(b"zero 100000  noise 0\r\n")
    terminal.type(b"q")
    terminal.read_until(PROMPT)
    assert b"time 0" in terminal.ask(b"time")


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.binary(max_size=200).filter(lambda line: b"\x03" not in line and b"\x15" not in line))
def test_no_line_stops_the_console(terminal: Terminal, line: bytes) -> None:
    """Random bytes: an answer or a refusal, then the prompt, and the scale still answers."""
    terminal.type(line.replace(b"\r", b" ").replace(b"\n", b" ") + b"\r")
    answer = terminal.read_until(PROMPT)
    assert b"report this" not in answer
    assert b"time 0" in terminal.ask(b"time")


def test_a_scale_that_cannot_start_says_why_to_whoever_asks(simulate: Callable[..., SimulatedScale]) -> None:
    """No factory's data: it neither restarts all the time, which wears the flash, nor is silent."""
    scale = simulate(factory=b"\xa0")
    for line in ("", "status", "x" * 5000):
        assert "error: the scale cannot start: the factory's data in /fs/factory.cbor" in scale.console(line)
    answer = scale.console_json("status")
    assert (answer["error"], answer["message"].endswith("have the scale repaired")) == ("cannot-start", True)
    scale.advance(500)
    assert "cannot start" in scale.console("status")
    assert scale.state()["time_us"] > 500_000_000, "the same life"
    scale.advance(200)
    assert scale.state()["time_us"] < 200_000_000, "it tries again after a while"
