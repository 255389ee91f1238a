"""What the scale says fits together: fields, maps, weights and signatures; and a key that was replaced is silent."""

from collections.abc import Iterator

from steelyard_cloud.judge.proof import Proof
from steelyard_cloud.judge.verdict import Unmet, Verdict

NAME = "consistent"


def unmet(proof: Proof) -> Iterator[Unmet]:
    """*Cannot be told*."""
    if proof.baseline is None:
        return
    summary, since = proof.active, proof.counted
    for breach, numbers in summary.breaches.items():
        if numbers.highest > since:
            yield Unmet(NAME, Verdict.CANNOT_BE_TOLD, "contradiction", values={"breach": breach})
    if summary.wrong_weights.highest > since:
        yield Unmet(NAME, Verdict.CANNOT_BE_TOLD, "weight", values={"number": summary.wrong_weights.highest})
    if summary.bad_signatures.highest > since:
        yield Unmet(NAME, Verdict.CANNOT_BE_TOLD, "signature", values={"number": summary.bad_signatures.highest})
    if summary.headless_ms >= _counted_from_ms(proof, summary.kid):
        yield Unmet(NAME, Verdict.CANNOT_BE_TOLD, "headless")
    heads = {one.kid: one.head for one in proof.facts.retired}
    for other in proof.others:
        spoke = other.head > max(heads.get(other.kid, 0), proof.counted_from(other.kid))
        if spoke or other.headless_ms >= _counted_from_ms(proof, other.kid):
            yield Unmet(NAME, Verdict.CANNOT_BE_TOLD, "retired-key", values={"number": other.head})


def _counted_from_ms(proof: Proof, kid: bytes) -> int:
    """When the statement was committed from which this counts: what has no number has only that."""
    decided = [one.committed_ms for one in proof.facts.decisions if one.kid == kid]
    return max([proof.baseline.committed_ms if proof.baseline else 0, *decided])
