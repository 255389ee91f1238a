"""The service console as a program sees it: a question out, and its answer back, whole or not at all.

What comes back is text from outside: bounded, without control characters, and refused where it makes no sense.
"""

import codecs
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from steelyard_gateway.errors import Garbled, Gone, NoAnswer, NotAScale, Refused, Unsupported
from steelyard_gateway.serial.exchange import Exchange, Stream
from steelyard_gateway.serial.frames import Key, has_control

ANSWER_LIMIT = 4 * 1024 * 1024
START_S = 15.0
"""A board that resets when its port is opened is silent for up to 6 s, then the agent starts."""
_NO_SCALE = re.compile(r'the scale cannot (?:start|go on): [^"\r\n]*')
_UNKNOWN = "unknown-command"


class SerialConsole:
    """One scale's service console; `port` is the name used in messages.

    `sent` are the commands that may have changed the scale, answered or not, the last of them at `sent_s` by the port's
    clock and with the number `last`. `note(key, command)` is called before each, `say` shows what is waited for.
    """

    def __init__(self, stream: Stream, port: str, say: Callable[[str], None] = lambda _: None) -> None:
        self.stream, self.port, self.say = stream, port, say
        self.sent: list[str] = []
        self.sent_s, self.last = 0.0, (0, 0)
        self.note: Callable[[Key, str], None] = lambda key, command: None
        self._exchange = Exchange(stream, port, say)

    def greet(self) -> dict[str, Any]:
        """Wait for the scale and return its status.

        NoAnswer or NotAScale where no scale is there, Refused where it says why it cannot start.
        """
        deadline = self.stream.now_s() + START_S
        answer = None
        while answer is None:
            self.synchronise(max(0, deadline - self.stream.now_s()))
            try:
                answer = self._whole("status json")
            except (Garbled, NoAnswer):  # it has restarted since, or the line is very bad
                if self.stream.now_s() > deadline:
                    raise
        try:
            status = self.parse("status", answer)
        except Garbled as error:
            raise NotAScale(port=self.port, said=answer[:80]) from error
        if "identity" not in status:
            raise NotAScale(port=self.port, said=answer[:80])
        return status

    def synchronise(self, timeout_s: float) -> None:
        """Begin a new session, whatever was before; NoAnswer or NotAScale, Refused where the scale cannot start."""
        try:
            self._exchange.hello(timeout_s)
        except NotAScale as error:
            if reason := _NO_SCALE.search(self._exchange.plain):
                raise Refused(command="status", message=reason[0]) from error
            raise

    def lines(self, command: str) -> Iterator[str]:
        """Lines of the answer as they come; NoAnswer or Garbled where not all of it comes."""
        return self._lines(command, self._exchange.answer(self._exchange.next_key(), _plain(command)))

    def _lines(self, command: str, pieces: Iterator[bytes]) -> Iterator[str]:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        pending, total = "", 0
        try:
            for piece in pieces:
                total += len(piece)
                if total > ANSWER_LIMIT:
                    raise self._garbled(command, pending)
                *whole, pending = (pending + decoder.decode(piece)).split("\n")
                for line in whole:
                    if has_control(line):
                        raise self._garbled(command, line)
                    yield line
        except Gone as error:
            raise self._garbled(command, "it has restarted, or somebody else spoke to it") from error
        if pending:
            raise self._garbled(command, pending)

    def ask(self, command: str) -> str:
        """The whole answer in the console's own words; Refused where it is an error."""
        return self._words(command, self._whole(command))

    def json(self, command: str) -> dict[str, Any]:
        """The answer as the object that the console gives with `json` behind the command."""
        return self.parse(command, self._whole(f"{command} json"))

    def json_list(self, command: str) -> list[Any]:
        """The answer as the array that the console gives for a list."""
        value = self._parse(command, self._whole(f"{command} json"))
        if not isinstance(value, list):
            raise self._garbled(command, str(value))
        return value

    def change(self, command: str) -> str:
        """As `ask`, for a command that may change the scale: it is carried out once at most, and noted in `sent`."""
        return self._words(command, self._sent(command, command))

    def change_json(self, command: str) -> dict[str, Any]:
        """As `json`, for a command that may change the scale: it is carried out once at most, and noted in `sent`."""
        return self.parse(command, self._sent(command, f"{command} json"))

    def recall(self, key: Key, command: str) -> str | None:
        """What the scale answered to a command that an earlier call sent it; None where it does not remember that."""
        try:
            return "\n".join(self._lines(command, self._exchange.recall(key, command)))
        except Garbled as error:
            if isinstance(error.__cause__, Gone):
                return None
            raise

    def parse(self, command: str, line: str) -> dict[str, Any]:
        """One JSON object of the console; Refused where it carries an error, Garbled where it is none."""
        value = self._parse(command, line)
        if not isinstance(value, dict):
            raise self._garbled(command, line)
        return value

    def _whole(self, command: str) -> str:
        """The whole answer to a question that changes nothing; where the scale has lost its place, once again."""
        try:
            return "\n".join(self.lines(command))
        except Garbled as error:
            if not isinstance(error.__cause__, Gone):
                raise
        self.synchronise(START_S)
        return "\n".join(self.lines(command))

    def _sent(self, command: str, line: str) -> str:
        text, key = _plain(line), self._exchange.next_key()
        self.note(key, command)
        self.sent.append(command)
        self.sent_s, self.last = self.stream.now_s(), key
        return "\n".join(self._lines(command, self._exchange.answer(key, text, change=True)))

    def _words(self, command: str, answer: str) -> str:
        if answer.startswith("error:"):
            words = answer.removeprefix("error:").strip()
            raise self._refusal(command, _UNKNOWN if words.startswith("there is no command '") else "", words)
        return answer

    def _parse(self, command: str, line: str) -> Any:
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise self._garbled(command, line) from error
        if not _is_printable(value):
            raise self._garbled(command, line)
        if isinstance(value, dict) and "error" in value:
            raise self._refusal(command, value["error"], value.get("message", value["error"]))
        return value

    @staticmethod
    def _refusal(command: str, code: object, words: object) -> Refused:
        if code == _UNKNOWN:
            return Unsupported(command=command.split()[0])
        return Refused(command=command, message=words)

    def _garbled(self, command: str, said: str) -> Garbled:
        return Garbled(command=command.removesuffix(" json"), port=self.port, said=said[:200])


def _plain(command: str) -> str:
    """The command; ValueError where it has a control character."""
    if has_control(command):
        raise ValueError(f"{command!r} has a control character")
    return command


def _is_printable(value: Any) -> bool:
    """Whether no text in a JSON value has a control character: it may be shown on a terminal."""
    if isinstance(value, dict):
        return _is_printable([*value, *value.values()])
    if isinstance(value, list):
        return all(map(_is_printable, value))
    return not isinstance(value, str) or not has_control(value)
