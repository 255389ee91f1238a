"""Two of the three verdicts on an evidence file, continuity and rules, from what the judge finds in it."""

from collections.abc import Iterable

from steelyard_protocol import identity

from steelyard_cloud.evidence.bundle import Bundle
from steelyard_cloud.evidence.opinion import Opinion, Word
from steelyard_cloud.judge.chain import holes
from steelyard_cloud.judge.findings import Finding
from steelyard_cloud.judge.rules import authenticity, continuity, silent
from steelyard_cloud.judge.summary import Summary

BREAKS = {
    "fork": "Two different statements carry the same number",
    "link": "A statement does not link to the one before it",
    "counters": "A calibration or configuration counter went down",
    "boot": "The boot number went down",
    "uptime": "The running time went down without a restart",
    "journal-lost": "The scale reports that its journal was lost",
    "rolled-back": "The scale reports that its memory was rolled back",
    "re-signed": "The same content was signed twice",
}
"""Codes of findings on continuity, in words."""


def continuity_opinion(bundle: Bundle, summaries: list[Summary], findings: Iterable[Finding]) -> Opinion:
    """Whether numbers are missing or doubled, and links or counters do not fit."""
    lines, bad = [], []
    for summary in summaries:
        text = identity.to_text(summary.kid)
        runs = ", ".join(_span(run.first.number, run.last.number) for run in summary.intervals)
        lines.append(f"Identity {text}: {runs or 'nothing'}.")
        omitted = [(first, last) for kid, first, last in bundle.left_out if kid == summary.kid]
        for hole in holes(summary):
            if any(first <= hole.first and hole.last <= last for first, last in omitted):
                lines.append(f"Stored but left out of this file: {_span(hole.first, hole.last)}.")
            else:
                bad.append(f"Missing: {_span(hole.first, hole.last)}.")
    serious = False
    for finding in findings:
        if finding.rule == continuity.RULE and finding.code in BREAKS:
            numbers = ", ".join(str(number) for number in finding.values.get("numbers", []))
            bad.append(f"{BREAKS[finding.code]} (statements {numbers}).")
        serious |= finding.rule == continuity.RULE and finding.code in ("fork", "link", "counters")
    if bad:
        sentence = "The chain contradicts itself." if serious else "The chain has holes or interruptions."
        return Opinion(Word.BAD, sentence, bad + lines)
    if bundle.left_out:
        return Opinion(Word.OPEN, "What is in the file is unbroken; parts of the chain were left out of it.", lines)
    return Opinion(Word.GOOD, "The chain is complete: no number missing, none used twice, every link fits.", lines)


def _span(first: int, last: int) -> str:
    return f"statement {first}" if first == last else f"statements {first}–{last}"


def rules_opinion(bundle: Bundle, findings: Iterable[Finding]) -> Opinion:
    """What the rules find, by the statements and facts in the file alone."""
    lines = []
    judged = [one for one in findings if one.rule not in (authenticity.RULE, continuity.RULE, silent.RULE)]
    for finding in judged:
        span = _span(finding.first_number or 0, finding.last_number or finding.first_number or 0)
        lines.append(f"{finding.rule}/{finding.code}: {span}; {_facts_of(finding)}")
    if bundle.alert is not None and bundle.alert.rule not in (continuity.RULE, silent.RULE, authenticity.RULE):
        again = any(one.key == (bundle.alert.rule, bundle.alert.what) for one in judged)
        lines.append(
            f"The file's alert {bundle.alert.id} ({bundle.alert.rule}) "
            + ("follows from the statements in it." if again else "does not follow from the statements in it.")
        )
    if not bundle.verifications:
        lines.append("No verification is on record, so there are no verified parameters to compare with.")
    lines.append("Verifications and approved software are the platform's word, under its seal.")
    if judged:
        return Opinion(Word.BAD, f"{len(judged)} findings against this scale follow from its own statements.", lines)
    if not bundle.verifications:
        return Opinion(Word.OPEN, "Nothing can be said about its parameters without a verification.", lines)
    return Opinion(Word.GOOD, "No rule found a problem with this scale in these statements.", lines)


def _facts_of(finding: Finding) -> str:
    parts = []
    for name, value in finding.values.items():
        if name == "changes":
            shown = ", ".join(f"parameter {key}: {old} → {new}" for key, old, new in value)
            parts.append(shown)
        elif isinstance(value, str | int) and name not in ("code",):
            parts.append(f"{name} {value}")
    return "; ".join(parts) or "see the statements"
