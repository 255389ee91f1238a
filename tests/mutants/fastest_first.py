"""A pytest plugin for the runs of a set of tests: the first notes of each how long it takes and which lines it passes.

The others begin with those that pass the line with the fault, the fast ones first; those that have found faults before
come sooner, as what one fault breaks, its neighbour often breaks too. What a test does in another process passes no
line here, so the rest of the tests still follow.

A test that fails in the first run, without a fault, says nothing of the faults and is left out of the others. `NOTES`
names the file between them, which the first run writes; `FAULT` is the path and the line of the fault.
"""

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from coverage import Coverage
from hypothesis import Phase, settings
from mutants.running import FAULT, NOTES

SHORT_S = 1.0
"""Tests shorter than this that pass by the line stay in their order, as those of a file may share a fixture."""

# One example that fails is enough: nobody reads the shortest.
settings.register_profile("mutants", phases=[Phase.explicit, Phase.reuse, Phase.generate], report_multiple_bugs=False)
settings.load_profile("mutants")

_notes = Path(os.environ[NOTES])
_seconds: dict[str, float] = {}
_failed: set[str] = set()
_passed: Coverage | None = None
if not _notes.exists():
    _passed = Coverage(data_file=None, config_file=False, include=["*/steelyard_*/*"])
    _passed.start()


def pytest_runtest_logstart(nodeid: str) -> None:
    """From here on lines are passed by this test."""
    if _passed:
        _passed.switch_context(nodeid)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note a phase of a test."""
    _seconds[report.nodeid] = _seconds.get(report.nodeid, 0) + report.duration
    if report.failed:
        _failed.add(report.nodeid)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what the first run left out, and sort the rest."""
    if not _notes.exists():
        return
    said = json.loads(_notes.read_text())
    near = _near(said["lines"], *os.environ[FAULT].rsplit(":", 1))

    def rank(item: pytest.Item) -> tuple[bool, float]:
        seconds: float = said["seconds"][item.nodeid]
        passes = item.nodeid in near
        return not passes, (seconds if passes else max(seconds, SHORT_S)) / (1 + said["found"].get(item.nodeid, 0))

    kept = [item for item in items if item.nodeid in said["seconds"]]
    config.hook.pytest_deselected(items=[item for item in items if item.nodeid not in said["seconds"]])
    items[:] = sorted(kept, key=rank)


def _near(lines: dict[str, dict[str, list[str]]], path: str, line: str) -> set[str]:
    """The tests that pass a line, or the last one before it that any passes: there the statement begins."""
    of_file = {int(number): tests for number, tests in lines.get(path, {}).items()}
    return set(of_file[max(before)]) if (before := [one for one in of_file if one <= int(line)]) else set()


def _lines() -> dict[str, dict[int, list[str]]]:
    """By file and line, which tests pass it."""
    assert _passed
    _passed.stop()
    data, found = _passed.get_data(), {}
    for file in map(Path, data.measured_files()):
        named = data.contexts_by_lineno(str(file)).items()
        found[os.path.relpath(file)] = {line: [one for one in tests if one] for line, tests in named if any(tests)}
    return found


def pytest_sessionfinish() -> None:
    """Write the notes of the first run; of the others, which test found the fault."""
    said: dict[str, Any]
    if _notes.exists():
        said = json.loads(_notes.read_text())
        said["found"] = Counter(said["found"]) + Counter(_failed)
    else:
        passed = {name: seconds for name, seconds in _seconds.items() if name not in _failed}
        said = {"seconds": passed, "failed": sorted(_failed), "found": {}, "lines": _lines()}
    _notes.write_text(json.dumps(said))
