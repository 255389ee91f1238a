"""The till's side of the scale: Toledo 8217 at the RS-232 port, 9600 baud, 7 bits, even parity.

A till asks for weights, and may do what the keys zero, tare and clear do; nothing it sends does more. Commands are
single letters without an end; what is none is dropped. Tills send a tare of zeros before every weight: that clears what
the till itself has set, and nothing else.
"""

import asyncio

from micropython import const

from agent.errors import AgentError
from agent.port import clock, uart

_BAUD = const(9600)
_BITS = const(7)
_MOST = const(32)  # bytes that are taken at a time
_STX = b"\x02"
_ANSWER_END = b"\r"

_TARE_DIGITS = const(5)
_DIGITS_MS = const(20)  # a digit takes a millisecond on the line
_ECHO_MS = const(2000)  # a till that asks for an echo and goes away leaves none to the next
_TILL_TARE = const(15)  # the parameter that allows a preset tare
_GRAM_MG = const(1000)

# Status: two bits that are always there, then what is the matter.
_ALWAYS = const(0x60)
_MOTION = const(1)
_OVER = const(2)
_UNDER_ZERO = const(4)
_NO_ZERO = const(8)  # outside the range in which zero can be set
_ZERO = const(16)

_RUBBISH = const(40)  # so many bytes in a row that are no command are said
_RUBBISH_MS = const(5000)
_NOTICE = "TILL: RUBBISH. 9600 7E1?"


class Till:
    """Serves the till of `scale` for ever."""

    def __init__(self, scale):
        self._scale = scale
        self._weighing = scale.weighing
        port = uart.open(_BAUD, bits=_BITS, parity=uart.EVEN, received=_MOST)
        self._reader = asyncio.StreamReader(port)
        self._writer = asyncio.StreamWriter(port)
        self._tare = b""  # T and the digits after it, while more may come
        self._tares = None  # which change of the tare was the till's last
        self._echo = False
        self._rubbish = 0
        self._rubbish_ms = clock.ticks_ms()

    async def run(self):
        """Take bytes and answer; no more of them than there are answers sent."""
        while True:
            data: bytes = await (self._read_soon() if self._tare or self._echo else self._reader.read(_MOST))
            for byte in data:
                await self._take(byte)
            self._note_rubbish()

    async def _read_soon(self):
        """What comes next; where nothing does, echo and a tare that broke off end."""
        try:
            return await asyncio.wait_for_ms(self._reader.read(_MOST), _ECHO_MS if self._echo else _DIGITS_MS)
        except asyncio.TimeoutError:
            self._echo = False
            await self._end_tare()
            return b""

    async def _take(self, byte):
        letter = bytes((byte,))
        if self._echo:
            self._echo = letter != b"F"
            await self._send(letter if self._echo else _STX + b"F" + _ANSWER_END)
            return
        if self._tare:
            if letter.isdigit():
                self._tare += letter
                if len(self._tare) > _TARE_DIGITS:
                    await self._end_tare()
                return
            await self._end_tare()
        if letter == b"T":
            self._tare = letter
        elif letter == b"W":
            await self._send(self._weight() or self._status())
        elif letter == b"Z":
            await self._do(self._weighing.set_zero)
        elif letter == b"C":
            await self._do(self._weighing.clear_tare)
        elif letter == b"E":
            self._echo = True
            await self._send(_STX + letter + _ANSWER_END)
        elif letter == b"F":
            await self._send(_STX + letter + _ANSWER_END)
        elif letter not in b"\r\n":
            self._rubbish += 1
            return
        self._rubbish = 0

    async def _end_tare(self):
        """Do what `T`, or `T` with five digits, asks for; with fewer digits nothing."""
        tare, self._tare = self._tare, b""
        if tare == b"T":
            await self._do(self._weighing.set_tare)
        elif len(tare) > _TARE_DIGITS:
            await self._do(lambda: self._preset(int(tare[1:])))
        elif tare:
            await self._send(self._status())

    def _preset(self, grams):
        """A tare of the till's, where the type allows it; zeros take back the one of now if it is the till's."""
        if grams and self._scale.parameters.map.get(_TILL_TARE):
            self._weighing.preset_tare(grams * _GRAM_MG)
            self._tares = self._weighing.tares
        elif not grams and self._tares == self._weighing.tares:
            self._weighing.clear_tare()

    async def _do(self, work):
        """Do it as a key would, and answer with the status, which says what was in the way."""
        if not self._scale.barred:
            try:
                work()
            except AgentError:
                pass
        await self._send(self._status())

    async def _send(self, answer):
        self._writer.write(answer)
        await self._writer.drain()

    # What is answered

    def _is_weighed(self):
        weighing = self._weighing
        return not self._scale.barred and weighing.at_rest() and weighing.started()

    def _weight(self):
        """The answer with the net weight in kilograms, None where there may be none."""
        weighing = self._weighing
        net = weighing.net()
        if not self._is_weighed() or net < 0 or weighing.gross < 0 or weighing.overload():
            return None
        mg = net * weighing.unit_mg
        text = "%02d.%06d" % (mg // 1000000, mg % 1000000)
        if not weighing.unit_mg % _GRAM_MG:
            text = text[:-3]  # no fraction of a gram, and three decimals are what tills expect
        return _STX + text.encode() + (b"N" if weighing.tare else b"") + _ANSWER_END

    def _status(self):
        """The answer that says why there is no weight; without a reason in it some tills take the last weight again."""
        weighing, bits = self._weighing, _ALWAYS
        if not self._is_weighed():
            bits |= _MOTION  # also while locked, in a repair or a fault: there is no other word for it
        if not self._scale.barred and weighing.fresh():
            if weighing.overload():
                bits |= _OVER
            if weighing.gross < 0 or weighing.net() < 0:
                bits |= _UNDER_ZERO
            if not weighing.in_zero_range():
                bits |= _NO_ZERO
            if not bits & _MOTION and weighing.at_zero():
                bits |= _ZERO
        return _STX + b"?" + bytes((bits,)) + _ANSWER_END

    def _note_rubbish(self):
        """Have it said on the displays while what comes makes no sense, as from a till of another speed."""
        if self._rubbish >= _RUBBISH:
            self._rubbish = _RUBBISH
            self._rubbish_ms = clock.ticks_ms()
            self._scale.notice = _NOTICE
        elif self._scale.notice == _NOTICE and clock.ticks_diff(clock.ticks_ms(), self._rubbish_ms) > _RUBBISH_MS:
            self._scale.notice = ""
