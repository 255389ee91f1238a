"""A pytest plugin: collects the checks in `target/*_checks.py` and runs each by itself in real MicroPython.

A check is a function whose name begins with `test_`, `async` or not; it fails by raising. Its one argument, if it has
one, takes the values that the file declares for it, `CASES = {"test_name": (value, …)}`, or is called `tmp_path` and is
the name of a fresh folder. `RUNS_ON = "simulated"` has a file's checks run on that board with the simulated chips
behind the pins; without it they have the simulated flash only, and the real clock. What does not follow this is an
error of the collection: a check is never passed over.
"""

from __future__ import annotations

import ast
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from kit import micropython

HAL = micropython.ROOT / "simulator" / "hal"
BOARDS = micropython.ROOT / "hardware" / "boards"
FOLDER_ARGUMENT = "tmp_path"
LONGEST_S = 300

Function = ast.FunctionDef | ast.AsyncFunctionDef


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Take a file of checks."""
    if has_checks(file_path) and not parent.session.isinitpath(file_path):
        return CheckFile.from_parent(parent, path=file_path)
    return None


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Take a file of checks that is named on the command line, which pytest would import."""
    return CheckFile.from_parent(parent, path=module_path) if has_checks(module_path) else None


def has_checks(path: Path) -> bool:
    """Whether it is named as a file of checks."""
    return path.parent.name == "target" and path.name.endswith("_checks.py")


class CheckFile(pytest.File):
    """One file of checks, read but not imported: it is written for MicroPython."""

    def collect(self) -> Iterator[Check]:
        """Yield its checks; raises CollectError where one cannot be run, or there is none."""
        tree = ast.parse(self.path.read_text(), self.path.name)
        cases: dict[str, tuple[Any, ...]] = declared(tree, "CASES") or {}
        board: str | None = declared(tree, "RUNS_ON")
        functions = [node for node in tree.body if isinstance(node, Function) and node.name.startswith("test_")]
        if not functions:
            raise self.CollectError(f"{self.path.name} has no check")
        if strangers := sorted(set(cases) - {function.name for function in functions}):
            raise self.CollectError(f"{self.path.name}: CASES names no check: {', '.join(strangers)}")
        for function in functions:
            for name, values in self._calls(function, cases.get(function.name)):
                yield Check.from_parent(self, name=name, function=function, values=values, board=board)

    def _calls(self, function: Function, cases: tuple[Any, ...] | None) -> Iterator[tuple[str, list[Any] | None]]:
        """Name and arguments of each call of a check; None for the arguments is a fresh folder."""
        given = function.args
        names = [argument.arg for argument in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
        if not names and not given.vararg and not given.kwarg and cases is None:
            yield function.name, []
        elif names == [FOLDER_ARGUMENT] and cases is None:
            yield function.name, None
        elif len(names) == 1 and not given.kwonlyargs and cases:
            for value in cases:
                yield f"{function.name}[{value}]", [value]
        else:
            where = f"{self.path.name}:{function.lineno}: {function.name}({', '.join(names)})"
            raise self.CollectError(f"{where} needs no argument, or {FOLDER_ARGUMENT}, or one with values in CASES")


class Check(pytest.Item):
    """One call of a check, in an interpreter of its own."""

    def __init__(self, *, function: Function, values: list[Any] | None, board: str | None, **known: Any) -> None:
        super().__init__(**known)
        self._function, self._values, self._board = function, values, board

    def runtest(self) -> None:
        """Run it; what it raises fails the test with MicroPython's words."""
        # Beside the check lies what checks share.
        path = [self.path.parent, micropython.TARGET, HAL]
        if self._board:
            path = [HAL / "modules", HAL, BOARDS / self._board, *path]
        with ExitStack() as stack:
            values = self._values
            if values is None:
                values = [stack.enter_context(tempfile.TemporaryDirectory(prefix="steelyard-check-"))]
            call = f"{self.path.stem}.{self._function.name}({', '.join(map(repr, values))})"
            if isinstance(self._function, ast.AsyncFunctionDef):
                call = f"import asyncio\nasyncio.run({call})"
            heap = "8M" if self._board else "2M"
            run = micropython.interpreter()
            run(f"import {self.path.stem}\n{call}", path=path, heap=heap, timeout=LONGEST_S)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the check stands."""
        return self.path, self._function.lineno - 1, self.name


def declared(tree: ast.Module, name: str) -> Any:
    """The literal that a file assigns to `name`, or None."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == [name]:
            return ast.literal_eval(node.value)
    return None
