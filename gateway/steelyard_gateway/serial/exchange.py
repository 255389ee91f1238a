"""Machine mode: one question after the other in frames, and its answer fetched piece by piece.

Half duplex by design, as RS-485 needs it: the scale speaks when it is asked, and nothing is sent while its answer may
still come. While it works on one it says so (TAKEN) every 0.4 s; after a silence the same frame is sent again. A scale
carries a CHANGE out once, however often it comes. The noisier the line, the smaller the pieces.
"""

import secrets
from collections.abc import Callable, Iterator
from typing import Protocol

from steelyard_gateway.errors import Garbled, Gone, NoAnswer, NotAScale
from steelyard_gateway.serial.frames import Channel, Frame, Key, Kind, Reader

SILENCE_S = 1.2
"""A scale that has something to answer is not silent for so long."""
LONGEST_S = 90.0
"""No command keeps the console busy for longer."""
TRIES = 12
DROP = b"\x15"
"""The console's drop key: what is half typed goes, and nothing is carried out."""
_MOST, _LEAST, _MORE = 200, 16, 8  # bytes of text in a piece: at first, at least, and how they grow again


class Stream(Protocol):
    """A serial port: `read` returns what came within its time-out, perhaps nothing; `now_s` is its clock."""

    def read(self, size: int = 1, /) -> bytes: ...
    def write(self, data: bytes, /) -> int | None: ...
    def reopen(self, timeout_s: float, /) -> None: ...
    def now_s(self) -> float: ...


class Exchange:
    """What is asked of the scale at `port`, in sessions that `hello` begins; `say` shows what is waited for."""

    def __init__(self, stream: Stream, port: str, say: Callable[[str], None]) -> None:
        self.stream, self.port, self.say = stream, port, say
        self._session = self._sequence = 0
        self._room = _MOST
        self._reader = Reader()

    @property
    def plain(self) -> str:
        """What came beside the frames, the end of it."""
        return self._reader.plain.decode(errors="replace")

    def hello(self, timeout_s: float) -> None:
        """Begin a session with whatever scale is there, or starts; NoAnswer or NotAScale."""
        deadline, knocks = self.stream.now_s() + timeout_s, 0
        self._reader = Reader()
        while True:
            nonce = secrets.token_bytes(4)

            def welcomes(frame: Frame, nonce: bytes = nonce) -> bool:
                return frame.kind == Kind.WELCOME and frame.data == nonce

            if answer := self._once(Frame(Kind.HELLO, 0, 0, 0, nonce), welcomes):
                self._session, self._sequence = answer.session, 0
                return
            knocks += 1
            if self.stream.now_s() > deadline:
                self._provoke(timeout_s)
            if knocks == 1:
                self.say(f"Waiting for the scale to start or to finish what it does, at most {timeout_s:.0f} s")

    def _provoke(self, timeout_s: float) -> None:
        """Say what is there instead: only now a line's end, as it is a key. No command of a scale ends like this."""
        if self._session or self._reader.damaged:  # it is a scale, and the line is very bad
            raise Garbled(command="status", port=self.port, said=self.plain[-80:])
        self.stream.write(DROP + b" #\r")
        deadline = self.stream.now_s() + SILENCE_S
        while not self.plain.strip() and self.stream.now_s() < deadline:
            self._reader.take(self.stream.read(4096))
        if not self.plain.strip():
            raise NoAnswer(port=self.port, timeout_s=timeout_s)
        raise NotAScale(port=self.port, said=self.plain[-80:])

    def next_key(self) -> Key:
        """The number of the next question."""
        self._sequence += 1
        return self._session, self._sequence

    def answer(self, key: Key, command: str, change: bool = False) -> Iterator[bytes]:
        """Ask, and give the answer's text in pieces as they come; raises Gone, NoAnswer, Garbled."""
        kind = Kind.CHANGE if change else Kind.ASK
        yield from self._fetch(key, command, lambda _: Frame(kind, *key, 0, self._wanted() + command.encode()))

    def recall(self, key: Key, command: str) -> Iterator[bytes]:
        """The answer to a CHANGE of an earlier session, where the scale remembers it; as `answer`, never asks anew."""
        yield from self._fetch(key, command, lambda offset: self._read(key, offset))

    def _fetch(self, key: Key, command: str, first: Callable[[int], Frame]) -> Iterator[bytes]:
        offset, ask = 0, first
        while True:
            piece = self._piece(key, command, offset, ask)
            yield piece.data
            if piece.kind == Kind.LAST:
                return
            offset, ask = offset + len(piece.data), lambda offset: self._read(key, offset)

    def _wanted(self) -> bytes:
        return self._room.to_bytes(2, "big")

    def _read(self, key: Key, offset: int) -> Frame:
        return Frame(Kind.READ, *key, offset & 0xFFFF, self._wanted())

    def _piece(self, key: Key, command: str, offset: int, ask: Callable[[int], Frame]) -> Frame:
        """The piece at `offset`, asked for until it comes."""

        def is_it(frame: Frame) -> bool:
            if frame.key != key:
                return False
            text = frame.kind == Kind.LAST or (frame.kind == Kind.TEXT and frame.data)
            return frame.kind == Kind.GONE or (bool(text) and frame.offset == offset & 0xFFFF)

        heard = len(self._reader.plain)
        for _ in range(TRIES):
            if found := self._once(ask(offset), is_it):
                self._room = min(_MOST, self._room + _MORE)
                if found.kind == Kind.GONE:
                    raise Gone
                return found
            self._room = max(_LEAST, self._room // 2)
        if offset or len(self._reader.plain) != heard:
            raise Garbled(command=command.removesuffix(" json"), port=self.port, said=self.plain[-200:])
        raise NoAnswer(port=self.port, timeout_s=TRIES * SILENCE_S)

    def _once(self, question: Frame, is_answer: Callable[[Frame], bool]) -> Frame | None:
        """Send one frame and wait for its answer; None after a silence, in which nothing is on its way any more."""
        self.stream.write(question.encode())
        start = silent_s = self.stream.now_s()
        while (now := self.stream.now_s()) - silent_s < SILENCE_S and now - start < LONGEST_S:
            came = self.stream.read(4096)
            for frame in self._reader.take(came):
                if frame.channel == Channel.CONSOLE and is_answer(frame):
                    return frame
                if frame.kind == Kind.TAKEN and frame.key == question.key:
                    silent_s = self.stream.now_s()
            if came and self._reader.inside:
                silent_s = self.stream.now_s()
        return None
