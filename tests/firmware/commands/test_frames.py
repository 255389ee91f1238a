"""Machine mode on the whole agent: commands in frames, answers fetched piece by piece, changes carried out once."""

from __future__ import annotations

import json
import random
import struct

import pytest
from kit import frames
from kit.frames import ASK, CHANGE, GONE, HELLO, LAST, READ, TAKEN, TEXT, WELCOME, Said
from kit.terminal import PROMPT
from steelyard_simulator.scale import SimulatedScale

ENROL = "enrol maker=M model=one serial=1 code=P-1"
SET = "adjust set filter_samples"
KEYS = (b"\r", b"\n", b"\x03", b"\x15", b"\x7f", b"a")


class Program:
    """A program at the scale's RS-232 port, which sends one frame and reads what comes."""

    def __init__(self, scale: SimulatedScale) -> None:
        self.scale = scale
        self.session = self.sequence = 0
        self.plain = b""
        scale.rs232.forget()

    def read(self, seconds: float = 0.3) -> list[Said]:
        """The frames that come within so many of the scale's seconds; nothing else may come."""
        self.scale.advance(seconds)
        raw = self.scale.rs232.output()
        self.scale.rs232.forget()
        found, rest = frames.split(raw)
        self.plain = raw if not found else rest
        return [frames.said(one) for one in found]

    def say(self, kind: int, data: bytes = b"", offset: int = 0, seconds: float = 0.3) -> list[Said]:
        """Send a frame of the present question; what comes then, without those that say that something will come."""
        self.scale.rs232.write(frames.frame(kind, self.session, self.sequence, offset, data))
        return [one for one in self.read(seconds) if one.kind != TAKEN]

    def hello(self) -> None:
        """Begin a session."""
        (answer,) = self.say(HELLO, b"nonce")
        assert (answer.kind, answer.data) == (WELCOME, b"nonce")
        self.session, self.sequence = answer.session, 0

    def ask(self, command: str, kind: int = ASK, room: int = 200) -> str:
        """A new question and its whole answer."""
        self.sequence += 1
        pieces = self.say(kind, room.to_bytes(2, "big") + command.encode())
        text = b""
        while True:
            (piece,) = pieces
            assert (piece.session, piece.sequence, piece.offset) == (self.session, self.sequence, len(text) & 0xFFFF)
            assert 0 < len(piece.data) <= room or piece.kind == LAST
            text += piece.data
            if piece.kind == LAST:
                return text.decode()
            pieces = self.say(READ, room.to_bytes(2, "big"), len(text) & 0xFFFF)


@pytest.fixture
def program(scale: SimulatedScale) -> Program:
    scale.console(ENROL)
    scale.adjustment_switch(True)
    scale.advance(1)
    program = Program(scale)
    program.hello()
    return program


def counter(scale: SimulatedScale) -> int:
    """How often the scale's type-specific parameters were changed."""
    count: int = scale.console_json("status")["configuration_counter"]
    return count


@pytest.mark.parametrize("room", [1, 16, 200, 5000])
def test_an_answer_in_pieces_is_the_plain_one(program: Program, scale: SimulatedScale, room: int) -> None:
    for command in ("time", "parameters", "log 20 json") if room > 1 else ("time",):
        plain = scale.console(command)
        assert program.ask(command, room=room) == plain + "\n"
    if room > 16:
        assert program.ask("help").count("\n") > 18
        for command in ("watch 3 json", "export", "enrol"):
            assert program.ask(command, room=room).splitlines() == scale.console(command).splitlines()
        assert json.loads(program.ask("status json")).keys() == scale.console_json("status").keys()


def test_a_refusal_is_an_answer(program: Program) -> None:
    assert json.loads(program.ask("format json"))["error"] == "unknown-command"
    assert program.ask("status now").startswith("error: ")
    assert program.ask("").startswith("error: there is no command in this line")
    assert json.loads(program.ask("x" * 1100 + " json"))["error"] == "line-too-long"
    for mark in "\x00\x07\x15\x1b\r\n\x80\u2028":
        assert "control character" in program.ask(f"adjust set{mark}filter_samples 9", CHANGE)


def test_a_change_is_carried_out_once_however_often_it_comes(program: Program, scale: SimulatedScale) -> None:
    first = program.ask(f"{SET} 9", CHANGE)
    assert first.startswith("done, statement")
    again = [program.say(CHANGE, b"\x00\xc8" + f"{SET} 9".encode())[0] for _ in range(3)]
    assert {one.data.decode() for one in again} == {first}
    assert program.say(CHANGE, b"\x00\xc8" + f"{SET} 10".encode())[0].data.decode() == first, "the number counts"
    before, program.sequence = program.sequence, program.sequence - 1
    assert program.say(CHANGE, b"\x00\xc8" + f"{SET} 11".encode()) == [], "one that was on its way for long"
    program.sequence = before
    assert counter(scale) == 1


def test_the_answer_to_a_change_outlasts_questions_sessions_and_silence(
    program: Program, scale: SimulatedScale
) -> None:
    answer = program.ask(f"{SET} 9", CHANGE)
    key = program.session, program.sequence
    program.ask("time")
    program.hello()
    program.ask("parameters")
    scale.advance(30)
    (late,) = program.say(HELLO, b"x")
    program.session, program.sequence = key
    (found,) = program.say(READ, b"\x00\xff")
    assert (found.kind, found.data.decode()) == (LAST, answer)
    assert program.say(CHANGE, b"\x00\xc8" + f"{SET} 9".encode())[0].data.decode() == answer
    program.session, program.sequence = late.session, 0
    program.ask("adjust close", CHANGE)
    program.session, program.sequence = key
    assert [one.kind for one in program.say(READ, b"\x00\xff")] == [GONE]
    assert counter(scale) == 1


def test_after_a_restart_no_old_change_is_carried_out(program: Program, scale: SimulatedScale) -> None:
    program.ask(f"{SET} 9", CHANGE)
    scale.cut_power()
    scale.power_on()
    scale.advance(5)
    program.read()
    for kind in (CHANGE, ASK, READ):
        assert [one.kind for one in program.say(kind, b"\x00\xc8" + f"{SET} 10".encode())] == [GONE]
    assert counter(scale) == 1


def test_a_scale_that_works_says_so(program: Program, scale: SimulatedScale) -> None:
    scale.place(kg=1.0)
    scale.advance(3)
    program.sequence += 1
    program.scale.rs232.write(
        frames.frame(CHANGE, program.session, program.sequence, 0, b"\x00\xffadjust span 1 kg json")
    )
    found = program.read(4)
    assert [one.kind for one in found] == [TAKEN] * (len(found) - 1) + [LAST]
    assert len(found) > 3
    assert json.loads(found[-1].data)["error_after_millie"] == 0


@pytest.mark.parametrize("command", ["watch json", "export", "log 100 json"])
def test_an_answer_is_given_up_for_the_next_question(program: Program, scale: SimulatedScale, command: str) -> None:
    for value in range(9, 14):
        program.ask(f"{SET} {value}", CHANGE)
    for _ in range(3):
        program.sequence += 1
        assert program.say(ASK, b"\x00\x40" + command.encode())[0].kind == TEXT
        assert program.ask("time").startswith("time 0")
    program.sequence += 1
    assert program.say(ASK, b"\x00\x40" + command.encode())[0].kind == TEXT
    scale.advance(25)
    assert [one.kind for one in program.say(READ, b"\x00\x40", 64)] == [GONE], "nobody fetched it for 20 s"
    assert scale.console("time").startswith("time 0")


def test_somebody_who_types_meanwhile_is_answered_and_sees_no_frame_executed(
    program: Program, scale: SimulatedScale
) -> None:
    program.sequence += 1
    assert program.say(ASK, b"\x00\x40watch json")[0].kind == TEXT
    program.scale.rs232.write(b"time\r")
    program.read(1)
    assert b"time 0 (quality 0" in program.plain
    assert program.plain.endswith(PROMPT)
    program.scale.rs232.write(b"adjust set filter_sa")
    program.read(0.1)
    program.hello()
    assert program.ask("time").startswith("time 0")
    scale.advance(5)
    program.scale.rs232.write(b"mples 9\r")
    program.read(1)
    assert b"there is no command 'mples'" in program.plain
    assert counter(scale) == 0


def test_nothing_is_said_that_was_not_asked_for(program: Program, scale: SimulatedScale) -> None:
    program.ask("time")
    assert (program.read(10), program.plain) == ([], b"")


@pytest.mark.parametrize("seed", range(3))
def test_a_damaged_frame_is_never_carried_out(program: Program, scale: SimulatedScale, seed: int) -> None:
    """Bits flipped, bytes lost, doubled and put in, keys of the console among them; the prompt may come, no deed."""
    chance = random.Random(seed)
    program.sequence += 1
    whole = frames.frame(CHANGE, program.session, program.sequence, 0, b"\x00\xc8" + f"{SET} 9".encode())
    for _ in range(60):
        damaged = bytearray(whole)
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(damaged))
            part = chance.choice((*KEYS, b"", b"\xfe", b"\xfd", bytes((chance.choice(whole[1:-1]),))))
            damaged[at : at + chance.randint(0, 1)] = part
        if not _has_whole(bytes(damaged)):
            scale.rs232.write(bytes(damaged) + b"\xfe")
            program.read(0.05)
    other = frames.frame(CHANGE, program.session, program.sequence, 0, b"\x00\xc8" + f"{SET} 9".encode(), channel=2)
    program.scale.rs232.write(other)
    assert program.read() == [], "the uplink's channel is not carried"
    assert counter(scale) == 0
    program.hello()
    assert program.ask(f"{SET} 9", CHANGE).startswith("done")


def _has_whole(data: bytes) -> bool:
    for one in frames.split(data)[0]:
        try:
            frames.said(one)
        except (AssertionError, ValueError, struct.error):
            continue
        return True
    return False
