"""ECDSA on P-256 with SHA-256 (FIPS 186-5, SEC 1 §4.1), nonces after RFC 6979; nothing here knows message formats.

Signing is blinded: the multiplication starts from random projective coordinates, and k⁻¹ and the private key enter the
arithmetic only times a fresh random factor. Every operation also comes as `…_steps`: a generator that yields at least
every 0.7 million instructions of a Cortex-M and returns the result. `random` is a function n → n random bytes.
"""

import hashlib

from agent.wire import p256_curve
from agent.wire.hmac import hmac_sha256
from agent.wire.p256_curve import N, P

_BYTES = (bytes, bytearray, memoryview)
_HALF = (N >> 1).to_bytes(32, "big")
_DRAWS = 64


def verify_steps(public_key, message, signature):
    """Return in steps what `verify` returns."""
    # SEC 1 §2.3.4: the point is of uncompressed form and on the curve.
    for part in (public_key, message, signature):
        if not isinstance(part, _BYTES):
            return False
    if len(public_key) != 65 or public_key[0] != 4 or len(signature) != 64:
        return False
    x = int.from_bytes(public_key[1:33], "big")
    y = int.from_bytes(public_key[33:], "big")
    if not p256_curve.on_curve(x, y):
        return False
    # SEC 1 §4.1.4, steps 1 to 8.
    r = int.from_bytes(signature[:32], "big")
    s = int.from_bytes(signature[32:], "big")
    if not 0 < r < N or not 0 < s < N:
        return False
    e = int.from_bytes(hashlib.sha256(message).digest(), "big")
    w = yield from p256_curve.inverse_steps(s, N)
    yield
    x, _, z = yield from p256_curve.add_multiples_steps(e * w % N, r * w % N, x, y)
    if not z:
        return False
    # v = r is asked without the inversion of z: x/z² is r, or r + n where that is below p.
    zz = z * z % P
    return x == r * zz % P or (r + N < P and x == (r + N) * zz % P)


def verify(public_key, message, signature):
    """Return whether `signature` (64 bytes, r‖s) over the bytes `message` is that of `public_key` (65 bytes, SEC 1).

    Plain ECDSA: a high s is accepted. Whatever is malformed is False; nothing raises.
    """
    return _drive(verify_steps(public_key, message, signature))


def sign_steps(private_key, message, random):
    """Return in steps what `sign` returns."""
    d = _scalar(private_key)
    digest = hashlib.sha256(message).digest()
    e = int.from_bytes(digest, "big")
    # RFC 6979 §2.4 (SEC 1 §4.1.3), with every k of §3.2 until r and s are both non-zero.
    for k in _nonces(private_key, digest):
        yield
        x, y, z = yield from p256_curve.multiply_base_steps(k, _blind(random, P))
        yield
        x, _ = yield from p256_curve.affine_steps(x, y, z)
        yield
        r = x % N
        # s = (e + r·d) / k, as (e·b + r·(d·b)) / (k·b): what meets r, e or the inversion is never k or d itself.
        b = _blind(random, N)
        inverse = yield from p256_curve.inverse_steps(k * b % N, N)
        s = inverse * (e * b + r * (d * b % N)) % N
        if r and s:
            return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def sign(private_key, message, random):
    """Return RFC 6979's own signature (64 bytes, r‖s, s not lowered) over the bytes `message` by a 32-byte private key.

    ValueError if the private key is not 32 bytes with a value from 1 to n − 1.
    """
    return _drive(sign_steps(private_key, message, random))


def lower(signature):
    """Return the 64-byte signature with n − s for s where s > n/2: just as good, and the only low one of the two."""
    if is_low(signature):
        return signature
    return signature[:32] + (N - int.from_bytes(signature[32:], "big")).to_bytes(32, "big")


def is_low(signature):
    """Return whether the s of a 64-byte signature is at most n/2; False for any other length."""
    return len(signature) == 64 and signature[32:] <= _HALF


def make_key(random):
    """Return a new private key, 32 bytes, uniform from 1 to n − 1 (FIPS 186-5 §A.2.2, rejection sampling)."""
    for _ in range(_DRAWS):
        key = random(32)
        if 0 < int.from_bytes(key, "big") < N:
            return key
    raise ValueError("no private key in %d draws: the random source is broken" % _DRAWS)


def public_key_steps(private_key, random=None):
    """Return in steps what `public_key` returns."""
    point = yield from p256_curve.multiply_base_steps(_scalar(private_key), _blind(random, P) if random else 1)
    yield
    x, y = yield from p256_curve.affine_steps(*point)
    return b"\x04" + x.to_bytes(32, "big") + y.to_bytes(32, "big")


def public_key(private_key, random=None):
    """Return the public key (65-byte SEC 1 point) of a 32-byte private key; given `random`, the way is blinded."""
    return _drive(public_key_steps(private_key, random))


def _drive(steps):
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            return stop.value


def _scalar(private_key):
    scalar = int.from_bytes(private_key, "big")
    if len(private_key) != 32 or not 0 < scalar < N:
        raise ValueError("a private key has 32 bytes and a value from 1 to n - 1")
    return scalar


def _blind(random, modulus):
    return 1 + int.from_bytes(random(32), "big") % (modulus - 1)


def _nonces(private_key, digest):
    """Yield the candidates for k from 1 to n − 1, without end (RFC 6979 §3.2; `digest` is the h1 of its step a)."""
    seed = private_key + (int.from_bytes(digest, "big") % N).to_bytes(32, "big")
    v = b"\x01" * 32  # b.
    key = bytes(32)  # c.
    key = hmac_sha256(key, v + b"\x00" + seed)  # d.
    v = hmac_sha256(key, v)  # e.
    key = hmac_sha256(key, v + b"\x01" + seed)  # f.
    v = hmac_sha256(key, v)  # g.
    while True:
        v = hmac_sha256(key, v)  # h.1 and h.2: one block is the length of n.
        k = int.from_bytes(v, "big")
        if 0 < k < N:
            yield k
        key = hmac_sha256(key, v + b"\x00")  # h.3
        v = hmac_sha256(key, v)
