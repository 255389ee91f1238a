"""Signing and verifying of the agent in MicroPython with a heap of 192 KB. Reference: plain double-and-add, in turn."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROUNDS = 25


def rows() -> list[dict[str, Any]]:
    """Two rows: milliseconds a signature, and a verification."""
    done = subprocess.run(
        [
            os.environ.get("MICROPYTHON") or str(Path(sys.executable).parent / "micropython"),
            *("-X", "heapsize=192k", str(HERE / "target" / "p256_timing.py"), str(ROUNDS)),
        ],
        env={**os.environ, "MICROPYPATH": f"{HERE.parents[1] / 'firmware'}:.frozen"},
        stdout=subprocess.PIPE,
        check=True,
        timeout=120,
    )
    times_ms = json.loads(done.stdout)
    return [
        {
            "name": name,
            "value": times_ms[name],
            "unit": "ms",
            "reference": times_ms[f"plain {name}"],
            "ratio": times_ms[f"plain {name}"] / times_ms[name],
        }
        for name in ("sign", "verify")
    ]
