"""Arithmetic on P-256 (SEC 2 §2.4.2) in MicroPython's own integers: inversion, points, multiples of G, u1·G + u2·Q.

Points are Jacobian triples (x, y, z) reduced modulo P, standing for (x/z², y/z³); z = 0 is the point at infinity. What
takes long is a generator that yields at least every 0.5 million instructions of a Cortex-M and returns its result: the
search for free heap may add to them half as much again.
"""

from micropython import const

from p256_tables import COMB

P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B

_INFINITY = (1, 1, 0)
_COLUMNS = const(16)  # columns of the comb for each of its two tables


def on_curve(x, y):
    """Return whether (x, y) are the coordinates of a point (SEC 1 §3.2.2.1, steps 2 and 3; the cofactor is 1)."""
    return x < P and y < P and (y * y - (x * x - 3) * x - _B) % P == 0


def inverse_steps(value, modulus):
    """Return value⁻¹ modulo a prime by extended Euclid; `value` lies in 1 … modulus − 1."""
    u, v, s, t = value, modulus, 1, 0
    count = 0
    while u != 1:
        # s·value ≡ u and t·value ≡ v hold throughout.
        quotient, rest = divmod(v, u)
        v, u = u, rest
        t, s = s, t - quotient * s
        count += 1
        if not count & 63:
            yield
    return s % modulus


def double(x, y, z):
    """Return 2·(x, y, z), for a = −3 (Jacobian, 8 multiplications)."""
    delta = z * z % P
    gamma = y * y % P
    beta = 4 * x * gamma % P
    alpha = 3 * (x - delta) * (x + delta) % P
    x3 = (alpha * alpha - beta - beta) % P
    return x3, (alpha * (beta - x3) - 8 * gamma * gamma) % P, (y + y) * z % P


def add(x1, y1, z1, x2, y2):
    """Return (x1, y1, z1) + (x2, y2), whatever the two are but for (x2, y2) at infinity (mixed, 11 multiplications).

    The formulas do not use the curve's coefficients: they hold on every curve isomorphic to it.
    """
    if not z1:
        return x2, y2, 1
    zz = z1 * z1 % P
    h = x2 * zz % P - x1
    r = y2 * (zz * z1 % P) % P - y1
    if not h:
        return _INFINITY if r else double(x1, y1, z1)
    hh = h * h % P
    hhh = h * hh % P
    v = x1 * hh % P
    x3 = (r * r - hhh - v - v) % P
    return x3, (r * (v - x3) - y1 * hhh) % P, z1 * h % P


def affine_steps(x, y, z):
    """Return (x/z², y/z³) of a point that is not at infinity."""
    inverse = yield from inverse_steps(z, P)
    square = inverse * inverse % P
    return x * square % P, y * (square * inverse % P) % P


class _Comb:
    """The signed digits of a scalar from 0 to N, as the points of the tables that its columns select.

    An odd number below 2²⁵⁶ is Σ ± 2ⁱ over all 256 places; bit i of (number + 2²⁵⁶ − 1) / 2 tells the sign. For an even
    scalar N − scalar is taken, and every point negated. (Hedabou, Pinel, Bénéteau: signed comb of width 8.)
    """

    def __init__(self, scalar):
        self.negate = not scalar & 1
        odd = N - scalar if self.negate else scalar
        self.signs = (odd >> 1 | 1 << 255).to_bytes(32, "little")

    def point(self, column):
        """Return (x, y) for a column from 0 to 31: one of eight places that are 32 apart."""
        place = column >> 3
        shift = column & 7
        index = 0
        for at in range(place + 28, -1, -4):
            index = index << 1 | self.signs[at] >> shift & 1
        # The eighth tooth is positive in the table: for a negative one take the point of all signs turned, negated.
        negative = index < 0x80
        at = ((index ^ 0xFF if negative else index) & 0x7F | column >> 4 << 7) << 6
        y = int.from_bytes(COMB[at + 32 : at + 64], "big")
        return int.from_bytes(COMB[at : at + 32], "big"), (y, P - y)[negative != self.negate]


def multiply_base_steps(scalar, blind=1):
    """Return scalar·G for a scalar from 1 to N − 1; `blind`, from 1 to P − 1, makes the coordinates random."""
    comb = _Comb(scalar)
    x, y = comb.point(2 * _COLUMNS - 1)
    square = blind * blind % P
    x, y, z = add(x * square % P, y * (square * blind % P) % P, blind, *comb.point(_COLUMNS - 1))
    for column in range(_COLUMNS - 2, -1, -1):
        yield
        x, y, z = double(x, y, z)
        x, y, z = add(x, y, z, *comb.point(column + _COLUMNS))
        yield
        x, y, z = add(x, y, z, *comb.point(column))
    return x, y, z


def odd_multiples_steps(x, y):
    """Return [(x, y) of Q, 3·Q, 5·Q, 7·Q] in affine coordinates, for a point Q.

    On the isomorphic curve on which 2·Q has z = 1 every further one is a mixed addition; one inversion brings all back.
    """
    step_x, step_y, step_z = double(x, y, 1)
    square = step_z * step_z % P
    point = (x * square % P, y * (square * step_z % P) % P, 1)
    jacobian = []
    products = [1]
    for _ in range(3):
        yield
        point = add(*point, step_x, step_y)
        z = point[2] * step_z % P
        jacobian.append((point[0], point[1], z))
        products.append(products[-1] * z % P)
    multiples = [(x, y)] * 4
    inverse = yield from inverse_steps(products[3], P)
    for i in range(2, -1, -1):
        yield
        # `inverse` is that of the product of the first i + 1 z.
        x3, y3, z = jacobian[i]
        z_inverse = inverse * products[i] % P
        inverse = inverse * z % P
        square = z_inverse * z_inverse % P
        multiples[i + 1] = (x3 * square % P, y3 * (square * z_inverse % P) % P)
    return multiples


def _non_adjacent(scalar):
    """Return the width-4 non-adjacent form of a scalar below 2²⁵⁶: 257 digits modulo 256, least significant first."""
    bits = scalar.to_bytes(34, "little")
    digits = bytearray(257)
    i = carry = 0
    while i < 257:
        window = (bits[i >> 3] | bits[(i >> 3) + 1] << 8) >> (i & 7) & 15
        if window & 1 == carry:
            i += 1
            continue
        window += carry
        carry = window >> 3
        digits[i] = (window - (carry << 4)) & 0xFF
        i += 4
    return digits


def add_multiples_steps(u1, u2, x, y):
    """Return u1·G + u2·Q for scalars from 0 to N − 1 and a point Q = (x, y); not for secrets: its way shows them.

    One chain of doublings serves both (Strauss): odd digits choose multiples of Q, and over the last sixteen doublings
    the comb adds G.
    """
    comb = _Comb(u1)
    digits = _non_adjacent(u2)
    multiples = yield from odd_multiples_steps(x, y)
    x, y, z = _INFINITY
    for i in range(256, -1, -1):
        if z:
            x, y, z = double(x, y, z)
        digit = digits[i]
        if digit:
            x2, y2 = multiples[(digit if digit < 128 else 256 - digit) >> 1]
            x, y, z = add(x, y, z, x2, y2 if digit < 128 else P - y2)
        if i < _COLUMNS:
            yield
            x, y, z = add(x, y, z, *comb.point(i + _COLUMNS))
            x, y, z = add(x, y, z, *comb.point(i))
        if i <= _COLUMNS or not i & 1:
            yield
    return x, y, z
