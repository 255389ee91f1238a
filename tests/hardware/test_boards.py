"""Board profiles: what a board says is complete, fits its flash, and is true."""

from __future__ import annotations

import ast
import re
import runpy
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
BOARDS = sorted((ROOT / "hardware" / "boards").glob("*/board.py"))
SECTOR_BYTES = 4096
PERIOD_S = 600
# A snapshot with its record header takes one 256-byte page; the first page of a sector is its own header.
STATEMENTS_PER_SECTOR = SECTOR_BYTES // 256 - 1
# At three quarters the snapshots thin out.
KEPT_WHOLE = 0.75


def profile(path: Path) -> dict[str, Any]:
    return {name: value for name, value in runpy.run_path(str(path)).items() if name.isupper()}


@pytest.fixture(params=BOARDS, ids=[path.parent.name for path in BOARDS])
def board(request: pytest.FixtureRequest) -> dict[str, Any]:
    return profile(request.param)


def test_every_board_gives_what_the_firmware_asks_for(board: dict[str, Any]) -> None:
    asked = {
        name
        for path in (ROOT / "firmware").rglob("*.py")
        for name in re.findall(r"\bboard\.([A-Z][A-Z0-9_]+)", path.read_text())
    }
    # The pins of a bus are asked for only where there is that bus.
    absent = tuple(pins for bus, pins in (("I2C", "PIN_I2C_"), ("SPI", "PIN_LCD_")) if board.get(bus) is None)
    asked = {name for name in asked if not name.startswith(absent)}
    assert {"PULL_UPS", "ADC_PINS", "FLASH", "HARDWARE"} <= asked <= board.keys()


def test_flash_regions_are_whole_sectors_that_do_not_overlap(board: dict[str, Any]) -> None:
    end = 0
    for offset, length in sorted(board["FLASH"].values()):
        assert offset >= end
        assert offset % SECTOR_BYTES == 0
        assert length % SECTOR_BYTES == 0
        assert length >= 16 * SECTOR_BYTES
        end = offset + length


def test_the_declared_days_are_what_the_journal_holds(board: dict[str, Any]) -> None:
    sectors = board["FLASH"]["journal"][1] // SECTOR_BYTES
    days = sectors * STATEMENTS_PER_SECTOR * KEPT_WHOLE * PERIOD_S / 86_400
    assert board["JOURNAL_DAYS"] == int(days)


def test_no_pin_has_two_uses(board: dict[str, Any]) -> None:
    pins = [value for name, value in board.items() if name.startswith("PIN_")]
    assert len(pins) == len(set(pins)) >= 4


def test_words_fit_the_boot_statement(board: dict[str, Any]) -> None:
    for name in ("HARDWARE", "ADC"):
        assert 1 <= len(board[name].encode()) <= 32


def test_an_rp2_measures_at_a_pin_that_is_not_the_radio_s(board: dict[str, Any]) -> None:
    if board["PORT"] == "rp2":
        assert board["ADC_SUPPLY"] in (26, 27, 28)
        assert board["ADC_TEMPERATURE"] in (26, 27, 28, None)
        assert board["ADC_TEMPERATURE"] != board["ADC_SUPPLY"]


def test_no_code_names_an_analogue_channel_by_its_number() -> None:
    """The RP2 port leaves such a pin as reset left it: with a pull-down, which falsifies the measurement."""
    found = []
    for folder in ("firmware", "hardware/boards"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "ADC":
                    assert node.args
                    if isinstance(node.args[0], ast.Constant):
                        found.append(f"{path}:{node.lineno}")
    assert found == []
