"""The tool's side of the line: frames, control characters, waiting, and what it says where an answer was lost."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit.cli import Ended, steelyard
from kit.frames import GONE, TAKEN, TEXT, Said, frame, said, split
from kit.pty_peer import DROP, Peer, ScriptedScale
from kit.servers import wait_until
from steelyard_gateway import errors
from steelyard_gateway.serial import exchange, finding
from steelyard_gateway.serial.frames import Channel, Frame, Kind, Reader

Connect = Callable[..., Peer]


class Found:
    """What pyserial lists."""

    def __init__(self, device: str, vid: int | None = 1, pid: int = 5, serial_number: str | None = None) -> None:
        self.device, self.vid, self.pid, self.serial_number = device, vid, pid, serial_number


NOTHING, CHANGED, UNKNOWN = "Nothing was changed", "The scale was changed", "unknown: whether"
SET = ("adjust", "set", "e_mg", "5")


@pytest.fixture
def connect() -> Iterator[Connect]:
    peers: list[Peer] = []

    def make(answer: Callable[[str], str | None], raw: bool = False) -> Peer:
        peers.append(Peer(answer, raw))
        return peers[-1]

    yield make
    for peer in peers:
        peer.close()


def run(peer: Peer, *words: str) -> Ended:
    return steelyard("scale", *words, "--port", peer.port)


# ---- frames ---------------------------------------------------------------------------------------------------------

KINDS = st.sampled_from(list(Kind))
U16, U32 = st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF)
FRAMES = st.builds(Frame, KINDS, U32, U16, U16, st.binary(max_size=300), st.sampled_from(list(Channel)))


@given(FRAMES, st.binary(max_size=20))
def test_a_frame_is_read_as_it_was_written_whatever_comes_before_it(made: Frame, before: bytes) -> None:
    line = made.encode()
    assert min(line) > 0x7F, "no byte of it is a key"
    assert Reader().take(before + line) == [made]
    if made.channel == Channel.CONSOLE:
        assert said(line) == (made.kind, made.session, made.sequence, made.offset, made.data)
        assert frame(*said(line)) == line


@given(FRAMES, st.data())
def test_a_damaged_frame_is_none(made: Frame, data: st.DataObject) -> None:
    line = made.encode()
    at = data.draw(st.integers(0, len(line) - 1))
    for part in (b"", bytes((line[at] ^ 1 << data.draw(st.integers(0, 7)),)), data.draw(st.binary(min_size=2))):
        found = Reader().take(line[:at] + part + line[at + 1 :])
        assert found in ([], [made]), "base64 has more than one spelling of a last letter"


def test_frames_of_nobody_are_passed_over() -> None:
    reader = Reader()
    assert reader.take(frame(15, 1, 1) + frame(10, 1, 1, channel=3) + b"\xfe" + b"\xe1" * 9000 + b"> ") == []
    assert bytes(reader.plain).endswith(b"> ")
    assert not reader.inside
    assert [one.kind for one in reader.take(b"\xfe\xe1" + frame(10, 1, 1))] == [Kind.TEXT]


@pytest.mark.parametrize("command", ["adjust zero\rstatus", "a\nb", "a\tb", "a\x15", "a\x7f", "a\x85", "a\u2028"])
def test_a_command_with_a_control_character_is_never_sent(connect: Connect, command: str) -> None:
    peer = connect(ScriptedScale())
    with finding.open_console(peer.port) as console:
        console.greet()
        with pytest.raises(ValueError, match="control character"):
            console.change(command)
        assert not console.sent
    assert peer.lines == ["status json"]


SPOIL: dict[str, Callable[[bytes], bytes]] = {
    "a letter": lambda data: data[:20] + bytes((data[20] ^ 2,)) + data[21:],
    "the end": lambda data: data[:-1],
    "the beginning": lambda data: data[1:],
    "everything": lambda data: b"",
    "its number": lambda data: frame(*said(data)._replace(sequence=9999)),
    "its session": lambda data: frame(*said(data)._replace(session=9999)),
    "its place": lambda data: frame(*said(data)._replace(offset=9999)),
    "its channel": lambda data: frame(*said(data), channel=2),
    "its kind": lambda data: frame(*said(data)._replace(kind=TAKEN)),
    "its text": lambda data: frame(*said(data)._replace(kind=TEXT, data=b"")),
}


@pytest.mark.parametrize("what", SPOIL)
def test_a_piece_that_is_not_whole_is_asked_for_again(
    connect: Connect, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also the answer to a change, which is carried out once; not for ever."""
    monkeypatch.setattr(exchange, "SILENCE_S", 0.06)
    scale, turn = ScriptedScale(), count()
    peer = connect(lambda line: "done " + "x" * 500 + "\n" if line.startswith("adjust set") else scale(line))
    peer.spoil = lambda data: SPOIL[what](data) if data and next(turn) in (1, 3, 4, 6, 8) else data
    told = run(peer, "parameters", "--json")
    assert told.exit_code == 0, told.stderr
    assert json.loads(told.stdout)["parameters"]["e_mg"] == 5000
    turn = count()
    told = run(peer, *SET)
    assert (told.exit_code, told.stdout) == (0, "done " + "x" * 500 + "\n"), told.stderr
    assert peer.changes == ["adjust set e_mg 5"]
    greeted = count()
    peer.spoil = lambda data: SPOIL[what](data) if next(greeted) > 3 else data
    told = run(peer, "parameters")
    assert told.exit_code in (errors.Garbled.exit_code, errors.NoAnswer.exit_code)


def test_nothing_is_sent_while_an_answer_may_come(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """A scale that says all the time that it works is waited for, with one frame."""
    monkeypatch.setattr(exchange, "SILENCE_S", 0.6)
    scale, taken = ScriptedScale(), count()

    def late(data: bytes) -> bytes:
        if b"parameters" in (peer.asked or Said(0, 0, 0, 0, b"")).data and next(taken) < 1:
            for _ in range(8):
                peer.say(frame(TAKEN, *said(data)[1:3]))
                time.sleep(0.1)
        return data

    peer = connect(scale)
    peer.spoil = late
    assert run(peer, "parameters").exit_code == 0
    assert [said(one).data[2:] for one in split(peer.heard)[0]].count(b"parameters json") == 1


def test_a_session_that_the_scale_has_forgotten_ends_the_call(connect: Connect) -> None:
    peer = connect(ScriptedScale())
    peer.spoil = lambda data: frame(GONE, *said(data)[1:3]) if peer.lines[1:] and said(data).kind >= TEXT else data
    told = run(peer, "parameters")
    assert told.exit_code == errors.Garbled.exit_code
    assert "it has restarted" in told.stderr


@pytest.mark.parametrize("spoil", ["\\u001b[2J", "\\n", "\\u0085"])
def test_json_with_control_characters_is_not_passed_on(connect: Connect, spoil: str) -> None:
    scale = ScriptedScale()
    for text, words, error in (("S-1", "status", errors.NotAScale), ("enrolled", "log", errors.Garbled)):
        peer = connect(lambda line, text=text: (scale(line) or "").replace(text, f"{text}{spoil}"))
        told = run(peer, *words.split(), "--json")
        assert told.exit_code == error.exit_code, words
        assert "\x1b" not in told.output


# ---- what the command line and files bring --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        ("adjust", "set", "period\rtime 1795000000", "5"),
        ("adjust", "set", "e_mg", "5\r"),
        ("adjust", "set", "e_mg 5", "5"),
        ("adjust", "set", "e_mg\n", "5"),
        ("adjust", "set", "", "5"),
        ("adjust", "span", "5 kg\n"),
        ("adjust", "permit", "AAAA\rstatus"),
        ("adjust", "permit", "AAAA\n"),
        ("status", "\x1b[A"),
        ("export", "1", "2", "-o", "a\u2028b"),
    ],
)
def test_words_with_control_characters_are_wrong_use_and_reach_no_scale(
    connect: Connect, words: tuple[str, ...]
) -> None:
    peer = connect(ScriptedScale())
    assert run(peer, *words).exit_code == 2
    assert not peer.lines


@pytest.mark.parametrize(
    "text",
    [
        "AAAA\nadjust zero",
        "AAAA\nstatus",
        "AAAA\rstatus\r",
        "A" * 240 + "\n" + "status",
        "A" * 76 + "\n" + "A" * 77,
        "A" * 76 + "\n\n" + "A" * 76,
        "A" * 76 + "\n" + "A" * 75 + "\n" + "A" * 76,
        "A" * 76 + "\x0b" + "A" * 76,
        "AA AA",
        "AAAA\x00",
    ],
)
def test_a_permit_file_of_more_than_the_permit_is_refused(connect: Connect, text: str, tmp_path: Path) -> None:
    (tmp_path / "permit").write_bytes(text.encode())
    peer = connect(ScriptedScale())
    told = run(peer, "adjust", "permit", f"@{tmp_path / 'permit'}")
    assert told.exit_code == errors.NoPermit.exit_code
    assert "No permit can be read from" in told.stderr
    assert not peer.lines


# ---- who is there ---------------------------------------------------------------------------------------------------

REASON = "the scale cannot start: the factory's data is damaged: have it repaired"


@pytest.mark.parametrize("plain", [False, True])
def test_a_scale_that_cannot_start_is_heard_and_is_a_scale(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, plain: bool
) -> None:
    """Also where it has no room for a frame, and says it plainly."""
    words = f"error: {REASON}\n" if plain else json.dumps({"error": "x", "message": REASON}) + "\n"
    peer = connect(lambda line: words, raw=plain)
    told = run(peer, "status", "--json")
    assert (told.exit_code, json.loads(told.stdout)["error"]) == (errors.Refused.exit_code, "refused")
    assert REASON in told.stderr
    found = [peer.port, connect(lambda line: None, True).port]
    monkeypatch.setattr(finding.list_ports, "comports", lambda: [Found(one) for one in found])
    assert finding.find() == peer.port


def test_whoever_says_nothing_gets_no_key_until_the_end(connect: Connect) -> None:
    peer = connect(lambda line: None, True)
    told = run(peer, "status")
    assert told.exit_code == errors.NoAnswer.exit_code
    *frames, last = peer.heard.split(DROP)
    assert last == b" #\r"
    assert all(byte > 0x7F for byte in b"".join(frames))
    assert "Waiting for the scale to start" in told.stderr


# ---- a change whose answer is lost ----------------------------------------------------------------------------------


class LosesAnswers(ScriptedScale):
    """Does `deed` at `adjust set` and says nothing."""

    def __init__(self, deed: Callable[["LosesAnswers"], None]) -> None:
        super().__init__()
        self.deed, self.identity = deed, "0123456789ABCDEF"

    def status(self) -> dict[str, Any]:
        return {**super().status(), "identity": self.identity}

    def __call__(self, line: str) -> str | None:
        if line.startswith(("adjust set", "adjust permit")):
            self.deed(self)
            return None
        return super().__call__(line)


def change(scale: LosesAnswers) -> None:
    scale.session, scale.counter = True, scale.counter + 1
    facts = {"e_mg": "5000 -> 5"}
    scale.log.append({"number": 8, "time": 0, "boot": 1, "event": "parameter change", "facts": facts})


def lost(connect: Connect, scale: LosesAnswers, *words: str) -> tuple[Ended, Peer]:
    peer = connect(scale)
    return run(peer, *words), peer


def test_a_change_that_was_made_is_told_with_the_scales_log(connect: Connect) -> None:
    scale = LosesAnswers(change)
    done, _ = lost(connect, scale, *SET, "--json")
    assert done.exit_code == errors.NoAnswer.exit_code
    told = json.loads(done.stdout)["outcome"]
    assert told.startswith(f"{CHANGED}: calibration counter from 0 to 1")
    assert "statement 8, Parameters changed: e_mg from 5000 to 5" in told
    assert "closed again" in told
    assert told in done.stderr
    assert not scale.session


def test_a_change_that_was_not_made_is_told(connect: Connect) -> None:
    scale = LosesAnswers(lambda scale: setattr(scale, "session", True))
    done, peer = lost(connect, scale, *SET)
    assert NOTHING in done.stderr
    assert CHANGED not in done.stderr
    assert not scale.session
    assert peer.changes.count("adjust set e_mg 5") == 1, "a change is never carried out twice"


def test_a_session_that_was_open_before_stays(connect: Connect) -> None:
    scale = LosesAnswers(lambda scale: None)
    scale.session = True
    done, peer = lost(connect, scale, *SET)
    assert "is open, as it was before" in done.stderr
    assert scale.session
    assert "adjust close" not in peer.lines


def test_another_scale_at_the_port_makes_it_unknown(connect: Connect) -> None:
    scale = LosesAnswers(lambda scale: setattr(scale, "identity", "F" * 16))
    done, _ = lost(connect, scale, *SET)
    assert UNKNOWN in done.stderr
    assert "another scale" in done.stderr
    assert NOTHING not in done.stderr


def test_a_scale_that_does_not_come_back_makes_it_unknown(connect: Connect) -> None:
    peer = connect(ScriptedScale())
    scale = LosesAnswers(lambda _: peer.mute())
    peer.answer = scale
    done = run(peer, *SET, "--json")
    assert done.exit_code == errors.NoAnswer.exit_code
    told = json.loads(done.stdout)["outcome"]
    for words in (
        UNKNOWN,
        "`adjust set e_mg 5`",
        "00" * 16,
        "calibration counter 0",
        "steelyard scale status",
        "switch off",
    ):
        assert words in told


def test_a_scale_that_refuses_to_say_what_it_is_makes_it_unknown(connect: Connect) -> None:
    def refuse(scale: ScriptedScale) -> None:
        scale.status = lambda: {"error": "refused", "message": "its parameters are damaged"}  # type: ignore[method-assign]

    done, _ = lost(connect, LosesAnswers(refuse), *SET)
    assert UNKNOWN in done.stderr
    assert "its parameters are damaged" in done.stderr


def test_a_session_that_cannot_be_closed_is_unknown(connect: Connect) -> None:
    scale = LosesAnswers(change)
    peer = connect(lambda line: "error: no\n" if line == "adjust close" else scale(line))
    done = run(peer, *SET)
    assert CHANGED in done.stderr
    assert "unknown: whether the adjustment session is closed" in done.stderr


def test_a_scale_that_locked_itself_meanwhile_is_told(connect: Connect) -> None:
    scale = LosesAnswers(lambda scale: None)
    locked = iter((False, False))
    original = scale.status
    scale.status = lambda: {**original(), "locked": next(locked, True)}  # type: ignore[method-assign]
    done, _ = lost(connect, scale, *SET)
    assert "The scale is locked now." in done.stderr


def test_a_permit_whose_answer_is_lost_is_to_be_given_again(connect: Connect) -> None:
    scale = LosesAnswers(lambda scale: setattr(scale, "session", True))
    done, _ = lost(connect, scale, "adjust", "permit", "AAAA")
    assert "give it again" in done.stderr
    assert not scale.session


def test_a_log_that_makes_no_sense_does_not_hide_the_change(connect: Connect) -> None:
    scale = LosesAnswers(change)
    scale.log = [7]
    done, _ = lost(connect, scale, *SET)
    assert CHANGED in done.stderr
    assert "`steelyard scale log` says what it was" in done.stderr


# ---- guided steps ---------------------------------------------------------------------------------------------------


def test_span_waits_for_zero_and_never_sets_it(connect: Connect) -> None:
    scale = ScriptedScale()
    scale.load_mg = 400_000
    peer = connect(scale)
    deeds = (lambda: setattr(scale, "load_mg", 0), lambda: setattr(scale, "load_mg", 5_000_000))

    def technician() -> None:
        for deed in deeds:
            more = len(peer.lines) + 5
            wait_until(lambda more=more: len(peer.lines) >= more, 30, "five more questions")
            assert not any(line.startswith(("zero", "adjust")) for line in peer.lines)
            deed()

    hands = threading.Thread(target=technician)
    hands.start()
    done = run(peer, "adjust", "span", "5 kg", "--yes", "--json")
    hands.join()
    assert done.exit_code == 0, done.stderr
    assert not any(line.startswith("zero") for line in peer.lines)
    assert [line for line in peer.lines if line.startswith("adjust")] == ["adjust span 5 kg json", "adjust close"]
