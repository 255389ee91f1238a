"""Text as it comes in: what no database keeps or what misleads a reader is refused at the boundary, for every route.

PostgreSQL takes no NUL, and neither database takes half of a surrogate pair, which JSON can carry all the same. A
control character or one that turns the direction of the text around (UAX #9) makes a seal or a reason look like
another. A public code is read by `scales.codes`, which lets none of that through and says itself what is no code.
"""

import json
import unicodedata
from collections.abc import Iterator
from typing import Any

from fastapi import Request

from steelyard_cloud.errors import WrongValue

LINES = "\t\n\r"
TURNING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
MOST_SHOWN = 80
CODE = "code"
"""Name of the path's and the query's field with a public code."""


Path = tuple[Any, str | int]
"""Where a text stands: the place that holds it, and its name or number there. Written out only for who is refused."""


async def only_text(request: Request) -> None:
    """Raise WrongValue, naming the field, for a character that cannot be kept, wherever the request carries text."""
    named = (*request.path_params.items(), *request.query_params.multi_items())
    for where, text in (*(((None, name), text) for name, text in named), *await _body(request)):
        if where != (None, CODE) and (why := _wrong(text)):
            raise WrongValue(where=_shown(where), why=why)


async def _body(request: Request) -> list[tuple[Path | None, str]]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in ("application/x-www-form-urlencoded", "multipart/form-data"):
        return [((None, name), text) for name, text in (await request.form()).multi_items() if isinstance(text, str)]
    try:
        return list(_texts(json.loads(await request.body() or b"null")))
    except (ValueError, RecursionError):
        return []  # whoever reads the body says so


def _texts(value: Any) -> Iterator[tuple[Path | None, str]]:
    """Every text in a JSON value with its place, and every key, which is a text too."""
    waiting: list[tuple[Path | None, Any]] = [(None, value)]
    while waiting:
        place, one = waiting.pop()
        if isinstance(one, str):
            yield place, one
        elif isinstance(one, list):
            waiting += [((place, at), item) for at, item in enumerate(one) if isinstance(item, (str, list, dict))]
        elif isinstance(one, dict):
            for key, item in one.items():
                yield place, key
                if isinstance(item, (str, list, dict)):
                    waiting.append(((place, key), item))


def _wrong(text: str) -> str:
    if not _encodable(text):
        return "it has half of a surrogate pair"
    found = next((letter for letter in text if _misleads(letter)), None)
    return "" if found is None else f"it has the character U+{ord(found):04X}, which nobody can see"


def _misleads(letter: str) -> bool:
    if unicodedata.category(letter) == "Cc":
        return letter not in LINES
    return unicodedata.bidirectional(letter) in TURNING


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _shown(where: Path | None) -> str:
    steps: list[str] = []
    while where is not None:
        where, step = where
        steps.append(str(step)[:MOST_SHOWN])
    path = ".".join(reversed(steps)) or "body"
    return path[:MOST_SHOWN].encode("ascii", "backslashreplace").decode()
