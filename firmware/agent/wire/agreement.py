"""What two keys agree on: ECDH on P-256 (SP 800-56A 5.7.1.2) and HKDF with SHA-256 (RFC 5869). Loaded when used.

The multiplication does the same operations in the same order whatever the scalar is, from random projective
coordinates on, as signing does.
"""

from micropython import const

from agent.wire import p256_curve
from agent.wire.hmac import hmac_sha256
from agent.wire.p256_curve import N, P

# Signed digits of three bits, all odd: 86 of them for any odd number below 2²⁵⁸.
_DIGITS = const(86)
_HASH_BYTES = const(32)


def agree_steps(private_key, public_key, random):
    """Return in steps the 32-byte x of private key (32 bytes) times public key (65-byte SEC 1 point).

    `random(n)` gives n random bytes. ValueError for a public key that is no point of the curve.
    """
    x = int.from_bytes(public_key[1:33], "big")
    y = int.from_bytes(public_key[33:], "big")
    if len(public_key) != 65 or public_key[0] != 4 or not p256_curve.on_curve(x, y):
        raise ValueError("the other key is no point of P-256")
    yield
    blind = 1 + int.from_bytes(random(32), "big") % (P - 1)
    point = yield from _multiply_steps(int.from_bytes(private_key, "big"), x, y, blind)
    x, _ = yield from p256_curve.affine_steps(*point)
    return x.to_bytes(32, "big")


def _multiply_steps(scalar, x, y, blind):
    """Return scalar·Q or its negative, whose x is the same, for a scalar from 1 to N − 1 and a point Q = (x, y)."""
    digits = _odd_digits((N - scalar, scalar)[scalar & 1])
    multiples = yield from p256_curve.odd_multiples_steps(x, y)
    x, y = _chosen(multiples, digits[_DIGITS - 1])
    square = blind * blind % P
    x, y, z = x * square % P, y * (square * blind % P) % P, blind
    for place in range(_DIGITS - 2, -1, -1):
        yield
        x, y, z = p256_curve.double(*p256_curve.double(x, y, z))
        yield
        x, y, z = p256_curve.double(x, y, z)
        x, y, z = p256_curve.add(x, y, z, *_chosen(multiples, digits[place]))
    return x, y, z


def _odd_digits(odd):
    """Return the digits d from −7 to 7 of an odd number, Σ d·8ⁱ, each as d + 8, the least significant first.

    (Joye and Tunstall: exponent recoding without zeros.)
    """
    digits = bytearray(_DIGITS)
    for place in range(_DIGITS - 1):
        digits[place] = odd & 15
        odd = (odd >> 3) | 1
    digits[_DIGITS - 1] = odd + 8
    return digits


def _chosen(multiples, digit):
    """Return d·Q of [Q, 3·Q, 5·Q, 7·Q] for a digit d + 8."""
    negative = digit < 8
    x, y = multiples[(8 - digit, digit - 8)[not negative] >> 1]
    return x, (y, P - y)[negative]


def derive(secret, info):
    """Return 32 bytes for `info` from a shared secret: HKDF without salt, one block."""
    return hmac_sha256(hmac_sha256(bytes(_HASH_BYTES), secret), info + b"\x01")
