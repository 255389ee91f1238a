"""The service console as a program sees it: a question out, and the pieces of its answer back, whole or not at all.

The line may have noise on it, and the scale may be starting, or have been left half-way through something. So the drop
key comes first, before anything that could complete what somebody else began to type. What comes back is bytes from
outside: bounded, decoded with replacement, and refused where it is not the whole answer to the question.
"""

import codecs
import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from steelyard_gateway.errors import Garbled, NoAnswer, NotAScale, Refused
from steelyard_gateway.serial import frames

PROMPT = "> "
LINE_LIMIT = 65536
ANSWER_LIMIT = 4 * 1024 * 1024
START_S = 15.0
"""A board that resets when its port is opened is silent for up to 6 s, then the agent starts."""
TRIES = 3
_SILENCE_S = 5.0
_KNOCK_S = 1.0
_QUIET_S = 2.0  # a scale that does nothing else for so long after its prompt has not got the question
_NO_SCALE = re.compile(r'the scale cannot (?:start|go on): [^"]*')


class Stream(Protocol):
    """A serial port: `read` returns what came within its time-out, perhaps nothing."""

    def read(self, size: int = 1, /) -> bytes: ...
    def write(self, data: bytes, /) -> int | None: ...
    def reopen(self, timeout_s: float, /) -> None: ...


class SerialConsole:
    """One scale's service console; `port` is the name used in messages.

    `sent` are the commands that may have changed the scale, answered or not, the last of them at `sent_s` (monotonic).
    `say` shows what is waited for.
    """

    def __init__(self, stream: Stream, port: str, say: Callable[[str], None] = lambda _: None) -> None:
        self.stream, self.port, self.say = stream, port, say
        self.sent: list[str] = []
        self.sent_s = 0.0
        self._pending = ""
        self._heard_s = 0.0
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def greet(self) -> dict[str, Any]:
        """Wait for the scale and return its status.

        NoAnswer or NotAScale where no scale is there, Refused where it says why it cannot start.
        """
        deadline = time.monotonic() + START_S
        while True:
            self.synchronise(max(_KNOCK_S, deadline - time.monotonic()))
            try:
                answer = self._whole("status json", _SILENCE_S)
            except (Garbled, NoAnswer) as error:
                said = str(error.values.get("said", ""))
                if reason := _NO_SCALE.search(said):
                    raise Refused(command="status", message=reason[0]) from error
                if time.monotonic() > deadline:
                    raise (NotAScale(port=self.port, said=said[:80]) if said else error) from error
            else:
                return self._status(answer)

    def _status(self, answer: str) -> dict[str, Any]:
        try:
            status = self.parse("status", answer)
        except Garbled as error:
            raise NotAScale(port=self.port, said=answer[:80]) from error
        if "identity" not in status:
            raise NotAScale(port=self.port, said=answer[:80])
        return status

    def synchronise(self, timeout_s: float) -> None:
        """End whatever runs and drop what is half typed, up to a prompt that nothing follows; NoAnswer or NotAScale."""
        self._pending, said, knocks = "", "", 0
        start = time.monotonic()
        while (waited := time.monotonic() - start) < timeout_s:
            if waited >= knocks * _KNOCK_S:
                self.stream.write(frames.DROP)
                knocks += 1
                if knocks == 2:
                    self.say(f"Waiting for the scale to start or to finish what it does, at most {timeout_s:.0f} s")
            came = self._receive()
            said = (said + came)[-4096:]
            if not came and self._last_line(said) == PROMPT:
                return
        # Only now, as a line's end is for whoever else may be there: no command of a scale ends like this.
        self.stream.write(frames.DROP + b" #\r")
        asked_s = time.monotonic()
        while not said.strip() and time.monotonic() - asked_s < _KNOCK_S:
            said += self._receive()
        if not said.strip():
            raise NoAnswer(port=self.port, timeout_s=timeout_s)
        raise NotAScale(port=self.port, said=said[-80:])

    def lines(self, command: str, silence_s: float = _SILENCE_S) -> Iterator[str]:
        """Lines of the answer as they come.

        NoAnswer where none of it comes for `silence_s`; Garbled where a piece is missing or damaged, or it is too long.
        """
        question = frames.Question(command)
        self._pending, said, held = "", "", ""
        self.stream.write(question.line)
        deadline, total, number = time.monotonic() + silence_s, 0, 0
        while True:
            line = self._line()
            piece = question.piece(line) if line else None
            if line is None and self._pending == PROMPT and time.monotonic() - self._heard_s > _QUIET_S:
                raise self._garbled(command, said) if said else NoAnswer(port=self.port, timeout_s=_QUIET_S)
            if line is None and time.monotonic() > deadline:
                raise NoAnswer(port=self.port, timeout_s=silence_s)
            if piece is None:  # an echo, noise, or what was asked before
                said = line or said
                continue
            deadline, total = time.monotonic() + silence_s, total + len(piece.text) + 1
            if piece.number != number or total > ANSWER_LIMIT:
                raise self._garbled(command, piece.text)
            if piece.kind == frames.END:
                return
            number, held = number + 1, held + piece.text
            if piece.kind == frames.LINE:
                yield held
                held = ""

    def ask(self, command: str, silence_s: float = _SILENCE_S) -> str:
        """The whole answer in the console's own words; Refused where it is an error."""
        return self._words(command, self._whole(command, silence_s, TRIES))

    def json(self, command: str, silence_s: float = _SILENCE_S) -> dict[str, Any]:
        """The answer as the object that the console gives with `json` behind the command."""
        return self.parse(command, self._whole(f"{command} json", silence_s, TRIES))

    def json_list(self, command: str, silence_s: float = _SILENCE_S) -> list[Any]:
        """The answer as the array that the console gives for a list."""
        value = self._parse(command, self._whole(f"{command} json", silence_s, TRIES))
        if not isinstance(value, list):
            raise self._garbled(command, str(value))
        return value

    def change(self, command: str, silence_s: float = _SILENCE_S) -> str:
        """As `ask`, for a command that may change the scale: it is sent once and noted in `sent`."""
        return self._words(command, self._sent(command, command, silence_s))

    def change_json(self, command: str, silence_s: float = _SILENCE_S) -> dict[str, Any]:
        """As `json`, for a command that may change the scale: it is sent once and noted in `sent`."""
        return self.parse(command, self._sent(command, f"{command} json", silence_s))

    def _sent(self, command: str, line: str, silence_s: float) -> str:
        self.sent.append(command)
        self.sent_s = time.monotonic()
        return self._whole(line, silence_s)

    def parse(self, command: str, line: str) -> dict[str, Any]:
        """One JSON object of the console; Refused where it carries an error, Garbled where it is none."""
        value = self._parse(command, line)
        if not isinstance(value, dict):
            raise self._garbled(command, line)
        return value

    def _whole(self, command: str, silence_s: float, tries: int = 1) -> str:
        """The whole answer; one that is lost or damaged is asked for again, `tries` times in all."""
        while True:
            tries -= 1
            try:
                return "\n".join(self.lines(command, silence_s))
            except (Garbled, NoAnswer):
                if not tries:
                    raise

    @staticmethod
    def _words(command: str, answer: str) -> str:
        if answer.startswith("error:"):
            raise Refused(command=command, message=answer.removeprefix("error:").strip())
        return answer

    def _parse(self, command: str, line: str) -> Any:
        try:
            value = json.loads(line)
        except ValueError as error:
            raise self._garbled(command, line) from error
        if not _is_printable(value):
            raise self._garbled(command, line)
        if isinstance(value, dict) and "error" in value:
            raise Refused(command=command, message=value.get("message", value["error"]))
        return value

    def _garbled(self, command: str, said: str) -> Garbled:
        return Garbled(command=command.removesuffix(" json"), port=self.port, said=said[:200])

    def _line(self) -> str | None:
        """The next whole line, or None if none came within the port's time-out."""
        if "\n" not in self._pending:
            self._pending += self._receive()
        if "\n" not in self._pending:
            if len(self._pending) > LINE_LIMIT:
                raise self._garbled("…", self._pending)
            return None
        line, self._pending = self._pending.split("\n", 1)
        return line.rstrip("\r")

    def _receive(self) -> str:
        came = self.stream.read(4096)
        if came:
            self._heard_s = time.monotonic()
        return self._decoder.decode(came)

    @staticmethod
    def _last_line(text: str) -> str:
        return text.replace("\r", "\n").rsplit("\n", 1)[-1]


def _is_printable(value: Any) -> bool:
    """Whether no text in a JSON value has a control character: it may be shown on a terminal."""
    if isinstance(value, dict):
        return _is_printable([*value, *value.values()])
    if isinstance(value, list):
        return all(map(_is_printable, value))
    return not isinstance(value, str) or not frames.has_control(value)
