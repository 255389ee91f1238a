"""A pytest plugin for the runs of a set of tests: the first notes how long each takes, the others begin with the short.

Those that have found faults before come sooner: what one fault breaks, its neighbour often breaks too.

A test that fails in the first run, without a fault, says nothing of the faults and is left out of the others. `NOTES`
names the file between them, which the first run writes.
"""

import json
import os
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import Phase, settings

NOTES = "STEELYARD_MUTANTS_NOTES"
SHORT_S = 1.0
"""Tests shorter than this stay in their order, as those of a file may share a fixture."""

# One example that fails is enough: nobody reads the shortest.
settings.register_profile("mutants", phases=[Phase.explicit, Phase.reuse, Phase.generate], report_multiple_bugs=False)
settings.load_profile("mutants")

_seconds: dict[str, float] = {}
_failed: set[str] = set()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note a phase of a test."""
    _seconds[report.nodeid] = _seconds.get(report.nodeid, 0) + report.duration
    if report.failed:
        _failed.add(report.nodeid)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what the first run left out, and sort the rest."""
    notes = Path(os.environ[NOTES])
    if notes.exists():
        said = json.loads(notes.read_text())
        seconds: dict[str, float] = said["seconds"]
        found: dict[str, int] = said["found"]
        kept = [item for item in items if item.nodeid in seconds]
        config.hook.pytest_deselected(items=[item for item in items if item.nodeid not in seconds])
        items[:] = sorted(kept, key=lambda item: max(seconds[item.nodeid], SHORT_S) / (1 + found.get(item.nodeid, 0)))


def pytest_sessionfinish() -> None:
    """Write the notes of the first run; of the others, which test found the fault."""
    notes = Path(os.environ[NOTES])
    if notes.exists():
        said = json.loads(notes.read_text())
        said["found"] = Counter(said["found"]) + Counter(_failed)
    else:
        passed = {name: seconds for name, seconds in _seconds.items() if name not in _failed}
        said = {"seconds": passed, "failed": sorted(_failed), "found": {}}
    notes.write_text(json.dumps(said))
