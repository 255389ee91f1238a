"""A reader of deterministic CBOR (RFC 8949, 4.2.1) whose shape is known: it asks for what has to come next.

What is not there, or is spelled in another way than the one allowed, is a `ReadingError`. A length that the bytes only
claim is never allocated.
"""

from collections.abc import Iterator, Sequence

from steelyard_cloud.errors import CloudError

UINT, BYTES, TEXT, ARRAY, MAP = 0, 2, 3, 4, 5
NULL = 0xF6
_WIDTHS = {24: 1, 25: 2, 26: 4, 27: 8}
_SMALLEST = {1: 24, 2: 1 << 8, 4: 1 << 16, 8: 1 << 32}
_NAMES = {UINT: "a number", BYTES: "a byte string", TEXT: "a text", ARRAY: "an array", MAP: "a map"}


class ReadingError(CloudError):
    """{why}"""

    code, noun = "not-what-comes-next", "evidence file"


class Reader:
    """Reads `data` from front to back."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def _head(self, wanted: int) -> int:
        """The argument of the next item, which is of the major type wanted."""
        data, at = self._data, self._at
        if at >= len(data):
            raise ReadingError(why=f"it ends at byte {at}, where {_NAMES[wanted]} belongs")
        first = data[at]
        if first >> 5 != wanted:
            raise ReadingError(why=f"byte {at} does not begin {_NAMES[wanted]}")
        short = first & 31
        if short < 24:
            self._at = at + 1
            return short
        width = _WIDTHS.get(short)
        if width is None or at + 1 + width > len(data):
            raise ReadingError(why=f"byte {at} does not begin {_NAMES[wanted]} that is whole")
        argument = int.from_bytes(data[at + 1 : at + 1 + width], "big")
        if argument < _SMALLEST[width]:
            raise ReadingError(why=f"byte {at} begins {_NAMES[wanted]} that is not spelled in the shortest way")
        self._at = at + 1 + width
        return argument

    def uint(self) -> int:
        """A number from 0 to 2⁶⁴ − 1."""
        return self._head(UINT)

    def array(self, *counts: int) -> int:
        """The head of an array, whose members follow: how many, which must be one of `counts` if those are given."""
        at, found = self._at, self._head(ARRAY)
        if counts and found not in counts:
            belong = " or ".join(map(str, counts))
            raise ReadingError(why=f"the array at byte {at} has {found} members where {belong} belong")
        return found

    def span(self) -> tuple[int, int]:
        """Where the content of a byte string begins and ends."""
        return self._span(BYTES)

    def _span(self, kind: int) -> tuple[int, int]:
        length = self._head(kind)
        first, last = self._at, self._at + length
        if last > len(self._data):
            raise ReadingError(why=f"it ends within {_NAMES[kind]} at byte {first}")
        self._at = last
        return first, last

    def bytes(self) -> bytes:
        """A byte string."""
        first, last = self._span(BYTES)
        return self._data[first:last]

    def text(self) -> str:
        """A text."""
        first, last = self._span(TEXT)
        try:
            return self._data[first:last].decode()
        except UnicodeDecodeError as error:
            raise ReadingError(why=f"the text at byte {first} is not UTF-8") from error

    def null(self) -> bool:
        """Whether null comes next; then it is read."""
        there = self._data[self._at : self._at + 1] == bytes((NULL,))
        self._at += there
        return there

    def map(self, names: Sequence[str]) -> Iterator[str]:
        """Each name of a map with exactly these names, in the order of their encodings; read its value meanwhile."""
        if self._head(MAP) != len(names):
            raise ReadingError(why=f"the contents have not exactly the {len(names)} members {', '.join(names)}")
        for name in names:
            found = self.text()
            if found != name:
                raise ReadingError(why=f"{found[:40]!r} stands where {name!r} belongs")
            yield name

    def names(self) -> Iterator[tuple[str, str]]:
        """The pairs of a map of texts to texts, whose keys rise by their encodings."""
        before = (-1, "")
        for _ in range(self._head(MAP)):
            name = self.text()
            rank = (len(name.encode()), name)
            if rank <= before:
                raise ReadingError(why=f"the name {name[:40]!r} is not in its order")
            before = rank
            yield name, self.text()

    def end(self) -> None:
        """Nothing may follow."""
        if self._at != len(self._data):
            raise ReadingError(why=f"{len(self._data) - self._at} bytes follow the end")
