"""A regulator's public decisions: what is missing or contradicts itself before a stored statement is settled.

Chain, boots, consistency and completeness of the public verdict count from that statement on. Nothing else does: a
changed parameter, another device or an opened case take a verification.
"""

from collections.abc import Iterable

from sqlalchemy import Connection, insert, select
from steelyard_protocol import statement

from steelyard_cloud.db import feeds
from steelyard_cloud.db.schema import decisions
from steelyard_cloud.errors import AlreadyExists, Refusal
from steelyard_cloud.judge.facts import Decision
from steelyard_cloud.people.audit import Actor
from steelyard_cloud.scales import naming, store, trouble
from steelyard_cloud.scales.life.take import Act, Written, take
from steelyard_cloud.scales.naming import Name
from steelyard_cloud.scales.queries import ScaleInScope
from steelyard_cloud.scales.subjects import subject_of
from steelyard_cloud.scales.verdicts import PublicDecision
from steelyard_cloud.statements import queries as statement_queries


def record_decision(
    connection: Connection, actor: Actor, scale: ScaleInScope, *, name: Name, reason: str, now_ms: int
) -> PublicDecision:
    """Record a decision at the statement that `name` means.

    Raises NotStoredYet, SeveralStatements, AlreadyExists, NotJudgedYet and TroubleAfter.
    """
    made: list[PublicDecision] = []

    def statement_fits() -> Iterable[Refusal]:
        try:
            _fits(connection, scale, name, now_ms)
        except Refusal as refusal:
            yield refusal

    def write() -> Written:
        fact, identity_id = _fits(connection, scale, name, now_ms)
        row = {
            "scale_id": scale.id,
            "identity_id": identity_id,
            "number": fact.number,
            "hash": fact.hash,
            "reason": reason,
            "organisation_id": actor.organisation_id,
            "division_code": actor.division_code,
            "recorded_ms": now_ms,
            "settled": fact.settled,
        }
        connection.execute(insert(decisions).values(row))
        feeds.append(connection, feeds.CHANGES, scale.shard, "decision", scale.id, {}, now_ms)
        made.append(PublicDecision(fact.number, fact.hash, reason, "", now_ms))
        return Written(scale.id, {"number": fact.number, "hash": fact.hash.hex()})

    take(connection, actor, subject_of(scale), Act("decide", write, {"statement": statement_fits}, reason), now_ms)
    return made[0]


def _fits(connection: Connection, scale: ScaleInScope, name: Name, now_ms: int) -> tuple[Decision, int]:
    """The fact that a decision would be, and the id of its identity; raises a Refusal where it cannot be made."""
    identity_id, named = naming.find(connection, scale, name)
    same = select(decisions.c.id).where(decisions.c.identity_id == identity_id, decisions.c.hash == named.hash)
    if connection.scalar(same) is not None:
        raise AlreadyExists(what="decision at statement", name=named.number)
    settled = statement_queries.stored_of(connection, identity_id)  # first: what is stored meanwhile is not settled
    kid = statement.parse(named.raw).kid
    fact = Decision(kid, named.number, named.hash, named.received_ms, settled)
    trouble.after_decision(connection, scale, fact, now_ms)
    return fact, identity_id


def decisions_on(connection: Connection, scale: ScaleInScope) -> list[PublicDecision]:
    """All decisions on a scale, the newest first."""
    return store.decisions_on(connection, scale.id)
