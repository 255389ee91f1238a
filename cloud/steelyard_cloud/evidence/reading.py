"""Taking an evidence file apart, from front to back and without a second copy of its statements.

Types, bounds and the deterministic spelling are checked here, never signatures.
"""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, overload

from steelyard_protocol import cbor

from steelyard_cloud.errors import CloudError
from steelyard_cloud.evidence.strict import Reader, ReadingError

NAME = "steelyard-evidence/2"
OLD = "steelyard-evidence/1"
MAX_BYTES = 64 * 1024 * 1024
MAX_STATEMENTS = 100_000


class EvidenceError(CloudError):
    """The evidence file cannot be read: {why}"""

    code, noun, exit_code = "unreadable", "evidence file", 2


class StoredStatement(NamedTuple):
    """One statement byte for byte, and when it was committed (Unix milliseconds).

    `arrival` is how many of its key were stored with it, if it came after a fact that names its number or a higher one.
    """

    raw: bytes
    received_ms: int
    arrival: int = 0


class FileStatements(Sequence[StoredStatement]):
    """The statements where they lie in a file's contents: three numbers for each, and bytes for the one asked for.

    `arrivals` are those of the few that have one, by place.
    """

    def __init__(
        self,
        contents: bytes,
        at: "array[int]",
        lengths: "array[int]",
        received: "array[int]",
        arrivals: Mapping[int, int],
    ) -> None:
        self._contents, self._at, self._lengths, self._received = contents, at, lengths, received
        self._arrivals = arrivals

    def __len__(self) -> int:
        return len(self._at)

    @overload
    def __getitem__(self, index: int) -> StoredStatement: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[StoredStatement, ...]: ...
    def __getitem__(self, index: int | slice) -> StoredStatement | tuple[StoredStatement, ...]:
        if isinstance(index, slice):
            return tuple(self[one] for one in range(*index.indices(len(self))))
        at = self._at[index]
        raw = self._contents[at : at + self._lengths[index]]
        return StoredStatement(raw, self._received[index], self._arrivals.get(index, 0))


def take_apart(data: bytes) -> tuple[bytes, bytes, dict[str, Any]]:
    """Contents, seal, and the members of the contents by name; raises EvidenceError."""
    contents, seal = _open(data)
    try:
        reader = Reader(contents)
        found = {name: _MEMBERS[name](reader) for name in reader.map(_ORDER)}
        reader.end()
    except ReadingError as error:
        raise EvidenceError(why=f"its contents are damaged ({error})") from error
    return contents, seal, found


def _open(data: bytes) -> tuple[bytes, bytes]:
    if not data:
        raise EvidenceError(why="it is empty; download it again")
    if len(data) > MAX_BYTES:
        raise EvidenceError(why=f"it is larger than any evidence file ({MAX_BYTES} bytes); is it the right file?")
    reader = Reader(data)
    try:
        members, name = reader.array(), reader.text()
    except ReadingError as error:
        raise EvidenceError(why="it is not an evidence file; is it the right file?") from error
    if name == OLD:
        raise EvidenceError(
            why=f"it is of the format {OLD!r}, which says too little to be judged and which only programs read that do "
            f"not know {NAME!r}; download it again"
        )
    if members != 3 or name != NAME:
        raise EvidenceError(why=f"it says it is {name[:60]!r}, and this program reads {NAME!r}; use a newer program")
    try:
        contents, seal = reader.bytes(), reader.bytes()
        reader.end()
    except ReadingError as error:
        raise EvidenceError(why=f"it was cut or changed on its way, or it is damaged ({error})") from error
    return contents, seal


def _statements(reader: Reader) -> tuple["array[int]", "array[int]", "array[int]", dict[int, int]]:
    at, lengths, received = array("Q"), array("Q"), array("Q")
    arrivals: dict[int, int] = {}
    count = reader.array()
    if count > MAX_STATEMENTS:
        raise ReadingError(why=f"{count} statements, at most {MAX_STATEMENTS} are allowed")
    for place in range(count):
        members = reader.array(2, 3)
        first, last = reader.span()
        at.append(first)
        lengths.append(last - first)
        received.append(reader.uint())
        if members == 3:
            arrivals[place] = reader.uint()
    return at, lengths, received, arrivals


def _scale(reader: Reader) -> dict[str, str]:
    names = list(reader.names())
    return dict(names)


def _rows(*kinds: str) -> Any:
    """A reader of an array of arrays with members of these kinds: methods of `Reader`."""

    def read(reader: Reader) -> list[list[Any]]:
        return [list(_row(reader, kinds)) for _ in range(reader.array())]

    return read


def _row(reader: Reader, kinds: Sequence[str]) -> Iterator[Any]:
    reader.array(len(kinds))
    for kind in kinds:
        yield getattr(reader, kind)()


def _alert(reader: Reader) -> list[Any] | None:
    return None if reader.null() else list(_row(reader, ("uint", "text", "text", "uint")))


def _permits(reader: Reader) -> list[bytes]:
    return [reader.bytes() for _ in range(reader.array())]


_MEMBERS: dict[str, Any] = {
    "created": Reader.uint,
    "scale": _scale,
    "identities": _rows("bytes", "bytes"),
    "statements": _statements,
    "left out": _rows("bytes", "uint", "uint"),
    "verifications": _rows("bytes", "uint", "bytes", "bytes", "text", "text", "uint", "text", "text", "uint", "uint"),
    "decisions": _rows("bytes", "uint", "bytes", "text", "text", "uint", "uint"),
    "permits": _permits,
    "software": _rows("bytes", "text", "text"),
    "period": Reader.uint,
    "longest validity": Reader.uint,
    "set back": _rows("uint", "uint"),
    "alert": _alert,
    "root": Reader.bytes,
    "key set": Reader.bytes,
}
_ORDER = sorted(_MEMBERS, key=cbor.encode)
