"""What is written for a board: netlist for KiCad's board editor, bill of materials, drawing as SVG and PDF."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from io import StringIO
from pathlib import Path

from steelyard_hardware import files
from steelyard_hardware.circuit import Circuit, Part
from steelyard_hardware.drawing.sheet import draw
from steelyard_hardware.margin import Margin
from steelyard_hardware.parts import BATCHES, prices_date


def netlist(circuit: Circuit) -> str:
    """Return the circuit as a KiCad netlist (S-expressions, version E), the same text for the same circuit."""
    lines = [
        '(export (version "E")',
        f"  (design (source {_quoted(circuit.title)}) (tool {_quoted('steelyard_hardware')}))",
        "  (components",
    ]
    lines += [
        f"    (comp (ref {_quoted(part.ref)}) (value {_quoted(part.value)}) "
        f"(footprint {_quoted(part.kind.footprint)}) "
        f'(fields (field (name "MPN") {_quoted(part.kind.order_number)})))'
        for part in _in_order(circuit.parts.values())
    ]
    lines += ["  )", "  (nets"]
    for code, (net, nodes) in enumerate(circuit.nets(bare=True).items(), 1):
        lines.append(f"    (net (code {_quoted(str(code))}) (name {_quoted(net)})")
        for node in nodes:
            pin = circuit.pin(node)
            lines.append(
                f"      (node (ref {_quoted(node.ref)}) (pin {_quoted(node.number)}) (pinfunction {_quoted(pin.name)}))"
            )
        lines.append("    )")
    return "\n".join([*lines, "  )", ")", ""])


def bill_of_materials(circuit: Circuit) -> str:
    """Return the bill of materials as CSV: a line for each kind of part, indicative prices in US dollars."""
    kinds: dict[str, list[Part]] = {}
    for part in _in_order(part for part in circuit.parts.values() if not part.kind.bare):
        kinds.setdefault(part.kind.key, []).append(part)
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    each = [f"each_usd_at_{batch}" for batch in BATCHES]
    writer.writerow(
        [
            "references",
            "quantity",
            "description",
            "maker",
            "order_number",
            "alternates",
            "footprint",
            *each,
            "price_date",
        ]
    )
    for parts in kinds.values():
        kind = parts[0].kind
        writer.writerow(
            [
                " ".join(part.ref for part in parts),
                len(parts),
                kind.description,
                kind.maker,
                kind.order_number,
                "; ".join(kind.alternates),
                kind.footprint,
                *(f"{price:.3f}" for price in kind.price),
                prices_date(),
            ]
        )
    return out.getvalue()


def cost_usd(circuit: Circuit) -> tuple[float, ...]:
    """Return the cost of one board's parts, US dollars, for each of `BATCHES` boards."""
    return tuple(sum(part.kind.price[place] for part in circuit.parts.values()) for place in range(len(BATCHES)))


def write(circuit: Circuit, folder: Path) -> None:
    """Write netlist.net, bom.csv, schematic.svg and schematic.pdf into `folder`. Raises FileNotWritten."""
    sheet = draw(circuit)
    files.write(folder / "netlist.net", netlist(circuit))
    files.write(folder / "bom.csv", bill_of_materials(circuit))
    files.write(folder / "schematic.svg", sheet.svg())
    files.write(folder / "schematic.pdf", sheet.pdf())


def write_limits(margins: list[Margin], warnings: list[str], folder: Path) -> None:
    """Write limits.txt into `folder`: how far each limit is, and whose figures are from memory."""
    lines = [*map(str, margins), *(f"warning: {warning}" for warning in warnings)]
    files.write(folder / "limits.txt", "\n".join([*lines, ""]))


def _in_order(parts: Iterable[Part]) -> list[Part]:
    def key(part: Part) -> tuple[str, int]:
        letters = part.ref.rstrip("0123456789")
        return letters, int(part.ref[len(letters) :])

    return sorted(parts, key=key)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
