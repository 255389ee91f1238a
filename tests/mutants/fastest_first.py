"""A pytest plugin for the runs of a set of tests: the first notes of each how long it takes and which lines it passes.

The others begin with those that pass the line with the fault, the fast ones first; those that have found faults before
come sooner, as what one fault breaks, its neighbour often breaks too. Then follow the rest of their files, as tests of
a file may share a fixture, and all that start a process, in which nobody sees what is passed. Other tests do not come
near the line and are left out, unless it is passed when its file is imported: then every test is run.

A test that fails in the first run, without a fault, says nothing of the faults and is left out too. `NOTES` names the
file between the runs, which the first one writes; `FAULT` is the path and the line of the fault.
"""

import json
import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from coverage import Coverage
from hypothesis import Phase, settings
from mutants.running import FAULT, NOTES

SHORT_S = 1.0
"""Tests shorter than this stay in their order, so that those of a file share its fixtures."""

# One example that fails is enough: nobody reads the shortest.
settings.register_profile("mutants", phases=[Phase.explicit, Phase.reuse, Phase.generate], report_multiple_bugs=False)
settings.load_profile("mutants")

_notes = Path(os.environ[NOTES])
_seconds: dict[str, float] = {}
_failed: set[str] = set()
_elsewhere: dict[str, None] = {}  # tests that start a process
_passed: Coverage | None = None
if not _notes.exists():
    _passed = Coverage(data_file=None, config_file=False, include=["*/steelyard_*/*"])
    _passed.start()
    sys.addaudithook(lambda event, _: _elsewhere.update(_running) if event == "subprocess.Popen" else None)
_running: dict[str, None] = {}


def pytest_runtest_logstart(nodeid: str) -> None:
    """From here on lines are passed by this test."""
    if _passed:
        _passed.switch_context(nodeid)
        _running.clear()
        _running[nodeid] = None


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
    files = {_file(name) for name in near} or {_file(name) for name in said["seconds"]}
    kept, left_out = [], []
    for item in items:
        name = item.nodeid
        concerned = name in said["seconds"] and (_file(name) in files or name in said["elsewhere"])
        (kept if concerned else left_out).append(item)

    def rank(item: pytest.Item) -> tuple[bool, float]:
        seconds: float = said["seconds"][item.nodeid]
        passes = item.nodeid in near
        return not passes, (seconds if passes else max(seconds, SHORT_S)) / (1 + said["found"].get(item.nodeid, 0))

    config.hook.pytest_deselected(items=left_out)
    items[:] = sorted(kept, key=rank)


def _file(name: str) -> str:
    """The file of a test."""
    return name.partition("::")[0]


def _near(lines: dict[str, dict[str, list[str]]], path: str, line: str) -> set[str]:
    """The tests that pass a line, or the last one before it that is passed at all: there the statement begins."""
    of_file = {int(number): tests for number, tests in lines.get(path, {}).items()}
    return set(of_file[max(before)]) if (before := [one for one in of_file if one <= int(line)]) else set()


def _lines() -> dict[str, dict[int, list[str]]]:
    """By file and line, which tests pass it: none where only the import of the file does."""
    assert _passed
    _passed.stop()
    data, found = _passed.get_data(), {}
    for file in map(Path, data.measured_files()):
        named = data.contexts_by_lineno(str(file)).items()
        found[os.path.relpath(file)] = {line: [one for one in tests if one] for line, tests in named}
    return found


def pytest_sessionfinish() -> None:
    """Write the notes of the first run; of the others, which test found the fault."""
    said: dict[str, Any]
    if _notes.exists():
        said = json.loads(_notes.read_text())
        said["found"] = Counter(said["found"]) + Counter(_failed)
    else:
        passed = {name: seconds for name, seconds in _seconds.items() if name not in _failed}
        said = {
            "seconds": passed,
            "failed": sorted(_failed),
            "found": {},
            "lines": _lines(),
            "elsewhere": [*_elsewhere],
        }
    _notes.write_text(json.dumps(said))
