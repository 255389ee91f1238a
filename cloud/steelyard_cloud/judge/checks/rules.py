"""Steps of *rules*: whether the registry's facts are vouched for, and what follows from them and the statements."""

from collections.abc import Iterable
from dataclasses import replace

from steelyard_cloud.judge.checks import authenticity
from steelyard_cloud.judge.checks.material import Material, Result, Word
from steelyard_cloud.judge.conditions import baseline as condition
from steelyard_cloud.judge.facts import Clock, Facts
from steelyard_cloud.judge.findings import Finding
from steelyard_cloud.judge.judge import Judgement, judge, proof_of
from steelyard_cloud.judge.rules import continuity, silent
from steelyard_cloud.judge.summary import Summary

APART = (continuity.RULE, silent.RULE)
"""What continuity says, and what only a clock says, is no finding here."""


def facts(material: Material) -> Result:
    """The registry's facts are the word of the platform whose root the scale carries, or whose root is trusted."""
    origin = material.origin
    if origin is None or material.facts is None or origin.problem is not None or origin.trusted is False:
        return Result(Word.OPEN, "not-vouched")
    if not origin.trusted and authenticity.named_root(material).word is not Word.GOOD:
        return Result(Word.OPEN, "not-vouched")
    return Result(Word.GOOD, "vouched")


def baseline(material: Material) -> Result:
    """A verification of the key in use names statements that are there."""
    proof = proof_of(material.stored, material.facts or Facts(), material.active_kid or b"")
    unmet = list(condition.unmet(proof)) if proof else [condition.NO_BASELINE]
    return Result(Word.OPEN, unmet[0].code) if unmet else Result(Word.GOOD, "baseline")


def findings(material: Material) -> Result:
    """No rule finds anything, in all that is stored."""
    if not material.stored or facts(material).word is not Word.GOOD:
        return Result(Word.OPEN, "cannot-be-judged")
    judged = judgement(material)
    found = against(judged.findings)
    if found:
        return Result(Word.BAD, "findings", {"count": len(found)})
    if any(wait.rule not in APART for wait in judged.pending):
        return Result(Word.OPEN, "pending")
    if material.left_out:
        return Result(Word.OPEN, "parts-not-judged")
    return Result(Word.GOOD, "no-findings")


def judgement(material: Material) -> Judgement:
    """What the rules say. What is only left out may still explain what is there, so such holes keep their grace."""
    cut = {kid for kid, _, _ in material.left_out}
    summaries = [_patient(one, material.now_ms) if one.kid in cut else one for one in material.stored]
    clock = Clock(material.now_ms, material.now_ms)
    return judge(summaries, material.facts or Facts(), clock, material.active_kid)


def against(found: Iterable[Finding]) -> list[Finding]:
    """The findings that count here."""
    return [one for one in found if one.rule not in APART]


def _patient(summary: Summary, now_ms: int) -> Summary:
    return replace(summary, intervals=[one._replace(earliest_ms=now_ms) for one in summary.intervals])
