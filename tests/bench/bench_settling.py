"""How long after a load is put on a scale calls it stable: the simulated class III cell in virtual time."""

import json
from collections.abc import Iterable
from typing import Any

from kit.micropython import ROOT, interpreter

SETTLING = ROOT / "tests" / "bench" / "target" / "settling.py"
HAL = ROOT / "simulator" / "hal"
PATH = (HAL / "modules", HAL, ROOT / "hardware" / "boards" / "simulated")
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
    """Median and 95th percentile for each rate and stability time."""
    found = []
    for period_ms, times_ms in CASES:
        for time_ms in times_ms:
            taken_ms = settled("class_iii", period_ms, time_ms)
            for name, place in (("median", len(taken_ms) // 2), ("95 %", len(taken_ms) * 95 // 100)):
                what = f"stable, {time_ms} ms at {1000 / period_ms:.0f}/s, {name}"
                found.append(
                    {"name": what, "value": round(taken_ms[place]), "unit": "ms", "reference": None, "ratio": None}
                )
    return found
