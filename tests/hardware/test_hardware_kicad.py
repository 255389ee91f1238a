"""Our pin tables against KiCad's symbols, an independent reading of the same data sheets (Debian: kicad-symbols 9)."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from steelyard_hardware.kicad import tool
from steelyard_hardware.parts import Electric, Kind, library

SYMBOLS = Path(os.environ.get("KICAD_SYMBOL_DIR", "/usr/share/kicad/symbols"))
EDITION = 20241209
"""Of the symbols' format: KiCad 9. Older libraries lack the modules, the clock and the NFC tag."""
COMPARED = sorted(kind.key for kind in library().values() if kind.kicad)

# KiCad's symbol is of another package: pads that ours has not (st25dv), or that no circuit of ours uses (pico2_w).
OTHER_PADS = {"st25dv": {"9"}, "pico2_w": {"TP1", "TP4", "TP5"}}
# Pins that we name otherwise than KiCad: two of one name in KiCad, or a name of a later edition of the data sheet.
ALIASES = {
    "IO19": "USB_D-",
    "IO20": "USB_D+",
    "IO43": "TXD0",
    "IO44": "RXD0",
    "CAP_A": "CAP",
    "CAP_B": "CAP",
    "CLKIN": "CLKIN/XTAL1",
    "STAT1": "STAT1/LBO",
    "K1": "K",
    "K2": "K",
    "K3": "K",
    "K4": "K",
}
# The Pico's own sheet has GP4 where KiCad has GPIO4, and GP26 where KiCad has GPIO26_ADC0; its pin 33 is AGND.
GPIO = re.compile(r"GPIO(\d+)(_ADC\d)?")
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
    return {number: (plain(pin), electric) for electric, pin, number in pins}


def plain(name: str) -> str:
    """Return a pin's name without KiCad's marks for a bar (~{CS}) and for small letters (V_{DD})."""
    return GPIO.sub(r"GP\1", re.sub(r"[~_]\{([^}]*)\}?", r"\1", name).replace("}", ""))


@pytest.fixture(scope="module", autouse=True)
def installed() -> None:
    device = SYMBOLS / "Device.kicad_sym"
    edition = re.search(r"\(version (\d+)\)", device.read_text()[:200]) if device.is_file() else None
    if edition is None or int(edition[1]) < EDITION:
        missing = f"KiCad 9's symbols are not in {SYMBOLS}: apt-get install kicad-symbols (Debian 12: of its backports)"
        if tool.needed():
            pytest.fail(missing)
        pytest.skip(missing)


def differences(kind: Kind, theirs: dict[str, tuple[str, str]]) -> list[str]:
    """Return where our table of a part's pins differs from KiCad's."""
    ours = {pin.number: pin for pin in kind.pins}
    lone = (ours.keys() ^ theirs.keys()) - OTHER_PADS.get(kind.key, set())
    found = [f"pin {number}: only one table has it" for number in sorted(lone)]
    for number in sorted(ours.keys() & theirs.keys()):
        name, electric = theirs[number]
        pin = ours[number]
        mine, other = ALIASES.get(pin.name, pin.name).upper(), name.upper()
        if mine != other and name != "~" and {mine, other} != {"GND", "AGND"}:
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
