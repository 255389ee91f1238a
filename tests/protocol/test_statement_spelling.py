"""How a statement may be spelled, and that no copy counts that anybody can make without the key."""

import pytest
from steelyard_protocol import cbor, cose, identity, p256, statement
from steelyard_protocol.statement import EXTERNAL, HEADER, HIGH_S, RESPELLED, Malformed, parse

KEY = bytes(31) + b"\x07"
POINT = p256.public_key(KEY)
KID = identity.kid(POINT)


def payload_of(size: int) -> list[object]:
    """Something whose encoding has so many bytes; it is no statement of any kind."""
    for length in range(size):
        value = [3, bytes(length)]
        if len(cbor.encode(value)) == size:
            return value
    raise AssertionError(size)


def high(raw: bytes) -> bytes:
    """The other signature that fits: n - s in place of s."""
    other = p256.ORDER - int.from_bytes(raw[-32:], "big")
    return raw[:-32] + other.to_bytes(32, "big")


def under(header: dict[int, object]) -> bytes:
    """Signed under another protected header than the profile's."""
    return cose.encode_sign1(header, cbor.encode([3, b"x" * 40]), KEY, EXTERNAL)


HONEST = statement.build(KEY, KID, payload_of(60))
LONGER_HEADER = under({1: -9, 4: KID, 5: 1})


def breaches(raw: bytes) -> set[str]:
    """Those of the spelling."""
    return set(parse(raw).breaches) & {HEADER, HIGH_S, RESPELLED}


@pytest.mark.parametrize("size", [24, 25, 60, 255, 256, 257, 1_000])
def test_a_message_of_any_length_is_spelled_as_the_profile_says(size: int) -> None:
    made = parse(statement.build(KEY, KID, payload_of(size)))
    assert not set(made.breaches) & {HEADER, HIGH_S, RESPELLED}
    assert made.kid == KID
    assert made.verifies(POINT)


@pytest.mark.parametrize(("size", "head"), [(23, b"\x58\x17"), (255, b"\x59\x00\xff"), (24, b"\x59\x00\x18")])
def test_a_length_has_no_longer_spelling(size: int, head: bytes) -> None:
    raw = statement.build(KEY, KID, payload_of(size))
    shortest = cbor.encode(cbor.encode(payload_of(size)))
    longer = raw.replace(shortest, head + shortest[-size:])
    assert longer != raw
    with pytest.raises(Malformed):
        parse(longer)


@pytest.mark.parametrize("length", [61, 59])
def test_a_length_is_that_of_the_payload(length: int) -> None:
    raw = HONEST.replace(b"\x58\x3c", bytes((0x58, length)), 1)
    assert raw != HONEST
    with pytest.raises(Malformed):
        parse(raw)


def test_copies_that_take_no_key_are_named_and_verify_nothing() -> None:
    protected, _, payload, signature = cbor.decode(HONEST[1:])
    moved = cbor.encode(cbor.Tag(18, [protected, {9: 9}, payload, signature]))
    for copy, breach in ((high(HONEST), {HIGH_S}), (HONEST[1:], {RESPELLED}), (moved, {RESPELLED})):
        assert breaches(copy) == breach
        assert not parse(copy).verifies(POINT)
        assert p256.verify(POINT, parse(copy).signed, parse(copy).signature), "although the signature fits"


def test_what_the_key_itself_spelled_otherwise_counts_and_is_named() -> None:
    for raw in (LONGER_HEADER, under({1: -7, 4: KID})):
        assert breaches(raw) == {HEADER}
        assert parse(raw).verifies(POINT)
        assert breaches(high(raw)) == {HEADER, HIGH_S}
        assert not parse(high(raw)).verifies(POINT)


@pytest.mark.parametrize(
    "header", [{1: -9}, {1: -9, 4: KID[:9]}, {1: -9, 4: KID + b"x"}, {1: -9, 4: "k" * 10}], ids=repr
)
def test_without_ten_bytes_of_identity_it_is_nobody_s(header: dict[int, object]) -> None:
    with pytest.raises(statement.NoIdentity):
        parse(under(header))


@pytest.mark.parametrize("algorithm", [-36, 9, "ES256", True])
def test_another_algorithm_is_none(algorithm: object) -> None:
    with pytest.raises(statement.OtherAlgorithm):
        parse(under({1: algorithm, 4: KID}))


def test_a_message_is_no_larger_than_2048_bytes() -> None:
    envelope = len(statement.build(KEY, KID, payload_of(1_000))) - 1_000
    assert len(parse(statement.build(KEY, KID, payload_of(2_048 - envelope))).raw) == 2_048
    with pytest.raises(statement.Oversized, match="2049"):
        parse(statement.build(KEY, KID, payload_of(2_049 - envelope)))
