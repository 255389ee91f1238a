"""A board: a Pico W with another flash map and without a circuit of ours."""

import runpy

from kit.checkout import ROOT, Checkout
from kit.micropython import MicroPython
from steelyard_hardware import profile
from steelyard_simulator.interpreter import executable

SUITE = ("tests/hardware/test_boards.py", "tests/hardware/test_hardware_profile.py")


def add(checkout: Checkout) -> None:
    text = (checkout.folder / "hardware/boards/pico_w.toml").read_text()
    for old, new in (
        ('name = "pico_w"', 'name = "bench"'),
        ('hardware = "steelyard-pico-w"', 'hardware = "steelyard-bench"'),
        ("case = { gpio = 18", "case = { gpio = 20"),
    ):
        assert text.count(old) == 1
        text = text.replace(old, new)
    checkout.write("hardware/boards/bench.toml", text)


def test_its_profile_is_accepted_and_generated() -> None:
    assert profile.load("bench").hardware == "steelyard-bench"
    made = runpy.run_path(str(ROOT / "hardware/boards/bench/board.py"))
    assert (made["NAME"], made["PIN_CASE"]) == ("bench", 20)


def test_the_firmware_finds_it_under_the_name_board() -> None:
    found = MicroPython(executable())("import board; print(board.HARDWARE)", path=[ROOT / "hardware/boards/bench"])
    assert found.stdout.strip() == "steelyard-bench"
