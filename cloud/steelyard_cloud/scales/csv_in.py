"""CSV as people's programs write it: UTF-8, with a byte order mark too, or GB 18030; commas, semicolons or tabs."""

import csv
import io
from collections.abc import Iterable, Sequence

from steelyard_cloud.errors import WrongValue

MOST_ROWS = 1_000
MOST_CELL = 4_096
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")


def decoded(raw: bytes) -> str:
    """The text of a file; raises WrongValue where it is in none of the encodings."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise WrongValue(where="file", why="UTF-8 or GB 18030 expected")


def rows(raw: bytes, *, most: int = MOST_ROWS) -> list[tuple[int, list[str]]]:
    """The rows that are not empty, each with the number of its line; raises WrongValue for what is no CSV."""
    text = decoded(raw)
    if "\x00" in text:
        raise WrongValue(where="file", why="text expected")
    first = text.split("\n", 1)[0]
    separator = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    found = []
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if any(len(cell) > MOST_CELL for cell in cells):
                raise WrongValue(where=f"line {reader.line_num}", why=f"at most {MOST_CELL} characters a cell")
            if any(cells):
                found.append((reader.line_num, cells))
            if len(found) > most + 1:
                raise WrongValue(where="file", why=f"at most {most} rows at a time")
    except csv.Error as error:
        raise WrongValue(where=f"line {reader.line_num}", why=str(error)) from error
    return found


def written(header: Sequence[str], lines: Iterable[Sequence[object]]) -> str:
    """A CSV file that a spreadsheet opens as text: what could be a formula has an apostrophe before it."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows([_harmless(str(cell)) for cell in line] for line in lines)
    return "\ufeff" + out.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_DANGEROUS) else cell
