"""Printing receipts at the RS-232 port. Loaded when something is printed.

The port has three wires, so a printer holds us back by XOFF; one that speaks ESC/POS is asked whether it is there, has
paper, and has printed all. What was not printed stays in the seller's list, and weighing goes on.
"""

import asyncio

from micropython import const

from agent.errors import CaseError
from agent.operator import escpos, slip
from agent.port import uart
from agent.record import serial

_BAUD = const(9600)
# Sent at this pace the bytes never run ahead of the line, so no write ever waits, whatever a port's driver does.
_PIECE_BYTES = const(16)
_PIECE_MS = const(20)
_ANSWER_MS = const(500)
_FINISH_MS = const(10000)
_HELD_MS = const(5000)

_XON, _XOFF = const(0x11), const(0x13)
_ASK_STATE = b"\x10\x04\x01"
_ASK_PAPER = b"\x10\x04\x04"
_ASK_WHEN_DONE = b"\x1dr\x01"
_OFFLINE = const(0x08)
_PAPER_END = const(0x60)
# What is always so in the answers to these: a mask, and the bits in it.
_AT_ONCE = (0x93, 0x12)
_WHEN_DONE = (0x90, 0x00)
_NO_ANSWER = (0x00, 0x01)


async def print_all(panel, documents):
    """Print the `documents`, (records, salt, copy) each, taken out once it is printed. Raises CaseError."""
    held = panel.scale.parameters.map

    def check():
        """Nothing goes to a printer on a fault or lock, nor money by parameters that are others now."""
        if panel.indication.is_fault():
            raise _not_printed("fault", panel.indication.why)
        if panel.scale.parameters.map is not held:
            raise _not_printed("parameters-changed", "PARAMETERS")

    printer = Printer(panel.scale.rs232 == serial.PRINTER, check)
    while documents:
        document = documents[0]
        records, salt, copy = document
        lines = slip.of_bill if isinstance(records[0], list) else slip.of_sale
        await printer.print(lines(panel, records, salt, copy))
        if documents and documents[0] is document:
            documents.pop(0)


class Printer:
    """The printer at the port. `check()` raises what forbids printing at this moment."""

    def __init__(self, speaks_escpos, check):
        self._speaks_escpos = speaks_escpos
        self._check = check
        self._port = uart.open(_BAUD)
        self._held = False

    async def print(self, lines):
        """Print one receipt. Raises CaseError."""
        if not self._speaks_escpos:
            for piece in escpos.plain(lines):
                await self._send(piece)
            return
        await self._require_ready()
        for piece in escpos.commands(lines):
            await self._send(piece)
        await self._send(_ASK_WHEN_DONE)
        if await self._answer(_WHEN_DONE, _FINISH_MS) is None:
            await self._require_ready()
            raise _not_printed("printer-stopped", "PRINTER STOPS")

    async def _require_ready(self):
        state, paper = await self._ask(_ASK_STATE), await self._ask(_ASK_PAPER)
        if paper is None or state is None:
            raise _not_printed("no-answer", "PRINTER OFF")
        if paper & _PAPER_END:
            raise _not_printed("no-paper", "NO PAPER")
        if state & _OFFLINE:
            raise _not_printed("offline", "PRINTER NOT READY")

    async def _ask(self, request):
        """The answer to a request that a printer answers at once, also while it holds us back; None without one."""
        self._listen(_NO_ANSWER)  # what it has said before is no answer
        self._check()
        self._port.write(request)
        return await self._answer(_AT_ONCE, _ANSWER_MS)

    async def _answer(self, form, within_ms):
        for _ in range(within_ms // _PIECE_MS):
            await asyncio.sleep_ms(_PIECE_MS)
            found = self._listen(form)
            if found is not None:
                return found
        return None

    def _listen(self, form):
        """Take what the printer has sent; the last byte of this form, None for none."""
        mask, bits = form
        found = None
        for byte in self._port.read() or b"":
            if byte in (_XON, _XOFF):
                self._held = byte == _XOFF
            elif byte & mask == bits:
                found = byte
        return found

    async def _send(self, data):
        at = waited_ms = 0
        while at < len(data):
            self._check()
            self._listen(_NO_ANSWER)
            sent = None if self._held else self._port.write(data[at : at + _PIECE_BYTES])
            if sent:
                at += sent
                waited_ms = 0
            elif waited_ms >= _HELD_MS:
                if self._speaks_escpos:
                    await self._require_ready()  # says more of why
                raise _not_printed("held", "PRINTER STOPS")
            waited_ms += _PIECE_MS
            await asyncio.sleep_ms(_PIECE_MS)


def _not_printed(code, why):
    """The error of a receipt that was not printed; `why` is in words for the display."""
    return CaseError(code, "NOT PRINTED: " + why)
