"""Statements: the signed messages of a scale, under the strict profile of the wire.

`parse` takes one apart without judging the signature; whoever holds the key asks `verifies`. What is out of profile
but might still be authentic is parsed as far as it goes and its breaches are listed: it is stored and judged, not lost.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from steelyard_protocol import bodies, cbor, cose, p256
from steelyard_protocol.bodies import Body, Kind
from steelyard_protocol.errors import ProtocolError
from steelyard_protocol.head import HEAD, KIND, NUMBER, RESERVED_FLAGS, STATE, body_at, read_head
from steelyard_protocol.head import LINK_BYTES as LINK_BYTES
from steelyard_protocol.head import NO_LINK as NO_LINK
from steelyard_protocol.head import Flag as Flag
from steelyard_protocol.verifiers import Signed

EXTERNAL = b"steelyard/1 up"
MAX_BYTES = 2048
MAX_BATCH_BYTES = 8192
MAX_BATCH_STATEMENTS = 40
ELEMENTS = 11  # of a payload

# The profile leaves one spelling of everything before the payload but the identity, so it is compared, not parsed.
_PREFIX = bytes.fromhex("d2844fa20128044a")
_KID = slice(8, 18)
_PROTECTED = slice(3, 18)
_SIGNATURE_HEAD = b"\x58\x40"
_SIGNED_HEAD = b"\x84\x6aSignature1\x4f"
_SIGNED_EXTERNAL = b"\x4e" + EXTERNAL


HEADER = "the protected header is not that of the profile (alg -9 and kid, nothing else)"
RESPELLED = "the envelope is not spelled as the profile says (tag 18, alg and kid protected, nothing unprotected)"
HIGH_S = "the signature's s is high"
_WITHOUT_THE_KEY = frozenset((RESPELLED, HIGH_S))


class StatementError(ProtocolError):
    """the bytes cannot be a statement of anybody"""

    code, noun = "statement", "statement"


class Malformed(StatementError):
    """{why}"""

    code = "malformed"


class Oversized(StatementError):
    """{what} of {size} bytes: at most {most} are taken"""

    code = "oversized"


class NoIdentity(StatementError):
    """the header names no identity (kid, 10 bytes)"""

    code = "no-identity"


class OtherAlgorithm(StatementError):
    """algorithm {algorithm!r}: ESP256 (-9) expected"""

    code = "algorithm"


class Statement(NamedTuple):
    """One message of a scale, taken apart; not yet authenticated.

    `number` 0 means that the payload has no readable number. `hash` covers the whole message, `content_hash` what was
    signed: equal content under another signature is re-signed, other content under the same number is a fork. `body`
    is None where the kind is unknown or a breach hides it; `breaches` lists what breaks the profile. `unread` names the
    fields of the head that are not as the definition has them: 0 or zero bytes stand in their place. `extra_head` and
    `extra_body` are what a later version added.
    """

    raw: bytes
    kid: bytes
    signed: bytes
    signature: bytes
    hash: bytes
    content_hash: bytes
    kind: int
    number: int
    link: bytes
    time: int
    uptime_s: int
    flags: int
    boot: int
    digest: bytes
    calibration_counter: int
    configuration_counter: int
    body: Body | None
    breaches: tuple[str, ...]
    unread: tuple[str, ...]
    extra_head: tuple[Any, ...]
    extra_body: tuple[Any, ...]

    @property
    def clock_quality(self) -> int:
        """0 none, 1 RTC, 2 network, 3 signed network; 0 also where the time contradicts its quality."""
        return self.flags & Flag.CLOCK_QUALITY if self.time else 0

    @property
    def unknown_flags(self) -> list[int]:
        """The reserved bits that are set."""
        return [bit for bit in RESERVED_FLAGS if self.flags >> bit & 1]

    @property
    def has_state(self) -> bool:
        """Whether the head says readably which parameters are in force: their digest and both counters."""
        return not self.unread or STATE.isdisjoint(self.unread)

    def verifies(self, public_key: bytes) -> bool:
        """Whether the message is as the holder of the 65-byte SEC 1 point `public_key` signed it.

        A copy that anybody can make without the key (another tag, an unprotected header, n - s in place of s) does not
        count: else a broker could put breaches of the profile into an honest scale's evidence.
        """
        return not self.is_made_without_the_key and p256.verify(public_key, self.signed, self.signature)

    @property
    def is_made_without_the_key(self) -> bool:
        """Whether anybody could have made it from the scale's message: then it does not count, whoever signed it."""
        return bool(self.breaches) and not _WITHOUT_THE_KEY.isdisjoint(self.breaches)

    def signed_by(self, public_key: bytes) -> Signed:
        """What a verifier is asked for the holder of the 65-byte SEC 1 point."""
        return Signed(public_key, self.signed, self.content_hash, self.signature)


def hash_of(raw: bytes) -> bytes:
    """The 32-byte hash of a whole message: SHA-256, signature included."""
    return hashlib.sha256(raw).digest()


def link_of(previous_hash: bytes) -> bytes:
    """What the next statement carries as its link to the one with this hash."""
    return previous_hash[:LINK_BYTES]


def parse(raw: bytes) -> Statement:
    """Take a message apart; raises StatementError when no key could ever make it a statement."""
    if len(raw) > MAX_BYTES:
        raise Oversized(what="statement", size=len(raw), most=MAX_BYTES)
    opened = _open_profile(raw)
    if opened is None:
        kid, payload, signed, signature, found = _open_general(raw)
    else:
        kid, payload, signed, signature = opened
        found = [] if p256.is_low(signature) else [HIGH_S]
    return _read_payload(raw, kid, payload, signed, signature, found)


def _open_profile(raw: bytes) -> tuple[bytes, bytes, bytes, bytes] | None:
    """Split a message that is spelled exactly as the profile says: (kid, payload, signed bytes, signature)."""
    if raw[:8] != _PREFIX or raw[18:19] != b"\xa0" or raw[-66:-64] != _SIGNATURE_HEAD:
        return None
    payload_item = raw[19:-66]
    length_byte = payload_item[:1]
    if length_byte == b"\x58":
        payload = payload_item[2:]
        deterministic = 24 <= len(payload) == payload_item[1]
    elif length_byte == b"\x59":
        payload = payload_item[3:]
        deterministic = 256 <= len(payload) == int.from_bytes(payload_item[1:3], "big")
    else:
        return None
    if not deterministic:
        return None
    signed = _SIGNED_HEAD + raw[_PROTECTED] + _SIGNED_EXTERNAL + payload_item
    return raw[_KID], payload, signed, raw[-64:]


def _open_general(raw: bytes) -> tuple[bytes, bytes, bytes, bytes, list[str]]:
    try:
        message = cose.decode_sign1(raw)
    except cose.CoseError as error:
        raise Malformed(why=error) from error
    kid = message.protected_header.get(cose.HEADER_KID, message.unprotected_header.get(cose.HEADER_KID))
    if type(kid) is not bytes or len(kid) != 10:
        raise NoIdentity
    if type(message.algorithm) is not int or message.algorithm not in (cose.ES256, cose.ESP256):
        raise OtherAlgorithm(algorithm=message.algorithm)
    found = [HEADER if message.tagged and message.protected and not message.unprotected_header else RESPELLED]
    if len(message.signature) == 64 and not p256.is_low(message.signature):
        found.append(HIGH_S)
    signed = cose.sig_structure(message.protected, message.payload, EXTERNAL)
    return kid, message.payload, signed, message.signature, found


def _read_payload(
    raw: bytes, kid: bytes, payload: bytes, signed: bytes, signature: bytes, found: list[str]
) -> Statement:
    try:
        value = cbor.decode(payload)
    except cbor.CborError:
        # One wording for every spelling: breaches are counted by their text.
        found.append("the payload is not deterministically encoded CBOR")
        value = None
    if type(value) is not list or len(value) < ELEMENTS:
        found.append(f"the payload is not an array of {ELEMENTS} elements")
    head, unread = read_head(value if type(value) is list else [], found)
    body = None
    extra_head: list[Any] = []
    extra_body: list[Any] = []
    if head[NUMBER]:
        if (head[NUMBER] == 1) != (head[KIND] == Kind.ENROL):
            found.append("statement 1, and no other, is the enrolment")
        at = body_at(value)
        extra_head = value[len(HEAD) : at] + value[at + 1 :]
        body, breach = bodies.read(head[KIND], value[at] if at < len(value) else None)
        if breach:
            found.append(breach)
        elif body:
            extra_body = bodies.beyond(head[KIND], value[at])
    content_hash = hashlib.sha256(signed).digest()
    grown = tuple(extra_head), tuple(extra_body)
    return Statement._make(
        (raw, kid, signed, signature, hash_of(raw), content_hash, *head, body, tuple(found), unread, *grown)
    )


def decode_message(payload: bytes) -> list[bytes]:
    """The statements in one MQTT message: itself, or the members of a batch; raises StatementError.

    A batch is an array of byte strings of at most 8 KiB in all; each is judged on its own.
    """
    if len(payload) > MAX_BATCH_BYTES:
        raise Oversized(what="message", size=len(payload), most=MAX_BATCH_BYTES)
    # A statement starts with tag 18; an untagged one is an array too, but not one of byte strings only.
    if payload[:1] == _PREFIX[:1] or (members := _batch_members(payload)) is None:
        return [payload]
    return members


def _batch_members(payload: bytes) -> list[bytes] | None:
    try:
        value = cbor.decode(payload)
    except cbor.CborError:
        return None
    if type(value) is not list or not 1 <= len(value) <= MAX_BATCH_STATEMENTS:
        return None
    if not all(type(member) is bytes for member in value):
        return None
    return value


def encode_batch(statements: Iterable[bytes]) -> bytes:
    """Put encoded statements into one batch message; raises StatementError where it would exceed the wire's bounds."""
    members = list(statements)
    payload = cbor.encode(members)
    if not 1 <= len(members) <= MAX_BATCH_STATEMENTS or len(payload) > MAX_BATCH_BYTES:
        raise Oversized(what=f"batch of {len(members)} statements,", size=len(payload), most=MAX_BATCH_BYTES)
    return payload


def build(private_key: bytes, kid: bytes, payload: Sequence[Any]) -> bytes:
    """Sign a payload array as the profile says; for tests, vectors and tools that play a scale."""
    header = {cose.HEADER_ALG: cose.ESP256, cose.HEADER_KID: kid}
    return cose.encode_sign1(header, cbor.encode(list(payload)), private_key, EXTERNAL)
