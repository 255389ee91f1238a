"""The statements of an evidence file by identity, as the code that receives statements asks for what is stored.

A long file has many: of each its number and its place in the file are kept, and whoever needs more reads it again.
"""

from array import array
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator, Sequence

from steelyard_protocol.bodies import Boot, Parameters
from steelyard_protocol.statement import LINK_BYTES, Statement, parse

from steelyard_cloud.evidence.bundle import Bundle
from steelyard_cloud.evidence.reading import MAX_STATEMENTS
from steelyard_cloud.judge.chain import Outcome, absorb, note_signatures
from steelyard_cloud.judge.dates import own_date_ms
from steelyard_cloud.judge.rereads import read_all_again
from steelyard_cloud.judge.stored import Committed, Contents, Following
from steelyard_cloud.judge.summary import Summary
from steelyard_cloud.judge.summary_parts import Bounds


class FileChain:
    """One identity's part of a file: the summary of its authentic statements, and where they lie.

    It is `judge.stored.Evidence`. A chain that was cut for the file falls apart into many runs; none is refused, as
    the file itself is bounded.
    """

    def __init__(self, bundle: Bundle, kid: bytes, public_key: bytes) -> None:
        self.kid, self.public_key = kid, public_key
        self.summary = Summary(kid, Bounds(intervals=MAX_STATEMENTS))
        self.signed = self.linked = 0
        self.permits: set[bytes] = set()  # carried by its statements
        self._bundle = bundle
        self._numbers, self._places = array("Q"), array("Q")  # rising by number
        self._starts: list[tuple[int, int]] = []  # number and boot
        self._start_places: dict[bytes, int] = {}  # hash → place of a boot statement

    def add(self, statement: Statement, place: int, *, linked: bool = False) -> None:
        """Add an authentic statement, which counts once however often it is there; `place` is its index in the file."""
        outcome = absorb(self.summary, self._dated(statement, place), self.commit_ms(place), self)
        if outcome in (Outcome.DUPLICATE, Outcome.REFUSED):
            return
        at = bisect_right(self._numbers, statement.number)
        self._numbers.insert(at, statement.number)
        self._places.insert(at, place)
        body = statement.body
        if isinstance(body, Boot):
            insort(self._starts, (statement.number, statement.boot))
            self._start_places[statement.hash] = place
        elif isinstance(body, Parameters) and body.permit is not None:
            self.permits.add(body.permit)
        if linked:
            self.linked += 1
            note_signatures(self.summary, statement.number, statement.number, [statement.number])
        else:
            self.signed += 1

    def finish(self) -> None:
        """Read again what gained a meaning by what came later."""
        read_all_again(self.summary, self)

    def commit_ms(self, place: int) -> int:
        """When it was committed; of two times, where the platform's clock was set back meanwhile, the earlier."""
        ms = self._bundle.statements[place].received_ms
        for back in self._bundle.set_backs:
            if back.to_ms < ms <= back.from_ms:
                ms = back.to_ms
        return ms

    def _dated(self, statement: Statement, place: int) -> Statement:
        """The same, its own date no later than a set-back of the platform's clock that followed its commit."""
        committed_ms, counts_ms = self._bundle.statements[place].received_ms, self.commit_ms(place)
        if committed_ms == counts_ms or own_date_ms(statement, committed_ms) is None:
            return statement
        return statement._replace(time=min(statement.time, counts_ms // 1000))

    def vouches_for(self, statement: Statement) -> bool:
        """Whether an authentic statement links to this one, which covers its whole bytes, a bad signature included."""
        link = statement.hash[:LINK_BYTES]
        return any(later.link == link for later, _ in self._at(statement.number + 1))

    def named(self, number: int, hash_: bytes) -> tuple[Statement, int] | None:
        """The statement with this number and hash, and when it was committed."""
        return next((found for found in self._at(number) if found[0].hash == hash_), None)

    def start(self, hash_: bytes, up_to: int) -> Boot | None:
        """What the boot statement with this hash says; None if there is none with a number up to this."""
        place = self._start_places.get(hash_)
        found = None if place is None else self._read(place)
        return found.body if found and found.number <= up_to and isinstance(found.body, Boot) else None

    def _read(self, place: int) -> Statement:
        return parse(self._bundle.statements[place].raw)

    def _at(self, number: int) -> Iterator[tuple[Statement, int]]:
        low, high = bisect_left(self._numbers, number), bisect_right(self._numbers, number)
        return ((self._read(place), self.commit_ms(place)) for place in self._places[low:high])

    # ---- judge.stored.Evidence ---------------------------------------------------------------------------------------

    def contents(self, number: int, hash_: bytes) -> Contents:
        """See Evidence."""
        return [(one.hash, one.content_hash) for one, _ in self._at(number) if number or one.hash == hash_]

    def following(self, number: int) -> Following | None:
        """See Evidence."""
        at = bisect_right(self._numbers, number)
        if at == len(self._numbers):
            return None
        found = self._numbers[at]
        last = bisect_right(self._numbers, found)
        return Following(found, min(self.commit_ms(place) for place in self._places[at:last]))

    def started_by(self, number: int) -> int | None:
        """See Evidence."""
        at = bisect_right(self._starts, (number, 1 << 62))
        return self._starts[at - 1][1] if at else None

    def between(self, first: int, last: int) -> Iterable[bytes]:
        """See Evidence."""
        return [one.raw for one in self.page(first, last, len(self._numbers))]

    def page(self, first: int, last: int, most: int) -> Sequence[Committed]:
        """See Evidence."""
        low, high = bisect_left(self._numbers, first), bisect_right(self._numbers, last)
        places = self._places[low : min(high, low + most)]
        return [Committed(self._bundle.statements[place].raw, self.commit_ms(place)) for place in places]
