"""Reading a permit as the platform issued it: base64url, typed or in a file that any editor may have saved."""

import codecs
import re
from pathlib import Path

from steelyard_gateway.errors import NoPermit

MOST_BYTES = 16 * 1024
_BROKEN_AT = set(range(60, 81))
_BASE64URL = re.compile(r"[A-Za-z0-9_-]+=*")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def permit(given: str) -> str:
    """The permit's base64url, from `given` itself or from the file that it names after an @; raises NoPermit."""
    where, text = (given[1:], text_of(given[1:])) if given.startswith("@") else ("what was typed", given)
    words = _joined(where, text.strip())
    if not words:
        raise NoPermit(file=where, why="it is empty")
    if not _BASE64URL.fullmatch(words):
        raise NoPermit(file=where, why="a permit is base64url: letters, digits, - and _ only")
    return words


def _joined(where: str, text: str) -> str:
    """One line of a permit that mail or an editor broke into lines of one length; any other line break is refused."""
    *whole, last = re.split(r"\r\n|\r|\n", text)
    lengths = {len(line) for line in whole}
    if whole and (len(lengths) > 1 or not lengths <= _BROKEN_AT or not 0 < len(last) <= max(lengths)):
        raise NoPermit(file=where, why="it has more lines than the permit alone")
    return "".join((*whole, last))


def text_of(name: str) -> str:
    """The text in a file of that name, in whatever encoding an editor chose; raises NoPermit."""
    path = Path(name)
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        raise NoPermit(file=f"@{path}", why=getattr(error, "strerror", None) or "that is not a file name") from error
    if len(data) > MOST_BYTES:
        raise NoPermit(file=path, why="it is larger than any permit")
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise NoPermit(file=path, why="it is not text; save the permit as the platform gave it") from error
