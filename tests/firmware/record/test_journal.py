"""What the boards declare of their journal, worked out by the journal itself in real MicroPython."""

from __future__ import annotations

import pytest
from kit.micropython import ROOT, TARGET, MicroPython

PATH = [TARGET, ROOT / "simulator" / "hal"]
BOARDS = ROOT / "hardware" / "boards"
TEN_YEARS_DAYS = 3652
SALES_DAYS = {"esp32_s3": (7, 48), "pico2_w": (3, 20)}
"""Days off line at 2,000 sales a day until three quarters are full: each stated, and in batches (docs/firmware.md)."""


@pytest.mark.parametrize("board", sorted(folder.name for folder in BOARDS.iterdir() if (folder / "board.py").exists()))
def test_boards_declare_how_long_their_journal_lasts(micropython: MicroPython, board: str) -> None:
    done = micropython("journal_days.py", path=[*PATH, BOARDS / board], heap="20M")
    declared, measured, *sales = map(int, done.stdout.split())
    assert declared == measured
    assert tuple(sales) == SALES_DAYS.get(board, tuple(sales))
    # Of a ring that goes round at this pace every sector is erased so often in ten years.
    assert TEN_YEARS_DAYS * 3 / 4 / measured <= 200
    assert all(TEN_YEARS_DAYS * 3 / 4 / days <= 1000 for days in SALES_DAYS.get(board, ()))
