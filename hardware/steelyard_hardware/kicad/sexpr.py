"""S-expressions, the language of KiCad's files: read into lists of atoms, changed, and written again."""

from __future__ import annotations

import re
from collections.abc import Iterator

_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
_TOKEN = re.compile(r'[()]|"(?:[^"\\]|\\.)*"|[^\s()"]+')


class Text(str):
    """An atom that stands in quotes."""

    __slots__ = ()


Tree = list["Tree | str"]


def read(text: str) -> Tree:
    """Return the one expression in `text`. Raises ValueError where its brackets do not balance."""
    stack: list[Tree] = [[]]
    for word in _TOKEN.findall(text):
        if word == "(":
            stack.append([])
        elif word == ")":
            if len(stack) < 2:
                raise ValueError("a bracket too many")
            done = stack.pop()
            stack[-1].append(done)
        elif word[0] == '"':
            stack[-1].append(Text(re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), word[1:-1])))
        else:
            stack[-1].append(word)
    if len(stack) != 1 or len(stack[0]) != 1 or not isinstance(stack[0][0], list):
        raise ValueError("not one expression")
    return stack[0][0]


def write(tree: Tree, depth: int = 0) -> str:
    """Return the expression as text, each list on a line of its own, as KiCad writes it."""
    words: list[str] = []
    for item in tree:
        if isinstance(item, list):
            words.append("\n" + "\t" * (depth + 1) + write(item, depth + 1))
        else:
            words.append((" " if words else "") + atom(item))
    end = "\n" + "\t" * depth if any(isinstance(item, list) for item in tree) else ""
    return "(" + "".join(words) + end + ")"


def atom(item: str) -> str:
    """Return an atom as it is written."""
    if isinstance(item, Text):
        return '"' + item.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
    return item


def mm(value: float) -> str:
    """Return a length in millimetres or an angle in degrees as KiCad writes it."""
    return f"{round(value, 6) + 0.0:.6f}".rstrip("0").rstrip(".")


def children(tree: Tree, name: str) -> Iterator[Tree]:
    """Yield the lists in `tree` that begin with `name`."""
    for item in tree:
        if isinstance(item, list) and item and item[0] == name:
            yield item


def child(tree: Tree, name: str) -> Tree | None:
    """Return the first list in `tree` that begins with `name`."""
    return next(children(tree, name), None)


def numbers(tree: Tree) -> tuple[float, ...]:
    """Return the numbers that follow the name of a list: (at 1 2 90) gives 1, 2, 90."""
    return tuple(float(item) for item in tree[1:] if isinstance(item, str) and not isinstance(item, Text))
