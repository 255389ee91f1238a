"""A charger beside the cell that it charges: temperatures, volts, current, and the timer that ends it all."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from steelyard_hardware.circuit import GROUND, Circuit, Part
from steelyard_hardware.fault import Fault
from steelyard_hardware.limits import paths
from steelyard_hardware.margin import Margin
from steelyard_hardware.ratings import Cell, Charger

_KELVIN = 273.15
_REFERENCE_K = 298.15
# Between these the thermistor is looked for: a charger outside is no charger of this cell.
_COLDEST_C, _HOTTEST_C = -60.0, 120.0
RULE = "charging"


def charging(circuit: Circuit) -> Iterator[Margin | Fault]:
    """A charger stops outside the cell's temperatures, keeps its volts and current, and its timer runs."""
    for part in circuit.parts.values():
        charger = part.kind.charger
        if charger is None:
            continue
        if part.net(charger.timer) != GROUND:
            what = f"its safety timer is off: {charger.timer} is on {part.net(charger.timer)}, connect it to {GROUND}"
            yield Fault(RULE, part.ref, what)
        battery = part.net(charger.battery)
        packs = [pack for pack in paths.at(circuit, battery) if pack.kind.cell]
        if not packs:
            yield Fault(RULE, part.ref, f"no pack on {battery} says what its cell bears: give its part a table `cell`")
        for pack in packs:
            yield from _pack(circuit, part, charger, pack)


def _pack(circuit: Circuit, part: Part, charger: Charger, pack: Part) -> Iterator[Margin | Fault]:
    cell = pack.kind.cell
    assert cell is not None
    where = f"{part.ref} with {pack.ref}"
    high_v = charger.charge_v[1]
    yield Margin(RULE, where, "charges to", high_v, cell.charge_v, "V", "take a charger of that voltage")
    most_ma = charge_ma(circuit, part, charger)
    yield Margin(RULE, where, "charges with", most_ma, cell.charge_ma, "mA", "take a higher resistor")
    window = charge_window_c(circuit, part, charger, pack)
    if window is None:
        what = f"nothing at {charger.therm} follows the cell's temperature: bring its thermistor there"
        yield Fault(RULE, where, what)
        return
    low_c, high_c = cell.charge_c
    advice = "choose the resistor beside the thermistor anew"
    yield Margin(RULE, where, "charges down to", window[0], low_c, "°C", advice, at_most=False)
    yield Margin(RULE, where, "charges up to", window[1], high_c, "°C", advice)


def charge_ma(circuit: Circuit, part: Part, charger: Charger) -> float:
    """Return the programmed charge current in milliamperes."""
    net = part.net(charger.program) or ""
    ohms = [resistor.ohms() for resistor, other in paths.resistors(circuit, net) if other == GROUND]
    return min(charger.program_v / ohms[0] * 1000, charger.input_ma[1]) if ohms else charger.input_ma[1]


def charge_window_c(circuit: Circuit, part: Part, charger: Charger, pack: Part) -> tuple[float, float] | None:
    """Return the lowest and highest temperature at which it may still charge; None if nothing follows the cell's."""
    cell = pack.kind.cell
    assert cell is not None
    seen = _seen_ohm(circuit, part.net(charger.therm) or "", pack, cell)
    if seen is None:
        return None
    low_ua, high_ua = charger.therm_ua
    # It charges while the voltage is between the two: the widest window has the thresholds and the current at extremes.
    return (
        _temperature_c(lambda c: seen(c, 1 - cell.ntc_tolerance), charger.cold_v[1] / low_ua * 1e6),
        _temperature_c(lambda c: seen(c, 1 + cell.ntc_tolerance), charger.hot_v[0] / high_ua * 1e6),
    )


def _seen_ohm(circuit: Circuit, net: str, pack: Part, cell: Cell) -> Callable[[float, float], float] | None:
    """Return what the charger sees at `net` by temperature and the thermistor's own tolerance, in ohms."""
    parallel = [resistor.ohms() for resistor, other in paths.resistors(circuit, net) if other == GROUND]
    series = {other: resistor.ohms() for resistor, other in paths.resistors(circuit, net) if other != GROUND}
    at_ntc = pack.net(cell.ntc)
    if at_ntc is None or at_ntc not in {net, *series}:
        return None
    before = series.get(at_ntc, 0.0)

    def seen(celsius: float, tolerance: float) -> float:
        share = cell.ntc_beta * (1 / (celsius + _KELVIN) - 1 / _REFERENCE_K)
        own = before + cell.ntc_ohm * tolerance * math.exp(share)
        return 1 / (1 / own + sum(1 / ohms for ohms in parallel))

    return seen


def _temperature_c(seen: Callable[[float], float], ohms: float) -> float:
    """Return where a falling characteristic has `ohms`, within the range that is looked at."""
    low, high = _COLDEST_C, _HOTTEST_C
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if seen(middle) > ohms else (low, middle)
    return high
