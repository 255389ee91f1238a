"""Power cuts lose nothing and repeat nothing: at every flash operation of a scale's life, and of its recoveries.

The work is done in MicroPython by `target/power_cuts.py`, on the firmware's own journal, files, chain and parameters.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from kit.micropython import ROOT, TARGET, interpreter

PATH = [TARGET, Path(__file__).parent / "target", ROOT / "simulator" / "hal"]


def run(call: str) -> subprocess.CompletedProcess[str]:
    return interpreter()(f"import power_cuts\npower_cuts.{call}", path=PATH, heap="32m", timeout=300, check=False)


@pytest.mark.parametrize(
    ("story", "one_in", "ways", "operations", "cuts_of_recoveries"),
    [
        pytest.param("first_day", 8, 4, 70, 500, id="enrolment, snapshots and adjustments"),
        pytest.param("outage", 40, 4, 200, 200, id="full journal, catch-up and ring going round"),
        pytest.param("after_loss", 4, 4, 20, 100, id="lost journal and rolled-back scale"),
        pytest.param("reserve", 8, 4, 14, 50, id="end of the reserved numbers"),
        pytest.param("real_signatures", 0, 1, 70, 0, id="real P-256"),
    ],
)
def test_power_cut_at_every_flash_operation_loses_and_repeats_nothing(
    story: str, one_in: int, ways: int, operations: int, cuts_of_recoveries: int
) -> None:
    """In each of the four ways; with real signatures, which take their time, in one, by turns."""
    done = run(f"main({story!r}, {one_in}, {ways > 1})")
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    counts = json.loads(done.stdout)
    print(f"{story}: {counts}")
    assert counts["operations"] >= operations, counts
    assert counts["cuts"] == ways * counts["operations"], counts
    assert counts["erases"] > 0 or story == "reserve", counts
    assert counts["cuts_of_recoveries"] >= cuts_of_recoveries, counts


@pytest.mark.parametrize(
    ("how", "seen"),
    [
        ("programs_over_torn_bytes", "flash: program"),
        ("forgets_the_last_commit", "header of statement"),
        ("writes_parameters_before_their_event", "header of statement"),
        ("counts_boots_in_memory", "boot number"),
        ("keeps_one_copy_and_tears_it", "damaged"),
    ],
)
def test_firmware_that_is_not_safe_is_found(how: str, seen: str) -> None:
    done = run(f"sabotage('first_day', {how!r})")
    assert done.returncode != 0, done.stdout
    assert seen in done.stdout + done.stderr
