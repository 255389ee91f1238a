"""The tool's side of the line: frames, control characters, waiting, and what it says where an answer was lost."""

import json
import threading
from collections.abc import Callable, Container, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit.cli import Ended, steelyard
from kit.frames import framed, opened, sealed
from kit.pty_peer import Peer, ScriptedScale
from kit.servers import wait_until
from steelyard_gateway import errors
from steelyard_gateway.serial import port
from steelyard_gateway.serial.frames import DROP, END, LINE, MORE, Piece, Question

Connect = Callable[..., Peer]
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


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"])))
def test_a_question_is_one_line_with_a_name_of_its_own(command: str) -> None:
    one, other = Question(command), Question(command)
    assert one.ident != other.ident
    assert one.line[:1] == DROP
    assert one.line.count(b"\r") + one.line.count(b"\n") == 1
    assert opened(one.line[1:-1].decode()) == (one.ident, command)


def test_pieces_are_told_from_everything_else() -> None:
    question = Question("status")
    ident = question.ident
    for kind in (LINE, MORE, END):
        assert question.piece(sealed(f"{kind}{ident} 12 a #b")) == Piece(kind, 12, "a #b")
    assert question.piece("noise" + sealed(f"={ident} 0 x")) == Piece(LINE, 0, "x")
    whole = sealed(f"={ident} 0 x")
    others = [
        whole + " ",
        whole[:-1],
        whole.replace("x", "y"),
        whole + whole,
        sealed("=0badc0de 0 x"),
        sealed(f"!{ident} 0 x"),
    ]
    for line in (
        "",
        "> ",
        *others,
        sealed(f"={ident} x"),
        sealed(f"={ident} 0 \x1b[2J"),
        question.line.decode().strip(),
    ):
        assert question.piece(line) is None, line


@pytest.mark.parametrize("command", ["adjust zero\rstatus", "a\nb", "a\tb", "a\x15", "a\x7f", "a\x85", "a\u2028"])
def test_a_command_with_a_control_character_is_never_sent(command: str) -> None:
    with pytest.raises(ValueError, match="control character"):
        Question(command)


def spoilt(scale: ScriptedScale, spoil: Callable[[str], str], which: Container[int]) -> Callable[[str], str | None]:
    """A raw peer that answers as the scale does, but `spoil`s the framed answers to the questions of those numbers."""
    asked = count()

    def answer(line: str) -> str | None:
        found = opened(line)
        said = scale(found[1]) if found else "error: ?"
        text = framed(found[0], said or "") if found else f"{said}\n"
        return f"{line}\n{spoil(text) if next(asked) in which else text}\n> "

    return answer


SPOIL = {
    "a letter": lambda text: text.replace("e_mg", "e_mq", 1),
    "the end": lambda text: text[: text.rindex(".")],
    "the first piece": lambda text: text[text.index("\n") + 1 :],
    "everything": lambda text: "",
    "its name": lambda text: framed("0badc0de", text),
    "its frame": lambda text: '{"identity": "0"}\n',
}


@pytest.mark.parametrize("what", SPOIL)
def test_an_answer_that_is_not_whole_is_asked_for_again(connect: Connect, what: str) -> None:
    scale = ScriptedScale()
    for broken in ({1}, {1, 2}):
        peer = connect(spoilt(scale, SPOIL[what], broken), raw=True)
        peer.prompts = True
        told = run(peer, "parameters", "--json")
        assert told.exit_code == 0, told.stderr
        assert json.loads(told.stdout)["parameters"]["e_mg"] == 5000
    peer = connect(spoilt(scale, SPOIL[what], range(1, 1000)), raw=True)
    peer.prompts = True
    assert run(peer, "parameters").exit_code == errors.Garbled.exit_code


@pytest.mark.parametrize("spoil", ["\\u001b[2J", "\\n", "\\u0085"])
def test_json_with_control_characters_is_not_passed_on(connect: Connect, spoil: str) -> None:
    scale = ScriptedScale()
    for said, words, error in (("S-1", "status", errors.NotAScale), ("enrolled", "log", errors.Garbled)):
        peer = connect(lambda line, said=said: (scale(line) or "").replace(said, f"{said}{spoil}"))
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
    peer = connect(lambda line: f"error: {REASON}\n" if plain else json.dumps({"error": "x", "message": REASON}) + "\n")
    peer.frames = not plain
    told = run(peer, "status", "--json")
    assert (told.exit_code, json.loads(told.stdout)["error"]) == (errors.Refused.exit_code, "refused")
    assert REASON in told.stderr
    found = [peer.port, connect(lambda line: None, True).port]
    monkeypatch.setattr(
        port.list_ports, "comports", lambda: [type("P", (), {"device": one, "vid": 1}) for one in found]
    )
    assert port.find() == peer.port


def test_the_drop_key_comes_before_anything_that_could_end_a_line(connect: Connect) -> None:
    peer = connect(ScriptedScale())
    assert run(peer, "status").exit_code == 0
    assert peer.heard.startswith(DROP)
    assert all(part.startswith("@") for part in peer.heard.decode().split(DROP.decode()) if "\r" in part)


def test_whoever_says_nothing_gets_nothing_but_the_drop_key_until_the_end(connect: Connect) -> None:
    peer = connect(lambda line: None, True)
    told = run(peer, "status")
    assert told.exit_code == errors.NoAnswer.exit_code
    assert peer.heard.strip(DROP) == b" #\r"
    assert "Waiting for the scale to start" in told.stderr


# ---- a change whose answer is lost ----------------------------------------------------------------------------------


class LosesAnswers(ScriptedScale):
    """Does `deed` at `adjust set` and says nothing but its prompt, or nothing at all."""

    def __init__(self, deed: Callable[["LosesAnswers"], None], silent: bool = False) -> None:
        super().__init__()
        self.deed, self.silent, self.identity = deed, silent, "0123456789ABCDEF"

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
    if not scale.silent:
        deed = scale.deed

        def prompt(one: LosesAnswers) -> None:
            deed(one)
            peer.say("\n> ")

        scale.deed = prompt
    return run(peer, *words), peer


@pytest.mark.parametrize("silent", [False, True])
def test_a_change_that_was_made_is_told_with_the_scales_log(connect: Connect, silent: bool) -> None:
    scale = LosesAnswers(change, silent)
    done, _ = lost(connect, scale, *SET, "--json")
    assert done.exit_code == (errors.NoAnswer if silent else errors.Garbled).exit_code
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
    assert peer.lines.count("adjust set e_mg 5") == 1, "a change is never sent twice"


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
    scale = LosesAnswers(lambda _: peer.mute(), silent=True)
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
    scale.deed = lambda one: (change(one), peer.say("\n> "))[0]
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
