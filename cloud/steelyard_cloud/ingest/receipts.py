"""Receipts: the platform's signed word that all authentic statements of an identity up to a number are committed.

Without a fork that is the end of the unbroken run of numbers. With one, each branch gets its own receipt, for the
statements whose links lead back through held ones: a receipt with a foreign hash would trim nothing.
"""

from collections.abc import Iterable

from steelyard_protocol.downlink import Receipt, sign
from steelyard_protocol.statement import Statement, link_of, parse

from steelyard_cloud.judge.intake import Evidence
from steelyard_cloud.judge.summary import Summary
from steelyard_cloud.keys import PlatformKey

LONGEST_WALK = 5_000  # statements of a branch that are followed at once


def due_receipts(
    summary: Summary, arrived: Iterable[Statement], evidence: Evidence, complete: set[bytes], committed_s: int
) -> list[Receipt]:
    """The receipts that the arrival of these held statements calls for.

    `complete` remembers the links of statements whose branch was followed before.
    """
    if not summary.has_copies:
        edge = summary.contiguous()
        return [Receipt(summary.kid, edge.number, edge.hash, committed_s)] if edge else []
    first_copy = min(summary.forks.lowest[:1] + summary.resigned.lowest[:1])
    tips: dict[bytes, Statement] = {}
    for statement in sorted(arrived, key=lambda one: one.number):
        if _is_complete(summary, statement, first_copy, evidence, complete):
            tips.pop(statement.link, None)
            tips[link_of(statement.hash)] = statement
    return [Receipt(summary.kid, one.number, one.hash, committed_s) for one in tips.values()]


def signed(receipt: Receipt, key: PlatformKey) -> bytes:
    """The receipt as the scale takes it."""
    return sign(receipt, key.private_key, key.kid)


def _is_complete(
    summary: Summary, statement: Statement, first_copy: int, evidence: Evidence, complete: set[bytes]
) -> bool:
    """Whether the links lead from here to below the first number with copies, and everything below that is held."""
    edge = summary.contiguous()
    if edge is None or edge.number < min(first_copy, statement.number):
        return False
    own = link_of(statement.hash)
    if statement.number < first_copy or own in complete:
        complete.add(own)
        return True
    if statement.link not in complete and statement.number > first_copy:
        if statement.number - first_copy > LONGEST_WALK:
            return False
        links = {link_of(one.hash): one for one in map(parse, evidence.between(first_copy, statement.number - 1))}
        at: Statement | None = statement
        while at is not None and at.number > first_copy and at.link not in complete:
            at = links.get(at.link)
        if at is None:
            return False
    complete.add(own)
    return True
