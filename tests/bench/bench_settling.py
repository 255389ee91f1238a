"""How long after a load is put on a scale calls it stable: the simulated class III cell in virtual time.

And at 80 readings a second how far off the weight is half a second after a step, on a floor that shakes by an interval
at any frequency from 5 to 15 Hz: the low pass beside the mean of the middle half of eight, which was there before it.
"""

import json
from collections.abc import Iterable
from typing import Any

from kit.micropython import ROOT, interpreter
from kit.step_response import PATH, Filter, responses

SETTLING = ROOT / "tests" / "bench" / "target" / "settling.py"
LOADS = 110
# Milliseconds a reading of the HX711 at nominally 10 and 80 a second; stability times.
CASES = ((85.837, (100, 500, 1000, 2000)), (11.862, (500, 2000)))


def settled(kind: str, period_ms: float, time_ms: int, samples: int = 8, loads: int = LOADS) -> list[float]:
    """Milliseconds from each load to the first reading that is called stable, in rising order."""
    arguments: Iterable[object] = (kind, period_ms, time_ms, samples, loads)
    done = interpreter()(SETTLING, *arguments, heap="8M", path=PATH, timeout=300)
    found: list[float] = json.loads(done.stdout)
    return found


def rows() -> list[dict[str, Any]]:
    """Median and 95th percentile for each rate and stability time; then what is left of a floor that shakes."""
    found = []
    for period_ms, times_ms in CASES:
        for time_ms in times_ms:
            taken_ms = settled("class_iii", period_ms, time_ms)
            for name, place in (("median", len(taken_ms) // 2), ("95 %", len(taken_ms) * 95 // 100)):
                what = f"stable, {time_ms} ms at {1000 / period_ms:.0f}/s, {name}"
                found.append(
                    {"name": what, "value": round(taken_ms[place]), "unit": "ms", "reference": None, "ratio": None}
                )
    return found + after_a_step()


def after_a_step(period_ms: float = 11.862) -> list[dict[str, Any]]:
    """Error from half a second on, and the time until it stays within a quarter of e: the worst of all frequencies."""
    low_pass, middle = (responses(one, period_ms) for one in (Filter(1, 34), Filter(0, 8)))
    columns = (
        ("error_e", "error 0.5 s after a step, shaking", "e"),
        ("within_ms", "within e/4 after a step, shaking", "ms"),
    )
    found = []
    for column, name, unit in columns:
        value, before = (max(getattr(response, column) for response in one) for one in (low_pass, middle))
        row = {"name": name, "value": round(value, 3), "unit": unit, "reference": round(before, 3)}
        found.append(row | {"ratio": round(value / before, 3)})
    return found
