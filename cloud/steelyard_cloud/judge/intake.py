"""Adding authentic statements of one identity to its summary, against wherever the evidence is stored.

The same function serves the receiver (evidence in the database), the evidence file (evidence in the file) and the tests
(evidence in memory), so that all three judge alike.
"""

from collections.abc import Iterable

from steelyard_protocol.statement import Statement, parse

from steelyard_cloud.judge.chain import Outcome, absorb
from steelyard_cloud.judge.rereads import read_all_again
from steelyard_cloud.judge.stored import Context, StatementsInMemory, WithBatch
from steelyard_cloud.judge.summary import Summary
from steelyard_cloud.judge.summary_parts import BOUNDS, Bounds


def accept(
    summary: Summary, statements: Iterable[Statement], evidence: Context, commit_ms: int
) -> list[tuple[Statement, Outcome]]:
    """Absorb authentic statements in the order given; what was new must then be committed with the summary.

    `commit_ms` is when they are committed. Duplicates and refused ones are in the result too.
    """
    in_order, outcomes = list(statements), list[tuple[Statement, Outcome]]()
    if len(in_order) == 1:
        return [(in_order[0], absorb(summary, in_order[0], commit_ms, evidence))]
    together = WithBatch(evidence)
    for statement in in_order:
        outcome = absorb(summary, statement, commit_ms, together)
        outcomes.append((statement, outcome))
        if outcome not in (Outcome.DUPLICATE, Outcome.REFUSED):
            together.batch.add(statement, commit_ms)
    return outcomes


def summarise(kid: bytes, rows: Iterable[tuple[bytes, int]], bounds: Bounds = BOUNDS) -> Summary:
    """The summary of one identity from its stored statements and their commit times in ms, as from an evidence file."""
    summary, evidence = Summary(kid, bounds), StatementsInMemory()
    for raw, commit_ms in rows:
        statement = parse(raw)
        if absorb(summary, statement, commit_ms, evidence) not in (Outcome.DUPLICATE, Outcome.REFUSED):
            evidence.add(statement, commit_ms, summary.stored)
    read_all_again(summary, evidence)
    return summary
