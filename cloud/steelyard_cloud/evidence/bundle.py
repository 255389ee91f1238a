"""The evidence file: an array of the format's name, the contents, and a seal over them.

`["steelyard-evidence/1", contents: bstr, seal: bstr]`; the contents are one deterministic CBOR map, the seal is a
COSE_Sign1 of the platform's authority key (external data "steelyard/1 evidence") whose payload is the SHA-256 of the
contents. Reading checks types and bounds, never signatures: that is `check`.
"""

import hashlib
from dataclasses import dataclass, field
from typing import Any

from steelyard_protocol import cbor, cose

from steelyard_cloud.errors import CloudError

NAME = "steelyard-evidence/1"
EXTERNAL = b"steelyard/1 evidence"
MAX_BYTES = 64 * 1024 * 1024
MAX_STATEMENTS = 100_000


class EvidenceError(CloudError):
    """The evidence file cannot be read: {why}"""

    code, noun, exit_code = "unreadable", "evidence file", 2


@dataclass(frozen=True)
class StoredStatement:
    """One statement byte for byte, and when it was committed (Unix milliseconds)."""

    raw: bytes
    received_ms: int


@dataclass(frozen=True)
class Identity:
    """One key of the scale, with the enrolment statement by which the registry bound it."""

    public_key: bytes
    enrolment: bytes


@dataclass(frozen=True)
class Verification:
    """A verification on record: who fixed which statement's parameters as the baseline, and until when."""

    kid: bytes
    number: int
    kind: str
    valid_until: str
    seal: str
    institution: str
    recorded_ms: int


@dataclass(frozen=True)
class Software:
    """A program that the type approval lists."""

    hash: bytes
    name: str
    version: str


@dataclass(frozen=True)
class Alert:
    """The alert for which the file was made."""

    id: int
    rule: str
    what: str
    opened_ms: int


@dataclass(frozen=True)
class Bundle:
    """The contents of an evidence file; `left_out` are stored statements that the file omits, as (kid, first, last)."""

    created_ms: int
    scale: dict[str, str]
    identities: tuple[Identity, ...]
    statements: tuple[StoredStatement, ...]
    verifications: tuple[Verification, ...]
    permits: tuple[bytes, ...]
    software: tuple[Software, ...]
    root: bytes
    key_set: bytes
    alert: Alert | None = None
    left_out: tuple[tuple[bytes, int, int], ...] = ()
    contents: bytes = field(default=b"", repr=False, compare=False)
    seal: bytes = field(default=b"", repr=False, compare=False)

    def encode(self) -> bytes:
        """The contents as they are sealed: deterministic CBOR."""
        return cbor.encode(
            {
                "created": self.created_ms,
                "scale": self.scale,
                "identities": [[one.public_key, one.enrolment] for one in self.identities],
                "statements": [[one.raw, one.received_ms] for one in self.statements],
                "left out": [list(one) for one in self.left_out],
                "verifications": [
                    [v.kid, v.number, v.kind, v.valid_until, v.seal, v.institution, v.recorded_ms]
                    for v in self.verifications
                ],
                "permits": list(self.permits),
                "software": [[one.hash, one.name, one.version] for one in self.software],
                "alert": [self.alert.id, self.alert.rule, self.alert.what, self.alert.opened_ms]
                if self.alert
                else None,
                "root": self.root,
                "key set": self.key_set,
            }
        )


def write(bundle: Bundle, private_key: bytes, kid: bytes) -> bytes:
    """The file, sealed by the authority key (32 bytes) whose identity is `kid`."""
    contents = bundle.encode()
    header = {cose.HEADER_ALG: cose.ESP256, cose.HEADER_KID: kid}
    seal = cose.encode_sign1(header, hashlib.sha256(contents).digest(), private_key, EXTERNAL)
    return cbor.encode([NAME, contents, seal])


def read(data: bytes) -> Bundle:
    """Take a file apart; raises EvidenceError, saying what is wrong with it."""
    if not data:
        raise EvidenceError(why="it is empty; download it again")
    if len(data) > MAX_BYTES:
        raise EvidenceError(why=f"it is larger than any evidence file ({MAX_BYTES} bytes); is it the right file?")
    try:
        outer = cbor.decode(data)
    except cbor.CborError as error:
        raise EvidenceError(
            why=f"it is not an evidence file, or it was cut or changed on its way ({error}); download it again"
        ) from error
    if type(outer) is not list or len(outer) != 3 or type(outer[0]) is not str:
        raise EvidenceError(why="it is CBOR, but not an evidence file; is it the right file?")
    name, contents, seal = outer
    if name != NAME:
        raise EvidenceError(why=f"it says it is {name[:60]!r}, and this program reads {NAME!r}; use a newer program")
    if type(contents) is not bytes or type(seal) is not bytes:
        raise EvidenceError(why="its contents and seal are not byte strings, so it is damaged")
    try:
        return _read_contents(contents, seal)
    except (cbor.CborError, KeyError, TypeError, ValueError) as error:
        raise EvidenceError(why=f"its contents are damaged ({error})") from error


def _read_contents(contents: bytes, seal: bytes) -> Bundle:
    value = cbor.decode(contents)
    if type(value) is not dict:
        raise TypeError("they are not a map")
    statements = tuple(StoredStatement(*row) for row in _rows(value, "statements", bytes, int))
    if len(statements) > MAX_STATEMENTS:
        raise ValueError(f"{len(statements)} statements, at most {MAX_STATEMENTS} are allowed")
    alert = value["alert"]
    return Bundle(
        created_ms=_typed("created", value["created"], int),
        scale={
            _typed("scale", name, str): _typed("scale", text, str)
            for name, text in _typed("scale", value["scale"], dict).items()
        },
        identities=tuple(Identity(*row) for row in _rows(value, "identities", bytes, bytes)),
        statements=statements,
        verifications=tuple(
            Verification(*row) for row in _rows(value, "verifications", bytes, int, str, str, str, str, int)
        ),
        permits=tuple(_typed("permits", raw, bytes) for raw in _typed("permits", value["permits"], list)),
        software=tuple(Software(*row) for row in _rows(value, "software", bytes, str, str)),
        root=_typed("root", value["root"], bytes),
        key_set=_typed("key set", value["key set"], bytes),
        alert=None if alert is None else Alert(*_row("alert", alert, (int, str, str, int))),
        left_out=tuple((row[0], row[1], row[2]) for row in _rows(value, "left out", bytes, int, int)),
        contents=contents,
        seal=seal,
    )


def _typed(name: str, value: Any, kind: type) -> Any:
    if type(value) is not kind:
        raise TypeError(f"{name!r} is a {type(value).__name__} where a {kind.__name__} belongs")
    return value


def _row(name: str, row: Any, kinds: tuple[type, ...]) -> list[Any]:
    if type(row) is not list or len(row) != len(kinds):
        raise TypeError(f"{name!r} has a row that is not an array of {len(kinds)}")
    return [_typed(name, item, kind) for item, kind in zip(row, kinds, strict=True)]


def _rows(value: dict[Any, Any], name: str, *kinds: type) -> list[list[Any]]:
    return [_row(name, row, kinds) for row in _typed(name, value[name], list)]
