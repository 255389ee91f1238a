"""Some of an identity's stored statements, gathered by bounded queries that an index serves."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, select
from steelyard_protocol.bodies import Kind

from steelyard_cloud.db.schema import NOT_SNAPSHOT, statements
from steelyard_cloud.statements.sql import IN_LIST, LATEST_MS


class SelectedStatement(NamedTuple):
    """A stored statement as an evidence file needs it; it is dated no later than `latest_ms`."""

    number: int
    hash: bytes
    raw: bytes
    received_ms: int
    latest_ms: int
    arrival: int
    authentic_by: int


class Selection:
    """Grows with each call; a statement is in it once. No query gives more than `most` rows and one."""

    def __init__(self, connection: Connection, scale_id: int, identity_id: int, most: int) -> None:
        self._connection, self._most = connection, most
        self._of = and_(statements.c.scale_id == scale_id, statements.c.identity_id == identity_id)
        self._rows: dict[tuple[int, bytes], SelectedStatement] = {}

    def __len__(self) -> int:
        """How many statements there are, copies under one number included."""
        return len(self._rows)

    def rising(self) -> list[SelectedStatement]:
        """All of them, by number and hash."""
        return [self._rows[key] for key in sorted(self._rows)]

    def add_between(self, first: int, last: int) -> None:
        """Add the numbers from `first` to `last`."""
        self._add(statements.c.number.between(first, last))

    def add_up_to(self, last: int) -> None:
        """Add all numbers up to `last`."""
        self._add(statements.c.number <= last)

    def add_numbers(self, numbers: Sequence[int]) -> list[SelectedStatement]:
        """Add these numbers; gives what was not there before."""
        before = set(self._rows)
        for start in range(0, len(numbers), IN_LIST):
            self._add(statements.c.number.in_(numbers[start : start + IN_LIST]))
        return [row for key, row in self._rows.items() if key not in before]

    def add_boots(self, hashes: Sequence[bytes]) -> None:
        """Add the boot statements with these hashes."""
        for start in range(0, len(hashes), IN_LIST):
            with_hash = statements.c.hash.in_(hashes[start : start + IN_LIST])
            self._add(and_(statements.c.kind == int(Kind.BOOT), NOT_SNAPSHOT, with_hash))

    def add_nearest_of_kind(self, kind: Kind, below: int, above: int, most: int) -> None:
        """Add up to `most` of a kind (not snapshots) with numbers under `below`, and as many over `above`."""
        number = statements.c.number
        of_kind = self._query(and_(statements.c.kind == int(kind), NOT_SNAPSHOT)).limit(most)
        self._keep(of_kind.where(number < below).order_by(number.desc()))
        self._keep(of_kind.where(number > above).order_by(number))

    def _query(self, condition: ColumnElement[bool]) -> Select[Any]:
        c = statements.c
        columns = c.number, c.hash, c.raw, c.received_ms, LATEST_MS, c.arrival, c.authentic_by
        return select(*columns).where(self._of, condition)

    def _add(self, condition: ColumnElement[bool]) -> None:
        c = statements.c
        self._keep(self._query(condition).order_by(c.number, c.hash).limit(self._most + 1))

    def _keep(self, query: Select[Any]) -> None:
        found = (SelectedStatement(*row) for row in self._connection.execute(query))
        self._rows.update({(one.number, one.hash): one for one in found})
