"""Checking an evidence file off line: authenticity, continuity and rules as three verdicts, each explained.

Pure and failing closed: a verdict is "good" only where everything that it needs was checked. The rules are the same
code that raised the alert, applied to what the file holds and nothing else.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from steelyard_protocol import downlink, identity

from steelyard_cloud.evidence.authenticate import Chain, Opinion, Word, authenticate, check_seal
from steelyard_cloud.evidence.bundle import MAX_STATEMENTS, Bundle
from steelyard_cloud.judge.chain import holes
from steelyard_cloud.judge.facts import Baseline, Clock, Facts, PermitFact
from steelyard_cloud.judge.findings import Finding
from steelyard_cloud.judge.intake import summarise
from steelyard_cloud.judge.judge import judge
from steelyard_cloud.judge.rules import authenticity, continuity, silent
from steelyard_cloud.judge.summary import Summary
from steelyard_cloud.judge.summary_parts import ParameterState


@dataclass
class Report:
    """What a file proves."""

    authenticity: Opinion
    continuity: Opinion
    rules: Opinion
    root_thumbprint: str
    statements: int

    @property
    def stands(self) -> bool:
        """Whether the evidence itself stands, whatever the rules say of the scale."""
        return self.authenticity.word is Word.GOOD and self.continuity.word is not Word.BAD


def verify(bundle: Bundle, root_thumbprint: str | None = None) -> Report:
    """Check a file; `root_thumbprint` (64 hexadecimal digits) is the root that the reader trusts, if known."""
    opinion = Opinion(Word.GOOD, "")
    seal_problem = check_seal(bundle, root_thumbprint, opinion)
    chains = authenticate(bundle, opinion)
    count = sum(len(chain.statements) for chain in chains)
    if seal_problem or opinion.word is not Word.GOOD or not count:
        opinion.word = Word.BAD
        opinion.sentence = seal_problem or "Not everything in this file was signed by the keys that it names."
        if not count:
            opinion.sentence = "No statement in this file could be authenticated."
    else:
        opinion.sentence = f"All {count} statements were signed by the scale's own key and not altered since."
    summaries = [_replay(chain) for chain in chains]
    facts = _facts(bundle, chains)
    clock = Clock(bundle.created_ms, bundle.created_ms)
    findings = judge(summaries, facts, clock).findings
    rules = _rules(bundle, findings)
    if seal_problem and rules.word is Word.GOOD:
        rules = Opinion(Word.OPEN, "What the registry is said to know is not sealed.", rules.lines)
    return Report(
        authenticity=opinion,
        continuity=_continuity(bundle, summaries, findings),
        rules=rules,
        root_thumbprint=identity.thumbprint(bundle.root).hex() if len(bundle.root) == 65 else "",
        statements=count,
    )


def _replay(chain: Chain) -> Summary:
    """The summary of what the file holds of one identity, by the code that receives statements.

    A long chain that was cut for the file falls apart into many runs; none is refused, as the file itself is bounded.
    """
    rows = ((parsed.raw, received_ms) for parsed, received_ms in chain.statements)
    return summarise(chain.kid, rows, most_intervals=MAX_STATEMENTS)


def _facts(bundle: Bundle, chains: Iterable[Chain]) -> Facts:
    states = {  # of a fork the lowest content hash, which is set last, as in `store.registry_facts`
        (chain.kid, one.number): ParameterState(one.digest, one.calibration_counter, one.configuration_counter)
        for chain in chains
        for one, _ in sorted(chain.statements, key=lambda held: held[0].content_hash, reverse=True)
    }
    permits = []
    for raw in bundle.permits:
        order = _permit(bundle, raw)
        if order is not None:
            permits.append(
                PermitFact(
                    kid=order.identity,
                    hash=hashlib.sha256(raw).digest(),
                    what=order.what,
                    not_before_s=order.not_before,
                    not_after_s=order.not_after,
                    calibration_counter=order.calibration_counter,
                    configuration_counter=order.configuration_counter,
                    fields=frozenset(order.fields),
                )
            )
    return Facts(
        baselines=frozenset(
            Baseline(one.kid, one.number, states.get((one.kid, one.number))) for one in bundle.verifications
        ),
        permits=frozenset(permits),
        approved_software=frozenset(one.hash for one in bundle.software),
    )


def _permit(bundle: Bundle, raw: bytes) -> downlink.Permit | None:
    """A permit, if one of the platform's authority keys signed it; any other is as if it were not there."""
    try:
        key_set = downlink.open_order(bundle.key_set, bundle.root)
        kid = downlink.kid_of(raw)
        keys = key_set.keys if isinstance(key_set, downlink.KeySet) else ()
        for key, roles in keys:
            if roles & downlink.Role.AUTHORITY and identity.kid(key) == kid:
                order = downlink.open_order(raw, key)
                return order if isinstance(order, downlink.Permit) else None
    except ValueError:
        return None
    return None


def _continuity(bundle: Bundle, summaries: list[Summary], findings: Iterable[Finding]) -> Opinion:
    lines, bad = [], []
    for summary in summaries:
        text = identity.to_text(summary.kid)
        runs = ", ".join(_span(run.first.number, run.last.number) for run in summary.intervals)
        lines.append(f"Identity {text}: {runs or 'nothing'}.")
        omitted = [(first, last) for kid, first, last in bundle.left_out if kid == summary.kid]
        for hole in holes(summary):
            if any(first <= hole.first and hole.last <= last for first, last in omitted):
                lines.append(f"Held but left out of this file: {_span(hole.first, hole.last)}.")
            else:
                bad.append(f"Missing: {_span(hole.first, hole.last)}.")
    texts = {
        "fork": "Two different statements carry the same number",
        "link": "A statement does not link to the one before it",
        "counters": "A calibration or configuration counter went down",
        "boot": "The boot number went down",
        "uptime": "The time since start went down within one start",
        "journal-lost": "The scale reports that its journal was lost",
        "rolled-back": "The scale reports that it was set back",
        "re-signed": "The same content was signed twice",
    }
    serious = False
    for finding in findings:
        if finding.rule == continuity.RULE and finding.code in texts:
            numbers = ", ".join(str(number) for number in finding.values.get("numbers", []))
            bad.append(f"{texts[finding.code]} (statements {numbers}).")
        serious |= finding.rule == continuity.RULE and finding.code in ("fork", "link", "counters")
    if bad:
        sentence = "The chain contradicts itself." if serious else "The chain has holes or interruptions."
        return Opinion(Word.BAD, sentence, bad + lines)
    if bundle.left_out:
        return Opinion(Word.OPEN, "What is in the file is unbroken; parts of the chain were left out of it.", lines)
    return Opinion(Word.GOOD, "The chain is complete: no number missing, none used twice, every link fits.", lines)


def _span(first: int, last: int) -> str:
    return f"statement {first}" if first == last else f"statements {first}–{last}"


def _rules(bundle: Bundle, findings: Iterable[Finding]) -> Opinion:
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
        lines.append("No verification is on record, so no parameters are the verified ones.")
    lines.append("Verifications and approved software are the platform's word, under its seal.")
    if judged:
        return Opinion(Word.BAD, f"{len(judged)} findings against this scale follow from its own statements.", lines)
    if not bundle.verifications:
        return Opinion(Word.OPEN, "Nothing can be said of its parameters without a verification.", lines)
    return Opinion(Word.GOOD, "No rule finds anything against this scale in these statements.", lines)


def _facts_of(finding: Finding) -> str:
    parts = []
    for name, value in finding.values.items():
        if name == "changes":
            shown = ", ".join(f"parameter {key}: {old} → {new}" for key, old, new in value)
            parts.append(shown)
        elif isinstance(value, str | int) and name not in ("code",):
            parts.append(f"{name} {value}")
    return "; ".join(parts) or "see the statements"
