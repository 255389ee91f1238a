"""Receipts: the platform's signed word that all authentic statements of an identity up to a number are committed.

Without a branch that is the end of the unbroken run of numbers. With one, each branch gets its own receipt, for the
statements whose links lead back through stored ones: a receipt with a foreign hash would trim nothing, and one for
another branch would trim what nobody has stored.
"""

from collections.abc import Iterable
from typing import NamedTuple

from steelyard_protocol.downlink import Receipt, sign
from steelyard_protocol.statement import Statement, link_of, parse

from steelyard_cloud.judge.chain import restarts
from steelyard_cloud.judge.stored import Evidence
from steelyard_cloud.judge.summary import Summary
from steelyard_cloud.keys import PlatformKey

LONGEST_WALK = 20_000  # statements of a branch that are followed at once; the next arrival goes on from there
LONGEST_STEP = 2_000


class Wanted(NamedTuple):
    """Where following a branch stopped: the number and link of the statement that comes before."""

    number: int
    link: bytes


class DueReceipt(NamedTuple):
    """A receipt that is to be signed for a topic."""

    topic: str
    receipt: Receipt


Outgoing = tuple[str, bytes]  # topic and payload
Followed = dict[bytes, Wanted | None]  # a statement's link → what its branch still wants; None for nothing


def due_receipts(
    summary: Summary, arrived: Iterable[Statement], evidence: Evidence, followed: Followed, committed_s: int
) -> list[Receipt]:
    """The receipts that the arrival of these stored statements calls for.

    `followed` remembers how far the branches of statements were followed before.
    """
    first = summary.first_branch
    if first is None:
        edge = summary.contiguous()
        return [Receipt(summary.kid, edge.number, edge.hash, committed_s)] if edge else []
    tips: dict[bytes, Statement] = {}
    for statement in sorted(arrived, key=lambda one: one.number):
        if _is_complete(summary, statement, first, evidence, followed):
            tips.pop(statement.link, None)
            tips[link_of(statement.hash)] = statement
    return [Receipt(summary.kid, one.number, one.hash, committed_s) for one in tips.values()]


def signed_all(due: Iterable[DueReceipt], key: PlatformKey) -> list[Outgoing]:
    """The receipts as the scales accept them, with their topics."""
    return [(topic, signed(receipt, key)) for topic, receipt in due]


def signed(receipt: Receipt, key: PlatformKey) -> bytes:
    """The receipt as the scale accepts it."""
    return sign(receipt, key.private_key, key.kid)


def _is_complete(summary: Summary, statement: Statement, first: int, evidence: Evidence, followed: Followed) -> bool:
    """Whether the links lead from here to below the first branch, and everything below that is stored."""
    edge = summary.contiguous()
    if edge is None or edge.number < min(first, statement.number):
        return False
    own = link_of(statement.hash)
    wanted = followed[own] if own in followed else _before(statement, first)
    walked, step = 0, 1
    while wanted and walked < LONGEST_WALK:
        if wanted.link in followed:
            wanted = followed[wanted.link]
            continue
        number = wanted.number
        rows = map(parse, evidence.between(max(first - 1, number - step + 1), number))
        there = {link_of(one.hash): one for one in rows}
        if wanted.link not in there:
            break
        while wanted and wanted.link not in followed and wanted.link in there:
            wanted = _before(there[wanted.link], first)
        walked, step = walked + step, min(8 * step, LONGEST_STEP)
    followed[own] = wanted
    return wanted is None


def _before(statement: Statement, first: int) -> Wanted | None:
    """What must be stored before this one of a branch; nothing below the first branch or a lost journal."""
    if statement.number < max(first, 2) or restarts(statement):
        return None
    return Wanted(statement.number - 1, statement.link)
