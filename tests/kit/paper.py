"""A receipt on paper: what an ESC/POS printer with a head of 384 dots makes of the bytes that it is sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import segno
import zxingcpp

from kit.camera import WHITE

DOTS = 384
QUIET = 4


@dataclass
class Paper:
    """Lines as they are printed, those in bold once more, codes with their modules' size, and how often it was cut."""

    lines: list[str] = field(default_factory=list)
    bold: list[str] = field(default_factory=list)
    codes: list[list[list[int]]] = field(default_factory=list)
    cuts: int = 0

    @property
    def read(self) -> list[str]:
        """What a telephone reads in the codes."""
        found = [zxingcpp.read_barcode(memoryview_of(one)) for one in self.codes]
        return [one.text if one else "" for one in found]


def memoryview_of(rows: list[list[int]]) -> Any:
    """A grey picture as zxing-cpp takes it."""
    return memoryview(bytes(dot for row in rows for dot in row)).cast("B", (len(rows), len(rows[0])))


def printed(data: bytes) -> Paper:
    """Print; anything outside the subset is an error, as is a code that is wider than the head."""
    paper, at, text, bold = Paper(), 0, "", False
    code: dict[str, Any] = {}
    while at < len(data):
        for command, length in COMMANDS.items():
            if data.startswith(command, at):
                value = data[at + len(command) : at + len(command) + length]
                at += len(command) + length
                break
        else:
            if data[at : at + 3] == b"\x1d(k":
                size = int.from_bytes(data[at + 3 : at + 5], "little")
                at = _code(paper, code, data[at + 5 : at + 5 + size]) + at + 5 + size
            elif data[at] == 10:
                paper.lines.append(text)
                paper.bold += [text] if bold else []
                text, at = "", at + 1
            else:
                assert 32 <= data[at] < 127, f"byte {data[at]:#x} at {at}"
                text, at = text + chr(data[at]), at + 1
            continue
        if command == b"\x1bE":
            bold = value == b"\x01"
        paper.cuts += command == b"\x1dV"
    assert not text, "the last line has no end"
    return paper


COMMANDS = {b"\x1b@": 0, b"\x1bt": 1, b"\x1bE": 1, b"\x1ba": 1, b"\x1bd": 1, b"\x1dV": 1}
"""Of the subset, with how many bytes follow; codes are apart."""


def _code(paper: Paper, code: dict[str, Any], body: bytes) -> int:
    function, value = body[:2], body[2:]
    if function == b"1C":
        code["dots"] = value[0]
    elif function == b"1E":
        code["level"] = {49: "m"}[value[0]]
    elif function == b"1P":
        code["text"] = value[1:].decode("ascii")
    elif function == b"1Q":
        made = segno.make(code["text"], error=code["level"], boost_error=False, micro=False)
        rows = [[bool(dark) for dark in row] for row in made.matrix_iter(scale=code["dots"], border=QUIET)]
        assert len(rows) <= DOTS, f"{len(rows)} dots are wider than the paper"
        paper.codes.append([[0 if dark else WHITE for dark in row] for row in rows])
    else:
        assert function == b"1A", body
    return 0
