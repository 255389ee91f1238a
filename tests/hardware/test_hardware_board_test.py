"""docs/board-test.md: each test point that it names is on the board, on that net, with the limits of its circuit."""

from __future__ import annotations

import re

import pytest
from steelyard_hardware import board_test, circuit, profile
from steelyard_hardware.errors import FileRefused

BOARDS = [circuit.load(name) for name in profile.names_with_circuit()]
ROW = re.compile(r"\| (TP\d+) \| (\S+)(?: \((\S+)\))? \|")


def test_the_page_is_what_the_circuits_say() -> None:
    assert board_test.text() in board_test.PAGE.read_text(), "run `make budget`"


def test_every_test_point_of_the_page_is_on_its_boards_and_no_other_is() -> None:
    rows = {ref: (net, only) for ref, net, only in ROW.findall(board_test.text())}
    for board in BOARDS:
        there = {part.ref: next(iter(part.nets.values())) for part in board.parts.values() if part.kind.bare}
        assert there == {ref: net for ref, (net, only) in rows.items() if only in ("", board.name)}
    assert set(re.findall(r"TP\d+", board_test.PAGE.read_text())) <= rows.keys()


def test_a_test_point_does_nothing_to_its_net() -> None:
    for board in BOARDS:
        points = {part.ref for part in board.parts.values() if part.kind.bare}
        assert points
        assert not points & {node.ref for nodes in board.nets().values() for node in nodes}
        assert points <= {node.ref for nodes in board.nets(bare=True).values() for node in nodes}


def test_a_test_point_without_a_line_and_a_line_without_a_test_point_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    points = board_test.points()
    known = {net: point for net, point in points.items() if net != "VSYS"} | {"VSYSS": points["VSYS"]}
    monkeypatch.setattr(board_test, "points", lambda: known)
    with pytest.raises(FileRefused) as refused:
        board_test.text()
    assert [fault.split()[0] for fault in refused.value.faults] == ["VSYS", "VSYSS"]


def test_a_net_that_is_no_rail_needs_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    points = board_test.points()
    monkeypatch.setattr(board_test, "points", lambda: points | {"CASE": board_test.Point(state="any")})
    with pytest.raises(FileRefused, match="CASE is no rail: add its limits"):
        board_test.text()
