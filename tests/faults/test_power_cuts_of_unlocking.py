"""Power cuts while a scale is unlocked by code: it is never open without having said so, no try is gained, no code
works twice.

The work is done in MicroPython by `target/unlock_cuts.py`, on the firmware's own lock, journal and files.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from kit.micropython import ROOT, TARGET, interpreter

PATH = [TARGET, Path(__file__).parent / "target", ROOT / "simulator" / "hal"]


def run(call: str) -> subprocess.CompletedProcess[str]:
    return interpreter()(f"import unlock_cuts\nunlock_cuts.{call}", path=PATH, heap="32m", timeout=300, check=False)


def test_a_cut_at_every_flash_operation_neither_opens_nor_gains_a_try() -> None:
    done = run("main(8)")
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    counts = json.loads(done.stdout)
    print(counts)
    assert counts["operations"] >= 100, counts
    assert counts["cuts"] == 4 * counts["operations"], counts
    assert counts["cuts_of_recoveries"] >= 100, counts


@pytest.mark.parametrize(
    ("how", "seen"),
    [
        ("opens_before_it_says_so", "unlocked without a statement"),
        ("leaves_an_opened_lock_to_the_next_start", "locked though it was opened"),
        ("keeps_the_question", "a question that was used"),
        ("counts_tries_in_memory", "a wrong code was forgotten"),
    ],
)
def test_firmware_that_is_not_safe_is_found(how: str, seen: str) -> None:
    done = run(f"sabotage({how!r})")
    assert done.returncode != 0, done.stdout
    assert seen in done.stdout + done.stderr
