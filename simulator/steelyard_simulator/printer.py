"""A receipt printer at the end of a serial cable: what it answers, and what it has printed.

It knows the subset of ESC/POS that scales use: text, emphasis, centring, its own QR code, and the cut.
"""

from dataclasses import dataclass, field

STATE_ASKED, PAPER_ASKED, DONE_ASKED = b"\x10\x04\x01", b"\x10\x04\x04", b"\x1dr\x01"
XON, XOFF = b"\x11", b"\x13"
_CUT = b"\x1bd\x06\x1dV\x00"
_ARGUMENTS = {b"\x1b@": 0, b"\x1bt": 1, b"\x1ba": 1}
_EMPHASIS, _CODE = b"\x1bE", b"\x1d(k"
_STORE = b"1P0"


@dataclass
class PrintedReceipt:
    """What people see: lines, each with whether it is bold, and what the code says, "" without one."""

    lines: list[tuple[str, bool]] = field(default_factory=list)
    code: str = ""


@dataclass
class SimulatedPrinter:
    """On, with paper, and ready unless it is told otherwise; `paper` are the bytes that it has printed.

    Without `speaks_escpos` it prints whatever comes and never answers.
    """

    speaks_escpos: bool = True
    on: bool = True
    has_paper: bool = True
    online: bool = True
    paper: bytes = b""

    def take(self, data: bytes) -> bytes:
        """Take what the scale has sent; what the printer answers. A question never comes in pieces."""
        if not self.on:
            return b""
        if not self.speaks_escpos:
            self.paper += data
            return b""
        answer = b""
        while data:
            if data.startswith(STATE_ASKED):
                answer, data = answer + (b"\x12" if self.online and self.has_paper else b"\x1a"), data[3:]
            elif data.startswith(PAPER_ASKED):
                answer, data = answer + (b"\x12" if self.has_paper else b"\x72"), data[3:]
            elif data.startswith(DONE_ASKED):
                answer, data = answer + (b"\x00" if self.has_paper else b""), data[3:]
            else:
                self.paper, data = self.paper + data[:1], data[1:]
        return answer

    def receipts(self) -> list[PrintedReceipt]:
        """All that were cut off, the oldest first."""
        return [_read(one) for one in self.paper.split(_CUT)[:-1]]


def _read(data: bytes) -> PrintedReceipt:
    found, text, bold, at = PrintedReceipt(), "", False, 0
    while at < len(data):
        command = data[at : at + 2]
        if command in _ARGUMENTS:
            at += 2 + _ARGUMENTS[command]
        elif command == _EMPHASIS:
            bold, at = data[at + 2 : at + 3] == b"\x01", at + 3
        elif data[at : at + 3] == _CODE:
            end = at + 5 + int.from_bytes(data[at + 3 : at + 5], "little")
            if data[at + 5 :].startswith(_STORE):
                found.code = data[at + 5 + len(_STORE) : end].decode("ascii", "replace")
            at = end
        elif data[at : at + 1] == b"\n":
            found.lines.append((text, bold))
            text, at = "", at + 1
        else:
            text, at = text + chr(data[at]), at + 1
    return found
