"""Our pin tables against KiCad's symbols, an independent reading of the same data sheets (Debian: kicad-symbols)."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from steelyard_hardware.parts import Electric, Kind, library

SYMBOLS = Path(os.environ.get("KICAD_SYMBOL_DIR", "/usr/share/kicad/symbols"))
COMPARED = sorted(kind.key for kind in library().values() if kind.kicad)

# Pins that we name otherwise than KiCad: two of one name in KiCad, or a name of a later edition of the data sheet.
ALIASES = {
    "CAP_A": "CAP",
    "CAP_B": "CAP",
    "CLKIN": "CLKIN/XTAL1",
    "STAT1": "STAT1/LBO",
    "K1": "K",
    "K2": "K",
    "K3": "K",
    "K4": "K",
}
DRIVING = {"output", "power_out", "tri_state"}


def symbol(path: Path, name: str) -> dict[str, tuple[str, str]]:
    """Return name and electrical type of each pin by number, of one symbol of a library."""
    text = path.read_text()
    # KiCad 6 indents by two spaces, KiCad 8 and later by a tab.
    found = re.search(rf'^(  |\t)\(symbol "{re.escape(name)}"\s*(?:\(extends "([^"]+)"\))?', text, re.MULTILINE)
    assert found, f"{path.name} has no {name}"
    if found[2]:
        return symbol(path, found[2])
    end = text.find(f'\n{found[1]}(symbol "', found.end())
    body = text[found.start() : end if end > 0 else len(text)]
    pins = re.findall(r'\(pin (\w+) \w+\s.*?\(name "([^"]*)".*?\(number "([^"]*)"', body, re.DOTALL)
    return {number: (pin.replace("~{", "").replace("}", ""), electric) for electric, pin, number in pins}


@pytest.fixture(scope="module", autouse=True)
def installed() -> None:
    if not SYMBOLS.is_dir():
        missing = f"KiCad's symbols are not in {SYMBOLS}: apt-get install kicad-symbols"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)


def differences(kind: Kind, theirs: dict[str, tuple[str, str]]) -> list[str]:
    """Return where our table of a part's pins differs from KiCad's."""
    ours = {pin.number: pin for pin in kind.pins}
    found = [f"pin {number}: only one table has it" for number in sorted(ours.keys() ^ theirs.keys())]
    for number in sorted(ours.keys() & theirs.keys()):
        name, electric = theirs[number]
        pin = ours[number]
        mine, other = ALIASES.get(pin.name, pin.name).upper(), name.upper()
        if mine != other and name != "~":
            found.append(f"pin {number}: {pin.name}, KiCad has {name}")
        if (pin.electric is Electric.OUTPUT and electric in ("input", "power_in")) or (
            pin.electric is Electric.INPUT and electric in DRIVING
        ):
            found.append(f"pin {number}: {pin.electric.name}, KiCad has {electric}")
    return found


@pytest.mark.parametrize("key", COMPARED)
def test_pin_tables_agree_with_kicad(key: str) -> None:
    kind = library()[key]
    assert kind.kicad
    folder, name = kind.kicad.split(":")
    assert differences(kind, symbol(SYMBOLS / f"{folder}.kicad_sym", name)) == []


def test_a_wrong_pin_number_would_be_found() -> None:
    kind = library()["hx711"]
    theirs = symbol(SYMBOLS / "Analog_ADC.kicad_sym", "HX711")
    theirs["11"], theirs["12"] = theirs["12"], theirs["11"]
    assert len(differences(kind, theirs)) == 4
