"""Whether a scale has signed the sale on a receipt: one function for the public page and for evidence files.

A stated sale is found by its number, a record of a batch by its hash; the numbers count up, so both by halving what is
left. Where nothing is found, the answer follows from the time on the receipt and from what anybody may know, never from
the number: else whoever tries numbers would learn how much a shop sells.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from steelyard_protocol import sales
from steelyard_protocol.bodies import Kind
from steelyard_protocol.sale_proof import SaleProof
from steelyard_protocol.sales import Sale, SaleBatch
from steelyard_protocol.statement import Flag, Statement, parse

from steelyard_cloud.judge.maps import Map, map_of
from steelyard_cloud.judge.summary import Summary

COPIES = 4
"""So many statements under one number are looked at."""
LATEST_CANCELLATION = 64
"""A cancellation comes at most so many numbers after its sale (docs/wire.md)."""
_STATED_WITHIN_S = {Kind.SALE: 600, Kind.SALE_BATCH: 7_200}
"""So much later a scale that still reports has stated a sale, each or in a batch."""
_BATCHES_OF_A_TIME = 6
_CLOCK_STEP_S = 60


class SaleWord(StrEnum):
    """What is said of a receipt."""

    PRICE_WRONG = "price-wrong"
    CANCELLED = "cancelled"
    CANCELLATION = "cancellation"  # the receipt is that of a cancellation itself
    PROVEN = "proven"
    NOT_ARRIVED = "not-arrived"
    MISSING = "missing"  # reports of that time are missing
    SUMS_ONLY = "sums-only"
    NO_SUCH_SALE = "no-such-sale"
    CANNOT_BE_TOLD = "cannot-be-told"


FOUND = frozenset((SaleWord.PRICE_WRONG, SaleWord.CANCELLED, SaleWord.CANCELLATION, SaleWord.PROVEN))
"""The scale has signed the record."""


@dataclass(frozen=True, slots=True)
class SaleFinding:
    """What is said, and the parameters of the sale where it was found and they are known."""

    word: SaleWord
    parameters: Map | None = None


class SaleStatements(Protocol):
    """The stored authentic statements of one identity, by kind."""

    def of_kind_from(self, kind: Kind, number: int, most: int) -> Sequence[bytes]:
        """Those of a kind with this number or a higher one, rising, at most so many; of bounded cost."""


def judge_sale(proof: SaleProof, public_key: bytes, summary: Summary, stored: SaleStatements) -> SaleFinding:
    """Look for the record among the statements of the identity that it names, whose key and summary these are."""
    kind = Kind.SALE if proof.salt is None else Kind.SALE_BATCH
    below, found = _first(stored, kind, summary.head, lambda one: _last(one) >= proof.sale.sale)
    for one in _copies(stored, kind, found):
        if _has(one, proof):
            if not one.verifies(public_key):
                return SaleFinding(SaleWord.CANNOT_BE_TOLD)
            return _judge_found(proof.sale, summary, stored, below, one)
    return SaleFinding(_why_absent(proof.sale.time, kind, summary, stored))


def _first(
    stored: SaleStatements, kind: Kind, head: int, passes: Callable[[Statement], bool]
) -> tuple[int, Statement | None]:
    """The first statement of a kind that passes, if all after it do too, and the number of the one before it."""
    low, high, found = 1, head + 1, None
    while low < high:
        middle = (low + high) // 2
        one = next(map(parse, stored.of_kind_from(kind, middle, 1)), None)
        if one is None or passes(one):
            high, found = middle, one
        else:
            low = one.number + 1
    return low - 1, found


def _last(one: Statement) -> int:
    """The last number that a statement covers; 0 where it cannot be read."""
    body = one.body
    return body.sale if isinstance(body, Sale) else body.last if isinstance(body, SaleBatch) else 0


def _copies(stored: SaleStatements, kind: Kind, found: Statement | None) -> Iterable[Statement]:
    if found is None:
        return ()
    some = map(parse, stored.of_kind_from(kind, found.number, COPIES))
    return (one for one in some if one.number == found.number)


def _has(one: Statement, proof: SaleProof) -> bool:
    if isinstance(one.body, SaleBatch) and proof.salt is not None:
        return sales.hash_of(proof.sale, proof.salt) in one.body.hashes
    return proof.salt is None and one.body == proof.sale


def _judge_found(sale: Sale, summary: Summary, stored: SaleStatements, below: int, one: Statement) -> SaleFinding:
    maps = _maps(summary, below, one)
    priced = [found for found in maps if sales.price(dict(found), sale.net, sale.unit_price) == sale.price]
    if maps and not priced:
        return SaleFinding(SaleWord.PRICE_WRONG, maps[0])
    found = priced[0] if priced else None
    if sale.cancels is not None:
        return SaleFinding(SaleWord.CANCELLATION, found)
    after = map(parse, stored.of_kind_from(Kind.SALE, below + 1, LATEST_CANCELLATION + COPIES))
    cancelled = any(isinstance(other.body, Sale) and other.body.cancels == sale.sale for other in after)
    return SaleFinding(SaleWord.CANCELLED if cancelled else SaleWord.PROVEN, found)


def _maps(summary: Summary, below: int, one: Statement) -> list[Map]:
    """The known parameters that were in force when the record was made: since the batch before it, for a batch."""
    digests = {one.digest: None}
    if isinstance(one.body, SaleBatch):
        for state, (first, last) in summary.states.items():
            if first <= 2 * one.number and last >= 2 * below:
                digests[state.digest] = None
    return [found for digest in digests if (found := map_of(summary, digest)) is not None]


# Nothing found


def _why_absent(time_s: int, kind: Kind, summary: Summary, stored: SaleStatements) -> SaleWord:
    if summary.forks.count or summary.rolled_back.count:
        return SaleWord.CANNOT_BE_TOLD  # the numbers of sales may not rise, so the search may have missed it
    stated_by_s = time_s + _STATED_WITHIN_S[kind]
    latest = summary.latest
    _, dated_ms = summary.dated
    if not time_s or latest is None or latest.flags & Flag.RESERVE_IN_USE or dated_ms // 1000 < stated_by_s:
        return SaleWord.NOT_ARRIVED
    if any(first <= stated_by_s and time_s - _CLOCK_STEP_S <= last for first, last in _missing_times(summary)):
        return SaleWord.MISSING
    if kind is Kind.SALE_BATCH and _were_sums(time_s, summary, stored):
        return SaleWord.SUMS_ONLY
    return SaleWord.NO_SUCH_SALE


def _missing_times(summary: Summary) -> Iterable[tuple[int, int]]:
    """When the statements were made that are missing below the head, by the times of those around them."""
    before_s = 0
    before = 0
    for interval in summary.intervals:
        if interval.first.number > before + 1:
            yield before_s, interval.first.time or 0xFFFFFFFF
        before, before_s = interval.last.number, interval.last.time


def _were_sums(time_s: int, summary: Summary, stored: SaleStatements) -> bool:
    """Whether what was sold then is covered by sums without hashes: by one of the first batches after it."""
    _, found = _first(stored, Kind.SALE_BATCH, summary.head, lambda one: one.time >= time_s - _CLOCK_STEP_S)
    if found is None:
        return False
    some = map(parse, stored.of_kind_from(Kind.SALE_BATCH, found.number, _BATCHES_OF_A_TIME))
    return any(isinstance(one.body, SaleBatch) and not one.body.hashes for one in some)
