"""Checking an evidence file offline: authenticity, continuity and rules as three verdicts, each explained.

Pure and failing closed: a verdict is "good" only where everything that it needs was checked. The rules are the same
code that raised the alert, applied to what is in the file and nothing else.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from steelyard_protocol import downlink, identity

from steelyard_cloud.evidence.authenticate import FileChain, authenticate, check_seal
from steelyard_cloud.evidence.bundle import MAX_STATEMENTS, Bundle
from steelyard_cloud.evidence.opinion import Opinion, Word
from steelyard_cloud.evidence.verdicts import continuity_opinion, rules_opinion
from steelyard_cloud.judge.facts import Baseline, Clock, Facts, PermitFact
from steelyard_cloud.judge.intake import summarise
from steelyard_cloud.judge.judge import judge
from steelyard_cloud.judge.summary import Summary
from steelyard_cloud.judge.summary_parts import Bounds, ParameterState


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


def check_file(bundle: Bundle, root_thumbprint: str | None = None) -> Report:
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
    rules = rules_opinion(bundle, findings)
    if seal_problem and rules.word is Word.GOOD:
        rules = Opinion(Word.OPEN, "What the file says about the registry is not sealed.", rules.lines)
    return Report(
        authenticity=opinion,
        continuity=continuity_opinion(bundle, summaries, findings),
        rules=rules,
        root_thumbprint=identity.thumbprint(bundle.root).hex() if len(bundle.root) == 65 else "",
        statements=count,
    )


def _replay(chain: FileChain) -> Summary:
    """The summary of what the file has of one identity, by the code that receives statements.

    A long chain that was cut for the file falls apart into many runs; none is refused, as the file itself is bounded.
    """
    rows = ((parsed.raw, received_ms) for parsed, received_ms in chain.statements)
    return summarise(chain.kid, rows, Bounds(intervals=MAX_STATEMENTS))


def _facts(bundle: Bundle, chains: Iterable[FileChain]) -> Facts:
    states = {  # of a fork the lowest content hash, which is set last, as in `scales.facts`
        (chain.kid, one.number): ParameterState(one.digest, one.calibration_counter, one.configuration_counter)
        for chain in chains
        for one, _ in sorted(chain.statements, key=lambda pair: pair[0].content_hash, reverse=True)
    }
    return Facts(
        baselines=frozenset(
            Baseline(one.kid, one.number, states.get((one.kid, one.number))) for one in bundle.verifications
        ),
        permits=frozenset(filter(None, (_permit(bundle, raw) for raw in bundle.permits))),
        approved_software=frozenset(one.hash for one in bundle.software),
    )


def _permit(bundle: Bundle, raw: bytes) -> PermitFact | None:
    """A permit, if one of the platform's authority keys signed it; any other is as if it were not there."""
    order = _opened(bundle, raw)
    if not isinstance(order, downlink.Permit):
        return None
    return PermitFact(
        kid=order.identity,
        hash=hashlib.sha256(raw).digest(),
        what=order.what,
        not_before_s=order.not_before,
        not_after_s=order.not_after,
        calibration_counter=order.calibration_counter,
        configuration_counter=order.configuration_counter,
        fields=frozenset(order.fields),
    )


def _opened(bundle: Bundle, raw: bytes) -> object:
    """The order in these bytes, its signature checked; None where no authority key signed it."""
    try:
        key_set = downlink.open_order(bundle.key_set, bundle.root)
        kid = downlink.kid_of(raw)
        keys = key_set.keys if isinstance(key_set, downlink.KeySet) else ()
        for key, roles in keys:
            if roles & downlink.Role.AUTHORITY and identity.kid(key) == kid:
                return downlink.open_order(raw, key)
    except ValueError:
        return None
    return None
