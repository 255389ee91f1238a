"""Checking an evidence file of 16 MiB (95,000 statements) against its bare signature checks; and what memory it takes.

It runs in a process of its own, so that the peak is that of `steelyard evidence verify` and of nothing before it.
Processor time counts, not the clock: both sides use the same key and the same OpenSSL.
"""

import json
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

STATEMENTS = 95_000
BARE = 10_000  # signatures that are checked for the reference
MEGABYTE = 1 << 20


def rows() -> list[dict[str, Any]]:
    """Two rows: how many times the bare checks a whole check takes (at most 2.5), and its peak memory (at most 200)."""
    from kit.evidence import Platform

    platform = Platform()
    scale = platform.scale()
    scale.enrol()
    scale.boot()
    for at in range(STATEMENTS - 2):
        scale.snapshot(1_000 * (at % 100))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "evidence.cbor"
        file.write_bytes(platform.seal(platform.bundle(scale)))
        command = [sys.executable, __file__, str(file), platform.thumbprint]
        found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return [
        {
            "name": "evidence 16 MiB",
            "value": found["checked_s"],
            "unit": "s of processor time",
            "reference": found["bare_s"],
            "ratio": found["checked_s"] / found["bare_s"],
        },
        {
            "name": "evidence 16 MiB memory",
            "value": found["peak"] / MEGABYTE,
            "unit": "MiB at most",
            "reference": None,
            "ratio": None,
        },
    ]


def measured(file: Path, root: str) -> dict[str, float]:
    """Seconds of processor time for a whole check and for the bare signatures, and the peak in bytes before those."""
    from steelyard_cloud.evidence import bundle, command
    from steelyard_protocol import p256, statement

    start = time.process_time()
    read = bundle.read(command._contents(file))
    report = command.check_file(read, root)
    checked_s = time.process_time() - start
    peak = peak_bytes()
    assert report.stands
    assert report.statements == STATEMENTS
    some = [statement.parse(one.raw) for one in read.statements[:BARE]]
    key = read.identities[0].public_key
    start = time.process_time()
    assert all(p256.verify(key, one.signed, one.signature) for one in some)
    bare_s = (time.process_time() - start) * STATEMENTS / BARE
    return {"checked_s": checked_s, "bare_s": bare_s, "peak": peak}


def peak_bytes() -> int:
    """The most memory that this program has taken; Linux's rusage would count the parent's too."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(re.search(r"VmHWM:\s+(\d+) kB", status.read_text())[1]) * 1024  # type: ignore[index]
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    print(json.dumps(measured(Path(sys.argv[1]), sys.argv[2])))
