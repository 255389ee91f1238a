"""The sealing plan as a drawing: a section through the case from the side, and its floor from below, with every seal.

Not to scale. What each number means stands beside it and in docs/hardware.md.
"""

from __future__ import annotations

from steelyard_hardware.drawing.canvas import Canvas

_SEAL = "#b3261e"
_BOARD = "#00695c"
_METAL = "#5f6b75"
_CASE = "#1b1b1b"
_FILL = "#f4f1e8"

_LEGEND = (
    ("1", _SEAL, "wire seal through the drilled heads of two cover screws"),
    ("2", _SEAL, "adhesive seal over the hatch of the adjustment switch"),
    ("3", _BOARD, "case switch SW1, held closed by a rib of the cover: opened, the clock chip keeps the time"),
    ("4", _BOARD, "adjustment switch SW2 behind the hatch"),
    ("5", _BOARD, "main board: processor, converter, key store, clock chip with coin cell BT2"),
    ("6", _METAL, "load cell with its temperature sensor; the spider of the pan hides its screws"),
    ("7", _CASE, "USB-C and RS-232, reachable: power, and the console's closed list of commands"),
    ("8", _CASE, "battery compartment, reachable: takes the power away and nothing else"),
    ("9", _CASE, "display windows, keypad, and the label with the NFC antenna behind it"),
)


def drawing() -> Canvas:
    """Return the sheet."""
    c = Canvas(190, 152, "Sealing plan of the reference scale")
    c.text(8, 9, "Sealing plan (section from the side, floor from below; not to scale)", 3.6, bold=True)
    _section(c)
    _floor(c)
    for row, (number, colour, words) in enumerate(_LEGEND):
        y = 99 + row * 5.6
        _mark(c, 12, y, number, colour)
        c.text(17, y + 1, words, 2.8)
    return c


def _mark(c: Canvas, x: float, y: float, number: str, colour: str) -> None:
    """A numbered flag at (x, y)."""
    c.rectangle(x - 2.3, y - 2.3, 4.6, 4.6, width=0.4, colour=colour, fill="#ffffff")
    c.text(x, y + 1.1, number, 3, "middle", bold=True, colour=colour)


def _lead(c: Canvas, number: str, colour: str, to: tuple[float, float], at: tuple[float, float]) -> None:
    c.line(to, at, width=0.25, colour=colour)
    _mark(c, *at, number, colour)


def _section(c: Canvas) -> None:
    # Floor pan and cover, parted at half height; the rib reaches from the cover down to SW1.
    c.shape((12, 58), (12, 74), (104, 74), (104, 58), (102, 58), (102, 72), (14, 72), (14, 58), width=0.4, fill=_FILL)
    cover = [(12, 57), (12, 40), (22, 32), (38, 32), (38, 34), (23, 34), (14, 41), (14, 57)]
    c.shape(*cover, width=0.4, fill=_FILL)
    c.shape((78, 32), (94, 32), (104, 40), (104, 57), (102, 57), (102, 41), (93, 34), (78, 34), width=0.4, fill=_FILL)
    c.line((38, 33), (44, 33), width=0.4)
    c.line((72, 33), (78, 33), width=0.4)
    # Pan, spider, cell
    c.rectangle(18, 20, 80, 3, width=0.4, colour=_METAL, fill="#e3e7ea")
    c.shape((48, 23), (68, 23), (62, 44), (54, 44), width=0.4, colour=_METAL, fill="#e3e7ea")
    c.rectangle(36, 44, 44, 8, width=0.5, colour=_METAL, fill="#cfd6db")
    c.rectangle(70, 52, 8, 20, width=0.4, colour=_METAL, fill="#e3e7ea")
    # Board with SW1 under the rib, SW2 over the hatch
    c.rectangle(20, 63, 40, 1.6, width=0.4, colour=_BOARD, fill="#cfe6e2")
    c.rectangle(26, 58.5, 3, 4.5, width=0.4, colour=_BOARD, fill="#ffffff")
    c.line((27.5, 58.5), (27.5, 34), width=1.1, colour=_CASE)
    c.rectangle(46, 64.6, 4, 3.4, width=0.4, colour=_BOARD, fill="#ffffff")
    c.rectangle(45, 73.2, 6, 1.6, width=0.3, colour=_SEAL, fill=_SEAL)
    # Cover screws with the wire between their heads
    for x in (18.0, 98.0):
        c.rectangle(x - 1.5, 74, 3, 3, width=0.4, colour=_METAL, fill="#cfd6db")
    c.line((18, 76), (34, 79.5), (82, 79.5), (98, 76), width=0.7, colour=_SEAL)
    # Ports, battery, windows
    c.rectangle(11, 64, 4, 4, width=0.4, fill="#ffffff")
    c.rectangle(84, 62, 17, 9, width=0.4, fill="#ffffff")
    c.line((104, 46), (104, 54), width=1.4, colour="#1a3f8b")
    c.line((12, 46), (12, 54), width=1.4, colour="#1a3f8b")
    _lead(c, "1", _SEAL, (34, 79.5), (34, 86))
    _lead(c, "2", _SEAL, (48, 74.8), (48, 86))
    _lead(c, "3", _BOARD, (26, 60.5), (19, 54))
    _lead(c, "4", _BOARD, (50, 66.5), (64, 68.5))
    _lead(c, "5", _BOARD, (56, 63), (64, 58))
    _lead(c, "6", _METAL, (76, 46), (90, 42))
    _lead(c, "7", _CASE, (11, 66), (6, 66))
    _lead(c, "8", _CASE, (94, 71), (94, 86))
    _lead(c, "9", _CASE, (104, 50), (111, 50))


def _floor(c: Canvas) -> None:
    c.rectangle(122, 20, 60, 54, width=0.5, fill=_FILL)
    c.text(152, 17, "floor from below", 2.8, "middle", colour="#555555")
    for x, y in ((127, 25), (177, 25), (127, 69), (177, 69)):
        c.rectangle(x - 1.5, y - 1.5, 3, 3, width=0.4, colour=_METAL, fill="#cfd6db")
    c.line((127, 25), (150, 31), (177, 25), width=0.7, colour=_SEAL)
    c.rectangle(148.5, 29.5, 3, 3, width=0.4, colour=_SEAL, fill=_SEAL)
    c.rectangle(136, 44, 12, 8, width=0.4, fill="#ffffff")
    c.shape((134, 46), (150, 46), (150, 50), (134, 50), width=0.3, colour=_SEAL, fill=_SEAL)
    c.rectangle(158, 42, 18, 24, width=0.4, fill="#ffffff")
    _lead(c, "1", _SEAL, (151.5, 31), (162, 35))
    _lead(c, "2", _SEAL, (140, 52), (136, 59))
    _lead(c, "8", _CASE, (160, 60), (167, 55))
