"""Unknown input is never executed: half lines, control characters, and lines that came damaged."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator

import pytest
from kit.frames import opened, sealed
from kit.terminal import PROMPT, Terminal
from steelyard_gateway.serial import frames
from steelyard_simulator.scale import SimulatedScale

HALF = b"adjust set filter_samples 9"


@pytest.fixture
def ready(scale: SimulatedScale) -> SimulatedScale:
    """A scale whose parameters whatever is executed would change."""
    scale.console("enrol maker=M model=one serial=1 code=P-1")
    scale.adjustment_switch(True)
    scale.advance(1)
    return scale


@pytest.fixture
def terminal(ready: SimulatedScale) -> Iterator[Terminal]:
    """A terminal at that scale."""
    terminal = Terminal(ready.path, lambda: ready.advance(0.05))
    synchronise(terminal)
    yield terminal
    terminal.close()


def synchronise(terminal: Terminal) -> None:
    """Read up to the prompt after which nothing comes any more."""
    terminal.type(b"here\r")
    terminal.read_until(b"'here'")
    terminal.read_until(PROMPT)


def counter(scale: SimulatedScale) -> int:
    """How often the scale's type-specific parameters were changed."""
    count: int = scale.console_json("status")["configuration_counter"]
    return count


def test_a_line_that_is_entered_at_once_is_executed(terminal: Terminal, ready: SimulatedScale) -> None:
    """Control: what the other tests type would change the scale."""
    assert b"done" in terminal.ask(HALF)
    assert counter(ready) == 1


@pytest.mark.parametrize("half", [HALF, b"x" * 5000, b"adjust zero"])
def test_a_half_line_is_dropped_after_a_minute(terminal: Terminal, ready: SimulatedScale, half: bytes) -> None:
    terminal.type(half)
    terminal.read_until(half[:4096])
    ready.advance(2)  # what is too long is not echoed
    ready.advance(61)
    terminal.type(b"\r")
    assert b"dropped: 60 s" in terminal.read_until(PROMPT)
    terminal.read_until(PROMPT)
    assert terminal.ask(b"time").startswith(b"time\r\ntime 0")
    found = ready.console_json("status")
    assert (found["calibration_counter"], found["configuration_counter"], found["session"]) == (0, 0, False)


def test_what_is_typed_after_a_dropped_half_line_is_a_line_of_its_own(
    terminal: Terminal, ready: SimulatedScale
) -> None:
    terminal.type(HALF[:-2])
    terminal.read_until(HALF[-8:-2])
    ready.advance(61)
    assert b"dropped: 60 s" in terminal.ask(b" 9")
    assert b"there is no command '9'" in terminal.read_until(PROMPT)
    assert counter(ready) == 0


def test_somebody_who_types_slowly_is_understood(terminal: Terminal, ready: SimulatedScale) -> None:
    for part in (HALF[:6], HALF[6:20], HALF[20:]):
        terminal.type(part)
        terminal.read_until(part)
        ready.advance(58)
    assert b"done" in terminal.ask(b"")
    assert counter(ready) == 1


def test_a_line_with_a_control_character_is_refused(terminal: Terminal, ready: SimulatedScale) -> None:
    """All of ASCII's that are no keys of the console, and some of Unicode's."""
    of_ascii = [bytes((byte,)) for byte in range(32) if byte not in (3, 8, 10, 13, 21)]
    for mark in (*of_ascii, *(letter.encode() for letter in "\x80\x85\x9b\x9f\u2028\u2029")):
        for at in (0, 10, len(HALF)):
            assert b"error: the line has a control character" in terminal.ask(HALF[:at] + mark + HALF[at:])
        framed = sealed("@1 " + (HALF[:10] + mark + HALF[10:]).decode())
        assert b"error: the line has a control character" in terminal.ask(framed.encode())
    assert counter(ready) == 0


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n"])
def test_a_line_break_in_a_framed_command_makes_no_command_of_its_rest(
    terminal: Terminal, ready: SimulatedScale, end: bytes
) -> None:
    """Whoever frames such a line does not get past the other end: either part of it is refused."""
    terminal.type(sealed("@1 time" + end.decode() + HALF.decode()).encode() + b"\r")
    assert b"came damaged" in terminal.read_until(PROMPT)
    assert b"error: " in terminal.read_until(PROMPT)
    assert counter(ready) == 0


# ---- frames ---------------------------------------------------------------------------------------------------------


def asked(terminal: Terminal, command: str) -> list[str]:
    """The lines of the answer to a framed command; its pieces are whole and in order."""
    question = frames.Question(command)
    assert opened(question.line[1:-1].decode()) == (question.ident, command)
    terminal.type(question.line)
    text = terminal.read_until(f".{question.ident} ".encode()).decode() + terminal.read_until(PROMPT).decode()
    pieces = [piece for line in text.split("\r\n") if (piece := question.piece(line))]
    assert [piece.number for piece in pieces] == list(range(len(pieces)))
    assert [piece.kind for piece in pieces].count(frames.END) == 1
    assert pieces[-1].kind == frames.END
    ends = {frames.LINE: "\n", frames.MORE: "", frames.END: ""}
    return "".join(piece.text + ends[piece.kind] for piece in pieces).splitlines()


@pytest.mark.parametrize("command", ["status json", "log 20 json", "export", "parameters", "time", "watch 2 json"])
def test_a_framed_answer_is_the_plain_one(terminal: Terminal, ready: SimulatedScale, command: str) -> None:
    plain, framed = ready.console(command).splitlines(), asked(terminal, command)
    if command == "status json":
        assert json.loads(framed[0]).keys() == json.loads(plain[0]).keys()
    else:
        assert framed == plain


def test_a_refusal_is_framed_too(terminal: Terminal) -> None:
    assert json.loads(asked(terminal, "format json")[0])["error"] == "unknown-command"
    assert asked(terminal, "status now")[0].startswith("error: ")
    assert asked(terminal, "")[0].startswith("error: there is no command in this line")
    assert json.loads(asked(terminal, "x" * 1100 + " json")[0])["error"] == "line-too-long"


@pytest.mark.parametrize("seed", range(4))
def test_a_damaged_frame_is_never_executed(terminal: Terminal, ready: SimulatedScale, seed: int) -> None:
    """Bits flipped, bytes lost, doubled and added; pieces cut off at either end; joined to what somebody typed."""
    chance = random.Random(seed)
    whole = frames.Question(HALF.decode()).line[1:-1]
    damaged = {b"adjust zero" + whole, whole + b" json", whole[: len(whole) // 2] + whole, HALF + b" " + whole}
    for _ in range(10):
        at, bit = chance.randrange(len(whole)), 1 << chance.randrange(7)
        damaged |= {whole[:at] + rest for rest in (bytes((whole[at] ^ bit,)) + whole[at + 1 :], whole[at + 1 :])}
        damaged |= {whole[:at], whole[at:], whole[:at] + whole[at : at + 1] * 2 + whole[at + 1 :]}
    for line in sorted(damaged - {whole, b""}):
        drops = any(byte in line for byte in b"\x03\x08\x15\x7f\r\n")
        if not drops:
            assert re.search(rb'error: |"error": ', terminal.ask(line)), line
    assert counter(ready) == 0


@pytest.mark.parametrize("ident", ["", "a" * 17, "ä", "a\x00"])
def test_a_frame_without_a_proper_name_is_refused(terminal: Terminal, ready: SimulatedScale, ident: str) -> None:
    assert b"came damaged" in terminal.ask(sealed(f"@{ident} {HALF.decode()}").encode())
    assert counter(ready) == 0


def test_a_scale_that_cannot_start_says_so_in_a_frame(simulate: Callable[..., SimulatedScale]) -> None:
    scale = simulate(factory=b"\xa0")
    scale.advance(3)
    terminal = Terminal(scale.path, lambda: scale.advance(0.05))
    try:
        assert json.loads(asked(terminal, "status json")[0])["error"] == "cannot-start"
        assert asked(terminal, "time")[0].startswith("error: the scale cannot start")
    finally:
        terminal.close()
