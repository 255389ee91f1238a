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
from agent.port import flash
flash.mount()
try:
    with open(flash.ROOT + "/junk", "wb") as file:
        while True:
            file.write(bytes(256))
            file.flush()
except OSError as error:
    print("full", error)
"""

Simulate = Callable[..., SimulatedScale]


@pytest.fixture
def scale(simulate: Simulate, tmp_path: Path) -> SimulatedScale:
    """An enrolled scale, started again after every block of its files was written full."""
    scale = simulate()
    scale.advance(3)
    scale.console(ENROL)
    scale.power_off()
    program = tmp_path / "program"
    shutil.copytree(FIRMWARE, program)
    (program / "main.py").write_text(FILL)
    with pytest.raises(AgentEnded, match="full"), SimulatedScale(scale.image.parent, firmware=program) as filling:
        filling.advance(2)
    scale.power_on()
    scale.advance(12)
    return scale


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
