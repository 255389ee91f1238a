"""Text as it comes in: what no database keeps is refused at the boundary, for every route alike.

PostgreSQL takes no NUL, and neither database takes half of a surrogate pair, which JSON can carry all the same. A
public code is read by `scales.codes`, which lets none of that through and says in its own way what is no code.
"""

import json
from collections.abc import Iterator
from typing import Any

from fastapi import Request

from steelyard_cloud.errors import WrongValue

CODE = "code"
"""Name of the path's and the query's field with a public code."""


async def only_text(request: Request) -> None:
    """Raise WrongValue, naming the field, for a character that cannot be kept, wherever the request carries text."""
    for where, text in (*request.path_params.items(), *request.query_params.multi_items(), *await _body(request)):
        if where != CODE and (why := _wrong(text)):
            raise WrongValue(where=_shown(where), why=why)


async def _body(request: Request) -> list[tuple[str, str]]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in ("application/x-www-form-urlencoded", "multipart/form-data"):
        return [(name, text) for name, text in (await request.form()).multi_items() if isinstance(text, str)]
    try:
        return list(_texts(json.loads(await request.body() or b"null")))
    except (ValueError, RecursionError):
        return []  # whoever reads the body says so


def _texts(value: Any) -> Iterator[tuple[str, str]]:
    """Every text in a JSON value with the path to it, and every key, which is a text too."""
    waiting: list[tuple[str, Any]] = [("", value)]
    while waiting:
        path, one = waiting.pop()
        if isinstance(one, str):
            yield path or "body", one
        elif isinstance(one, list):
            waiting += [(f"{path}.{at}".lstrip("."), item) for at, item in enumerate(one)]
        elif isinstance(one, dict):
            for key, item in one.items():
                yield path or "body", key
                waiting.append((f"{path}.{key}".lstrip("."), item))


def _wrong(text: str) -> str:
    if "\0" in text:
        return "it has the character NUL"
    return "" if _encodable(text) else "it has half of a surrogate pair"


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _shown(where: str) -> str:
    return where[:80].encode("ascii", "backslashreplace").decode()
