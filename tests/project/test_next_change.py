"""The table "where the next change goes" in docs/architecture.md is true: each of seven additions, made in a copy.

`additions/` has a module for each: `add` makes it, touching the files that the table names and no other; `SUITE` is the
part of the tests that concerns it; the module's own tests, run in the copy, show that what was added is of use, if
need be after `fit`.
"""

import re
from importlib import import_module
from pathlib import Path

import pytest
from kit.checkout import ROOT, Checkout

HEADING = "## Where the next change goes\n"
ADDITIONS = {
    "a rule": "rule",
    "a parameter": "parameter",
    "a kind of event": "event_kind",
    "an ADC": "adc",
    "a fraud": "fraud",
    "a language": "language",
    "a board": "board",
}


def rows() -> dict[str, tuple[list[str], list[str]]]:
    """What is added → the files that the table names, and the targets to make afterwards."""
    section = (ROOT / "docs" / "architecture.md").read_text().partition(HEADING)[2].partition("\n## ")[0]
    cells = [[cell.strip() for cell in line.split("|")] for line in section.splitlines() if line.startswith("|")]
    return {
        what: (re.findall(r"`([^`]*/[^`]*)`", touch), re.findall(r"`make (\w+)`", then))
        for _, what, touch, then, _ in cells
    }


def matches(pattern: str, path: str) -> bool:
    """Whether a file is one that the table means: NAME in capitals stands for any name."""
    return re.fullmatch(re.sub(r"[A-Z]{4,}", r"[\\w-]+", re.escape(pattern)), path) is not None


@pytest.mark.parametrize("what", ADDITIONS)
def test_an_addition_touches_what_the_table_says_and_works(what: str, tmp_path: Path) -> None:
    files, targets = rows()[what]
    addition = import_module(f"additions.{ADDITIONS[what]}")
    checkout = Checkout(tmp_path / "checkout")
    addition.add(checkout)
    touched = checkout.touched()
    assert [path for path in sorted(touched) if not any(matches(file, path) for file in files)] == []
    assert [file for file in files if not any(matches(file, path) for path in touched)] == []
    for target in targets:
        checkout.make(target)
    if hasattr(addition, "fit"):
        addition.fit(checkout)
    own = Path(addition.__file__ or "").relative_to(ROOT)
    checkout.run("-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", str(own), *addition.SUITE)
