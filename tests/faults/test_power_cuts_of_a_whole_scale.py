"""The same power cuts on the whole agent: its own process, console, clock and flash image, for a sample of the cuts.

Every cut starts from one image of an enrolled and adjusted scale. What its console had exported before must be there
afterwards, byte for byte, and what follows must link up to it.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from kit.chain import exported, faults_of_chain
from steelyard_protocol import statement
from steelyard_protocol.events import Event, ParameterChange
from steelyard_simulator.errors import ScaleIsOff
from steelyard_simulator.scale import SimulatedScale

CUTS = [(at, ("none", "prefix", "scattered", "all")[at % 4]) for at in range(1, 25, 3)]


def life(scale: SimulatedScale) -> None:
    """Start, adjust both groups, and go on until the power fails: then ScaleIsOff is raised."""
    scale.console("adjust set gravity_use_um_s2 9799000")
    scale.console("adjust set filter_samples 12")
    scale.console("adjust close")
    for _ in range(30):
        scale.advance(600)
    scale.console("status")


def judge(scale: SimulatedScale, before: list[bytes]) -> None:
    after = exported(scale)
    assert after[: len(before)] == before
    assert faults_of_chain(after, len(after)) == []
    parsed = [statement.parse(raw) for raw in after]
    state = None
    for one, following in pairwise(parsed):
        assert following.boot >= one.boot
        if isinstance(one.body, Event) and isinstance(one.body.facts, ParameterChange):
            change = one.body.facts
            state = (change.digest.hex(), change.calibration_counter, change.configuration_counter)
        if state:
            head = (following.digest.hex(), following.calibration_counter, following.configuration_counter)
            assert head == state
    status = scale.console_json("status")
    assert (status["digest"], status["calibration_counter"], status["configuration_counter"]) == state
    assert not status["locked"]
    assert not status["session"]


def test_power_cut_of_a_running_scale_loses_and_repeats_nothing(
    simulate: Callable[..., SimulatedScale], tmp_path: Path
) -> None:
    scale = simulate()
    scale.console("enrol maker=M model=X serial=1 code=C")
    scale.adjustment_switch(True)
    scale.advance(5)
    scale.console("adjust set filter_samples 10")
    scale.console("adjust close")
    before = exported(scale)
    assert len(before) >= 6
    scale.power_off()
    image = tmp_path / "image.bin"
    scale.copy_flash(image)
    for at, how in CUTS:
        scale.replace_flash(image)
        scale.power_on()
        scale.cut_power(at=at, how=how, seed=at)
        with pytest.raises(ScaleIsOff):
            life(scale)
        assert scale.outcome == "power cut"
        scale.power_on()
        judge(scale, before)
        scale.advance(610)
        judge(scale, before)
        scale.power_off()
