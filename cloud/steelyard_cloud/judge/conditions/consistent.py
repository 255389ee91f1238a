"""What the scale says fits together: fields, maps, weights and signatures; and a key that was replaced is silent."""

from collections.abc import Iterator

from steelyard_cloud.judge.proof import Proof
from steelyard_cloud.judge.summary import Summary
from steelyard_cloud.judge.verdict import Unmet, Verdict

NAME = "consistent"


def unmet(proof: Proof) -> Iterator[Unmet]:
    """*Cannot be told*."""
    if proof.baseline is None:
        return
    summary, since = proof.active, proof.counted
    for breach, numbers in sorted(summary.breaches.items(), key=lambda item: item[0]):
        if numbers.highest >= since:
            yield Unmet(NAME, Verdict.CANNOT_BE_TOLD, "contradiction", values={"breach": breach})
    if summary.wrong_weights.highest >= since:
        yield Unmet(NAME, Verdict.CANNOT_BE_TOLD, "weight", values={"number": summary.wrong_weights.highest})
    if summary.wrong_prices.highest >= since:
        yield Unmet(NAME, Verdict.CANNOT_BE_TOLD, "price", values={"number": summary.wrong_prices.highest})
    if summary.bad_signatures.highest >= since:
        yield Unmet(NAME, Verdict.CANNOT_BE_TOLD, "signature", values={"number": summary.bad_signatures.highest})
    if _was_headless(proof, summary):
        yield Unmet(NAME, Verdict.CANNOT_BE_TOLD, "headless")
    heads = {one.kid: one.head for one in proof.facts.retired}
    for other in proof.others:
        spoke = other.head > max(heads.get(other.kid, 0), proof.counted_from(other.kid))
        if spoke or _was_headless(proof, other):
            yield Unmet(NAME, Verdict.CANNOT_BE_TOLD, "retired-key", values={"number": other.head})


def _was_headless(proof: Proof, summary: Summary) -> bool:
    """Whether a statement without a number came since: it has only its commit, and must be older than what is named."""
    decided = [one.committed_ms for one in proof.facts.decisions if one.kid == summary.kid]
    since_ms = max([proof.baseline.committed_ms if proof.baseline else 0, *decided])
    return summary.headless_ms > 0 and summary.headless_ms >= since_ms
