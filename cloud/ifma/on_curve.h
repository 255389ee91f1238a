/* Whether a point is on P-256: the library does not ask, and finds signatures good that a point beside the curve makes.

   Numbers are four limbs, the lowest first; multiplication is Montgomery's, for which the prime is -1 modulo 2^64. */

#include <stdint.h>

typedef unsigned __int128 wide;

static const uint64_t MODULUS[4] = {0xFFFFFFFFFFFFFFFF, 0x00000000FFFFFFFF, 0, 0xFFFFFFFF00000001};
static const uint64_t SQUARE[4] = {3, 0xFFFFFFFBFFFFFFFF, 0xFFFFFFFFFFFFFFFE, 0x00000004FFFFFFFD}; /* 2^512 */
static const uint64_t B[4] = {0x3BCE3C3E27D2604B, 0x651D06B0CC53B0F6, 0xB3EBBD55769886BC, 0x5AC635D8AA3A93E7};
static const uint64_t THREE[4] = {3, 0, 0, 0};

/* a − b modulo the prime, for numbers below it. */
static void minus(const uint64_t a[4], const uint64_t b[4], uint64_t out[4]) {
    uint64_t borrow = 0;
    for (int at = 0; at < 4; at++) {
        wide digit = (wide)a[at] - b[at] - borrow;
        out[at] = (uint64_t)digit;
        borrow = (uint64_t)(digit >> 64) & 1;
    }
    for (uint64_t at = 0, carry = 0; borrow && at < 4; at++) {
        wide digit = (wide)out[at] + MODULUS[at] + carry;
        out[at] = (uint64_t)digit;
        carry = (uint64_t)(digit >> 64);
    }
}

static int below(const uint64_t a[4], const uint64_t b[4]) {
    for (int at = 3; at >= 0; at--)
        if (a[at] != b[at]) return a[at] < b[at];
    return 0;
}

static void times(const uint64_t a[4], const uint64_t b[4], uint64_t out[4]) {
    uint64_t t[6] = {0};
    for (int i = 0; i < 4; i++) {
        wide v = 0;
        for (int j = 0; j < 4; j++) {
            v = (wide)a[j] * b[i] + t[j] + (uint64_t)(v >> 64);
            t[j] = (uint64_t)v;
        }
        v = (wide)t[4] + (uint64_t)(v >> 64);
        t[4] = (uint64_t)v;
        t[5] = (uint64_t)(v >> 64);
        uint64_t m = t[0];
        v = (wide)m * MODULUS[0] + t[0];
        for (int j = 1; j < 4; j++) {
            v = (wide)m * MODULUS[j] + t[j] + (uint64_t)(v >> 64);
            t[j - 1] = (uint64_t)v;
        }
        v = (wide)t[4] + (uint64_t)(v >> 64);
        t[3] = (uint64_t)v;
        t[4] = t[5] + (uint64_t)(v >> 64);
    }
    if (t[4] || !below(t, MODULUS)) {
        uint64_t borrow = 0;
        for (int at = 0; at < 4; at++) {
            wide digit = (wide)t[at] - MODULUS[at] - borrow;
            t[at] = (uint64_t)digit;
            borrow = (uint64_t)(digit >> 64) & 1;
        }
    }
    for (int at = 0; at < 4; at++) out[at] = t[at];
}

/* y² = x³ − 3x + b, for coordinates below the prime. */
static int on_curve(const uint64_t x[4], const uint64_t y[4]) {
    uint64_t u[4], v[4], w[4], right[4], left[4];
    times(x, SQUARE, u);
    times(y, SQUARE, v);
    times(v, v, left);
    times(u, u, right);
    times(THREE, SQUARE, w);
    minus(right, w, right);
    times(right, u, right);
    times(B, SQUARE, w);
    minus(left, right, left);
    minus(left, w, left);
    return !(left[0] | left[1] | left[2] | left[3]);
}
