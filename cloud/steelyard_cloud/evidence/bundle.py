"""The evidence file as values, and how it is written; `docs/evidence.md` describes the format.

`["steelyard-evidence/2", contents: bstr, seal: bstr]`; the contents are one deterministic CBOR map, the seal is a
COSE_Sign1 of the platform's authority key (external data "steelyard/1 evidence") whose payload is the SHA-256 of the
contents.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from steelyard_protocol import cbor, cose

from steelyard_cloud.evidence.reading import MAX_BYTES, NAME, EvidenceError, FileStatements, StoredStatement, take_apart
from steelyard_cloud.judge.checks.material import Identity, LeftOut

__all__ = [
    "MAX_BYTES",
    "NAME",
    "Alert",
    "Bundle",
    "Decision",
    "EvidenceError",
    "Identity",
    "SetBack",
    "Software",
    "StoredStatement",
    "Verification",
    "read",
    "write",
]

EXTERNAL = b"steelyard/1 evidence"


@dataclass(frozen=True)
class Verification:
    """A verification on record: who fixed which statement as the baseline, and until when.

    `hash` is that of the statement, `start_hash` of the boot statement of its start (empty where it was not stored);
    `expires_ms` is the end of the day `valid_until` (ISO date) where the platform is, `settled` how many statements of
    the key were stored when it was recorded.
    """

    kid: bytes
    number: int
    hash: bytes
    start_hash: bytes
    kind: str
    valid_until: str
    expires_ms: int
    seal: str
    institution: str
    recorded_ms: int
    settled: int = 0


@dataclass(frozen=True)
class Decision:
    """A regulator's public decision, and the statement that it names; `settled` as in a verification."""

    kid: bytes
    number: int
    hash: bytes
    reason: str
    authority: str
    recorded_ms: int
    settled: int = 0


@dataclass(frozen=True)
class Software:
    """A program that the type approval lists."""

    hash: bytes
    name: str
    version: str


@dataclass(frozen=True)
class SetBack:
    """The statement at a place (from 0) is dated no later than this (Unix ms), which a clock was set back to."""

    place: int
    latest_ms: int


@dataclass(frozen=True)
class Alert:
    """The alert for which the file was made."""

    id: int
    rule: str
    what: str
    opened_ms: int


@dataclass(frozen=True)
class Bundle:
    """The contents of an evidence file; `left_out` are stored statements that the file omits, as (kid, first, last).

    `period_s` is how often the scale has to report, `longest_validity_days` for how long its type may be verified.
    """

    created_ms: int
    scale: dict[str, str]
    identities: tuple[Identity, ...]
    statements: Sequence[StoredStatement]
    verifications: tuple[Verification, ...]
    permits: tuple[bytes, ...]
    software: tuple[Software, ...]
    root: bytes
    key_set: bytes
    period_s: int
    longest_validity_days: int
    decisions: tuple[Decision, ...] = ()
    set_backs: tuple[SetBack, ...] = ()
    alert: Alert | None = None
    left_out: tuple[LeftOut, ...] = ()
    contents: bytes = field(default=b"", repr=False, compare=False)
    seal: bytes = field(default=b"", repr=False, compare=False)

    def encode(self) -> bytes:
        """The contents as they are sealed: deterministic CBOR."""
        return cbor.encode(
            {
                "created": self.created_ms,
                "scale": self.scale,
                "identities": _rows(self.identities),
                "statements": [list(one) if one.arrival else list(one[:2]) for one in self.statements],
                "left out": [list(one) for one in self.left_out],
                "verifications": _rows(self.verifications),
                "decisions": _rows(self.decisions),
                "permits": list(self.permits),
                "software": _rows(self.software),
                "period": self.period_s,
                "longest validity": self.longest_validity_days,
                "set back": _rows(self.set_backs),
                "alert": _row(self.alert) if self.alert else None,
                "root": self.root,
                "key set": self.key_set,
            }
        )


def _rows(some: Sequence[Any]) -> list[list[Any]]:
    return [_row(one) for one in some]


def _row(one: Any) -> list[Any]:
    """The values of a dataclass in their order."""
    return list(vars(one).values())


def write(bundle: Bundle, private_key: bytes, kid: bytes) -> bytes:
    """The file, sealed by the authority key (32 bytes) whose identity is `kid`."""
    contents = bundle.encode()
    header = {cose.HEADER_ALG: cose.ESP256, cose.HEADER_KID: kid}
    seal = cose.encode_sign1(header, hashlib.sha256(contents).digest(), private_key, EXTERNAL)
    return cbor.encode([NAME, contents, seal])


def read(data: bytes) -> Bundle:
    """Take a file apart; raises EvidenceError, saying what is wrong with it."""
    contents, seal, found = take_apart(data)
    alert = found["alert"]
    return Bundle(
        created_ms=found["created"],
        scale=found["scale"],
        identities=tuple(Identity(*row) for row in found["identities"]),
        statements=FileStatements(contents, *found["statements"]),
        verifications=tuple(Verification(*row) for row in found["verifications"]),
        permits=tuple(found["permits"]),
        software=tuple(Software(*row) for row in found["software"]),
        root=found["root"],
        key_set=found["key set"],
        period_s=found["period"],
        longest_validity_days=found["longest validity"],
        decisions=tuple(Decision(*row) for row in found["decisions"]),
        set_backs=tuple(SetBack(*row) for row in found["set back"]),
        alert=None if alert is None else Alert(*alert),
        left_out=tuple((kid, first, last) for kid, first, last in found["left out"]),
        contents=contents,
        seal=seal,
    )
