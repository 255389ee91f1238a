"""The filtered weight after a step, on a floor that shakes: `target/step_response.py` for one filter and one rate."""

import json
from typing import NamedTuple

from kit.micropython import ROOT, TARGET, interpreter

HAL = ROOT / "simulator" / "hal"
PATH = (HAL / "modules", HAL, ROOT / "hardware" / "boards" / "simulated")


class Filter(NamedTuple):
    """What the parameters say of it: the low pass or the mean of the middle half, over so many readings."""

    low_pass: int
    samples: int


class Response(NamedTuple):
    """One frequency of the shaking: the worst of some steps, light and heavy, on and off. `stable_ms` 0: never."""

    hertz: float
    error_e: float
    within_ms: float
    stable_ms: float


def responses(
    filter_: Filter, period_ms: float, *, shaking_e: float = 1.0, noise_counts: float = 41.0, band_millie: int = 500
) -> list[Response]:
    """For each frequency from 5 to 15 Hz: the error from 0.5 s on, how long until it stays within 0.25 e, and rest."""
    arguments = (*filter_, period_ms, shaking_e, noise_counts, band_millie)
    done = interpreter()(TARGET / "step_response.py", *arguments, heap="8M", path=PATH)
    return [Response(*one) for one in json.loads(done.stdout)]
