"""The extension gives OpenSSL's verdicts, says yes to nothing that is bad, and is not used where it errs."""

import hashlib
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from kit import third_party
from kit.checkout import ROOT
from steelyard_protocol import p256, verifiers
from steelyard_protocol.verifiers import Multi, Signed, VerifierUnavailable

PRIME = 2**256 - 2**224 + 2**192 + 2**96 - 1
BASE = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
MUTATED = int(os.environ.get("STEELYARD_MUTATED_SIGNATURES", "4000"))
Point = tuple[int, int] | None


@pytest.fixture(scope="module")
def extension() -> Any:
    """The built extension; where it must be there it is an error if it is not."""
    try:
        return __import__("_steelyard_ifma")
    except ImportError:
        if os.environ.get("CI") and sys.platform == "linux":
            raise
        pytest.skip("steelyard-ifma is not built: make ifma")


@pytest.fixture(scope="module")
def multi(extension: Any) -> Multi:
    """The extension on a processor that can."""
    if not extension.lib.steelyard_can():
        pytest.skip("this processor lacks AVX-512 IFMA")
    return Multi(extension)


def signed(verdict: third_party.Verdict) -> Signed:
    return Signed(verdict.public_key, verdict.message, hashlib.sha256(verdict.message).digest(), verdict.signature)


@pytest.mark.parametrize("source", ["wycheproof_p1363", "wycheproof_der", "cavp_verify"])
def test_third_party_verdicts(multi: Multi, source: str) -> None:
    verdicts = getattr(third_party, source)()
    some, accepted = [signed(one) for one in verdicts], [one.accepted for one in verdicts]
    assert multi.verify(some) == verifiers.openssl(some) == accepted
    fit = [one for one in some if verifiers._fits(one)]
    assert [bool(one) for one in multi.confirmed(fit)] == verifiers.openssl(fit), "it leaves nothing good to OpenSSL"


def test_mutated_signatures(multi: Multi) -> None:
    """Each has one bit turned, in signature, hash or key, or none; a million were compared once."""
    chance = random.Random(MUTATED)
    keys = [chance.randbytes(32) for _ in range(20)]
    points = [p256.public_key(key) for key in keys]
    for start in range(0, MUTATED, 1000):
        some = []
        for at in range(min(1000, MUTATED - start)):
            which, message = chance.randrange(20), chance.randbytes(40)
            parts = [bytearray(points[which]), bytearray(message), bytearray(p256.sign(keys[which], message))]
            if at % 8:
                part = chance.choice(parts)
                part[chance.randrange(len(part))] ^= 1 << chance.randrange(8)
            point, text, signature = map(bytes, parts)
            some.append(Signed(point, text, hashlib.sha256(text).digest(), signature))
        expected = verifiers.openssl(some)
        assert multi.verify(some) == expected
        confirmed = multi.confirmed([one for one in some if verifiers._fits(one)])
        assert sum(confirmed) == sum(expected) > 100


@pytest.mark.parametrize("count", range(19))
def test_any_number_at_a_time(multi: Multi, count: int) -> None:
    good = verifiers.signed_for_test()
    bad = good._replace(digest=bytes(32), message=b"")
    some = [bad if at % 3 == 1 else good for at in range(count)]
    assert list(multi.confirmed(some)) == [at % 3 != 1 for at in range(count)]


@pytest.mark.parametrize("digest", [p256.ORDER + 5, 2**256 - 1, p256.ORDER - 1])
def test_a_hash_that_is_not_below_the_order_counts_modulo_it(multi: Multi, digest: int) -> None:
    assert list(multi.confirmed([made(times(9, BASE), digest)])) == [1]


def test_a_signature_of_a_point_beside_the_curve_is_not_confirmed(multi: Multi) -> None:
    """The library alone finds each of these good: no step of its arithmetic needs the point to be on the curve."""
    chance = random.Random(1)
    beside = [made((chance.randrange(PRIME), chance.randrange(PRIME)), None) for _ in range(16)]
    on = [made(times(7 + at, BASE), None) for at in range(16)]
    assert list(multi.confirmed([*on, *beside])) == [1] * 16 + [0] * 16


def test_numbers_out_of_range_are_not_confirmed(multi: Multi) -> None:
    good = verifiers.signed_for_test()
    r, s, key = good.signature[:32], good.signature[32:], good.public_key
    order, prime = p256.ORDER.to_bytes(32, "big"), PRIME.to_bytes(32, "big")
    wrong = [bytes(32) + s, r + bytes(32), order + s, r + order, b"\xff" * 64, bytes(64)]
    some = [good._replace(signature=one) for one in wrong]
    some += [good._replace(public_key=one) for one in (bytes(65), key[:33] + prime, b"\x04" + prime + key[33:])]
    assert not any(multi.confirmed(some))
    assert not any(multi.verify([*some, good._replace(signature=good.signature[:63]), good._replace(public_key=b"")]))


def add(one: Point, other: Point) -> Point:
    """The sum of two points, by formulas that do not ask for the curve."""
    if one is None or other is None:
        return one or other
    (x, y), (u, v) = one, other
    if x == u and (y + v) % PRIME == 0:
        return None
    slope = (3 * x * x - 3) * pow(2 * y, -1, PRIME) if x == u else (v - y) * pow(u - x, -1, PRIME)
    w = (slope * slope - x - u) % PRIME
    return w, (slope * (x - w) - y) % PRIME


def times(factor: int, point: Point) -> Point:
    found: Point = None
    for bit in f"{factor:b}":
        found = add(found, found)
        found = add(found, point) if bit == "1" else found
    return found


def made(point: Point, digest: int | None) -> Signed:
    """A signature that holds for a point of which nobody knows the key, or with the key 9 for a given hash."""
    assert point is not None
    if digest is None:
        first, second = 0xABCDEF << 200 | 77, 0x123457 << 190 | 3
        common = add(times(first, BASE), times(second, point))
        assert common is not None
        r = common[0] % p256.ORDER
        s = r * pow(second, -1, p256.ORDER) % p256.ORDER
        digest = first * s % p256.ORDER
    else:
        nonce = times(12345, BASE)
        assert nonce is not None
        r = nonce[0] % p256.ORDER
        s = (digest + 9 * r) * pow(12345, -1, p256.ORDER) % p256.ORDER
    numbers = [number.to_bytes(32, "big") for number in (*point, digest, r, s)]
    return Signed(b"\x04" + numbers[0] + numbers[1], b"", numbers[2], numbers[3] + numbers[4])


# ---- where it is not to be trusted -----------------------------------------------------------------------------------


def broken(verify: Callable[[int, bytearray], None], *, can: bool = True) -> Any:
    """An extension that answers as told."""

    def answer(_rows: bytes, count: int, _good: bytes, verdicts: bytearray) -> int:
        verify(count, verdicts)
        return 0

    lib = SimpleNamespace(steelyard_can=lambda: int(can), steelyard_verify=answer)
    return SimpleNamespace(lib=lib, ffi=SimpleNamespace(from_buffer=lambda buffer: buffer))


def says(digit: int) -> Callable[[int, bytearray], None]:
    def answer(count: int, verdicts: bytearray) -> None:
        verdicts[:] = bytes([digit]) * count

    return answer


@pytest.mark.parametrize(
    ("extension", "why"),
    [
        (broken(says(1)), "wrong answer"),
        (broken(says(0)), "wrong answer"),
        (broken(says(1), can=False), "processor"),
        (None, "not installed"),
    ],
)
def test_one_that_cannot_be_used_is_refused_with_the_reason(
    monkeypatch: pytest.MonkeyPatch, extension: Any, why: str
) -> None:
    monkeypatch.setitem(sys.modules, "_steelyard_ifma", extension)
    with pytest.raises(VerifierUnavailable, match=f"OpenSSL.*{why}"):
        verifiers.ifma()


def test_every_no_goes_to_openssl(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bytes] = []
    verify = p256.verify

    def counted(public_key: bytes, message: bytes, signature: bytes) -> bool:
        asked.append(signature)
        return verify(public_key, message, signature)

    good = verifiers.signed_for_test()
    bad = good._replace(signature=bytes(64))
    monkeypatch.setattr(p256, "verify", counted)
    assert Multi(broken(says(0))).verify([good, bad]) == [True, False]
    assert asked == [good.signature, bad.signature]


def test_without_a_compiler_the_build_ends_with_a_sentence() -> None:
    compiler = subprocess.run(
        [sys.executable, "setup.py", "build_ext"],
        cwd=ROOT / "cloud" / "ifma",
        env=os.environ | {"CC": "no-such-compiler"},
        capture_output=True,
        text=True,
    )
    assert compiler.returncode == 1
    expected = "needs a C compiler" if sys.platform == "linux" else "for Linux on x86-64 alone"
    assert expected in compiler.stderr
    assert "Traceback" not in compiler.stderr


@pytest.mark.skipif(not shutil.which("readelf"), reason="binutils are not installed")
def test_it_needs_nothing_but_the_c_library(extension: Any) -> None:
    found = subprocess.run(["readelf", "-dW", extension.__file__], capture_output=True, text=True, check=True).stdout
    assert [line.split("[")[1].rstrip("]") for line in found.splitlines() if "(NEEDED)" in line] == ["libc.so.6"]
