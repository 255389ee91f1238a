"""What a page of the menu loads is gone when the menu is left."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from kit.micropython import FIRMWARE
from kit.platform_side import Platform
from kit.shop import Shop
from steelyard_protocol.parameters import KEYS
from steelyard_simulator import SimulatedScale
from steelyard_simulator.flashing import PARAMETERS, factory_file

SILENT_PORT = 9
WORK_S = 4.0
PRICED = PARAMETERS | {KEYS["sales"]: 2}
LINE = "    state.update(_record_state(scale))\n"
WITH_MODULES = LINE + '    state["modules"] = list(__import__("sys").modules)\n'


def modules(shop: Shop) -> set[str]:
    return set(shop.scale.console_json("status")["modules"])


@pytest.fixture
def shop(simulate: Callable[..., SimulatedScale], tmp_path: Path) -> Shop:
    """A scale that knows its platform's keys and says at the console what it has loaded."""
    program = tmp_path / "program"
    shutil.copytree(FIRMWARE, program)
    look = program / "agent" / "commands" / "look.py"
    text = look.read_text()
    assert LINE in text
    look.write_text(text.replace(LINE, WITH_MODULES))
    platform = Platform()
    made = factory_file(platform.root.point, PRICED, address="https://scales.example.org")
    shop = Shop(simulate(factory=made, firmware=program))
    assert "accepted" in shop.scale.console("enrol accept " + platform.answer(shop.scale, SILENT_PORT))
    return shop


def test_no_page_leaves_a_module_behind(shop: Shop) -> None:
    before = modules(shop)
    for keys in ("P", "P117+12.5+0.05+", "P2", "P3+", "P312+", "P448151623+"):
        shop.keys(keys, WORK_S)
        shop.keys("CCCCC", 0.5)
        assert modules(shop) == before, keys
