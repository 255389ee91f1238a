"""The table of invariants in docs/conformance.md names tests that exist, and leaves no invariant without one."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TABLE = (ROOT / "docs" / "conformance.md").read_text()
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TABLE)
INVARIANTS = (*range(1, 9), 14)


def functions(file: Path) -> set[str]:
    return {node.name for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.FunctionDef)}


def test_every_named_test_exists() -> None:
    assert len(NAMED) > len(INVARIANTS)
    assert [f"{path}::{name}" for path, name in NAMED if name not in functions(ROOT / path)] == []


def test_every_invariant_has_a_test() -> None:
    for number in INVARIANTS:
        (row,) = re.findall(rf"^\| {number} \|.*$", TABLE, re.MULTILINE)
        assert "::test_" in row
