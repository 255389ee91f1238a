"""What a scale in scope has reported: its statements, the summary of its chain, the repair code."""

from sqlalchemy import Connection
from steelyard_protocol.bodies import Kind

from steelyard_cloud.judge.summary import Summary
from steelyard_cloud.scales import store
from steelyard_cloud.scales.queries import ScaleInScope
from steelyard_cloud.statements import queries as statement_queries
from steelyard_cloud.statements.queries import StatementRead


def newest(
    connection: Connection, scale: ScaleInScope, *, before: int | None = None, limit: int
) -> list[StatementRead]:
    """The newest statements of the active identity, the newest first; `before` is where a page starts."""
    return statement_queries.newest(connection, scale.id, scale.identity_id, before=before, limit=limit)


def newest_of_kind(connection: Connection, scale: ScaleInScope, kind: Kind, limit: int) -> list[StatementRead]:
    """The newest statements of a kind that the active identity signed, the newest first."""
    return statement_queries.newest_of_kind(connection, scale.id, scale.identity_id, kind, limit)


def summary_of(connection: Connection, scale: ScaleInScope, identity_id: int | None = None) -> Summary | None:
    """The summary of the chain of one of the scale's identities, by default the active one; None if it has none."""
    return statement_queries.summary_of(connection, scale.id, identity_id or scale.identity_id)


def repair_code(connection: Connection, scale: ScaleInScope) -> str | None:
    """The repair code that the scale's newest start names; None for one that was never repaired."""
    return store.repair_code(connection, scale.id, scale.identity_id)
