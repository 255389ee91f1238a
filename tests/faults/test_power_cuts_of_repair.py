"""Power cuts during a repair: what is open then is locked, and nothing else; no lock opens unsaid, no permit twice.

The work is done in MicroPython by `target/repair_cuts.py`, on the firmware's own lock, parameters, journal and files.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from kit.micropython import ROOT, TARGET, interpreter

PATH = [TARGET, Path(__file__).parent / "target", ROOT / "simulator" / "hal"]


def run(call: str) -> subprocess.CompletedProcess[str]:
    return interpreter()(f"import repair_cuts\nrepair_cuts.{call}", path=PATH, heap="32m", timeout=300, check=False)


def test_a_cut_at_every_flash_operation_leaves_locked_what_is_open_and_spends_what_was_used() -> None:
    done = run("main(8)")
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    counts = json.loads(done.stdout)
    print(counts)
    assert counts["operations"] >= 60, counts
    assert counts["cuts"] == 4 * counts["operations"], counts
    assert counts["cuts_of_recoveries"] >= 30, counts


@pytest.mark.parametrize(
    ("how", "seen"),
    [
        ("opens_before_it_says_so", "unlocked without a statement"),
        ("follows_in_memory_only", "the case open: True"),
        ("spends_afterwards", "would open a second repair"),
    ],
)
def test_firmware_that_is_not_safe_is_found(how: str, seen: str) -> None:
    done = run(f"sabotage({how!r})")
    assert done.returncode != 0, done.stdout
    assert seen in done.stdout + done.stderr
