"""What a data sheet says of one duty of a part, as tables of parts.toml: `[parts.NAME.DUTY]`, each with its source.

Pairs are the lowest and the highest value over temperature and parts. A rule in `limits/` belongs to each.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic import Strict as Strictness

from steelyard_hardware.files import Strict, written

Source = Annotated[str, written(r"\S.{7,}", "name the data sheet and page, after `memory: ` if nobody read it again")]
MEMORY = "memory: "

Positive = Annotated[float, Field(gt=0)]
Pair = Annotated[tuple[float, float], Strictness(False)]
Steps = Annotated[tuple[Pair, ...], Strictness(False)]


def _rising(pair: tuple[float, float]) -> tuple[float, float]:
    if pair[0] > pair[1]:
        raise ValueError("write the lower one first")
    return pair


Range = Annotated[Pair, AfterValidator(_rising)]


class Sourced(Strict):
    """Figures, and where they are read."""

    source: Source


class Supervisor(Sourced):
    """Holds `reset` low while the rail at `pin` is below its threshold."""

    pin: str
    reset: str
    trip_v: Range


class Memory(Sourced):
    """Flash inside a module, `bytes` of it: below `lowest_v` at its supply `pin` it must not be written; `reset` stops
    the writer."""

    pin: str
    reset: str
    lowest_v: Positive
    bytes: Annotated[int, Field(gt=0)]


class Charger(Sourced):
    """A lithium-ion charger: a current through `therm` whose voltage must stay between `hot_v` and `cold_v`.

    Its timer runs while `timer` is low. It charges with `program_v` volts over the resistor at `program`.
    """

    therm: str
    therm_ua: Range
    hot_v: Range
    cold_v: Range
    timer: str
    timer_h: Range
    program: str
    program_v: Positive
    battery: str
    charge_v: Range
    input_ma: Range


class Cell(Sourced):
    """A lithium-ion pack: what it bears while it is charged, and its thermistor, from the pin `ntc` to minus."""

    plus: str
    capacity_mah: Positive
    charge_c: Range
    charge_v: Positive
    charge_ma: Positive
    ntc: str
    ntc_ohm: Positive
    ntc_beta: Positive
    ntc_tolerance: Positive


class Regulator(Sourced):
    """A converter or linear regulator: microfarads that it wants at `input` and `output`, and what it can give."""

    input: str
    output: str
    input_uf: float = 0.0
    output_uf: Range
    milliamperes: Positive
    efficiency: float | None = None


class Coil(Sourced):
    """A converter's coil: the pin where it begins, and the microhenries that the converter is stable with."""

    pin: str
    microhenries: Range


class UsbSink(Sourced):
    """A USB-C socket of a device: the pins that each need a resistor to ground, and its ohms."""

    pins: Annotated[tuple[str, ...], Strictness(False)]
    ohm: Range


class Reference(Sourced):
    """A voltage reference: its volts at the pin `output`."""

    output: str
    volts: Range


class Reserve(Sourced):
    """A cell that nobody charges: its `plus`, what it holds, the share that it loses by itself, how long it lasts."""

    plus: str
    capacity_mah: Positive
    lost_a_year: Positive
    years: Positive


class Standby(Sourced):
    """What a chip takes at `pin` while the scale is off."""

    pin: str
    microamperes: Positive


class Logic(Sourced):
    """A logic input: highest low and lowest high level as volts plus a share of its supply, leakage, pull-up inside.

    Its supply is the pin `supply`, or that of the part's `io`.
    """

    supply: str | None = None
    low: Pair
    high: Pair
    leakage_ua: float
    pull_up_ohm: Range | None = None


class Load(Sourced):
    """An output that oscillates with a capacitor: (microfarads from which on, ohms that must stand before them)."""

    output: str
    series_ohm: Steps


class Clamp(Sourced):
    """A suppressor: the most volts at `pin` in a surge."""

    pin: str
    clamp_v: Positive


class Bears(Sourced):
    """The absolute maximum ratings of supply pins, volts."""

    absolute_v: dict[str, float]


class Junction(Sourced):
    """A diode: its drop at 1 mA, cold, how much less for a tenth of the current, and its leakage, hot."""

    forward_v: Positive
    decade_v: Positive
    leakage_ua: Positive


class Lamp(Sourced):
    """A lamp of diodes: its drop from `plus` to `minus`, and the milliamperes between dark and spoilt."""

    plus: str
    minus: str
    forward_v: Range
    milliamperes: Range


class Draws(Sourced):
    """The most milliamperes that a part takes at each of its supply pins."""

    milliamperes: dict[str, float]
