"""What an evidence file gathers of a chain: each statement once, by number and hash, within bounds."""

from collections.abc import Iterator

import pytest
from kit.cloud_desk import Desk
from kit.signing_scale import SigningScale
from kit.stored import RECEIVED_MS, keys_of, write
from sqlalchemy import Connection
from steelyard_cloud.db import database
from steelyard_cloud.statements import selection as selections
from steelyard_cloud.statements.keys import Key
from steelyard_cloud.statements.selection import Selection
from steelyard_cloud.statements.stored import BY_LINK
from steelyard_protocol.bodies import Kind
from steelyard_protocol.statement import hash_of

BOOTS = (2, 5, 8, 11)


class Chosen:
    """Twelve statements, every third from the second on a start, and two copies of a thirteenth."""

    def __init__(self, connection: Connection, key: Key, scale: SigningScale) -> None:
        scale.enrol()
        for number in range(2, 13):
            scale.boot() if number in BOOTS else scale.snapshot()
        self.chain = scale.chain
        self.copies = [scale.branch().snapshot(load_mg) for load_mg in (0, 1_000_000)]
        write(connection, key, scale.chain[:11])
        write(connection, key, scale.chain[11:], by=BY_LINK)
        write(connection, key, self.copies)
        write(connection, key, scale.chain, of=99)
        self._asked = connection, key.scale_id, key.identity_id

    def empty(self, most: int = 99) -> Selection:
        """A selection with nothing in it yet."""
        return Selection(*self._asked, most)


@pytest.fixture(scope="module")
def chosen(desk: Desk) -> Iterator[Chosen]:
    scale = SigningScale()
    (key,) = keys_of(desk, scale)
    with database.writing(desk.engine) as connection:
        yield Chosen(connection, key, scale)


def numbers(selection: Selection) -> list[int]:
    assert len(selection) == len(selection.rising())
    return [one.number for one in selection.rising()]


def test_ranges_include_both_ends_and_nothing_is_in_twice(chosen: Chosen) -> None:
    selection = chosen.empty()
    selection.add_between(5, 7)
    selection.add_between(3, 5)
    assert numbers(selection) == [3, 4, 5, 6, 7]
    selection = chosen.empty()
    selection.add_up_to(3)
    assert numbers(selection) == [1, 2, 3]


def test_one_more_than_the_most_tells_that_there_are_too_many(chosen: Chosen) -> None:
    selection = chosen.empty(most=4)
    selection.add_up_to(12)
    assert numbers(selection) == [1, 2, 3, 4, 5]


def test_all_copies_under_a_number_are_in(chosen: Chosen) -> None:
    selection = chosen.empty()
    selection.add_between(12, 13)
    assert [one.raw for one in selection.rising()] == [chosen.chain[11], *sorted(chosen.copies, key=hash_of)]


@pytest.mark.parametrize("at_once", [1, 2, 500])
def test_numbers_that_are_added_are_told_if_they_are_new(
    chosen: Chosen, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(selections, "IN_LIST", at_once)
    selection = chosen.empty()
    selection.add_between(3, 4)
    assert [one.number for one in selection.add_numbers([2, 3, 9, 40])] == [2, 9]
    assert numbers(selection) == [2, 3, 4, 9]


@pytest.mark.parametrize("at_once", [1, 2, 500])
def test_boot_statements_are_found_by_their_hashes(
    chosen: Chosen, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(selections, "IN_LIST", at_once)
    selection = chosen.empty()
    selection.add_boots([hash_of(chosen.chain[number - 1]) for number in (1, 2, 3, 8, 11)])
    assert numbers(selection) == [2, 8, 11], "1 and 3 are no boot statements"


def test_the_nearest_of_a_kind_lie_on_either_side(chosen: Chosen) -> None:
    for below, above, most, expected in (
        (8, 8, 1, [5, 11]),
        (8, 8, 9, [2, 5, 11]),
        (9, 4, 1, [5, 8]),
        (2, 11, 9, []),
    ):
        selection = chosen.empty()
        selection.add_nearest_of_kind(Kind.BOOT, below, above, most)
        assert numbers(selection) == expected


def test_a_selected_statement_has_what_a_file_says_of_it(chosen: Chosen) -> None:
    selection = chosen.empty()
    selection.add_numbers([11, 12])
    before, last = selection.rising()
    assert (before.raw, before.hash, before.received_ms) == (
        chosen.chain[10],
        hash_of(chosen.chain[10]),
        RECEIVED_MS + 10_000,
    )
    assert before.latest_ms > before.received_ms, "no clock was set back"
    assert (before.authentic_by, last.authentic_by) == (1, BY_LINK)
