"""The terminal captures in docs/technician.md, made anew with a simulated scale: `python tests/kit/captures.py`.

Each block between `<!-- capture: WORDS -->` and its end is what `steelyard WORDS` says there.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from steelyard_simulator.scale import SimulatedScale

from kit.cli import steelyard
from kit.servers import wait_until

PAGE = Path(__file__).parents[2] / "docs" / "technician.md"
BLOCK = re.compile(r"(<!-- capture: (.*?) -->\n```\n).*?(```\n<!-- end -->)", re.DOTALL)


def captured(words: str, port: str) -> str:
    """What somebody sees who types it: the command, then what it says."""
    done = steelyard(*words.split(), "--port", port)
    told = "\n".join(line.rstrip() for line in (done.stderr + done.stdout).splitlines())
    return f"$ steelyard {words}\n{told}\n"


def main() -> None:
    """Write the page with its captures anew."""
    with (
        tempfile.TemporaryDirectory() as folder,
        SimulatedScale(Path(folder) / "scale", virtual=False, speed=4) as scale,
    ):
        os.environ["STEELYARD_STATE"] = folder
        scale.console("enrol maker=Hengtai model=ACS-15 serial=S-0042 code=P-7")
        scale.console("time 1795000000")
        scale.adjustment_switch(True)
        scale.place(kg=2.0)
        wait_until(lambda: scale.console_json("status")["gross"] == 400, 20, "the load")
        text = BLOCK.sub(lambda found: found[1] + captured(found[2], scale.path) + found[3], PAGE.read_text())
        PAGE.write_text(text)


if __name__ == "__main__":
    main()
