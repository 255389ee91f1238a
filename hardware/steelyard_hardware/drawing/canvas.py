"""A sheet of lines and texts in millimetres, written as SVG and as PDF with the same appearance.

Only what a circuit diagram needs: strokes, filled shapes, Helvetica. The origin is the upper left corner.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from html import escape

Point = tuple[float, float]

_PT_PER_MM = 72 / 25.4
# Advance widths of Helvetica from space to tilde, in thousandths (Adobe's metrics of the 14 standard fonts).
_WIDTHS = (
    "278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 556 556 "
    "278 278 584 584 584 556 1015 667 667 722 722 667 611 778 722 278 500 667 556 833 722 778 667 778 722 667 "
    "611 722 667 944 667 667 611 278 278 278 469 556 333 556 556 500 556 556 278 556 556 222 222 500 222 833 "
    "556 556 556 556 333 500 278 556 500 722 500 500 500 334 260 334 584"
)
_WIDTH = dict(zip(map(chr, range(32, 127)), map(int, _WIDTHS.split()), strict=True))


def text_width(text: str, size: float) -> float:
    """Return the width of `text` in mm, set in Helvetica of `size` mm."""
    return sum(_WIDTH.get(character, 556) for character in text) * size / 1000


@dataclass(frozen=True)
class _Stroke:
    points: tuple[Point, ...]
    width: float
    colour: str
    fill: str | None
    closed: bool


@dataclass(frozen=True)
class _Text:
    at: Point
    text: str
    size: float
    anchor: str
    bold: bool
    colour: str


class Canvas:
    """Collects what is drawn; `svg` and `pdf` give the sheet of `width` by `height` mm."""

    def __init__(self, width: float, height: float, title: str) -> None:
        self.width = width
        self.height = height
        self._title = title
        self._items: list[_Stroke | _Text] = []

    def line(self, *points: Point, width: float = 0.25, colour: str = "#1b1b1b") -> None:
        """Draw a line through `points`."""
        self._items.append(_Stroke(points, width, colour, None, False))

    def shape(self, *points: Point, width: float = 0.25, colour: str = "#1b1b1b", fill: str | None = None) -> None:
        """Draw a closed polygon, filled where `fill` is a colour."""
        self._items.append(_Stroke(points, width, colour, fill, True))

    def rectangle(
        self,
        x: float,
        y: float,
        w: float,
        h: float,
        *,
        width: float = 0.25,
        colour: str = "#1b1b1b",
        fill: str | None = None,
    ) -> None:
        """Draw a rectangle with its upper left corner at (x, y)."""
        self.shape((x, y), (x + w, y), (x + w, y + h), (x, y + h), width=width, colour=colour, fill=fill)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float = 2.2,
        anchor: str = "start",
        *,
        bold: bool = False,
        colour: str = "#1b1b1b",
    ) -> None:
        """Write `text` with its baseline at y; `anchor` is start, middle or end."""
        self._items.append(_Text((x, y), text, size, anchor, bold, colour))

    def svg(self) -> str:
        """Return the sheet as an SVG file."""
        out = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width}mm" height="{self.height}mm" '
            f'viewBox="0 0 {self.width} {self.height}" font-family="Helvetica, Arial, Liberation Sans, sans-serif">',
            f"<title>{escape(self._title)}</title>",
            f'<rect width="{self.width}" height="{self.height}" fill="#ffffff"/>',
        ]
        for item in self._items:
            if isinstance(item, _Stroke):
                points = " ".join(f"{x:.2f},{y:.2f}" for x, y in item.points)
                tag = "polygon" if item.closed else "polyline"
                style = f'stroke="{item.colour}" stroke-width="{item.width}" stroke-linejoin="round"'
                out.append(f'<{tag} points="{points}" {style} fill="{item.fill or "none"}"/>')
            else:
                x, y = item.at
                weight = "bold" if item.bold else "normal"
                out.append(
                    f'<text x="{x:.2f}" y="{y:.2f}" font-size="{item.size}" font-weight="{weight}" '
                    f'text-anchor="{item.anchor}" fill="{item.colour}">{escape(item.text)}</text>'
                )
        return "\n".join([*out, "</svg>", ""])

    def pdf(self) -> bytes:
        """Return the sheet as a PDF file of one page (PDF 1.4, standard fonts)."""
        content = zlib.compress("\n".join(self._pdf_operators()).encode("cp1252", "replace"))
        page = f"{self.width * _PT_PER_MM:.2f} {self.height * _PT_PER_MM:.2f}"
        font = "<< /Type /Font /Subtype /Type1 /BaseFont /%s /Encoding /WinAnsiEncoding >>"
        title = self._title.replace("(", "[").replace(")", "]")
        objects = [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {page}] /Contents 4 0 R "
            "/Resources << /Font << /F1 5 0 R /F2 6 0 R >> >> >>".encode(),
            b"<< /Length %d /Filter /FlateDecode >>\nstream\n" % len(content) + content + b"\nendstream",
            (font % "Helvetica").encode(),
            (font % "Helvetica-Bold").encode(),
            f"<< /Title ({title}) >>".encode("cp1252", "replace"),
        ]
        out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
        offsets = []
        for number, body in enumerate(objects, 1):
            offsets.append(len(out))
            out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
        table = len(out)
        out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
        out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
        out += b"trailer\n<< /Size %d /Root 1 0 R /Info 7 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
        return bytes(out)

    def _pdf_operators(self) -> list[str]:
        out = ["1 j"]
        for item in self._items:
            if isinstance(item, _Stroke):
                out.append(f"{item.width * _PT_PER_MM:.2f} w {_rgb(item.colour)} RG")
                if item.fill:
                    out.append(f"{_rgb(item.fill)} rg")
                path = [f"{self._x(x)} {self._y(y)} {'l' if i else 'm'}" for i, (x, y) in enumerate(item.points)]
                out += [*path, ("b" if item.fill else "s") if item.closed else "S"]
            else:
                x, y = item.at
                shift = {"start": 0.0, "middle": 0.5, "end": 1.0}[item.anchor] * text_width(item.text, item.size)
                text = item.text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
                out.append(
                    f"BT {_rgb(item.colour)} rg /F{2 if item.bold else 1} {item.size * _PT_PER_MM:.2f} Tf "
                    f"{self._x(x - shift)} {self._y(y)} Td ({text}) Tj ET"
                )
        return out

    def _x(self, x: float) -> str:
        return f"{x * _PT_PER_MM:.2f}"

    def _y(self, y: float) -> str:
        return f"{(self.height - y) * _PT_PER_MM:.2f}"


def _rgb(colour: str) -> str:
    return " ".join(f"{int(colour[i : i + 2], 16) / 255:.3f}" for i in (1, 3, 5))
