"""What the scale says fits together: fields, maps, weights and signatures; and a key that was replaced is silent."""

from collections.abc import Iterator

from steelyard_cloud.judge.proof import Proof
from steelyard_cloud.judge.summary import Summary
from steelyard_cloud.judge.verdict import Unmet, Verdict

NAME = "consistent"
STEERED_MS = 3_000
"""By so much a clock may be set back, or two receivers may differ, without a record: `db.clocks`, `ingest.commits`."""


def unmet(proof: Proof) -> Iterator[Unmet]:
    """*Cannot be told*."""
    if proof.baseline is None:
        return
    summary, since = proof.active, proof.counted.named
    for breach, numbers in sorted(summary.breaches.items(), key=lambda item: item[0]):
        if since.leaves(numbers.highest, numbers.latest):
            yield Unmet(NAME, Verdict.CANNOT_BE_TOLD, "contradiction", values={"breach": breach})
    counted = (
        ("weight", summary.wrong_weights),
        ("price", summary.wrong_prices),
        ("signature", summary.bad_signatures),
    )
    for code, numbers in counted:
        if since.leaves(numbers.highest, numbers.latest):
            yield Unmet(NAME, Verdict.CANNOT_BE_TOLD, code, values={"number": numbers.highest})
    if _was_headless(proof, summary):
        yield Unmet(NAME, Verdict.CANNOT_BE_TOLD, "headless")
    for other in proof.others:
        if spoke(proof, other) or _was_headless(proof, other):
            yield Unmet(NAME, Verdict.CANNOT_BE_TOLD, "retired-key", values={"number": other.head})


def spoke(proof: Proof, other: Summary) -> bool:
    """Whether a replaced key signed more than its successor says, and no decision settles that.

    Under such a decision it may send nothing more, whatever the number: what came later may lie between both.
    """
    head = max((one.head for one in proof.facts.retired if one.kid == other.kid), default=0)
    decided = proof.counted_from(other.kid)
    return decided.leaves(other.head, other.arrived) if decided.number > head else other.head > head


def _was_headless(proof: Proof, summary: Summary) -> bool:
    """Whether a statement without a number came since: it has only its commit, and must be older than what is named."""
    decided = [one.committed_ms for one in proof.facts.decisions if one.kid == summary.kid]
    since_ms = max([proof.baseline.committed_ms if proof.baseline else 0, *decided])
    return summary.headless_ms > 0 and summary.headless_ms + STEERED_MS >= since_ms
