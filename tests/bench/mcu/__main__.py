"""`make bench-mcu`: what the agent costs on an emulated Cortex-M3, and whether it does there what it does on a PC.

Words on the command line choose parts: `figures`, `agent`, `slot`, `heap`, `tests`. Without any all are done in this
order; it takes a quarter of an hour. The rows go into build/bench.json.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import image
import life
import result
import sizes
from kit.emulated_board import TARGET, BoardError, EmulatedBoard, script
from rich.console import Console
from steelyard_gateway.factory.image import build as slot_image

# Where an operation's own cost is looked at, the heap is so large that nothing is collected meanwhile.
LARGE_HEAP = 2 << 20
# What an RP2040 leaves to MicroPython's heap, roughly; and what the agent is tried in, until it no longer lives.
BOARD_HEAP = 192 << 10
SMALL_HEAPS = tuple(size << 10 for size in (96, 88, 80, 72, 64, 56))
SLOTTED = ("pico2_w", "esp32_s3")
FIGURES = "tests/bench/mcu/target/figures.py"
TWICE = 0.01  # how far apart a figure may be that is taken twice

TESTS = (
    *(f"tests/firmware/wire/test_{name}.py" for name in ("cbor", "cose", "p256")),
    *(f"tests/firmware/weighing/test_{name}.py" for name in ("weight", "filtering")),
    "tests/firmware/adjustment/test_parameters.py",
    *(f"tests/target/{name}_checks.py" for name in ("journal", "parameters")),
)
# What cannot run on the board, and why.
LEFT_OUT = {
    "test_tables_are_those_that_their_script_makes": "it compares files of the checkout",
}


class Uneven(Exception):
    """A figure came out differently when it was taken again."""


def main(wanted: list[str]) -> int:
    """Exit code 0 if everything ran; 1 with the reason where it did not."""
    terminal = Console()
    parts = wanted or ["figures", "agent", "slot", "heap", "tests"]
    try:
        plain, native = (image.build(native=native) for native in (False, True))
        for name, version in plain.versions.items():
            terminal.print(f"{name}: {version}")
        rows = []
        if "figures" in parts:
            rows += figures(plain.firmware, native.firmware, terminal)
        if "agent" in parts:
            rows += whole_agent(plain.firmware, terminal)
        if "slot" in parts:
            rows += slot(plain.firmware, terminal)
        if "heap" in parts:
            rows += smallest_heap(plain.firmware, terminal)
        result.add(rows, terminal)
        return board_tests(plain.firmware) if "tests" in parts else 0
    except (image.Missing, BoardError, Uneven) as error:
        terminal.print(f"make bench-mcu: {error}", markup=False)
    except subprocess.CalledProcessError as error:
        terminal.print(f"make bench-mcu: {error}\n{error.output or ''}", markup=False)
    return 1


def row(name: str, value: float, unit: str, reference: float | None = None) -> dict[str, Any]:
    """One row of bench.json; less is better in all of them."""
    ratio = reference / value if reference and value else None
    return {"name": f"mcu {name}", "value": value, "unit": unit, "reference": reference, "ratio": ratio}


def measured(firmware: Path) -> dict[str, dict[str, Any]]:
    """Run the single operations on a board; return what it said of each, by name. Raises Uneven."""
    with EmulatedBoard(firmware, LARGE_HEAP) as board:
        lines = board.run(script(FIGURES, path=("tests/bench/target", TARGET)), 300).splitlines()
    found = {facts["name"]: facts for facts in map(json.loads, lines) if facts}
    for name, facts in found.items():
        first, second = facts["instructions"]
        if abs(first - second) > TWICE * max(first, second):
            raise Uneven(f"{name} took {first} and then {second} instructions")
    return found


def figures(plain: Path, native: Path, terminal: Console) -> list[dict[str, Any]]:
    """Cost of the single operations, once as bytecode and once with machine code where every reading passes."""
    found = measured(plain)
    fast = measured(native)
    for name, facts in found.items():
        first, second = facts["instructions"]
        longest, heap, garbage = (facts.get(word) for word in ("longest", "heap", "garbage"))
        more = [f"in pieces of at most {longest:,}, {heap:,} bytes alive between them"] if longest else []
        more += [f"{garbage:,} bytes of garbage"] if garbage is not None else []
        machine_code = fast[name]["instructions"][0]
        more += [f"{machine_code:,} as machine code"] if machine_code < 0.9 * first else []
        terminal.print(f"{name}: {first:,} and again {second:,} instructions; {'; '.join(more)}", highlight=False)
    for name, size in sizes.module_bytes(plain).items():
        terminal.print(f"{name}: {size:,} bytes", highlight=False)

    def cost(name: str, of: dict[str, dict[str, Any]] = found) -> int:
        return int(of[name]["instructions"][0])

    unit = "instructions"
    return [
        row("sign", cost("sign"), unit, cost("double-and-add")),
        row("verify", cost("verify"), unit, cost("double-and-add verify")),
        row("double-and-add", cost("double-and-add"), unit),
        row("weighing step", cost("weighing step"), unit),
        row("weighing step, low pass", cost("weighing step, low pass"), unit),
        row("weighing step, multi-interval", cost("weighing step, multi-interval"), unit),
        row("weighing step, machine code", cost("weighing step", fast), unit, cost("weighing step")),
        row("snapshot encode", cost("snapshot encode"), unit),
        row("snapshot decode", cost("snapshot decode"), unit),
        row("sha-256 of 1 KB", cost("sha-256 of 1 KB"), unit),
        row("picture", cost("picture"), unit),
        row("journal append", cost("journal append"), unit),
        row("code size", sizes.frozen_bytes(plain), "bytes"),
        row("code size, machine code", sizes.frozen_bytes(native), "bytes"),
    ]


def whole_agent(firmware: Path, terminal: Console) -> list[dict[str, Any]]:
    """What was seen of the whole agent while it lived."""
    seen = life.account(firmware, BOARD_HEAP)
    highest = life.account(firmware, BOARD_HEAP, measure_heap=True).highest_bytes
    for name, phase in seen.phases.items():
        terminal.print(
            f"{name}: {phase.weights} weights, at most {phase.longest_gap_ms} ms apart, "
            f"longest stretch {phase.longest_stretch:,} instructions, a till waits {phase.longest_till_ms} ms; "
            f"gaps {phase.trace()}",
            highlight=False,
        )
    terminal.print(
        f"{seen.statements} statements, {seen.pages_programmed} pages programmed, {seen.sectors_erased} erases\n"
        f"key to picture: at most {seen.longest_key_ms} ms; jumps of the emulator's clock: {seen.jumps}\n"
        f"{seen.live_bytes[0]:,} and again {seen.live_bytes[1]:,} bytes alive at rest; at most {highest:,} allocated, "
        f"garbage included, in a heap of {BOARD_HEAP:,}",
        highlight=False,
    )
    in_service = [seen.phases[name] for name in life.STATEMENT_PHASES]
    return [
        row("boot", seen.boot_instructions, "instructions"),
        row("heap live", seen.live_bytes[0], "bytes"),
        row("heap high", highest, "bytes"),
        row("longest stretch", max(phase.longest_stretch for phase in in_service), "instructions"),
        row("longest stretch of all", seen.longest_stretch, "instructions"),
        row("longest gap between weights", max(phase.longest_gap_ms for phase in in_service), "ms at 31 MIPS"),
        row("longest gap of all", seen.longest_gap_ms, "ms at 31 MIPS"),
        row("key to picture", seen.longest_key_ms, "ms at 31 MIPS"),
        row("till question to answer", max(phase.longest_till_ms for phase in in_service), "ms at 31 MIPS"),
    ]


def slot(firmware: Path, terminal: Console) -> list[dict[str, Any]]:
    """What the agent takes when it runs from a slot, and how large the largest reference board's image is."""
    live = life.account(firmware, BOARD_HEAP, from_slot=True).live_bytes
    images = {board: len(slot_image(board).image) for board in SLOTTED}
    terminal.print(f"from a slot {live[0]:,} bytes are alive at rest; images: {images}", highlight=False)
    return [row("heap live slot", live[0], "bytes"), row("slot image", max(images.values()), "bytes")]


def smallest_heap(firmware: Path, terminal: Console) -> list[dict[str, Any]]:
    """Try the agent's whole life in smaller and smaller heaps, each beside what the watch takes."""
    watch_bytes = life.account(firmware, BOARD_HEAP).watch_bytes
    smallest = None
    for size in SMALL_HEAPS:
        try:
            life.account(firmware, size + watch_bytes)
        except BoardError as error:
            terminal.print(f"{size >> 10} KiB of heap are too small: {error}", markup=False, highlight=False)
            break
        smallest = size
        terminal.print(f"{size >> 10} KiB of heap are enough", highlight=False)
    return [row("smallest heap", smallest, "bytes")] if smallest else []


def board_tests(firmware: Path) -> int:
    """Run the agent's own tests on the board; return pytest's exit code."""
    for name, reason in LEFT_OUT.items():
        print(f"not on the board: {name}: {reason}")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *TESTS, "-k", " and ".join(f"not {name}" for name in LEFT_OUT)],
        cwd=image.ROOT,
        env={**os.environ, "STEELYARD_BOARD_IMAGE": str(firmware)},
    ).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
