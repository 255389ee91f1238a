"""What is measured at each test point, as the table that `python -m steelyard_hardware budget` puts into its page."""

from __future__ import annotations

from functools import cache

from pydantic import RootModel

from steelyard_hardware import circuit, errors, files, profile
from steelyard_hardware.circuit import Circuit
from steelyard_hardware.files import ROOT, Strict, read_text, shown

POINTS = ROOT / "hardware" / "test_points.toml"
PAGE = ROOT / "docs" / "board-test.md"
BEGIN, END = "<!-- test points: made by `make budget` -->", "<!-- end of test points -->"


class Point(Strict):
    """What is measured on a net: in which state of the board, within which limits, what the agent shows then.

    Without `limits` the net is a rail, and its circuit has them.
    """

    state: str
    limits: str | None = None
    shown: str = "–"


class Points(RootModel[dict[str, Point]]):
    """The file, by net."""


@cache
def points() -> dict[str, Point]:
    """Return test_points.toml. Raises HardwareError."""
    return files.read_table(POINTS, Points).root


def text() -> str:
    """Return the generated part of docs/board-test.md. Raises HardwareError."""
    boards = [circuit.load(name) for name in profile.names_with_circuit()]
    found: dict[str, str] = {}
    for board in boards:
        found |= {part.ref: next(iter(part.nets.values())) for part in board.parts.values() if part.kind.bare}
    unknown = sorted(set(found.values()) ^ points().keys())
    if unknown:
        faults = [
            f"{net} is not both a test point of a board and a table here: add it, or take it out" for net in unknown
        ]
        raise errors.FileRefused(path=shown(POINTS), faults=faults)
    lines = ["| point | net | state of the board | limits | the agent shows |", "| --- | --- | --- | --- | --- |"]
    for ref in sorted(found, key=lambda ref: int(ref[2:])):
        point = points()[found[ref]]
        limits = point.limits or _limits(found[ref], boards)
        lines.append(f"| {ref} | {found[ref]}{_only(ref, boards)} | {point.state} | {limits} | {point.shown} |")
    return "\n".join([BEGIN, *lines, END])


def write_page() -> None:
    """Put the table into docs/board-test.md. Raises HardwareError."""
    page = read_text(PAGE)
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise errors.PageWithoutMarks(path=shown(PAGE), begin=BEGIN, end=END)
    files.write(PAGE, before + text() + after)


def _only(ref: str, boards: list[Circuit]) -> str:
    having = [board.name for board in boards if ref in board.parts]
    return "" if len(having) == len(boards) else f" ({', '.join(having)})"


def _limits(net: str, boards: list[Circuit]) -> str:
    """Return what each board's circuit declares for a rail; once where they agree."""
    by_board = {
        board.name: f"{board.rails[net].low} to {board.rails[net].high} V" for board in boards if net in board.rails
    }
    if not by_board:
        raise errors.FileRefused(path=shown(POINTS), faults=[f"{net} is no rail: add its limits"])
    if len(set(by_board.values())) == 1:
        return next(iter(by_board.values()))
    return ", ".join(f"{name} {limits}" for name, limits in by_board.items())
