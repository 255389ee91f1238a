"""Weighing tests after OIML R 76-1 (class III, Max 15 kg, e = 5 g) in virtual time: a good cell passes, a cheap fails.

Errors are taken as R 76 takes them: before rounding, by adding tenths of e until the indication changes. Eccentricity
is left out, as the simulated cell has no pan with corners.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from steelyard_protocol import parameters, weight
from steelyard_simulator.scale import SimulatedScale

E_KG = 0.005
MAX_E = 3_000
MIN_E = 20
TENTH = Fraction(1, 10)
# At least ten, with Min, Max and where the maximum permissible error changes.
LOADS_E = (20, 100, 200, 500, 510, 1_000, 1_500, 2_000, 2_010, 2_700, 3_000)


def mpe(load_e: Fraction | int) -> Fraction:
    """Maximum permissible error on initial verification, in e."""
    return Fraction(1, 2) if load_e <= 500 else Fraction(1) if load_e <= 2_000 else Fraction(3, 2)


class Bench:
    """A scale on the verifier's bench: enrolled, adjusted at zero and Max, zero tracking off."""

    def __init__(self, scale: SimulatedScale) -> None:
        self.scale = scale
        scale.advance(5)
        scale.console("enrol maker=M model=one serial=1 code=P-1")
        scale.adjustment_switch(True)
        scale.console("adjust set zero_tracking_millie_per_s 0")
        scale.console("adjust zero")
        self.put(MAX_E, rest_s=10)
        assert abs(scale.console_json("adjust span 15 kg")["error_after_millie"]) < 1_500
        scale.adjustment_switch(False)
        self.put(0, rest_s=10)
        named = scale.console_json("parameters")["parameters"]
        self.parameters = {parameters.KEYS[name]: value for name, value in named.items()}
        scale.console("zero")

    def put(self, load_e: Fraction | int, rest_s: float = 2.5) -> None:
        self.scale.place(float(load_e) * E_KG)
        self.scale.advance(rest_s)

    def status(self) -> dict[str, Any]:
        assert self.scale.run_until(lambda: self.scale.console_json("status")["stable"], timeout_s=20, step_s=0.5)
        found: dict[str, Any] = self.scale.console_json("status")
        return found

    def indication(self) -> int:
        found: int = self.status()["gross"]
        return found

    def error(self, load_e: int) -> Fraction:
        """E = I + e/2 - dL - L, in e."""
        self.put(load_e)
        before = self.indication()
        for tenths in range(1, 16):
            self.put(load_e + tenths * TENTH, rest_s=1.5)
            if self.indication() > before:
                break
        self.put(load_e)
        return before + Fraction(1, 2) - tenths * TENTH - load_e

    def extended(self) -> Fraction:
        """The weight before rounding, in e: the mean of eight readings over four seconds."""
        total = Fraction(0)
        for _ in range(8):
            self.scale.advance(0.5)
            found = self.status()
            temperature = found["temperature_cdeg"]
            net = weight.compensated_counts(self.parameters, found["filtered_counts"], temperature)
            mass = Fraction(*weight.mass_ratio_mg(self.parameters, net - found["zero_counts"], temperature))
            total += mass / found["e_mg"]
        return total / 8


def weighing(bench: Bench) -> list[str]:
    """Loads up and down; errors corrected by that near zero (10 e)."""
    failures = []
    zero_error = bench.error(10)
    for load_e in (*LOADS_E, *reversed(LOADS_E)):
        error = bench.error(load_e) - zero_error
        if abs(error) > mpe(load_e):
            failures.append(f"weighing: error {float(error):+.2f} e at {load_e} e")
    bench.put(0)
    return failures


def discrimination(bench: Bench) -> list[str]:
    """1.4 d more changes the indication."""
    failures = []
    for load_e in (MIN_E, MAX_E // 2, MAX_E):
        bench.put(load_e)
        before = bench.indication()
        bench.put(load_e + Fraction(14, 10))
        if bench.indication() <= before:
            failures.append(f"discrimination: 1.4 d more at {load_e} e changes nothing")
    bench.put(0)
    return failures


def repeatability(bench: Bench) -> list[str]:
    """Ten weighings near half of Max agree within the permissible error."""
    found = []
    for _ in range(10):
        bench.put(MAX_E // 2, rest_s=5)
        found.append(bench.extended())
        bench.put(0, rest_s=5)
    spread = max(found) - min(found)
    return [f"repeatability: spread {float(spread):.2f} e"] if spread > mpe(MAX_E // 2) else []


def creep_and_zero_return(bench: Bench) -> list[str]:
    """Half an hour of Max: the indication stays, and the scale comes back to zero."""
    failures = []
    bench.put(0, rest_s=10)
    zero = bench.extended()
    bench.put(MAX_E, rest_s=5)
    at_once = bench.extended()
    bench.scale.advance(15 * 60)
    after_15 = bench.extended()
    bench.scale.advance(15 * 60)
    after_30 = bench.extended()
    bench.put(0, rest_s=5)
    returned = bench.extended() - zero
    if abs(after_30 - at_once) > Fraction(1, 2):
        failures.append(f"creep: {float(after_30 - at_once):+.2f} e in 30 min")
    if abs(after_30 - after_15) > Fraction(1, 5):
        failures.append(f"creep: {float(after_30 - after_15):+.2f} e between 15 and 30 min")
    if abs(returned) > Fraction(1, 2):
        failures.append(f"zero return: {float(returned):+.2f} e")
    return failures


def zero_setting(bench: Bench) -> list[str]:
    """Zero is set to a quarter of e."""
    bench.put(Fraction(73, 10))
    assert bench.indication() in range(5, 10)
    bench.scale.console("zero")
    error = bench.extended()
    bench.put(0)
    bench.scale.console("zero")
    return [f"zero setting: off by {float(error):+.2f} e"] if abs(error) > Fraction(1, 4) else []


def stability(bench: Bench) -> list[str]:
    """Once it is called stable, an indication shows at most two adjacent values for 5 s."""
    failures = []
    for load_e in (MIN_E, 1_000, MAX_E):
        bench.scale.place(load_e * E_KG)
        bench.scale.advance(0.3)
        shown = {bench.indication()}
        for _ in range(25):
            bench.scale.advance(0.2)
            shown.add(bench.scale.console_json("status")["gross"])
        if max(shown) - min(shown) > 1:
            failures.append(f"stability: {len(shown)} values within 5 s at {load_e} e")
    bench.put(0)
    return failures


def temperature(bench: Bench) -> list[str]:
    """The unloaded scale shifts by at most 1 e for 5 degrees."""
    failures = []
    bench.put(0, rest_s=5)
    before, celsius = bench.extended(), 20
    for now in (25, 15):
        bench.scale.temperature(now, over_s=30)
        bench.scale.advance(60)
        after = bench.extended()
        if abs(after - before) > Fraction(abs(now - celsius), 5):
            failures.append(f"temperature: {float(after - before):+.2f} e from {celsius} to {now} degrees")
        before, celsius = after, now
    return failures


TESTS: tuple[Callable[[Bench], list[str]], ...] = (
    weighing,
    discrimination,
    repeatability,
    zero_setting,
    stability,
    creep_and_zero_return,
    temperature,
)


@pytest.mark.scale(cell="class_iii", seed=4)
def test_a_class_iii_cell_passes_every_test(scale: SimulatedScale) -> None:
    bench = Bench(scale)
    assert [failure for test in TESTS for failure in test(bench)] == []


@pytest.mark.scale(cell="cheap", seed=4)
def test_a_cheap_cell_fails_where_cheap_cells_do(scale: SimulatedScale) -> None:
    bench = Bench(scale)
    failures = [failure for test in TESTS for failure in test(bench)]
    for kind in ("weighing", "creep", "zero return", "temperature"):
        assert any(failure.startswith(kind) for failure in failures), failures
