"""The faults that change nothing that anybody could notice: each with the reason, in `equivalent.toml`.

An entry without `before` and `after` is about the numbers of its line: one more or one less of each.
"""

import tomllib
from pathlib import Path
from typing import NamedTuple

from mutants.operators import Mutant

LIST = Path(__file__).with_name("equivalent.toml")


class Entry(NamedTuple):
    """A mutant of a line, which its text tells, as numbers of lines change; or all of the line's numbers."""

    path: str
    line: str
    before: str | None = None
    after: str | None = None


def read(path: Path = LIST) -> set[Entry]:
    """The entries; raises KeyError for one without a reason."""
    entries = tomllib.loads(path.read_text()).get("equivalent", [])
    assert all(entry.pop("reason") for entry in entries)
    return {Entry(**entry) for entry in entries}


def listed(mutant: Mutant, source: str, known: set[Entry]) -> bool:
    """Whether the list has a mutant of a file that says `source`."""
    line = Entry(mutant.path, source.splitlines()[mutant.line - 1].strip())
    return line._replace(before=mutant.before, after=mutant.after) in known or (line in known and _is_number(mutant))


def _is_number(mutant: Mutant) -> bool:
    return mutant.before.replace("_", "").isdecimal()
