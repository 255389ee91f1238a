"""The project around sheets and board: net classes, design rules, and where symbols and footprints come from."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase

from steelyard_hardware.circuit import Circuit
from steelyard_hardware.kicad.identity import identifier
from steelyard_hardware.kicad.sexpr import Text, Tree, write
from steelyard_hardware.kicad.symbols import LIBRARY

# What board makers build on four layers without extra cost.
_RULES = {
    "min_clearance": 0.127,
    "min_track_width": 0.127,
    "min_via_diameter": 0.45,
    "min_via_annular_width": 0.1,
    "min_through_hole_diameter": 0.2,
    "min_hole_to_hole": 0.25,
    "min_hole_clearance": 0.2,
    "min_copper_edge_clearance": 0.3,
    "min_resolved_spokes": 1,
    "min_text_height": 0.8,
    "min_text_thickness": 0.1,
}
# Cosmetics of KiCad's own footprints, and that ours have some texts on another layer than theirs.
_SEVERITIES = {
    "silk_overlap": "ignore",
    "silk_over_copper": "ignore",
    "silk_edge_clearance": "ignore",
    "lib_footprint_mismatch": "ignore",
}
_DEFAULT = "Default"
# Width of tracks, clearance to others, diameter and hole of a via, all in millimetres, and the nets by pattern.
_CLASSES: dict[str, tuple[float, float, float, float, tuple[str, ...]]] = {
    _DEFAULT: (0.2, 0.15, 0.6, 0.3, ()),
    "Power": (0.5, 0.15, 0.8, 0.4, ("VBUS", "VIN", "VBAT", "VSYS", "+5V", "BOOST_L", "BUCK_L*")),
    "Supply": (0.3, 0.15, 0.6, 0.3, ("GND", "+3V3", "AVDD", "EXC_P")),
    "Load cell": (0.2, 0.2, 0.6, 0.3, ("CELL_*", "AIN_*", "SENSE_*", "REF_*", "ADC_CAP*", "ADC_VBG")),
    "USB": (0.2, 0.15, 0.6, 0.3, ("USB_D?",)),
}


def class_of(net: str) -> str:
    """Return the class of a net."""
    for name, (*_, patterns) in _CLASSES.items():
        if any(fnmatchcase(net, pattern) for pattern in patterns):
            return name
    return _DEFAULT


def project(circuit: Circuit) -> str:
    """Return the .kicad_pro file."""
    classes = []
    patterns = []
    for place, (name, (width, clearance, via, drill, nets)) in enumerate(_CLASSES.items()):
        classes.append(
            {
                "name": name,
                "priority": place if place else 2**31 - 1,  # KiCad passes over a class without one
                "track_width": width,
                "clearance": clearance,
                "via_diameter": via,
                "via_drill": drill,
                "microvia_diameter": 0.3,
                "microvia_drill": 0.1,
                "diff_pair_width": 0.2,
                "diff_pair_gap": 0.2,
                "wire_width": 6,
                "bus_width": 12,
            }
        )
        patterns += [{"netclass": name, "pattern": pattern} for pattern in nets]
    content = {
        "board": {"design_settings": {"rules": _RULES, "rule_severities": _SEVERITIES, "meta": {"version": 2}}},
        "meta": {"filename": f"{circuit.name}.kicad_pro", "version": 3},
        "net_settings": {"classes": classes, "meta": {"version": 4}, "netclass_patterns": patterns},
        "sheets": [[identifier(circuit.name, "sheet"), "Root"]]
        + [[identifier(circuit.name, "sheet", block), block] for block in circuit.blocks],
        "text_variables": {},
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def footprint_table(circuit: Circuit) -> str:
    """Return the fp-lib-table: every library of the board, so that KiCad finds them before its first start too."""
    used = {part.kind.footprint.partition(":")[0] for part in circuit.parts.values()}
    kicad = {name: f"${{KICAD9_FOOTPRINT_DIR}}/{name}.pretty" for name in sorted((used | {"MountingHole"}) - {LIBRARY})}
    return _table("fp_lib_table", {LIBRARY: f"${{KIPRJMOD}}/{LIBRARY}.pretty", **kicad})


def symbol_table() -> str:
    """Return the sym-lib-table: every symbol of the sheets."""
    return _table("sym_lib_table", {LIBRARY: f"${{KIPRJMOD}}/{LIBRARY}.kicad_sym"})


def _table(kind: str, places: dict[str, str]) -> str:
    tree: Tree = [kind, ["version", "7"]]
    for name, place in places.items():
        row: Tree = ["lib", ["name", Text(name)], ["type", Text("KiCad")], ["uri", Text(place)]]
        tree.append([*row, ["options", Text("")], ["descr", Text("")]])
    return write(tree) + "\n"
