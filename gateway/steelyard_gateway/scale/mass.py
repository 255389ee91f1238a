"""Masses as people type and read them; inside they are whole milligrams."""

from decimal import Decimal, InvalidOperation

MG_PER_UNIT = {"kg": 1_000_000, "g": 1_000, "mg": 1}


def parse_mg(text: str) -> int:
    """Milligrams of `5 kg`, `500g`, `0.5` (kg where no unit is given); ValueError for anything but a positive mass."""
    words = text.strip().lower()
    unit = next((unit for unit in ("kg", "mg", "g") if words.endswith(unit)), "kg")
    try:
        mass_mg = Decimal(words.removesuffix(unit).strip()) * MG_PER_UNIT[unit]
    except InvalidOperation as error:
        raise ValueError(f"{text!r} is no mass: write for example 5 kg or 500 g") from error
    if not mass_mg.is_finite() or mass_mg <= 0 or mass_mg != int(mass_mg):
        raise ValueError(f"{text!r} is no mass of whole milligrams above zero")
    return int(mass_mg)


def kilograms(mass_mg: int) -> str:
    """Kilograms without trailing zeros, as the console takes them: 5000000 → `5`, 1250 → `0.00125`."""
    digits = f"{Decimal(mass_mg) / MG_PER_UNIT['kg']:f}"
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def shown(mass_mg: int, e_mg: int) -> str:
    """Kilograms with the decimals that the interval e has: 4998000 at e = 5 g → `4.998 kg`."""
    decimals = max(0, -Decimal(kilograms(e_mg)).normalize().as_tuple().exponent)  # type: ignore[operator] # finite
    return f"{Decimal(mass_mg) / MG_PER_UNIT['kg']:.{decimals}f} kg"
