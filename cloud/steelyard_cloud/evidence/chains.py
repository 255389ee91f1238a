"""The statements of an evidence file by identity, as the code that receives statements asks for what is stored.

A long file has many: of each its number and its place in the file are kept, and whoever needs more reads it again.
"""

from array import array
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import NamedTuple

from steelyard_protocol.bodies import Boot, Kind, Parameters
from steelyard_protocol.statement import Statement, link_of, parse

from steelyard_cloud.evidence.bundle import Bundle
from steelyard_cloud.evidence.reading import MAX_STATEMENTS
from steelyard_cloud.judge.chain import Outcome, absorb, note_signatures
from steelyard_cloud.judge.rereads import read_all_again
from steelyard_cloud.judge.stored import NEVER_MS, Committed, Contents, Following
from steelyard_cloud.judge.summary import Summary
from steelyard_cloud.judge.summary_parts import Bounds


class Copies(NamedTuple):
    """What a number's statements are told apart by."""

    places: dict[bytes, int]  # of each hash
    contents: dict[bytes, None]  # content hashes, in their order

    def add(self, statement: Statement, place: int) -> None:
        """One more."""
        self.places[statement.hash] = place
        self.contents[statement.content_hash] = None


class FileChain:
    """One identity's part of a file: the summary of its authentic statements, and where they lie.

    It is `judge.stored.Evidence`. A chain that was cut for the file falls apart into many runs; none is refused, as
    the file itself is bounded.
    """

    def __init__(self, bundle: Bundle, kid: bytes, public_key: bytes) -> None:
        self.kid, self.public_key = kid, public_key
        self.summary = Summary(kid, Bounds(intervals=MAX_STATEMENTS))
        self.by_signature = self.by_link = 0
        self.permits: set[bytes] = set()  # carried by its statements
        self._bundle = bundle
        self._latest = {one.place: one.latest_ms for one in bundle.set_backs}
        self._late_under: dict[int, int] = {}  # number → the latest arrival
        self._numbers, self._places = array("Q"), array("Q")  # rising by number
        self._sales: dict[int, list[tuple[int, int]]] = {Kind.SALE: [], Kind.SALE_BATCH: []}  # number and place, rising
        self._start_places: dict[bytes, int] = {}  # hash → place of a boot statement
        self._copies: dict[int, Copies] = {}
        self._links = (0, set[bytes]())  # of the statements with this number

    def add(self, statement: Statement, place: int, *, linked: bool = False) -> None:
        """Add an authentic statement, which counts once however often it is there; `place` is its index in the file."""
        number = statement.number
        # A copy makes what was there before it a fork or re-signed, whichever of them is read first.
        arrival = max(self._bundle.statements[place].arrival, self._late_under.get(number, 0))
        if arrival:
            self._late_under[number] = arrival
        committed = self._committed(place)
        outcome = absorb(self.summary, statement, committed.commit_ms, self, committed.latest_ms, arrival)
        if outcome in (Outcome.DUPLICATE, Outcome.REFUSED):
            return
        if not statement.number or statement.number in self._copies:
            self._copies_of(statement.number).add(statement, place)
        at = bisect_right(self._numbers, statement.number)
        self._numbers.insert(at, statement.number)
        self._places.insert(at, place)
        body = statement.body
        if statement.kind in self._sales:
            insort(self._sales[statement.kind], (statement.number, place))
        if isinstance(body, Boot):
            self._start_places[statement.hash] = place
        elif isinstance(body, Parameters) and body.permit is not None:
            self.permits.add(body.permit)
        if linked:
            self.by_link += 1
            note_signatures(self.summary, statement.number, statement.number, [(statement.number, arrival)])
        else:
            self.by_signature += 1

    def finish(self) -> None:
        """Read again what gained a meaning by what came later."""
        read_all_again(self.summary, self)

    def _committed(self, place: int) -> Committed:
        stored = self._bundle.statements[place]
        latest_ms = self._latest.get(place, NEVER_MS)
        return Committed(stored.raw, stored.received_ms, latest_ms, stored.arrival)

    def _committed_ms(self, place: int) -> int:
        """When that was, no later than the platform's clock was set back to since."""
        committed = self._committed(place)
        return min(committed.commit_ms, committed.latest_ms)

    def vouches_for(self, statement: Statement) -> bool:
        """Whether an authentic statement links to this one, which covers its whole bytes, a bad signature included.

        To be asked by falling number: what is vouched for may vouch for what came before it.
        """
        following = statement.number + 1
        if self._links[0] != following:
            low, high = self._range(following, following)
            self._links = following, {self._read(place).link for place in self._places[low:high]}
        return link_of(statement.hash) in self._links[1]

    def named(self, number: int, hash_: bytes) -> tuple[Statement, int] | None:
        """The statement with this number and hash, and when it was committed."""
        place = self._copies_of(number).places.get(hash_)
        return None if place is None else (self._read(place), self._committed_ms(place))

    def start(self, hash_: bytes, up_to: int) -> Boot | None:
        """What the boot statement with this hash says; None if there is none with a number up to this."""
        place = self._start_places.get(hash_)
        found = None if place is None else self._read(place)
        return found.body if found and found.number <= up_to and isinstance(found.body, Boot) else None

    def _read(self, place: int) -> Statement:
        return parse(self._bundle.statements[place].raw)

    def _range(self, first: int, last: int) -> tuple[int, int]:
        return bisect_left(self._numbers, first), bisect_right(self._numbers, last)

    # ---- judge.stored.Evidence ---------------------------------------------------------------------------------------

    def contents(self, number: int, hash_: bytes, content_hash: bytes) -> Contents:
        """See Context."""
        copies = self._copies_of(number)
        found = [(hash_, content_hash)] if hash_ in copies.places else []
        if number:
            found += [(b"", content_hash)] if content_hash in copies.contents else []
            found += [(b"", content) for content in islice(copies.contents, 2)]
        return found

    def _copies_of(self, number: int) -> Copies:
        """They are kept from the second one on, so that no look-up costs more with more of them."""
        copies = self._copies.get(number)
        if copies is None:
            copies = self._copies[number] = Copies({}, {})
            low, high = self._range(number, number)
            for place in self._places[low:high]:
                copies.add(self._read(place), place)
        return copies

    def following(self, number: int) -> Following | None:
        """See Evidence."""
        at = bisect_right(self._numbers, number)
        if at == len(self._numbers):
            return None
        found = self._numbers[at]
        last = bisect_right(self._numbers, found)
        return Following(found, min(self._committed_ms(place) for place in self._places[at:last]))

    def of_kind_from(self, kind: Kind, number: int, most: int) -> Sequence[bytes]:
        """See judge.sold.SaleStatements."""
        some = self._sales[kind]
        at = bisect_left(some, (number, 0))
        return [self._bundle.statements[place].raw for _, place in some[at : at + most]]

    def linked(self, number: int, link: bytes) -> Committed | None:
        """See Evidence."""
        places = self._copies_of(number).places
        return next((self._committed(place) for hash_, place in places.items() if link_of(hash_) == link), None)

    def between(self, first: int, last: int) -> Iterable[bytes]:
        """See Evidence."""
        return [one.raw for one in self.page(first, last, len(self._numbers))]

    def page(self, first: int, last: int, most: int) -> Sequence[Committed]:
        """See Evidence."""
        low, high = self._range(first, last)
        places = self._places[low : min(high, low + most)]
        return [self._committed(place) for place in places]
