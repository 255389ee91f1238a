"""A printed receipt as an ESC/POS printer takes it, byte for byte as `python-escpos` writes it; or as plain ASCII.

Loaded when something is printed. Both give one piece of bytes after the other, so that no receipt lies in the heap.
"""

from micropython import const

PLAIN = const(0)
BOLD = const(1)
CODE = const(2)
"""What a line of a receipt is; the text of a code is printed as a QR code, or on paper without one as it stands."""

COLUMNS = const(32)
_DOTS_A_MODULE = 6  # version 8 with its quiet zone has 57 modules: 342 of the 384 dots of narrow paper
_LEVEL_M = 49

_INITIALISE = b"\x1b@"
_CODE_PAGE_437 = b"\x1bt\x00"
_EMPHASIS = (b"\x1bE\x00", b"\x1bE\x01")
_CENTRE, _LEFT = b"\x1ba\x01", b"\x1ba\x00"
_CUT = b"\x1bd\x06\x1dV\x00"
_FEED = b"\n" * 6
_QR_MODEL_2 = b"\x1d(k\x04\x001A2\x00"
_QR_STORE = b"1P0"
_QR_PRINT = b"\x1d(k\x03\x001Q0"


def commands(lines):
    """The pieces for an ESC/POS printer of `lines`, pairs of PLAIN, BOLD or CODE and a text."""
    yield _INITIALISE + _CODE_PAGE_437
    bold = 0
    for kind, text in lines:
        if kind == CODE:
            yield from _code(text)
        else:
            if kind != bold:
                bold = kind
                yield _EMPHASIS[bold]
            yield _line(text)
    yield _CUT


def plain(lines):
    """The pieces for a printer of plain text, or for people with a terminal."""
    for _, text in lines:
        for at in range(0, len(text), COLUMNS):
            yield _line(text[at : at + COLUMNS])
    yield _FEED


def _line(text):
    return bytes([ord(letter) if " " <= letter <= "~" else 0x3F for letter in text]) + b"\n"


def _code(text):
    yield _CENTRE + _QR_MODEL_2
    yield bytes((0x1D, 0x28, 0x6B, 3, 0, 0x31, 0x43, _DOTS_A_MODULE, 0x1D, 0x28, 0x6B, 3, 0, 0x31, 0x45, _LEVEL_M))
    yield b"\x1d(k" + (len(_QR_STORE) + len(text)).to_bytes(2, "little") + _QR_STORE + text.encode()
    yield _QR_PRINT + _LEFT
