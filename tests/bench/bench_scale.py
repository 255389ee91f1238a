"""What the whole agent needs: its high-water mark of heap, and how soon a test has its first weight.

The heap is found by leaving the running agent less and less room until it fails. It has its modules already (on a board
they are frozen into flash); what the simulated board allocates beside it, and words of 64 bits instead of 32, count
against it. The reference is the 96 KB that a board's 32-bit build may use.
"""

import tempfile
import time
from pathlib import Path
from typing import Any

from steelyard_protocol import assets
from steelyard_simulator import SimulatedScale
from steelyard_simulator.errors import SimulatorError

KB = 1024
MOST_KB = 96
STEP_KB = 4
FIRST_TEST_S = 3.0
RUNS = 3
MAIN = """
import gc
import sys

sys.path.append({firmware!r})
from agent.app import main

gc.collect()
ballast = []
while gc.mem_free() > {room}:
    ballast.append(bytearray(512))
main()
"""


def rows() -> list[dict[str, Any]]:
    """`agent heap` and `first weight`."""
    heap_kb = least_heap_kb()
    first_s = min(seconds_to_first_weight() for _ in range(RUNS))
    return [
        {"name": "agent heap", "value": heap_kb, "unit": "KB", "reference": MOST_KB, "ratio": MOST_KB / heap_kb},
        {
            "name": "first weight",
            "value": first_s,
            "unit": "s",
            "reference": FIRST_TEST_S,
            "ratio": FIRST_TEST_S / first_s,
        },
    ]


def least_heap_kb() -> int:
    """The least room, in steps of 4 KB, in which the agent lives through enrolment, snapshots and an adjustment."""
    too_little, enough = 32, 288
    while enough - too_little > STEP_KB:
        tried = (too_little + enough) // 2
        if lives_in(tried * KB):
            enough = tried
        else:
            too_little = tried
    return enough


def lives_in(room: int) -> bool:
    """Whether the agent does all its work with `room` bytes of free heap."""
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "program"
        program.mkdir()
        firmware = str(assets.folder("firmware"))
        (program / "boot.py").write_text("")
        (program / "main.py").write_text(MAIN.format(firmware=firmware, room=room))
        try:
            with SimulatedScale(Path(folder) / "scale", cell="class_iii", firmware=program) as scale:
                return work(scale)
        except SimulatorError:
            return False


def work(scale: SimulatedScale) -> bool:
    """A working day in short; False where an answer is an error."""
    scale.advance(5)
    answers = [scale.console("enrol maker=Acme model=S15 serial=0001 code=P1"), scale.console("time 1795414000")]
    scale.place(kg=10)
    scale.advance(1300)
    scale.adjustment_switch(on=True)
    answers += [scale.console("adjust span 10 kg"), scale.console("adjust close")]
    scale.adjustment_switch(on=False)
    scale.place(kg=0)
    scale.advance(1300)
    answers += [scale.console("log"), scale.console("export 1 20"), scale.console("parameters json")]
    return not any(answer.startswith("error") for answer in answers)


def seconds_to_first_weight() -> float:
    """From nothing to a weighed kilogram, as a test that uses the fixture waits for it."""
    started_s = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, SimulatedScale(Path(folder) / "scale") as scale:
        scale.advance(3)
        scale.place(kg=1)
        scale.advance(3)
        if scale.console_json("status")["net_mg"] != 1_000_000:
            raise RuntimeError("the scale did not weigh one kilogram")
    return time.monotonic() - started_s
