"""What lies after a statement that somebody wants to name: a fact that names it would not settle that."""

from collections.abc import Collection
from dataclasses import replace

from sqlalchemy import Connection

from steelyard_cloud.errors import NotJudgedYet, TroubleAfter
from steelyard_cloud.judge.conditions import DECIDABLE, TROUBLE, unmet
from steelyard_cloud.judge.conditions.complete import NOT_JUDGED
from steelyard_cloud.judge.facts import Baseline, Decision, Facts
from steelyard_cloud.judge.judge import proof_of
from steelyard_cloud.scales import facts as scale_facts
from steelyard_cloud.scales.queries import ScaleInScope
from steelyard_cloud.statements import queries as statement_queries


def after_verification(connection: Connection, scale: ScaleInScope, baseline: Baseline, now_ms: int) -> None:
    """Raise TroubleAfter if a verification would leave something wrong behind it, NotJudgedYet if it may."""
    known = scale_facts.load(connection, scale.id).facts
    facts = replace(known, baselines=known.baselines | {baseline})
    _raise_for(connection, scale.id, facts, TROUBLE, baseline.number, now_ms)


def after_decision(connection: Connection, scale: ScaleInScope, decision: Decision, now_ms: int) -> None:
    """Raise TroubleAfter if a decision would leave behind it what it should settle, NotJudgedYet if it may."""
    known = scale_facts.load(connection, scale.id).facts
    facts = replace(known, decisions=known.decisions | {decision})
    _raise_for(connection, scale.id, facts, DECIDABLE, decision.number, now_ms)


def _raise_for(
    connection: Connection, scale_id: int, facts: Facts, conditions: Collection[str], number: int, now_ms: int
) -> None:
    active_kid, summaries = statement_queries.summaries_of(connection, scale_id)
    proof = proof_of(summaries, facts, active_kid)
    found = [one for one in unmet(proof) if one.condition in conditions and one.from_ms <= now_ms] if proof else []
    if found and all(one == NOT_JUDGED for one in found):
        raise NotJudgedYet(number=number)
    if found:
        raise TroubleAfter(number=number, why=", ".join(sorted({f"{one.condition} ({one.code})" for one in found})))
