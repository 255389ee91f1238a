"""P-256 by plain double-and-add, Jacobian coordinates: what signing and verifying of the agent are measured against.

The nonces and inversions are the agent's: only the multiplication is plain.
"""

import hashlib

from agent.wire import p256
from agent.wire.p256_curve import N, P, inverse_steps

G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)


def inverse(value, modulus):
    steps = inverse_steps(value, modulus)
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            return stop.value


def double(x, y, z):
    yy = y * y % P
    s = 4 * x * yy % P
    zz = z * z % P
    m = 3 * (x - zz) * (x + zz) % P
    x3 = (m * m - 2 * s) % P
    return x3, (m * (s - x3) - 8 * yy * yy) % P, 2 * y * z % P


def add(x1, y1, z1, x2, y2):
    zz = z1 * z1 % P
    h = (x2 * zz - x1) % P
    r = (y2 * zz * z1 - y1) % P
    hh = h * h % P
    hhh = h * hh % P
    v = x1 * hh % P
    x3 = (r * r - hhh - 2 * v) % P
    return x3, (r * (v - x3) - y1 * hhh) % P, z1 * h % P


def multiply(scalar, point):
    """Return scalar · point, affine: from the top bit down, a doubling for every bit and an addition for every one."""
    x, y, z = point[0], point[1], 1
    for bit in range(len(bin(scalar)) - 4, -1, -1):
        x, y, z = double(x, y, z)
        if scalar >> bit & 1:
            x, y, z = add(x, y, z, *point)
    z = inverse(z, P)
    zz = z * z % P
    return x * zz % P, y * (zz * z % P) % P


def plain_sign(private_key, message):
    digest = hashlib.sha256(message).digest()
    k = next(p256._nonces(private_key, digest))
    r = multiply(k, G)[0] % N
    s = inverse(k, N) * (int.from_bytes(digest, "big") + r * int.from_bytes(private_key, "big")) % N
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def plain_verify(public_key, message, signature):
    e = int.from_bytes(hashlib.sha256(message).digest(), "big")
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    q = int.from_bytes(public_key[1:33], "big"), int.from_bytes(public_key[33:], "big")
    w = inverse(s, N)
    x, y = multiply(e * w % N, G)
    x, y, z = add(x, y, 1, *multiply(r * w % N, q))
    z = inverse(z, P)
    return x * z * z % P % N == r
