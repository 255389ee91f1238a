"""The identifiers in KiCad's files: made from names, so that the same circuit gives the same files."""

from __future__ import annotations

from uuid import UUID, uuid5

from steelyard_hardware.kicad.sexpr import Text, Tree

_OURS = UUID("6a0f5c1e-52d7-4d0a-8f5b-0f3a5a2f8c11")


def identifier(*words: str) -> Text:
    """Return the identifier of what these words name."""
    return Text(uuid5(_OURS, "/".join(words)))


def uuid(*words: str) -> Tree:
    """Return (uuid …) of what these words name."""
    return ["uuid", identifier(*words)]


def symbol_path(board: str, block: str, ref: str) -> Text:
    """Return where a part's symbol is: its sheet, and itself in there; board and sheets must agree about it."""
    return Text(f"/{identifier(board, 'sheet', block)}/{identifier(board, 'symbol', ref)}")


def open_net(ref: str, name: str, number: str) -> str:
    """Return what KiCad calls the net of a pin that is left open."""
    return f"unconnected-({ref}-{name}-Pad{number})"
