"""A circuit: parts, nets and rails, with the blocks in which people think of it and in which it is drawn."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from steelyard_hardware import errors
from steelyard_hardware.files import ROOT, shown
from steelyard_hardware.parts import Kind, Pin, library

SCHEMATICS = ROOT / "hardware" / "schematics"

NC = ""
"""Connects a pin to nothing, on purpose."""
GROUND = "GND"
_JUMPER_OHM = 0.05


@dataclass(frozen=True)
class Rail:
    """A net that carries power: nominal and extreme volts."""

    nominal: float
    low: float
    high: float


@dataclass(frozen=True, order=True)
class Node:
    """One pin of one part."""

    ref: str
    number: str


@dataclass
class Part:
    """One part of the circuit. `nets` gives the net of each connected pin by its number."""

    ref: str
    kind: Kind
    block: str
    nets: dict[str, str] = field(default_factory=dict)
    unconnected: set[str] = field(default_factory=set)

    @property
    def value(self) -> str:
        """What stands beside the part in the drawing."""
        return self.kind.key.partition(" ")[2] or self.kind.order_number

    def ohms(self) -> float:
        """Return a resistor's value: "4k7" is 4,700, "0" what a jumper has at most. Raises ValueNotInOhms."""
        found = re.fullmatch(r"(\d+)([kM]?)(\d*)", self.value)
        if not found:
            raise errors.ValueNotInOhms(part=self.kind.key)
        whole, letter, rest = found.groups()
        return float(f"{whole}.{rest or 0}") * {"": 1, "k": 1e3, "M": 1e6}[letter] or _JUMPER_OHM

    def microfarads(self) -> float:
        """Return a capacitor's value: "100n_C0G" is 0.1. Raises ValueNotInFarads."""
        found = re.fullmatch(r"(\d+)([pnu])(\d*)(_\w+)?", self.value)
        if not found:
            raise errors.ValueNotInFarads(part=self.kind.key)
        whole, letter, rest, _ = found.groups()
        return float(f"{whole}.{rest or 0}") * {"u": 1.0, "n": 1e-3, "p": 1e-6}[letter]

    def net(self, name: str) -> str | None:
        """Return the net of the first pin called so."""
        return self.nets.get(self.kind.pin(name)[0].number)


class Circuit:
    """Parts by reference, nets by name. Made by a function of `schematics/`."""

    def __init__(self, name: str, title: str) -> None:
        self.name = name
        self.title = title
        self.parts: dict[str, Part] = {}
        self.rails: dict[str, Rail] = {}
        self.blocks: dict[str, int] = {}
        self.notes: dict[str, str] = {}
        # As the profile says: nets that the processor pulls up inside, and the rated temperatures around the scale.
        self.pulled: set[str] = set()
        self.around_c = (-10, 40)
        self._block = ""

    @contextmanager
    def block(self, title: str, column: int, note: str = "") -> Iterator[None]:
        """Parts made inside belong to the block `title`, drawn in that column of the sheet, with `note` under it."""
        self._block, before = title, self._block
        self.blocks[title] = column
        self.notes[title] = note
        yield
        self._block = before

    def rail(self, net: str, nominal: float, low: float, high: float) -> None:
        """Declare that `net` carries power."""
        self.rails[net] = Rail(nominal, low, high)

    def part(self, ref: str, kind: str, pins: dict[str, str] | None = None, **more: str) -> Part:
        """Add a part. `pins` and keywords give the net of each pin by name or number; `NC` leaves it open on purpose.

        Raises HardwareError for an unknown kind or pin, a malformed reference, a reference or pin given twice.
        """
        if not re.fullmatch("[A-Z]+[0-9]+", ref):
            raise errors.ReferenceMalformed(circuit=self.name, ref=ref)
        if ref in self.parts:
            raise errors.ReferenceTaken(circuit=self.name, ref=ref)
        if kind not in library():
            raise errors.PartUnknown(circuit=self.name, ref=ref, kind=kind)
        if not self._block:
            self.blocks[""] = 0
            self.notes[""] = ""
        part = Part(ref, library()[kind], self._block)
        for name, net in {**(pins or {}), **more}.items():
            for pin in part.kind.pin(name):
                if pin.number in part.nets or pin.number in part.unconnected:
                    raise errors.PinTaken(circuit=self.name, pin=pin.name, ref=ref)
                if net == NC:
                    part.unconnected.add(pin.number)
                else:
                    part.nets[pin.number] = net
        self.parts[ref] = part
        return part

    def two(self, ref: str, kind: str, first: str, second: str) -> Part:
        """Add a part with two pins between two nets."""
        return self.part(ref, kind, {"1": first, "2": second})

    def test_point(self, ref: str, net: str) -> Part:
        """Add a bare pad of the board on `net`, where it is measured. Raises HardwareError."""
        return self.part(ref, "test_point", {"1": net})

    def nets(self, *, bare: bool = False) -> dict[str, list[Node]]:
        """Return the pins on each net, in order; test points only where `bare`, as they do nothing to a net."""
        found: dict[str, list[Node]] = {}
        for part in self.parts.values():
            for number, net in part.nets.items():
                if bare or not part.kind.bare:
                    found.setdefault(net, []).append(Node(part.ref, number))
        return {net: sorted(found[net]) for net in sorted(found)}

    def pin(self, node: Node) -> Pin:
        """Return the pin that `node` names."""
        return next(pin for pin in self.parts[node.ref].kind.pins if pin.number == node.number)


def path(board: str) -> Path:
    """Return where the circuit of a board is."""
    return SCHEMATICS / f"{board}.py"


def load(board: str) -> Circuit:
    """Return the circuit of a board, which its module in `schematics/` makes. Raises HardwareError."""
    if not path(board).is_file():
        raise errors.CircuitMissing(path=shown(path(board)))
    module = importlib.import_module(f"schematics.{board}")
    if not hasattr(module, "circuit"):
        raise errors.CircuitMissing(path=shown(path(board)))
    made: Circuit = module.circuit()
    return made
