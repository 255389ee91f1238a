"""How people name a stored statement for the registry: by its hash, or by its number where only one has that."""

from typing import NamedTuple

from sqlalchemy import Connection

from steelyard_cloud.errors import NotStoredYet, SeveralStatements
from steelyard_cloud.scales.queries import ScaleInScope
from steelyard_cloud.statements import queries
from steelyard_cloud.statements.queries import StatementRead

COPIES = 32


class Name(NamedTuple):
    """What somebody calls a statement: at least one of both; the hash is of the whole statement, 32 bytes."""

    number: int | None
    hash: bytes | None


def find(connection: Connection, scale: ScaleInScope, name: Name) -> tuple[int, StatementRead]:
    """The id of the identity, and the statement; a number alone is one of the active identity.

    Raises NotStoredYet and SeveralStatements.
    """
    shown = name.number if name.number is not None else (name.hash or b"").hex()
    if name.number is None:
        found = queries.statement_with(connection, scale.id, name.hash or b"")
        if found is None:
            raise NotStoredYet(number=shown)
        return found
    there = queries.statements_at(connection, scale.id, scale.identity_id, name.number, COPIES)
    if name.hash is not None:
        there = [one for one in there if one.hash == name.hash]
    if not there:
        raise NotStoredYet(number=shown)
    if len(there) > 1:
        raise SeveralStatements(number=shown)
    return scale.identity_id, there[0]
