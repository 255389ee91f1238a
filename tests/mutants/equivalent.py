"""The faults that change nothing that anybody could notice: each with the reason, in `equivalent.toml`."""

import tomllib
from pathlib import Path

from mutants.operators import Mutant

LIST = Path(__file__).with_name("equivalent.toml")


def read(path: Path = LIST) -> set[tuple[str, str, str, str]]:
    """Path, line, before and after of each entry; raises KeyError for one without a reason."""
    entries = tomllib.loads(path.read_text()).get("equivalent", [])
    assert all(entry["reason"] for entry in entries)
    return {(entry["path"], entry["line"], entry["before"], entry["after"]) for entry in entries}


def key(mutant: Mutant, source: str) -> tuple[str, str, str, str]:
    """How a mutant is named there: by the text of its line, as numbers of lines change."""
    return mutant.path, source.splitlines()[mutant.line - 1].strip(), mutant.before, mutant.after
