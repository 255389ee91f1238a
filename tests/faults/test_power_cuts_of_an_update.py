"""Power cuts while a scale is updated: it starts the old software or the new one, and never one that was not committed
for good.

The work is done in MicroPython by `target/update_cuts.py`, with the firmware's own loader, slots, journal and files.
"""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from kit.micropython import FIRMWARE, ROOT, TARGET, interpreter
from mpremote.romfs import make_romfs

PATH = [TARGET, Path(__file__).parent / "target", ROOT / "simulator" / "hal", FIRMWARE]


@cache
def image(number: int) -> bytes:
    """A program of two sectors that says its number."""
    with TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        (Path(folder) / "program.py").write_text(f"NUMBER = {number}\n")
        (Path(folder) / "rest").write_bytes(bytes([number]) * 5000)
        return bytes(make_romfs(folder, mpy_cross=False))


def run(call: str) -> subprocess.CompletedProcess[str]:
    images = [image(2), image(3)]
    script = f"import update_cuts\nupdate_cuts.{call.format(images=images)}"
    return interpreter()(script, path=PATH, heap="32m", timeout=300, check=False)


def test_a_cut_at_every_flash_operation_leaves_the_old_software_or_the_new() -> None:
    done = run("main(60, {images})")
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    counts = json.loads(done.stdout)
    print(counts)
    assert counts["operations"] >= 150, counts
    assert counts["cuts"] == 2 * counts["operations"], counts
    assert counts["cuts_of_recoveries"] >= 50, counts


@pytest.mark.parametrize(
    ("how", "seen"),
    [
        ("starts_without_end", "[1, 2, 2"),
        ("commits_unheard", "[1, 2, 2, 2, 3, 3, 3, 3]"),
        ("forgets_before_it_tells", "the update was not told"),
    ],
)
def test_firmware_that_is_not_safe_is_found(how: str, seen: str) -> None:
    done = run(f"sabotage({how!r}, {{images}})")
    assert done.returncode != 0, done.stdout
    assert seen in done.stdout + done.stderr
