"""The parameters of a scale in words: name, value with unit, and how much a value changed."""

from collections.abc import Callable
from enum import Enum, auto
from typing import NamedTuple

from steelyard_protocol.parameters import FIELDS, MAX_POINTS

from steelyard_cloud.web.words.i18n import N_, Speech

Write = Callable[[Speech, int], str]


class Compared(Enum):
    """How the difference between two values of a parameter is shown."""

    IN_PERCENT = auto()
    IN_ITS_UNIT = auto()  # where zero is a point like any other
    AS_CHANGED = auto()  # where the value is a choice and no quantity


class ParameterWords(NamedTuple):
    """A parameter's name, how its value is written, and how its change is shown; `n` fills a place in the name."""

    name: str
    write: Write
    compared: Compared = Compared.IN_PERCENT
    n: int = 0


def _quantity(unit: str = "", power: int = 0, decimals: int = 0) -> Write:
    """Write the stored integer, divided by 10 to the `power`, with its unit."""

    def write(speech: Speech, value: int) -> str:
        return f"{speech.number(value / 10**power, decimals)} {unit}".rstrip()

    return write


def _yes_or_no(speech: Speech, value: int) -> str:
    return speech.say(N_("yes")) if value else speech.say(N_("no"))


def _three_digits(_speech: Speech, value: int) -> str:
    return f"{value:03d}"


SALES = (N_("no prices"), N_("not stated"), N_("each stated"), N_("stated in batches"))


def _sales(speech: Speech, value: int) -> str:
    return speech.say(SALES[value])


_NUMBER = _quantity()
_KILOGRAMS = _quantity("kg", 6, 3)
_GRAMS = _quantity("g", 3, 1)
_GRAVITY = _quantity("m/s²", 6, 6)

PARAMETERS = {
    "max_mg": ParameterWords(N_("Maximum capacity"), _KILOGRAMS),
    "min_mg": ParameterWords(N_("Minimum capacity"), _GRAMS),
    "e_mg": ParameterWords(N_("Verification scale interval e"), _GRAMS),
    "filter_samples": ParameterWords(N_("Filter length"), _NUMBER),
    "stability_band_millie": ParameterWords(N_("Stability band"), _quantity("e", 3, 3)),
    "stability_time_ms": ParameterWords(N_("Stability time"), _quantity("s", 3, 1)),
    "zero_tracking_millie_per_s": ParameterWords(N_("Zero tracking rate"), _quantity("e/s", 3, 3)),
    "zero_setting_permille": ParameterWords(N_("Zero-setting range"), _quantity("% Max", 1, 1)),
    "initial_zero_permille": ParameterWords(N_("Initial zero-setting range"), _quantity("% Max", 1, 1)),
    "price_decimals": ParameterWords(N_("Price decimals"), _NUMBER, Compared.AS_CHANGED),
    "currency": ParameterWords(N_("Currency (ISO 4217)"), _three_digits, Compared.AS_CHANGED),
    "permit_required": ParameterWords(N_("Adjustment needs a permit"), _yes_or_no, Compared.AS_CHANGED),
    "sales": ParameterWords(N_("Sales"), _sales, Compared.AS_CHANGED),
    "price_per_100_g": ParameterWords(N_("Unit prices are per 100 g"), _yes_or_no, Compared.AS_CHANGED),
    "till_tare": ParameterWords(N_("A till may preset the tare"), _yes_or_no, Compared.AS_CHANGED),
    "max_1_mg": ParameterWords(N_("End of partial weighing range {n}"), _KILOGRAMS, n=1),
    "e_2_mg": ParameterWords(N_("Interval e of partial weighing range {n}"), _GRAMS, n=2),
    "max_2_mg": ParameterWords(N_("End of partial weighing range {n}"), _KILOGRAMS, n=2),
    "e_3_mg": ParameterWords(N_("Interval e of partial weighing range {n}"), _GRAMS, n=3),
    "low_pass": ParameterWords(N_("Low-pass filter"), _yes_or_no, Compared.AS_CHANGED),
    "zero_counts": ParameterWords(N_("Zero at calibration"), _NUMBER, Compared.IN_ITS_UNIT),
    "gravity_calibration_um_s2": ParameterWords(N_("Gravity at calibration"), _GRAVITY),
    "gravity_use_um_s2": ParameterWords(N_("Gravity at the place of use"), _GRAVITY),
    "reference_temperature_cdeg": ParameterWords(
        N_("Reference temperature"), _quantity("°C", 2, 2), Compared.IN_ITS_UNIT
    ),
    "zero_temperature_mcounts_per_k": ParameterWords(
        N_("Zero temperature coefficient"), _quantity("/K", 3, 3), Compared.IN_ITS_UNIT
    ),
    "span_temperature_ppb_per_k": ParameterWords(
        N_("Span temperature coefficient"), _quantity("ppm/K", 3, 3), Compared.IN_ITS_UNIT
    ),
}
for _n in range(1, MAX_POINTS + 1):
    PARAMETERS[f"point_{_n}_counts"] = ParameterWords(N_("Calibration point {n}: counts"), _NUMBER, n=_n)
    PARAMETERS[f"point_{_n}_mg"] = ParameterWords(N_("Calibration point {n}: mass"), _KILOGRAMS, n=_n)


def _words(key: int) -> ParameterWords:
    """The words for a key; one that only newer software knows is called by its number."""
    field = FIELDS.get(key)
    return PARAMETERS[field.name] if field else ParameterWords(N_("Parameter {n}"), _NUMBER, n=key)


def parameter_name(speech: Speech, key: int) -> str:
    """The name of a parameter for people."""
    words = _words(key)
    return speech.say(words.name, n=words.n)


def parameter_value(speech: Speech, key: int, value: int | None) -> str:
    """The value of a parameter with its unit; a dash where it is absent."""
    return "—" if value is None else _words(key).write(speech, value)


def parameter_difference(speech: Speech, key: int, before: int | None, after: int | None) -> str:
    """How much a parameter changed, in percent where that means something."""
    if before is None or after is None or before == after:
        return "—"
    words = _words(key)
    if words.compared is Compared.AS_CHANGED:
        return speech.say(N_("changed"))
    if before == 0 or words.compared is Compared.IN_ITS_UNIT:
        sign = "+" if after > before else "−"
        return sign + words.write(speech, abs(after - before))
    change = (after - before) / before * 100
    return f"{'+' if change > 0 else '−'}{speech.number(abs(change), 2)} %"
