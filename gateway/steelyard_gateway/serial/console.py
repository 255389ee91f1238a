"""The service console as a program sees it: a line out, lines back until an empty line and the prompt.

The console may echo and may have been left half-way through something, so a session starts by finding the prompt.
What comes back is bytes from outside: bounded, decoded with replacement, and refused where it makes no sense.
"""

import codecs
import json
import time
from collections.abc import Iterator
from typing import Any, Protocol

from steelyard_gateway.errors import Garbled, NoAnswer, NotAScale, Refused

PROMPT = "> "
LINE_LIMIT = 65536
ANSWER_LIMIT = 4 * 1024 * 1024


class Stream(Protocol):
    """A serial port: `read` returns what came within its time-out, perhaps nothing."""

    def read(self, size: int = 1, /) -> bytes: ...
    def write(self, data: bytes, /) -> int | None: ...


class SerialConsole:
    """One scale's service console; `port` is the name used in messages."""

    def __init__(self, stream: Stream, port: str) -> None:
        self.stream, self.port = stream, port
        self._pending = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def greet(self, timeout_s: float = 2.0) -> dict[str, Any]:
        """Find the prompt and return the scale's status; NoAnswer or NotAScale where no scale is there."""
        self.synchronise(timeout_s)
        try:
            status = self.json("status")
        except (Garbled, Refused) as error:
            raise NotAScale(port=self.port, said=str(error)) from error
        if "identity" not in status:
            raise NotAScale(port=self.port, said=json.dumps(status)[:80])
        return status

    def synchronise(self, timeout_s: float = 2.0) -> None:
        """End whatever runs and drop what it says, up to a prompt that nothing follows."""
        self._pending = ""
        self.stream.write(b"\r")
        deadline, said = time.monotonic() + timeout_s, ""
        while time.monotonic() < deadline:
            came = self._receive()
            said = (said + came)[-4096:]
            if not came and self._last_line(said) == PROMPT:
                return
        if not said.strip():
            raise NoAnswer(port=self.port, timeout_s=timeout_s)
        raise NotAScale(port=self.port, said=said[-80:])

    def lines(self, command: str, silence_s: float = 5.0) -> Iterator[str]:
        """Lines of the answer as they come, without the echo, the closing empty line and the prompt.

        NoAnswer where the scale says nothing for `silence_s`; Garbled where it does not stop or a line is too long.
        """
        self.stream.write(command.encode() + b"\r")
        deadline, total, first, held_empty = time.monotonic() + silence_s, 0, True, False
        while True:
            line = self._line()
            if line is None:
                if held_empty and self._pending == PROMPT:
                    self._pending = ""
                    return
                if time.monotonic() > deadline:
                    raise NoAnswer(port=self.port, timeout_s=silence_s)
                continue
            deadline = time.monotonic() + silence_s
            total += len(line) + 1
            if total > ANSWER_LIMIT:
                raise Garbled(command=command, port=self.port, said=line[:80])
            if first and line.removeprefix(PROMPT) == command:
                first = False
                continue
            first = False
            if held_empty:
                yield ""
            held_empty = line == ""
            if not held_empty:
                yield line

    def ask(self, command: str, silence_s: float = 5.0) -> str:
        """The whole answer in the console's own words; Refused where it is an error."""
        answer = "\n".join(self.lines(command, silence_s)).strip("\n")
        if answer.startswith("error:"):
            raise Refused(command=command, message=answer.removeprefix("error:").strip())
        return answer

    def json(self, command: str, silence_s: float = 5.0) -> dict[str, Any]:
        """The answer as the object that the console gives with `json` behind the command."""
        return self.parse(command, "\n".join(self.lines(f"{command} json", silence_s)))

    def json_list(self, command: str, silence_s: float = 5.0) -> list[Any]:
        """The answer as the array that the console gives for a list."""
        value = self._parse(command, "\n".join(self.lines(f"{command} json", silence_s)))
        if not isinstance(value, list):
            raise Garbled(command=command, port=self.port, said=str(value)[:80])
        return value

    def parse(self, command: str, line: str) -> dict[str, Any]:
        """One JSON object of the console; Refused where it carries an error, Garbled where it is none."""
        value = self._parse(command, line)
        if not isinstance(value, dict):
            raise Garbled(command=command, port=self.port, said=line[:80])
        return value

    def _parse(self, command: str, line: str) -> Any:
        try:
            value = json.loads(line)
        except ValueError as error:
            raise Garbled(command=command, port=self.port, said=line[:80]) from error
        if isinstance(value, dict) and "error" in value:
            raise Refused(command=command, message=value.get("message", value["error"]))
        return value

    def _line(self) -> str | None:
        """The next whole line, or None if none came within the port's time-out."""
        if "\n" not in self._pending:
            self._pending += self._receive()
        if "\n" not in self._pending:
            if len(self._pending) > LINE_LIMIT:
                raise Garbled(command="…", port=self.port, said=self._pending[:80])
            return None
        line, self._pending = self._pending.split("\n", 1)
        return line.rstrip("\r")

    def _receive(self) -> str:
        return self._decoder.decode(self.stream.read(4096))

    @staticmethod
    def _last_line(text: str) -> str:
        return text.replace("\r", "\n").rsplit("\n", 1)[-1]
