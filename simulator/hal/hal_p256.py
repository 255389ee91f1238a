"""P-256 as a secure element computes it: plain affine results by Jacobian double-and-add, of the chip's own making.

It shares nothing with the agent's arithmetic, so that neither can confirm the other's mistake.
"""

P = 2**256 - 2**224 + 2**192 + 2**96 - 1
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
_BASE = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)


def _double(point):
    x, y, z = point
    if not z:
        return point
    yy, zz = y * y % P, z * z % P
    s = 4 * x * yy % P
    m = 3 * (x - zz) * (x + zz) % P
    x3 = (m * m - 2 * s) % P
    return x3, (m * (s - x3) - 8 * yy * yy) % P, 2 * y * z % P


def _add(point, x2, y2):
    x1, y1, z1 = point
    if not z1:
        return x2, y2, 1
    zz = z1 * z1 % P
    h, r = (x2 * zz - x1) % P, (y2 * zz * z1 - y1) % P
    if not h:
        return (0, 1, 0) if r else _double(point)
    hh = h * h % P
    v, hhh = x1 * hh % P, h * hh % P
    x3 = (r * r - hhh - 2 * v) % P
    return x3, (r * (v - x3) - y1 * hhh) % P, z1 * h % P


def _multiply(scalar, x, y):
    point = (0, 1, 0)
    for place in range(255, -1, -1):
        point = _double(point)
        if scalar >> place & 1:
            point = _add(point, x, y)
    x, y, z = point
    inverse = pow(z, P - 2, P)
    square = inverse * inverse % P
    return x * square % P, y * square * inverse % P


def scalar(random):
    """A number from 1 to N − 1 by `random(n)`, n random bytes."""
    while True:
        number = int.from_bytes(random(32), "big")
        if 0 < number < N:
            return number


def public_key(d):
    """The 64 bytes x‖y of the key `d`."""
    x, y = _multiply(d, *_BASE)
    return x.to_bytes(32, "big") + y.to_bytes(32, "big")


def sign(d, digest, random):
    """The 64 bytes r‖s of `d` over a 32-byte digest; s as it comes, high as often as low."""
    while True:
        k = scalar(random)
        r = _multiply(k, *_BASE)[0] % N
        s = pow(k, N - 2, N) * (int.from_bytes(digest, "big") + r * d) % N
        if r and s:
            return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def agree(d, point):
    """The 32-byte x of `d` times the point x‖y; None where that is not on the curve."""
    x, y = int.from_bytes(point[:32], "big"), int.from_bytes(point[32:], "big")
    if x >= P or y >= P or (y * y - x * x * x + 3 * x - _B) % P:
        return None
    return _multiply(d, x, y)[0].to_bytes(32, "big")
