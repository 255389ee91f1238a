"""The fixture `scale` with the real agent: a load on the pan becomes a weight, by the same seed the same scale."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from kit.chain import exported
from steelyard_protocol import statement
from steelyard_simulator import SimulatedScale

ENROL = "enrol maker=Acme model=S15 serial=0001 code=P1"

Simulate = Callable[..., SimulatedScale]


def test_a_fresh_scale_weighs_at_once(simulate: Simulate) -> None:
    scale = simulate()
    scale.advance(3)
    scale.place(kg=1.0)
    scale.advance(3)
    assert scale.console_json("status")["net_mg"] == 1_000_000


def test_load_on_the_pan_is_indicated_and_taken_off_again(scale: SimulatedScale) -> None:
    scale.place(kg=12.345)
    scale.advance(0.5)
    assert scale.run_until(lambda: scale.console_json("status")["stable"], timeout_s=10)
    assert scale.console_json("status")["indication"] == "12.345 kg"
    scale.place(kg=0)
    scale.advance(3)
    assert scale.console_json("status")["indication"] == "0.000 kg"


@pytest.mark.scale(cell="class_iii", seed=42)
def test_a_class_iii_cell_with_all_its_noise_weighs_true(scale: SimulatedScale) -> None:
    scale.place(kg=5.0)
    scale.advance(5)
    status = scale.console_json("status")
    assert status["stable"]
    assert status["net_mg"] == pytest.approx(5_000_000, abs=status["e_mg"])
    assert status["noise_counts"] == pytest.approx(41, abs=25)


def test_a_load_becomes_a_statement(scale: SimulatedScale) -> None:
    scale.console(ENROL)
    scale.place(kg=2.5)
    scale.advance(601)
    raw = exported(scale)
    snapshot = statement.parse(raw[-1])
    assert snapshot.number == len(raw) == 3
    assert snapshot.body.gross == 500


def test_the_same_seed_is_the_same_scale_key_and_all(simulate: Simulate) -> None:
    first, again, other = simulate(seed=7), simulate(seed=7), simulate(seed=8)
    statements = [scale.console(ENROL) for scale in (first, again, other)]
    assert statements[0] == statements[1]
    assert statements[0] != statements[2]


def test_case_and_switch_are_seen(scale: SimulatedScale) -> None:
    scale.adjustment_switch(True)
    scale.open_case()
    scale.advance(1)
    status = scale.console_json("status")
    assert (status["switch"], status["case_open"], status["locked"]) == (True, True, True)


def test_stretched_pulses_are_discarded_not_weighed(scale: SimulatedScale) -> None:
    scale.place(kg=1.0)
    scale.advance(3)
    scale.stretch_pulses(chance=0.002, us=80)
    scale.advance(120)
    assert scale.state()["power_downs"] > 5
    status = scale.console_json("status")
    assert status["adc_faults"] > 0
    assert status["gross"] == 200


def test_a_power_cut_in_a_journal_sync_loses_nothing_released(scale: SimulatedScale) -> None:
    scale.console(ENROL)
    before = scale.console("export")
    scale.cut_power(at="journal sync", how="prefix", seed=3)
    assert scale.advance(700) is False
    scale.power_on()
    assert scale.console("export").startswith(before.strip())
