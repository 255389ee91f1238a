"""COSE_Sign1 in real MicroPython: the generic layer by the working group's examples, the profile by its refusals."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cbor2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kit import third_party
from kit.micropython import Conversation, MicroPython
from steelyard_protocol import cbor, cose, identity, p256

UP = b"steelyard/1 up"
DOWN = b"steelyard/1 down"

PRIVATE_KEY = bytes(range(1, 33))
KEY = p256.public_key(PRIVATE_KEY)
KID = identity.thumbprint(KEY)[:10]
OTHER = p256.public_key(bytes(range(2, 34)))

# Deterministic CBOR that scales do not read: simple values 0 and 32, undefined, floats 0.0 and 1.0, the bignum 2⁶⁴.
SIMPLE = [bytes.fromhex(value) for value in ("e0", "f820", "f7", "f90000", "f93c00", "c249010000000000000000")]

one_process = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@pytest.fixture(scope="module")
def firmware(micropython: MicroPython) -> Iterator[Conversation]:
    with micropython.start("signing_answers.py") as conversation:
        yield conversation


def words(*parts: bytes) -> str:
    return " ".join(part.hex() or "-" for part in parts)


def down(firmware: Conversation, message: bytes, *keys: bytes) -> str:
    return firmware.ask(f"down {words(message, *(keys or (KEY,)))}")


def signed(
    payload: bytes = b"\x81\x01",
    protected: bytes | None = None,
    unprotected: object = None,
    tag: int | None = 18,
    external: bytes = DOWN,
    high: bool = False,
) -> bytes:
    """A message that is genuine and of the profile, but for what is given; built on the host."""
    header = cbor.encode({1: -9, 4: KID}) if protected is None else protected
    signature = p256.sign(PRIVATE_KEY, cose.sig_structure(header, payload, external))
    s = int.from_bytes(signature[32:], "big")
    if (s > p256.ORDER // 2) != high:
        s = p256.ORDER - s
    body = [header, unprotected or {}, payload, signature[:32] + s.to_bytes(32, "big")]
    return cbor.encode(body if tag is None else cbor.Tag(tag, body))


def with_unprotected(header: bytes) -> bytes:
    """A genuine message whose unprotected header is spelled so."""
    whole = signed()
    assert whole[18:19] == b"\xa0"
    return whole[:18] + header + whole[19:]


def test_the_working_groups_examples_get_their_verdicts(firmware: Conversation, vectors: Path) -> None:
    examples = third_party.cose_examples(vectors)
    verdicts = [firmware.ask(f"verify1 {words(*example[1:4])}") == "True" for example in examples]
    assert [e.name for e, verdict in zip(examples, verdicts, strict=True) if verdict != e.accepted] == []
    assert (len(verdicts), sum(verdicts)) == (15, 6)


@pytest.mark.parametrize(
    ("message", "accepted"),
    [
        (signed(), True),
        (signed(tag=None), True),
        (signed(high=True), True),
        (signed(protected=b"", unprotected={1: -7}), True),
        (signed(protected=cbor.encode({}), unprotected={1: -9, "more": [1]}), False),  # signed as h'a0', not as h''
        (signed(protected=cbor.encode({1: -9, 3: 0, "text": b"x"})), True),
        (signed(protected=cbor.encode({3: 0})), False),  # no algorithm
        (signed(protected=cbor.encode({1: -8})), False),
        (signed(protected=cbor.encode({1: [-9]})), False),
        (signed(protected=cbor.encode({1: -9}), unprotected={1: -9}), False),  # label in both
        (signed(protected=cbor.encode({1: -9, 2: [99], 99: 0})), False),  # critical and not understood
        (signed(protected=cbor.encode({1: -9}), unprotected={2: [4]}), False),
        (signed(protected=bytes.fromhex("a1013808")), False),  # header not deterministic
        (signed(protected=cbor.encode([1, -9])), False),
        (signed(tag=17), False),
        (signed(external=b""), False),
        (signed() + b"\x00", False),
    ],
)
def test_generic_messages(firmware: Conversation, message: bytes, accepted: bool) -> None:
    assert (firmware.ask(f"verify1 {words(message, KEY, DOWN)}") == "True") == accepted


def test_a_statement_is_of_the_profile_and_the_host_verifies_it(firmware: Conversation) -> None:
    for payload in (b"\x80", cbor.encode([1, 2, bytes(300)])):
        message = bytes.fromhex(firmware.ask(f"statement {words(PRIVATE_KEY, payload)}"))
        assert message == signed(payload, external=UP)
        sign1 = cose.decode_sign1(message)
        assert sign1.tagged
        assert p256.verify(KEY, cose.sig_structure(sign1.protected, payload, UP), sign1.signature)
        assert down(firmware, message) == "! signature"  # what goes up is no order to anybody


def test_a_downlink_of_the_profile_is_verified_by_the_key_that_it_names(firmware: Conversation) -> None:
    assert down(firmware, signed(b"\x81\x05"), OTHER, KEY) == f"{identity.to_text(KID)} 8105"


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (b"", "malformed"),
        (b"\xd2", "malformed"),
        (signed()[:-1], "malformed"),
        (signed() + b"\x00", "malformed"),
        (cbor.encode(cbor.Tag(18, [b"", {}, None, bytes(64)])), "malformed"),  # detached payload
        (cbor.encode(cbor.Tag(18, [b"", {}, b"", bytes(64), 0])), "malformed"),
        (cbor.encode(cbor.Tag(18, [b"\x80", {}, b"", bytes(64)])), "malformed"),
        (cbor.encode(cbor.Tag(18, [b"", [], b"", bytes(64)])), "malformed"),
        (cbor.encode(cbor.Tag(18, cbor.Tag(18, [b"", {}, b"", bytes(64)]))), "malformed"),
        (signed(tag=None), "tag"),
        (signed(tag=17), "tag"),
        (signed(protected=cbor.encode({1: -7, 4: KID})), "header"),
        (signed(protected=cbor.encode({1: -9})), "header"),
        (signed(protected=cbor.encode({1: -9, 4: KID[:9]})), "header"),
        (signed(protected=cbor.encode({1: -9, 4: KID, 5: b""})), "header"),
        (signed(protected=b""), "header"),
        (signed(unprotected={5: b""}), "header"),
        (signed(protected=cbor.encode({1: -9, 4: bytes(10)})), "key"),
        (signed(high=True), "high-s"),
        (signed()[:-66] + b"\x58\x3f" + signed()[-64:-1], "high-s"),  # a signature of 63 bytes
        (signed()[:-1] + bytes([signed()[-1] ^ 1]), "signature"),
        (signed(external=UP), "signature"),
        (signed(b"\x81\x01").replace(b"\x81\x01", b"\x81\x02"), "signature"),
    ],
)
def test_what_breaks_the_profile_is_refused_for_a_reason(firmware: Conversation, message: bytes, reason: str) -> None:
    assert down(firmware, message) == f"! {reason}"


def test_a_kid_of_no_point_on_the_curve_or_of_no_known_key_verifies_nothing(firmware: Conversation) -> None:
    off_curve = KEY[:-1] + bytes([KEY[-1] ^ 1])
    kid = identity.thumbprint(off_curve)[:10]
    message = signed(protected=cbor.encode({1: -9, 4: kid}))
    assert down(firmware, message, off_curve) == "! signature"
    assert down(firmware, signed(), OTHER) == "! key"


@one_process
@given(st.binary(max_size=60))
def test_any_bytes_are_refused(firmware: Conversation, data: bytes) -> None:
    assert down(firmware, data).startswith("! ")


@settings(one_process, max_examples=300)
@given(st.data())
def test_a_mutated_message_is_refused_unless_nothing_changed(firmware: Conversation, data: st.DataObject) -> None:
    genuine = signed()
    mutated = bytearray(genuine)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(mutated)))
        mutated[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=2))
    assert down(firmware, bytes(mutated)).startswith("! ") == (mutated != genuine)
    assert_like_the_host(firmware, bytes(mutated))


def assert_like_the_host(firmware: Conversation, message: bytes) -> None:
    answer = firmware.ask(f"decode1 {words(message)}")
    try:
        cose.decode_sign1(message)
    except cose.CoseError:
        assert answer.startswith("! ")
    else:
        assert answer == "5"


@pytest.mark.parametrize(
    "message",
    [
        *[signed(protected=b"\xa2\x01" + alg + b"\x04\x4a" + KID) for alg in SIMPLE],
        *[signed(protected=b"\xa1" + label + b"\x28") for label in (*SIMPLE, b"\xf5", b"\xf4", b"\xf6", b"\x41\x01")],
        *[signed(protected=b"\xa2\x01\x28\x18\x63" + value) for value in SIMPLE],
        *[signed(protected=b"\xa2\x01\x28\x18\x63" + nested + b"\x00") for nested in (b"\x81" * 8, b"\xc6" * 8)],
        *[with_unprotected(b"\xa1\x18\x63" + value) for value in (*SIMPLE, b"\x81" * 6 + b"\x00")],
    ],
    ids=lambda message: message[3:40].hex(),
)
def test_what_no_scale_reads_is_no_message_to_the_host_either(firmware: Conversation, message: bytes) -> None:
    """RFC 8949 gives these one spelling each; RFC 9052 has no such label or algorithm, and no header needs the rest."""
    assert firmware.ask(f"decode1 {words(message)}") == "! malformed"
    with pytest.raises(cose.CoseError):
        cose.decode_sign1(message)
    assert not cose.verify1(message, KEY, DOWN)


@pytest.mark.parametrize(
    "message",
    [
        *[signed(protected=b"\xa2\x01\x28\x18\x63" + seven + b"\x00") for seven in (b"\x81" * 7, b"\xc6" * 7)],
        with_unprotected(b"\xa1\x18\x63" + b"\x81" * 5 + b"\x00"),
    ],
)
def test_the_deepest_header_that_a_scale_reads_is_read_by_the_host(firmware: Conversation, message: bytes) -> None:
    assert firmware.ask(f"verify1 {words(message, KEY, DOWN)}") == "True"
    assert cose.verify1(message, KEY, DOWN)


structures = st.builds(
    lambda tag, parts: cbor.encode(cbor.Tag(tag, parts) if tag else parts),
    st.sampled_from((None, 17, 18)),
    st.tuples(
        st.sampled_from((b"", b"\xa0", b"\xa1\x01\x28", b"\x80", b"\xa1\x02\x81\x04", b"\xa2\x01\x28\x04\x41\x00"))
        | st.sampled_from((b"\xa1\x01", b"\xa1\x18\x63")).flatmap(
            lambda label: st.sampled_from(SIMPLE).map(lambda value: label + value)
        ),
        st.dictionaries(
            st.integers(0, 5) | st.sampled_from(("alg", "kid", b"kid", True)),
            st.integers(-(2**64), 2**64 - 1) | st.sampled_from((0.5, cbor2.undefined, cbor2.CBORSimpleValue(7))),
            max_size=3,
        ),
        st.binary(max_size=4) | st.none(),
        st.binary(max_size=4) | st.integers(0, 3),
    ).map(list),
)


@one_process
@given(structures)
def test_messages_of_any_shape_get_the_verdict_of_the_host(firmware: Conversation, message: bytes) -> None:
    assert_like_the_host(firmware, message)


@settings(one_process, max_examples=30)
@given(st.integers(1, p256.ORDER - 1))
def test_identities_are_those_of_the_host(firmware: Conversation, scalar: int) -> None:
    private_key = scalar.to_bytes(32, "big")
    message = bytes.fromhex(firmware.ask(f"statement {words(private_key, b'')}"))
    kid = identity.kid(p256.public_key(private_key))
    assert cose.decode_sign1(message).protected == cbor.encode({1: -9, 4: kid})
