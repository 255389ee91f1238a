"""Runs the tests that concern a file, in a copy of the checkout that has one fault in it."""

import enum
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from kit.checkout import Checkout, python_path
from mutants.concerned import ROOT, concerning
from mutants.operators import Mutant

NOTES = "STEELYARD_MUTANTS_NOTES"
FAULT = "STEELYARD_MUTANTS_FAULT"
"""Variables of the environment that say to the plugin `fastest_first` what its docstring says of them."""
PATIENCE = 3
"""A run that takes this many times as long as without a fault, and `PATIENCE_S` more, is given up."""
PATIENCE_S = 30


class Outcome(enum.Enum):
    """What became of a mutant."""

    KILLED = "killed"
    SURVIVED = "survived"
    TIMED_OUT = "timed out"
    EQUIVALENT = "equivalent"


class NothingToRunError(Exception):
    """The tests that concern a file cannot be run without a fault either, or there are none."""


@dataclass(frozen=True)
class Base:
    """The tests of one row without a fault: where their notes are, how long they took, which fail as it is."""

    notes: Path
    seconds: float
    failed: list[str]


class Copy:
    """The copy, in `folder`; one mutant after the other is put into it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._checkout = Checkout(folder / "checkout").folder
        self._bases: dict[tuple[str, ...], Base] = {}
        self._changes = 0

    def base(self, path: str) -> Base:
        """The tests that concern a file, run once without a fault; raises NothingToRunError."""
        tests = concerning(path)
        if not tests:
            raise NothingToRunError(f"no tests concern {path}: see tests/mutants/concerned.py")
        if tuple(tests) not in self._bases:
            notes = self._folder / f"{len(self._bases)}.json"
            began = time.monotonic()
            output = self._pytest(tests, notes, "", None)[1]
            said = json.loads(notes.read_text()) if notes.exists() else {"seconds": {}}
            if not said["seconds"]:
                raise NothingToRunError(f"{' '.join(tests)}: no test passes without a fault\n{output[-3000:]}")
            self._bases[tuple(tests)] = Base(notes, time.monotonic() - began, said["failed"])
        return self._bases[tuple(tests)]

    def outcome(self, mutant: Mutant) -> Outcome:
        """Whether a test notices the mutant; raises NothingToRunError."""
        base = self.base(mutant.path)
        path = self._checkout / mutant.path
        source, tests, fault = path.read_text(), concerning(mutant.path), f"{mutant.path}:{mutant.line}"
        try:
            self._write(path, mutant.applied(source))
            code, _ = self._pytest(tests, base.notes, fault, PATIENCE * base.seconds + PATIENCE_S)
        finally:
            self._write(path, source)
        if code is None:
            return Outcome.TIMED_OUT
        return Outcome.KILLED if code else Outcome.SURVIVED

    def _write(self, path: Path, text: str) -> None:
        """Write a file with a time of its own: Python tells by second and size whether what it compiled is old."""
        path.write_text(text)
        self._changes += 1
        os.utime(path, (self._changes, self._changes))

    def _pytest(self, tests: list[str], notes: Path, fault: str, limit_s: float | None) -> tuple[int | None, str]:
        """Run the tests; exit code, None if they took longer than the limit, and what they printed."""
        options = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "mutants.fastest_first"]
        if notes.exists():
            options += ["-x", "--tb=no"]
        command = [sys.executable, "-m", "pytest", *options, "--hypothesis-seed=0", *tests]
        environment = {
            **os.environ,
            "PYTHONPATH": python_path(self._checkout),
            "PYTHONDONTWRITEBYTECODE": "",  # each run compiles no more than its fault
            "STEELYARD_VECTORS": os.environ.get("STEELYARD_VECTORS") or str(ROOT.parent / "shared" / "vectors"),
            NOTES: str(notes),
            FAULT: fault,
        }
        process = subprocess.Popen(
            command,
            cwd=self._checkout,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            output, _ = process.communicate(timeout=limit_s)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            process.communicate()
            return None, ""
        return process.returncode, output
