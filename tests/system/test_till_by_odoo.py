"""Odoo reads the scale: its driver for Toledo 8217, unchanged from PyPI, and the probe of its IoT box, on a pty.

The driver runs as `docs/till.md` says, with the scale and the commands of that page.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import serial
from kit.platform_side import Platform
from kit.repair import scale_on_record
from steelyard_simulator import SimulatedScale

PLUGIN = "odoo-driver-plugin-scale-toledo-8217"
PAGE = Path(__file__).resolve().parents[2] / "docs" / "till.md"
EXAMPLES = re.findall(r"^```(\w+)\n(?:# (\w+\.py)\n)?(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
WEIGHT = re.compile(rb"\x02\s*([0-9.]+)N?\r")
STATUS = re.compile(rb"\x02\s*(\?.)\r")
# The driver asks as its HTTP route does for Odoo; one line in, one out.
ASK = """
import json, sys
from loguru import logger
from odoo_driver.tools.tools_interface import interface
logger.remove()
driver = interface.drivers["scale"]
driver._terminal_file = sys.argv[1]
print("ready", flush=True)
for line in sys.stdin:
    print(json.dumps(driver.get_weight(tare=float(line))), flush=True)
"""

Simulate = Callable[..., SimulatedScale]


@pytest.fixture
def scale(simulate: Simulate) -> SimulatedScale:
    """A scale in real time whose port is a till."""
    scale = scale_on_record(simulate, Platform(), virtual=False, speed=10)
    scale.console("serial till")
    scale.power_off()
    scale.power_on()
    wait_for(scale, 0)
    return scale


def wait_for(scale: SimulatedScale, gross: int) -> None:
    """Until the load rests."""
    for _ in range(200):
        told = scale.console_json("status")
        if told["stable"] and told["gross"] == gross:
            return
    raise AssertionError(told)


def test_the_probe_of_an_iot_box_finds_a_scale(scale: SimulatedScale) -> None:
    options = {"bytesize": serial.SEVENBITS, "parity": serial.PARITY_EVEN, "timeout": 1, "write_timeout": 1}
    with serial.Serial(scale.rs232.path, 9600, **options) as port:
        port.reset_input_buffer()
        port.write(b"Ehello")
        assert port.read(8) == b"\x02E\rhello"
        port.write(b"F")
        assert port.read_until(b"\r") == b"\x02F\r"
        port.write(b"W")
        found = WEIGHT.search(port.read_until(b"\r"))
        assert found
        assert float(found[1]) == 0
        for command in (b"Z", b"T", b"C"):
            port.write(command)
            assert STATUS.search(port.read_until(b"\r")), command


class Driver:
    """The driver in a process of its own, connected to a scale's port."""

    def __init__(self, scale: SimulatedScale) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", ASK, scale.rs232.path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._line() == "ready\n"

    def _line(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline()

    def weight(self, tare: float = 0.0) -> dict[str, Any]:
        """What it tells a point of sale."""
        assert self._process.stdin
        self._process.stdin.write(f"{tare}\n")
        self._process.stdin.flush()
        found: dict[str, Any] = json.loads(self._line())
        return found

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def driver(scale: SimulatedScale) -> Iterator[Driver]:
    driver = Driver(scale)
    yield driver
    driver.close()


def test_the_driver_reads_weights_and_clears_no_tare_of_the_seller(scale: SimulatedScale, driver: Driver) -> None:
    scale.place(1.235)
    wait_for(scale, 247)
    found = driver.weight()
    assert (found["weight"], found["net_weight"], found["weight_unit"]) == (1.235, 1.235, "kilogram")
    assert driver.weight(0.05)["net_weight"] == pytest.approx(1.185), "it knows the tare by itself"
    scale.console("tare")
    scale.place(1.5)
    wait_for(scale, 300)
    found = driver.weight()
    assert (found["net_weight"], found["result"]["weight_type"]) == (0.265, "net")


def test_the_driver_has_no_weight_where_there_is_none(scale: SimulatedScale, driver: Driver) -> None:
    scale.place(1.235)
    wait_for(scale, 247)
    assert driver.weight()["weight"] == 1.235
    scale.place(16)
    wait_for(scale, 3200)
    assert driver.weight()["weight"] == 0
    scale.place(1.235)
    wait_for(scale, 247)
    scale.open_case()
    while not scale.console_json("status")["locked"]:
        pass
    found = driver.weight()
    assert (found["weight"], found["result"]["result_type"]) == (0, "status"), "not the last weight once more"


def test_what_the_page_says_connects_a_scale_to_odoo(tmp_path: Path) -> None:
    files = {name: text for _, name, text in EXAMPLES if name}
    assert set(files) == {"stall.py", "till.py"}
    (commands,) = [text for language, _, text in EXAMPLES if language == "sh"]
    assert re.findall(r"^python (\w+\.py)", commands, re.MULTILINE) == ["stall.py", "till.py"]
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    stall = subprocess.Popen(
        [sys.executable, "stall.py"], cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert stall.stdin
    assert stall.stdout
    path = stall.stdout.readline().strip()
    stall.stdin.write("1.235\n")
    stall.stdin.flush()
    weights = []
    for _ in range(20):
        done = subprocess.run([sys.executable, "till.py", path], cwd=tmp_path, capture_output=True, text=True)
        weights.append(done.stdout.strip())
        if weights[-1] == "1.235":
            break
    assert weights[-1] == "1.235", (weights, done.stderr[-2000:])
    stall.communicate("\n", timeout=30)
    assert stall.returncode == 0


def test_the_driver_that_is_tested_is_the_one_that_the_page_names() -> None:
    assert f"{PLUGIN}=={version(PLUGIN)}" in PAGE.read_text()
