"""Type-check the agent against MicroPython's stubs, once for each board, as the two sets of stubs exclude each other.

The stubs are installed into build/stubs/BOARD the first time. Exit code 0 if every board passes.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STUBS = {
    "pico2_w": "micropython-rp2-stubs>=1.28,<1.30",
    "esp32_s3": "micropython-esp32-stubs>=1.28,<1.30",
}


def main() -> int:
    """Check all boards."""
    return max(check(board, package) for board, package in STUBS.items())


def check(board: str, package: str) -> int:
    """Check the agent with the profile and the stubs of one board."""
    stubs = ROOT / "build" / "stubs" / board
    if not stubs.is_dir():
        install = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(stubs), package]
        subprocess.run([*install, "--disable-pip-version-check"], check=True)
    print(f"mypy: agent for {board}", flush=True)
    config = ["--config-file", str(ROOT / ".ci" / "mypy_firmware.ini"), "--custom-typeshed-dir", str(stubs)]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *config, "-p", "agent"],
        cwd=ROOT / "firmware",
        env={**os.environ, "MYPYPATH": f"{ROOT / 'firmware'}:{ROOT / 'hardware' / 'boards' / board}:{stubs}"},
    )
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
