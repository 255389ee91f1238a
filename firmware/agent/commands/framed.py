"""Machine mode: a program's commands in frames (`agent.port.frames`), and their answers piece by piece as it asks.

The scale says nothing by itself. HELLO begins a session, with a new number. ASK brings a command, CHANGE one that may
change something; both say how much text the first piece may have. READ asks for the text from an offset on. The answer
is TEXT, or LAST where nothing follows, and TAKEN every 0.4 s until there is one. What the scale does not know is GONE.

A CHANGE is carried out once: the newest is remembered with its answer, over the end of its session too. Whoever asks
for something else meanwhile gives an answer up, never a command: what that does it does to its end.
"""

import asyncio

from micropython import const

from agent.commands.reply import Reply
from agent.port import frames, system
from agent.port.console import LineTooLong

_HELLO = const(1)
_ASK = const(2)
_CHANGE = const(3)
_READ = const(4)
_WELCOME = const(8)
_TAKEN = const(9)
_TEXT = const(10)
_LAST = const(11)
_GONE = const(12)

# Places in the console's memory: the session, the newest CHANGE as (session, number), and its Answer's text so far.
_SESSION = const(0)
_CHANGED = const(1)
_ANSWER = const(2)

_END = b"\xfd"
_ASCII = const(127)
_LINE_BYTES = const(4096)
_WINDOW = const(256)
_STILL_MS = const(400)
_PATIENCE_MS = const(20000)  # longer than a tool tries to fetch a piece
_IDLE_MS = const(2000)


class Conversation:
    """What is said in frames at one port, until nothing comes for a while, or something else.

    `memory` is the console's, an empty list at first. `carry_out(command, reply)` answers one command.
    """

    def __init__(self, terminal, memory, carry_out):
        self._terminal = terminal
        self._memory = memory
        self._carry_out = carry_out
        self._sending = asyncio.Lock()
        self._answer = None
        self._line = None  # what came while an answer was given, and is no part of that

    async def run(self, line):
        """Take frames, beginning with `line`; returns the first line that is none, None after two quiet seconds."""
        self._terminal.echo(False)
        try:
            return await self._run(line)
        finally:
            self._terminal.echo(True)

    async def _run(self, line):
        while line is not None and line.endswith(_END):
            self._line = None
            frame = frames.unpack(line)
            if frame and frame[0] == frames.CONSOLE:
                await self._take(*frame[1:])
            line = self._line
            if line is None:
                line = await self.next(_IDLE_MS)
        return line

    async def next(self, wait_ms):
        """The next frame, or line of ASCII, as others are what a bad line made of frames; None after `wait_ms`."""
        while True:
            try:
                line = await asyncio.wait_for_ms(self._terminal.readline(_LINE_BYTES), wait_ms)
            except asyncio.TimeoutError:
                return None
            except LineTooLong:
                continue
            if line.endswith(_END) or (line and max(line) <= _ASCII):
                return line

    def put_back(self, line):
        """Have `line` taken once the command that is being answered has ended."""
        self._line = line

    async def send(self, kind, key, offset=0, data=b""):
        """Send a frame, as a whole."""
        async with self._sending:
            await self._terminal.write_bytes(frames.pack(frames.CONSOLE, kind, key[0], key[1], offset, data))

    async def _take(self, kind, session, sequence, offset, data):
        key = session, sequence
        if kind == _HELLO:
            session = self._begin()
            await self.send(_WELCOME, (session, sequence), 0, data)
        elif kind == _READ or self._is_repeat(kind, key):
            await self._read(key, offset, data)
        elif kind in (_ASK, _CHANGE):
            if not self._memory or session != self._memory[_SESSION]:
                await self.send(_GONE, key)
            elif kind == _ASK or not self._is_stale(key):
                await self._do(kind, key, data)

    def _begin(self):
        """A new session, whose numbers are not those of the change that is remembered; returns its own."""
        session = int.from_bytes(system.random(4), "big")
        changed = self._memory[1:] or [None, None]
        if changed[0] is not None and changed[0][0] == session:
            session ^= 1
        self._memory[:] = [session] + changed
        return session

    def _is_repeat(self, kind, key):
        newest = self._answer.key if self._answer else None
        return key == newest or (kind == _CHANGE and len(self._memory) > 1 and key == self._memory[_CHANGED])

    def _is_stale(self, key):
        changed = self._memory[_CHANGED]
        return changed is not None and changed[0] == key[0] and key[1] < changed[1]

    async def _read(self, key, offset, data):
        answer = self._answer
        if not (answer and answer.key == key):
            known = len(self._memory) > 1 and key == self._memory[_CHANGED] and self._memory[_ANSWER] is not None
            if not known:
                await self.send(_GONE, key)
                return
            answer = self._answer = Answer(self, key, 0, text=self._memory[_ANSWER])
        await answer.give_from(offset, int.from_bytes(data[:2], "big"))

    async def _do(self, kind, key, data):
        answer = self._answer = Answer(self, key, int.from_bytes(data[:2], "big"), data[2:])
        if kind == _CHANGE:
            self._memory[_CHANGED:] = [key, None]
        still = asyncio.create_task(answer.tell_still())
        try:
            await self._carry_out(data[2:], answer)
        finally:
            still.cancel()
        if answer.given_up:
            self._answer = None
        elif kind == _CHANGE and answer.whole:
            self._memory[_ANSWER] = bytes(answer.window)


class Answer(Reply):
    """An answer that is fetched piece by piece; beyond what was fetched it holds at most 256 bytes.

    Once somebody asks for something else, or for nothing any more, it is `given_up`: what is written goes nowhere.
    """

    def __init__(self, conversation, key, room, command=b"", text=None):
        super().__init__(command)
        self.key = key
        self.window = bytearray(text or b"")
        self._conversation = conversation
        self._ended = text is not None
        self._start = 0  # where in the answer the window begins
        self._from = self._given = 0  # where in the window the last request began, and how far it was given
        self._room = room
        self._due = not self._ended  # a request waits for its text
        self._left = asyncio.Event()

    @property
    def whole(self):
        """Whether the window has all of the answer."""
        return self._ended and self._start == 0

    async def write(self, text):
        """Write a piece of a line; waits until there is room for it."""
        data = text.encode()
        while data and not self.given_up:
            if len(self.window) == _WINDOW:
                self._drop()
            room = _WINDOW - len(self.window)
            self.window.extend(data[:room])
            data = data[room:]
            if self._due and (data or len(self.window) - self._from >= self._room):
                await self._give()
            elif data:
                await self._listen()

    def _drop(self):
        """Forget what was asked beyond."""
        self.window[: self._from] = b""
        self._start += self._from
        self._given -= self._from
        self._from = 0

    async def now(self):
        """Have all that is written fetched."""
        while self._given < len(self.window) and not self.given_up:
            await (self._give() if self._due else self._listen())

    async def end(self):
        """Say that this was all."""
        self._ended = True
        if self._due:
            await self._give()

    async def pressed(self):
        """Return once nobody fetches this any more, as a program presses no key."""
        await self._left.wait()

    async def tell_still(self):
        """Say again and again, without end, that an answer comes, while somebody waits for one."""
        while True:
            if self._due:
                await self._conversation.send(_TAKEN, self.key)
            await asyncio.sleep_ms(_STILL_MS)

    async def give_from(self, offset, room):
        """Give at most `room` bytes from `offset` (modulo 65,536) on, now or once they are written."""
        ahead = (offset - self._start) & 0xFFFF
        if ahead <= len(self.window):
            self._from = self._given = ahead
            self._room = room
            self._due = True
            if self._ended or ahead < len(self.window):
                await self._give()

    async def _give(self):
        data = bytes(self.window[self._from : self._from + max(1, self._room)])
        self._given = self._from + len(data)
        self._due = False
        kind = _LAST if self._ended and self._given == len(self.window) else _TEXT
        await self._conversation.send(kind, self.key, self._start + self._from, data)

    async def _listen(self):
        """Wait for the next request for this answer; for anything else it is given up."""
        line = await self._conversation.next(_PATIENCE_MS)
        if line is not None and line.endswith(_END):
            frame = frames.unpack(line)
            if frame is None or frame[0] != frames.CONSOLE:
                return
            _, kind, session, sequence, offset, data = frame
            if session == self.key[0] and sequence < self.key[1]:
                return  # it was on its way for long
            if kind != _HELLO and (session, sequence) == self.key:
                await self.give_from(offset, int.from_bytes(data[:2], "big"))
                return
        self.given_up = True
        self._left.set()
        self._conversation.put_back(line)
