"""`make bench`: run every bench module, print one table and put its rows into build/bench.json.

A bench module is `bench_*.py` beside this file with a function `rows()` that returns dicts with "name", "value",
"unit", "reference" and "ratio" (how many times better than the reference; None where there is nothing to compare).
Words on the command line choose modules by a part of their name.
"""

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest
import result
from rich.console import Console

HERE = Path(__file__).resolve().parent


def main(wanted: list[str]) -> int:
    """Exit code 0 if no module failed; one that fails, or lacks a server, is named and the others go on."""
    sys.path[:0] = [str(HERE), str(HERE.parent)]
    terminal = Console()
    rows: list[dict[str, Any]] = []
    failed = []
    skipped = []
    names = sorted(path.stem for path in HERE.glob("bench_*.py"))
    for name in names:
        if wanted and not any(word in name for word in wanted):
            continue
        terminal.print(f"{name} …")
        try:
            rows += [{column: row[column] for column in result.COLUMNS} for row in importlib.import_module(name).rows()]
        except pytest.skip.Exception as reason:
            terminal.print(f"not measured: {reason}")
            skipped.append(name)
        # what `servers` raises in CI for a missing one is no Exception
        except (Exception, pytest.fail.Exception):
            terminal.print_exception()
            failed.append(name)
    result.add(rows, terminal)
    told = [f"{what}: {', '.join(which)}" for what, which in (("failed", failed), ("not measured", skipped)) if which]
    terminal.print("; ".join([f"{result.RESULT}: {len(rows)} rows", *told]))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
