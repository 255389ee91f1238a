"""ECDSA of the firmware in real MicroPython, held to the verdicts of others and to two other implementations."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import ecdsa
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from ecdsa.util import sigencode_string
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from kit import third_party
from kit.micropython import FIRMWARE, Conversation, MicroPython

CURVE = ecdsa.NIST256p
N = CURVE.order

one_process = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)

private_keys = (st.integers(1, N - 1) | st.integers(1, 40) | st.integers(1, 40).map(lambda d: N - d)).map(
    lambda d: d.to_bytes(32, "big")
)
# Scalars whose digits run into every special case of the additions: near 0, near N, near powers of two.
scalars = (
    st.integers(0, N - 1)
    | st.integers(0, 40)
    | st.integers(1, 40).map(lambda k: N - k)
    | st.builds(lambda power, sign: (2**power + sign) % N, st.integers(0, 256), st.sampled_from((-1, 0, 1)))
)


@pytest.fixture(scope="module")
def firmware(micropython: MicroPython) -> Iterator[Conversation]:
    with micropython.start("signing_answers.py") as conversation:
        yield conversation


def words(*parts: bytes) -> str:
    return " ".join(part.hex() or "-" for part in parts)


def verify(firmware: Conversation, public_key: bytes, message: bytes, signature: bytes) -> bool:
    return {"True": True, "False": False}[firmware.ask(f"verify {words(public_key, message, signature)}")]


def sign(firmware: Conversation, private_key: bytes, message: bytes) -> bytes:
    return bytes.fromhex(firmware.ask(f"sign {words(private_key, message)}"))


@pytest.mark.parametrize(
    ("cases", "count", "accepted"),
    [
        (third_party.wycheproof_p1363, 262, 173),
        (third_party.wycheproof_der, 249, 174),
        (third_party.cavp_verify, 30, 18),
    ],
)
def test_verdicts_of_others_hold(firmware: Conversation, cases: object, count: int, accepted: int) -> None:
    verdicts = cases()  # type: ignore[operator]
    wrong = [case.name for case in verdicts if verify(firmware, *case[1:4]) != case.accepted]
    assert wrong == []
    assert (len(verdicts), sum(case.accepted for case in verdicts)) == (count, accepted)


def test_a_high_s_is_accepted(firmware: Conversation) -> None:
    high = [
        case
        for case in third_party.wycheproof_p1363()
        if case.accepted and int.from_bytes(case.signature[32:]) > N // 2
    ]
    assert len(high) == 70
    assert all(verify(firmware, *case[1:4]) for case in high)


def test_public_keys_of_cavp(firmware: Conversation) -> None:
    pairs = third_party.cavp_keys()
    assert len(pairs) == 15
    assert [firmware.ask(f"public {private_key.hex()}") for private_key, _ in pairs] == [key.hex() for _, key in pairs]


def test_signatures_are_those_of_rfc_6979(firmware: Conversation) -> None:
    cases = third_party.rfc6979_package()
    assert [case.message for case in cases] == [b"sample", b"test"]
    assert [sign(firmware, *case[:2]) for case in cases] == [case.signature for case in cases]


def test_a_rejected_nonce_gives_way_to_the_next(firmware: Conversation, vectors: Path) -> None:
    cases = third_party.rfc6979_folder(vectors)
    assert len(cases) == 3
    assert [sign(firmware, *case[:2]) for case in cases] == [case.signature for case in cases]


@one_process
@given(private_keys, st.binary(max_size=200))
def test_what_the_firmware_signs_two_others_sign_and_verify_alike(
    firmware: Conversation, private_key: bytes, message: bytes
) -> None:
    signature = sign(firmware, private_key, message)
    other = ecdsa.SigningKey.from_string(private_key, CURVE)

    assert signature == other.sign_deterministic(message, sha256, sigencode_string)
    public_key = b"\x04" + other.verifying_key.to_string()
    assert firmware.ask(f"public {private_key.hex()}") == public_key.hex()
    host = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public_key)
    encoded = utils.encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
    host.verify(encoded, message, ec.ECDSA(hashes.SHA256()))


@one_process
@given(private_keys, st.binary(max_size=200), st.integers(0, 8 * 64 - 1))
def test_what_the_host_signs_the_firmware_verifies_but_with_no_bit_changed(
    firmware: Conversation, private_key: bytes, message: bytes, bit: int
) -> None:
    key = ec.derive_private_key(int.from_bytes(private_key, "big"), ec.SECP256R1())
    numbers = key.public_key().public_numbers()
    public_key = b"\x04" + numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")
    r, s = utils.decode_dss_signature(key.sign(message, ec.ECDSA(hashes.SHA256())))
    signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    assert verify(firmware, public_key, message, signature)
    changed = bytearray(signature)
    changed[bit >> 3] ^= 1 << (bit & 7)
    assert not verify(firmware, public_key, message, bytes(changed))
    assert not verify(firmware, public_key, message + b"\0", signature)


@settings(one_process, max_examples=150)
@given(scalars, scalars, scalars.filter(bool))
@example(0, 0, 1)
@example(1, 1, 1)
@example(1, N - 1, 1)
@example(2, N - 1, 2)
@example(0, 1, N - 1)
@example(N - 1, N - 1, N - 1)
@example(2**16, 1, 2**240)
def test_multiples_add_up_in_every_special_case(firmware: Conversation, u1: int, u2: int, q: int) -> None:
    """u1·G + u2·q·G for points Q that are themselves small, negative or near multiples of G."""
    point = (CURVE.generator * q).to_affine()
    key = b"\x04" + int(point.x()).to_bytes(32, "big") + int(point.y()).to_bytes(32, "big")
    answer = firmware.ask(f"combine {u1:064x} {u2:064x} {key.hex()}")
    total = (u1 + u2 * q) % N
    if not total:
        assert answer == "infinity"
        return
    expected = (CURVE.generator * total).to_affine()
    assert answer == f"{int(expected.x()):064x}{int(expected.y()):064x}"


def test_the_inside_keeps_its_promises(micropython: MicroPython) -> None:
    """Malformed input, key ranges, blinding, and the heap it takes: `target/p256_edges.py`."""
    case = third_party.rfc6979_package()[0]
    r, s = (int.from_bytes(half, "big") for half in (case.signature[:32], case.signature[32:]))
    digest = hashes.Hash(hashes.SHA256())
    digest.update(case.message)
    e = int.from_bytes(digest.finalize(), "big")
    nonce = (e + r * int.from_bytes(case.private_key, "big")) * pow(s, -1, N) % N
    arguments = (case.private_key, case.message, nonce.to_bytes(32, "big"), case.signature)
    assert micropython("p256_edges.py", *(part.hex() for part in arguments)).stdout == "ok\n"


def test_tables_are_those_that_their_script_makes_and_hold_the_points_they_name() -> None:
    script = runpy.run_path(str(FIRMWARE / "scripts" / "p256_tables.py"))
    assert (FIRMWARE / "p256_tables.py").read_text() == script["source"]()
    comb = runpy.run_path(str(FIRMWARE / "p256_tables.py"))["COMB"]
    assert len(comb) == 2 * 128 * 64
    for number in range(256):
        table, index = divmod(number, 128)
        signs = sum((1 if index >> t & 1 else -1) << 32 * t for t in range(7)) + (1 << 224)
        point = (CURVE.generator * (signs << 16 * table)).to_affine()
        assert comb[64 * number : 64 * number + 64] == int(point.x()).to_bytes(32, "big") + int(point.y()).to_bytes(
            32, "big"
        )
