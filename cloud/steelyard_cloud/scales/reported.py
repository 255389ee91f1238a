"""What a scale in scope has reported: its statements, the summary of its chain, the repair code."""

from collections.abc import Mapping

from sqlalchemy import Connection
from steelyard_protocol.bodies import Boot, Kind, Parameters
from steelyard_protocol.events import EventKind
from steelyard_protocol.statement import parse

from steelyard_cloud.judge.summary import Summary
from steelyard_cloud.scales import store
from steelyard_cloud.scales.queries import ScaleInScope
from steelyard_cloud.statements import queries as statement_queries
from steelyard_cloud.statements.queries import StatementRead as StatementRead  # for the pages


def newest(
    connection: Connection, scale: ScaleInScope, *, before: int | None = None, limit: int
) -> list[StatementRead]:
    """The newest statements of the active identity, the newest first; `before` is where a page starts."""
    return statement_queries.newest(connection, scale.id, scale.identity_id, before=before, limit=limit)


def newest_of_kind(
    connection: Connection, scale: ScaleInScope, kind: Kind, limit: int, before: int | None = None
) -> list[StatementRead]:
    """The newest statements of a kind that the active identity signed, the newest first."""
    return statement_queries.newest_of_kind(connection, scale.id, scale.identity_id, kind, limit, before)


def newest_changes(
    connection: Connection, scale: ScaleInScope, limit: int, before: int | None = None
) -> list[StatementRead]:
    """The newest changes of parameters that the active identity signed, the newest first."""
    kinds = (EventKind.PARAMETER_CHANGE,)
    return statement_queries.newest_events(connection, scale.id, scale.identity_id, kinds, limit, before)


def statement_at(connection: Connection, scale: ScaleInScope, number: int) -> StatementRead | None:
    """A statement of the active identity with this number: of several the one with the lowest hash."""
    there = statement_queries.statements_at(connection, scale.id, scale.identity_id, number, 1)
    return there[0] if there else None


def summary_of(connection: Connection, scale: ScaleInScope, identity_id: int | None = None) -> Summary | None:
    """The summary of the chain of one of the scale's identities, by default the active one; None if it has none."""
    return statement_queries.summary_of(connection, scale.id, identity_id or scale.identity_id)


def repair_code(connection: Connection, scale: ScaleInScope) -> str | None:
    """The repair code that the scale's newest start names; None for one that was never repaired."""
    return store.repair_code(connection, scale.id, scale.identity_id)


def codes_on_plate(connection: Connection, scale: ScaleInScope) -> list[tuple[str, str]]:
    """Scheme and code of each code of another scheme on its plate."""
    return store.codes_of(connection, scale.id)


def newest_map(connection: Connection, scale: ScaleInScope) -> tuple[int, Mapping[int, int]] | None:
    """Number and map of the newest statement that carries its whole map of parameters; None where there is none."""
    rows = [row for kind in (Kind.BOOT, Kind.PARAMETERS) for row in newest_of_kind(connection, scale, kind, 1)]
    for row in sorted(rows, key=lambda one: one.number, reverse=True):
        body = parse(row.raw).body
        if isinstance(body, Boot | Parameters):
            return row.number, body.parameters
    return None
