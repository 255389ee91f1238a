"""A regulator's public decisions: what is missing or contradicts itself before a stored statement is settled.

Chain, boots, consistency and completeness of the public verdict count from that statement on. Nothing else does: a
changed parameter, another device or an opened case take a verification.
"""

from sqlalchemy import Connection, insert, select
from steelyard_protocol import statement

from steelyard_cloud.db import feeds
from steelyard_cloud.db.schema import decisions
from steelyard_cloud.errors import AlreadyExists
from steelyard_cloud.judge.facts import Decision
from steelyard_cloud.people.audit import Actor, record
from steelyard_cloud.scales import naming, store, trouble
from steelyard_cloud.scales.naming import Name
from steelyard_cloud.scales.queries import ScaleInScope
from steelyard_cloud.scales.verdicts import PublicDecision
from steelyard_cloud.statements import queries as statement_queries


def record_decision(
    connection: Connection, actor: Actor, scale: ScaleInScope, *, name: Name, reason: str, now_ms: int
) -> PublicDecision:
    """Record a decision at the statement that `name` means.

    Raises NotStoredYet, SeveralStatements, AlreadyExists, NotJudgedYet and TroubleAfter.
    """
    identity_id, named = naming.find(connection, scale, name)
    same = select(decisions.c.id).where(decisions.c.identity_id == identity_id, decisions.c.hash == named.hash)
    if connection.scalar(same) is not None:
        raise AlreadyExists(what="decision at statement", name=named.number)
    settled = statement_queries.stored_of(connection, identity_id)  # first: what is stored meanwhile is not settled
    kid = statement.parse(named.raw).kid
    fact = Decision(kid, named.number, named.hash, named.received_ms, settled)
    trouble.after_decision(connection, scale, fact, now_ms)
    row = {
        "scale_id": scale.id,
        "identity_id": identity_id,
        "number": named.number,
        "hash": named.hash,
        "reason": reason,
        "organisation_id": actor.organisation_id,
        "division_code": actor.division_code,
        "recorded_ms": now_ms,
        "settled": settled,
    }
    connection.execute(insert(decisions).values(row))
    details = {"number": named.number, "hash": named.hash.hex(), "reason": reason}
    record(connection, actor, "scale.decide", f"scale:{scale.id}", details, now_ms)
    feeds.append(connection, feeds.CHANGES, scale.shard, "decision", scale.id, {}, now_ms)
    return PublicDecision(named.number, named.hash, reason, "", now_ms)


def decisions_on(connection: Connection, scale: ScaleInScope) -> list[PublicDecision]:
    """All decisions on a scale, the newest first."""
    return store.decisions_on(connection, scale.id)
