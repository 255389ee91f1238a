"""Files and functions are short: what is longer has its reason here, and loses it once it is short again."""

import ast
import statistics
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("cloud", "firmware", "gateway", "hardware", "protocol", "simulator")
MEDIAN_LINES = 120
FILE_LINES = 300
FUNCTION_LINES = 40
MIGRATIONS = "cloud/steelyard_cloud/db/migrations/versions/"

# Reasons that count: generated, a migration, a table, or firmware where a split costs heap.
HEAP = "firmware: a module more costs heap"
LONG_FILES = {
    "firmware/agent/app.py": HEAP,
    "firmware/agent/record/chain.py": HEAP,
    "firmware/agent/record/journal.py": HEAP,
    "firmware/agent/scale.py": HEAP,
    "firmware/agent/transport/mqtt.py": HEAP,
    "firmware/agent/transport/uplink.py": HEAP,
    "firmware/agent/weighing/core.py": HEAP,
    "firmware/agent/wire/cbor.py": HEAP,
}
LONG_FUNCTIONS: dict[str, str] = {}


@cache
def production() -> dict[str, str]:
    """Text of every production module by its path, without the migrations: they are written once and never again."""
    paths = [path for part in PARTS for path in sorted((ROOT / part).rglob("*.py"))]
    texts = {str(path.relative_to(ROOT)): path.read_text() for path in paths}
    return {path: text for path, text in texts.items() if not path.startswith(MIGRATIONS)}


def lines(text: str) -> int:
    return len(text.splitlines())


def long_functions(path: str, text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES:
                yield f"{path}::{node.name}"


def test_most_files_are_short() -> None:
    assert statistics.median(lines(text) for text in production().values() if lines(text) > 1) <= MEDIAN_LINES


def test_only_files_with_a_reason_are_long() -> None:
    found = {path for path, text in production().items() if lines(text) > FILE_LINES}
    assert found - set(LONG_FILES) == set()
    assert set(LONG_FILES) - found == set(), "no longer long: take them off the list"


def test_only_functions_with_a_reason_are_long() -> None:
    found = {name for path, text in production().items() for name in long_functions(path, text)}
    assert found - set(LONG_FUNCTIONS) == set()
    assert set(LONG_FUNCTIONS) - found == set(), "no longer long: take them off the list"
