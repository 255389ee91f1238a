"""Checking an evidence file off line: authenticity, continuity and rules as three verdicts, each explained.

Pure and failing closed: a verdict is "good" only where everything that it needs was checked. The rules are the same
code that raised the alert, applied to what the file holds and nothing else.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from steelyard_protocol import cose, downlink, identity, statement
from steelyard_protocol.bodies import Boot, Enrol
from steelyard_protocol.statement import LINK_BYTES, Statement

from steelyard_cloud.evidence.bundle import EXTERNAL, Bundle
from steelyard_cloud.judge.chain import holes
from steelyard_cloud.judge.facts import Baseline, Clock, Facts, Permit
from steelyard_cloud.judge.findings import Finding
from steelyard_cloud.judge.intake import summarise
from steelyard_cloud.judge.judge import judge
from steelyard_cloud.judge.rules import authenticity, continuity, silent
from steelyard_cloud.judge.summary import State, Summary


class Word(StrEnum):
    """A verdict in a word."""

    GOOD = "good"
    BAD = "bad"
    OPEN = "open"  # cannot be decided from this file


@dataclass
class Opinion:
    """One of the three verdicts: a word, a sentence, and the lines that explain it."""

    word: Word
    sentence: str
    lines: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """A dict of JSON values."""
        return {"verdict": self.word.value, "sentence": self.sentence, "explanation": self.lines}


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


@dataclass
class _Chain:
    """One identity's part of the file."""

    kid: bytes
    public_key: bytes
    statements: list[tuple[Statement, int]] = field(default_factory=list)
    by_link: int = 0


def verify(bundle: Bundle, root_thumbprint: str | None = None) -> Report:
    """Check a file; `root_thumbprint` (64 hexadecimal digits) is the root that the reader trusts, if known."""
    opinion = Opinion(Word.GOOD, "")
    seal_problem = _check_seal(bundle, root_thumbprint, opinion)
    chains = _authenticate(bundle, opinion)
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
    return Report(
        authenticity=opinion,
        continuity=_continuity(bundle, summaries, findings),
        rules=_rules(bundle, findings),
        root_thumbprint=identity.thumbprint(bundle.root).hex() if len(bundle.root) == 65 else "",
        statements=count,
    )


def _check_seal(bundle: Bundle, trusted: str | None, opinion: Opinion) -> str | None:
    """Root → key set → authority → seal over the contents; gives what is wrong, in a sentence."""
    if len(bundle.root) != 65:
        return "The root key in the file is not a P-256 key."
    own = identity.thumbprint(bundle.root).hex()
    if trusted is not None and trusted.lower() != own:
        return f"The file's root {own} is not the one you trust ({trusted})."
    try:
        key_set = downlink.open_order(bundle.key_set, bundle.root)
        seal = cose.decode_sign1(bundle.seal)
    except ValueError as error:
        return f"The platform's keys in the file are not what its root signed: {error}."
    if not isinstance(key_set, downlink.KeySet):
        return "What the root signed is not a set of keys."
    kid = seal.protected_header.get(cose.HEADER_KID)
    keys = [key for key, roles in key_set.keys if identity.kid(key) == kid and roles & downlink.Role.AUTHORITY]
    if not keys:
        return "The seal is not by a key with the role of authority."
    if seal.payload != hashlib.sha256(bundle.contents).digest():
        return "The contents were changed after the platform sealed the file."
    if not cose.verify1(bundle.seal, keys[0], EXTERNAL):
        return "The platform's seal on the file does not verify."
    opinion.lines.append(f"The platform's seal verifies; its keys are vouched for by the root {own}.")
    if trusted is None:
        opinion.lines.append(
            "Compare that root with the one printed on the scale's label or published by the platform (or give --root)."
        )
    return None


def _authenticate(bundle: Bundle, opinion: Opinion) -> list[_Chain]:
    chains: dict[bytes, _Chain] = {}
    for one in bundle.identities:
        if problem := _check_identity(one.public_key, one.enrolment):
            opinion.word = Word.BAD
            opinion.lines.append(problem)
            continue
        kid = identity.kid(one.public_key)
        chains[kid] = _Chain(kid, one.public_key)
    strangers = 0
    unsigned: list[tuple[_Chain, Statement, int]] = []
    for held in bundle.statements:
        try:
            parsed = statement.parse(held.raw)
        except statement.StatementError as error:
            opinion.word = Word.BAD
            opinion.lines.append(f"A member of the file is no statement: {error}.")
            continue
        chain = chains.get(parsed.kid)
        if chain is None:
            strangers += 1
        elif parsed.verifies(chain.public_key):
            chain.statements.append((parsed, held.received_ms))
        else:
            unsigned.append((chain, parsed, held.received_ms))
    if strangers:
        opinion.word = Word.BAD
        opinion.lines.append(f"{strangers} statements are of other identities than the scale's.")
    for chain, parsed, received_ms in sorted(unsigned, key=lambda one: -one[1].number):
        _accept_by_link(chain, parsed, received_ms, opinion)
    for chain in chains.values():
        chain.statements.sort(key=lambda one: (one[0].number, one[0].hash))
        text = identity.to_text(chain.kid)
        signed = len(chain.statements) - chain.by_link
        opinion.lines.append(f"Identity {text}: {signed} signatures verify with the key of its enrolment.")
        if chain.by_link:
            opinion.lines.append(f"{chain.by_link} more are vouched for by the link of a signed statement after them.")
        _check_named_root(chain, bundle, opinion)
    return list(chains.values())


def _accept_by_link(chain: _Chain, parsed: Statement, received_ms: int, opinion: Opinion) -> None:
    """An authentic statement's link is over the whole bytes of the one before it, bad signature and all."""
    for other, _ in chain.statements:
        if other.number == parsed.number + 1 and other.link == parsed.hash[:LINK_BYTES]:
            chain.statements.append((parsed, received_ms))
            chain.by_link += 1
            return
    opinion.word = Word.BAD
    opinion.lines.append(f"The signature of statement {parsed.number} does not verify: it was altered or forged.")


def _check_identity(public_key: bytes, enrolment: bytes) -> str | None:
    try:
        first = statement.parse(enrolment)
    except statement.StatementError as error:
        return f"The enrolment in the file is no statement: {error}."
    body = first.body
    if not isinstance(body, Enrol) or body.signing_point != public_key or identity.kid(public_key) != first.kid:
        return "The enrolment in the file is not that of the key beside it."
    return None if first.verifies(public_key) else "The enrolment in the file is not signed by its own key."


def _check_named_root(chain: _Chain, bundle: Bundle, opinion: Opinion) -> None:
    """Boot statements name the root that the scale carries from the factory."""
    boots = [one for one, _ in chain.statements if isinstance(one.body, Boot)]
    named = {one.body.root for one in boots if isinstance(one.body, Boot) and one.body.root is not None}
    own = identity.thumbprint(bundle.root) if len(bundle.root) == 65 else b""
    if named and named != {own}:
        opinion.word = Word.BAD
        opinion.lines.append(
            "The scale's boot statements name another root than the file: it is another platform's scale."
        )
    elif named:
        opinion.lines.append("The scale's own boot statements name the same root.")
    thumbprint = identity.thumbprint(chain.public_key)
    if any(isinstance(one.body, Boot) and one.body.thumbprint != thumbprint for one in boots):
        opinion.word = Word.BAD
        opinion.lines.append("A boot statement names another key than the one that signed it.")


def _replay(chain: _Chain) -> Summary:
    """The summary of what the file holds of one identity, by the code that receives statements."""
    return summarise(chain.kid, ((parsed.raw, received_ms) for parsed, received_ms in chain.statements))


def _facts(bundle: Bundle, chains: Iterable[_Chain]) -> Facts:
    states = {
        (chain.kid, one.number): State(one.digest, one.calibration_counter, one.configuration_counter)
        for chain in chains
        for one, _ in chain.statements
    }
    permits = []
    for raw in bundle.permits:
        order = _permit(bundle, raw)
        if order is not None:
            permits.append(
                Permit(
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
