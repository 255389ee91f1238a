"""Masses as people type and read them; inside they are whole milligrams."""

import unicodedata
from decimal import Decimal, InvalidOperation

MG_PER_UNIT = {
    "kg": 1_000_000, "mg": 1, "g": 1_000,
    "千克": 1_000_000, "公斤": 1_000_000, "毫克": 1, "克": 1_000, "市斤": 500_000, "斤": 500_000, "两": 50_000,
}  # fmt: skip
"""A unit stands before any that it ends with."""


def parse_mg(text: str) -> int:
    """Milligrams of `5 kg`, `500g`, `0.5` (kg where no unit is given), `３斤`; full-width letters count too.

    Raises ValueError for anything but a positive mass in whole milligrams.
    """
    words = unicodedata.normalize("NFKC", text).strip().lower().replace("。", ".")
    unit = next((unit for unit in MG_PER_UNIT if words.endswith(unit)), "")
    try:
        mass_mg = Decimal(words.removesuffix(unit).strip()) * MG_PER_UNIT[unit or "kg"]
    except InvalidOperation as error:
        raise ValueError(f"{text!r} is not a mass: write for example 5 kg, 500 g or 10 斤") from error
    if not mass_mg.is_finite() or not 0 < mass_mg < 10**15 or mass_mg != int(mass_mg):
        raise ValueError(f"{text!r} is not a positive mass in whole milligrams")
    return int(mass_mg)


def kilograms(mass_mg: int) -> str:
    """Kilograms without trailing zeros, as the console takes them: 5000000 → `5`, 1250 → `0.00125`."""
    digits = f"{Decimal(mass_mg) / MG_PER_UNIT['kg']:f}"
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def shown(mass_mg: int, unit_mg: int) -> str:
    """Kilograms with the decimals that the scale's unit has: 4998000 in steps of 5 g → `4.998 kg`."""
    decimals = max(0, -Decimal(kilograms(unit_mg)).normalize().as_tuple().exponent)  # type: ignore[operator] # finite
    return f"{Decimal(mass_mg) / MG_PER_UNIT['kg']:.{decimals}f} kg"
