"""Plain text as PDF 1.4, lines of one width on pages of A4; Chinese by a font that readers of PDF have themselves."""

LINES, SIZE, LEADING, LEFT, TOP = 62, 9, 12, 50, 790
_COURIER = b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>"
_SONG = (
    b"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UTF16-H /DescendantFonts "
    b"[<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light "
    b"/CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 4 >> /FontDescriptor "
    b"<< /Type /FontDescriptor /FontName /STSong-Light /Flags 4 /FontBBox [-25 -254 1000 880] /ItalicAngle 0 "
    b"/Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >> >>] >>"
)


def document(lines: list[str]) -> bytes:
    """The file with these lines."""
    pages = [lines[at : at + LINES] for at in range(0, len(lines), LINES)] or [[]]
    first = 5  # after catalogue, list of pages and two fonts
    kids = b" ".join(b"%d 0 R" % (first + 2 * number) for number in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, len(pages)),
        _COURIER,
        _SONG,
    ]
    for number, page in enumerate(pages):
        fonts = b"<< /Font << /F1 3 0 R /F2 4 0 R >> >>"
        box = b"/MediaBox [0 0 595 842] /Contents %d 0 R" % (first + 2 * number + 1)
        objects.append(b"<< /Type /Page /Parent 2 0 R /Resources %s %s >>" % (fonts, box))
        text = b"\n".join(_line(line, TOP - place * LEADING) for place, line in enumerate(page))
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text))
    return _file(objects)


def _line(line: str, y: int) -> bytes:
    try:
        raw, font = line.encode("cp1252"), b"F1"
    except UnicodeEncodeError:
        raw, font = line.encode("utf-16-be", "replace"), b"F2"
    return b"BT /%s %d Tf %d %d Td <%s> Tj ET" % (font, SIZE, LEFT, y, raw.hex().encode())


def _file(objects: list[bytes]) -> bytes:
    out, places = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)
