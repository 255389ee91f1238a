"""A scale whose file system is full: something else than the agent has filled it, or its blocks wear out."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from kit.chain import exported, faults_of_chain
from kit.micropython import FIRMWARE
from steelyard_protocol import statement
from steelyard_protocol.events import Event, EventKind
from steelyard_simulator.errors import AgentEnded
from steelyard_simulator.scale import SimulatedScale

ENROL = "enrol maker=M model=one serial=1 code=P-1"
FILL = """
import os
from agent.port import flash
flash.mount()

def fill(name, most):
    with open(flash.ROOT + name, "wb") as file:
        for _ in range(most):
            file.write(bytes(256))
            file.flush()

fill("/spare", SPARE)
try:
    fill("/junk", 5000)
except OSError as error:
    print("full", error)
os.remove(flash.ROOT + "/spare")
"""
BLOCK = 16  # pieces

Simulate = Callable[..., SimulatedScale]


def filled(simulate: Simulate, tmp_path: Path, spare_blocks: int) -> SimulatedScale:
    """An enrolled scale, started again after all blocks of its files but so many were written full."""
    scale = simulate()
    scale.advance(3)
    scale.console(ENROL)
    scale.power_off()
    program = tmp_path / "program"
    shutil.copytree(FIRMWARE, program)
    (program / "main.py").write_text(FILL.replace("SPARE", str(spare_blocks * BLOCK)))
    with pytest.raises(AgentEnded, match="full"), SimulatedScale(scale.image.parent, firmware=program) as filling:
        filling.advance(2)
    scale.power_on()
    scale.advance(12)
    return scale


@pytest.fixture
def scale(simulate: Simulate, tmp_path: Path) -> SimulatedScale:
    """One without a block left."""
    return filled(simulate, tmp_path, 0)


def kinds(scale: SimulatedScale) -> list[EventKind]:
    raws = exported(scale)
    assert faults_of_chain(raws, len(raws)) == []
    bodies = [statement.parse(raw).body for raw in raws]
    return [body.kind for body in bodies if isinstance(body, Event)]


def test_it_weighs_states_and_locks(scale: SimulatedScale) -> None:
    scale.place(1.0)
    scale.advance(3)
    assert scale.console_json("status")["indication"] == "1.000 kg"
    scale.open_case()
    scale.advance(3)
    assert {EventKind.CASE_OPENED, EventKind.LOCKED} <= set(kinds(scale))
    scale.power_off()
    scale.power_on()
    scale.advance(12)
    assert scale.console_json("status")["locked"]
    assert scale.starts == 3


def test_it_refuses_to_be_adjusted_before_anything_is_changed(scale: SimulatedScale) -> None:
    before = scale.console_json("parameters")
    number = scale.console_json("status")["number"]
    scale.adjustment_switch(True)
    scale.advance(1)
    answer = scale.console_json("adjust set gravity_use_um_s2 9795000")
    assert answer["error"] == "files-full"
    assert "repaired" in answer["message"]
    assert scale.console_json("parameters") == before
    assert scale.console_json("status")["number"] == number
    scale.power_off()
    scale.power_on()
    scale.advance(12)
    assert scale.console_json("parameters") == before


def test_what_has_no_room_is_refused_in_words_and_the_scale_goes_on(scale: SimulatedScale) -> None:
    told = set()
    for item in range(1, 40):
        answer = scale.console_json(f"prices set {item} 12.99")
        told.add(answer.get("error"))
    assert told <= {None, "device"}
    scale.place(1.0)
    scale.advance(3)
    assert scale.console_json("status")["indication"] == "1.000 kg"


@pytest.mark.parametrize("spare_blocks", range(2, 9))
def test_what_is_begun_with_little_room_is_finished(simulate: Simulate, tmp_path: Path, spare_blocks: int) -> None:
    scale = filled(simulate, tmp_path, spare_blocks)
    scale.adjustment_switch(True)
    scale.advance(1)
    for change in range(80):
        answer = scale.console_json(f"adjust set gravity_use_um_s2 979{5 + change % 2}000")
        if "error" in answer:
            break
    assert answer["error"] == "files-full"
    made = scale.console_json("parameters")
    scale.power_off()
    scale.power_on()
    scale.advance(12)
    assert scale.console_json("parameters") == made
    assert not scale.console_json("status")["locked"]
