"""The tables of host and firmware are those of `steelyard.cddl`, and what they have no place for is refused."""

from pathlib import Path

import pytest
from steelyard_definition import tables
from steelyard_definition.definition import SOURCE, Definition, DefinitionError
from steelyard_protocol import parameters
from steelyard_protocol.events import EventKind

TEXT = SOURCE.read_text()


@pytest.mark.parametrize("path", tables.TABLES, ids=str)
def test_every_table_is_as_the_definition_has_it(path: Path) -> None:
    assert tables.filled(path, Definition()) == (tables.ROOT / path).read_text(), "run `make tables`"


def test_what_is_read_is_what_the_host_knows() -> None:
    assert {event.name.upper().replace("-", "_") for event in Definition().events()} == set(EventKind.__members__)
    assert [one.name for one in Definition().parameters()] == list(parameters.KEYS)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (" / rolled-back", "", "does not list the kinds"),
        ("rolled-back = [kind: 18", "rolled-back = [kind: 19", "do not rise"),
        ("[kind: 2, facts: [stamp: unix-time]]", "[kind: 2, facts: [stamp: float]]", "'float' is no type"),
        ("  11 => 0..999, ", "  11 => 0..999  ", "is not a parameter"),
        ("  11 => 0..999, ", "  13 => 0..999, ", "do not rise"),
    ],
)
def test_a_definition_that_its_tables_cannot_hold_is_refused(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    assert TEXT.count(old) == 1
    (tmp_path / "changed.cddl").write_text(TEXT.replace(old, new))
    definition = Definition(tmp_path / "changed.cddl")
    with pytest.raises(DefinitionError, match=sentence):
        _ = definition.events(), definition.parameters()


def test_a_file_that_lost_its_place_for_a_table_is_refused(tmp_path: Path) -> None:
    path = next(iter(tables.TABLES))
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).write_text((tables.ROOT / path).read_text().replace(tables.BEGIN, "", 1))
    with pytest.raises(DefinitionError, match="has 1 places for the 2 tables"):
        tables.filled(path, Definition(), tmp_path)
