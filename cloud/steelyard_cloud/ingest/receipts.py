"""Receipts: the platform's signed word that all authentic statements of an identity up to a number are committed.

Without a branch that is the end of the unbroken run of numbers. With one, each branch gets its own receipt, for the
statements whose links lead back through stored ones: a receipt with a foreign hash would trim nothing, and one for
another branch would trim what nobody has stored. A link that fits nothing holds receipts back only for the grace in
which what it names may still come; then it is a finding, and no reason to keep the scale's journal full.
"""

from collections.abc import Iterable
from typing import NamedTuple

from steelyard_protocol.downlink import Ask, Receipt, Time, sign
from steelyard_protocol.statement import Statement, link_of, parse

from steelyard_cloud.judge.chain import GRACE_MS, restarts
from steelyard_cloud.judge.stored import Committed, Evidence
from steelyard_cloud.judge.summary import Summary
from steelyard_cloud.judge.summary_parts import Edge
from steelyard_cloud.keys import PlatformKey

MOST_READ = 300  # statements that one batch of an identity may read of its branches; the next goes on from there
LONGEST_STEP = 100


class Wanted(NamedTuple):
    """Where following a branch stopped: number and link of the statement that comes before.

    It is wanted since a commit, Unix ms. `missing` says that it is not stored; else there was no time to look.
    """

    number: int
    link: bytes
    since_ms: int
    missing: bool = False


class Due(NamedTuple):
    """What is to be sent to a topic: a receipt or another order, which the online key signs, or bytes as they are."""

    topic: str
    order: Receipt | Time | Ask | bytes


Outgoing = tuple[str, bytes]  # topic and payload
Read = tuple[Statement, int]  # and when it was committed, Unix ms
Followed = dict[bytes, Wanted | None]  # a statement's link → what its branch still wants; None for nothing


def due_receipts(
    summary: Summary, arrived: Iterable[Statement], evidence: Evidence, followed: Followed, now_ms: int
) -> list[Receipt]:
    """The receipts that the arrival of these statements calls for, stored at `now_ms`.

    `followed` remembers how far the branches of statements were followed before.
    """
    first, edge = summary.first_branch, summary.contiguous()
    if edge is None:
        return []
    if first is None:
        return [Receipt(summary.kid, edge.number, edge.hash, now_ms // 1000)]
    walk = Walk(evidence, followed, first)
    tips: dict[bytes, Statement] = {}
    for statement in sorted(arrived, key=lambda one: one.number):
        wanted = walk.back_from(statement, now_ms)
        complete = edge.number >= min(first, statement.number) if wanted is None else _is_lost(wanted, edge, now_ms)
        if complete:
            tips.pop(statement.link, None)
            tips[link_of(statement.hash)] = statement
    return [Receipt(summary.kid, one.number, one.hash, now_ms // 1000) for one in tips.values()]


def _is_lost(wanted: Wanted, edge: Edge, now_ms: int) -> bool:
    """Whether what a link names is given up: another has its number, and it did not come within the grace."""
    return wanted.missing and edge.number >= wanted.number and now_ms >= wanted.since_ms + GRACE_MS


def signed_all(due: Iterable[Due], key: PlatformKey) -> list[Outgoing]:
    """The orders as the scales accept them, with their topics."""
    return [(topic, signed(order, key)) for topic, order in due]


def signed(order: Receipt | Time | Ask | bytes, key: PlatformKey) -> bytes:
    """The order as the scale accepts it."""
    return order if isinstance(order, bytes) else sign(order, key.private_key, key.kid)


class Walk:
    """Follows links back to below the first branch, through what is stored; a batch may read so many statements."""

    def __init__(self, evidence: Evidence, followed: Followed, first: int) -> None:
        self._evidence, self._followed, self._first = evidence, followed, first
        self._left = MOST_READ
        self._step = 0  # of the walk that is going on: it reads one statement, then ever more at once
        self._read: dict[tuple[int, bytes], Read] = {}  # by number and the link to it

    def back_from(self, statement: Statement, now_ms: int) -> Wanted | None:
        """What must still be stored before this statement, which arrived at a time; None for nothing."""
        own, self._step = link_of(statement.hash), 0
        wanted = self._followed[own] if own in self._followed else self._before(statement, now_ms)
        while wanted:
            if wanted.link in self._followed:
                wanted = self._followed[wanted.link]
                if wanted and wanted.missing and self._find(wanted) is None:
                    break
                continue
            if self._left <= 0:
                break
            found = self._find(wanted)
            if found is None:
                wanted = wanted._replace(missing=True)
                break
            wanted = self._before(*found)
        self._followed[own] = wanted
        return wanted

    def _find(self, wanted: Wanted) -> Read | None:
        """The statement that is wanted, if it is stored; those before it are read along with it."""
        key = wanted.number, wanted.link
        if key in self._read:
            return self._read[key]
        if self._step:
            page = self._evidence.page(max(self._first - 1, wanted.number - self._step + 1), wanted.number, self._step)
            read = [_parsed(one) for one in page]
            self._read = {(one.number, link_of(one.hash)): (one, commit_ms) for one, commit_ms in read}
            self._left -= len(page)
        self._left -= 1
        self._step = min(8 * self._step + 1, LONGEST_STEP)
        if key not in self._read and (found := self._evidence.linked(*key)):
            return _parsed(found)
        return self._read.get(key)

    def _before(self, statement: Statement, commit_ms: int) -> Wanted | None:
        """What must be stored before this one of a branch; nothing below the first branch or a lost journal."""
        if statement.number < max(self._first, 2) or restarts(statement):
            return None
        return Wanted(statement.number - 1, statement.link, commit_ms)


def _parsed(stored: Committed) -> Read:
    return parse(stored.raw), stored.commit_ms
