/* Checks P-256 signatures eight at a time. A 1 is a verdict; a 0 is none: the caller asks OpenSSL.

   A row is 160 bytes: r, s, the SHA-256 of what was signed, and x and y of the point, each 32 bytes, big-endian. */

#define BN_OPENSSL_DISABLE
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <crypto_mb/cpu_features.h>
#include <crypto_mb/ec_nistp256.h>

#include "on_curve.h"

#define LANES 8
#define NUMBER 32
#define ROW (5 * NUMBER)

/* The archive's variants for OpenSSL's numbers name these. Nothing here comes to them. */
#define NEVER(name) __attribute__((visibility("hidden"))) void name(void) { abort(); }
NEVER(BN_bin2bn)
NEVER(BN_bn2lebinpad)
NEVER(BN_is_word)
NEVER(BN_num_bits)
NEVER(ECDSA_SIG_get0)

static const uint8_t ORDER[NUMBER] = {
    0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51};
static const uint8_t PRIME[NUMBER] = {
    0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
static const uint8_t ZERO[NUMBER];

static int within(const uint8_t *number, const uint8_t *bound) {
    return memcmp(number, bound, NUMBER) < 0 && memcmp(number, ZERO, NUMBER) != 0;
}

/* The library takes a hash that is not below the order for another one. */
static void reduced(const uint8_t *hash, uint8_t *into) {
    memcpy(into, hash, NUMBER);
    if (memcmp(hash, ORDER, NUMBER) < 0) return;
    int borrow = 0;
    for (int at = NUMBER - 1; at >= 0; at--) {
        int digit = hash[at] - ORDER[at] - borrow;
        borrow = digit < 0;
        into[at] = (uint8_t)digit;
    }
}

/* x and y of a row as limbs, the lowest first. */
static void point(const uint8_t *row, uint64_t into[2][4]) {
    for (int at = 0; at < 8; at++) {
        uint64_t limb;
        memcpy(&limb, row + (4 + at / 4) * NUMBER - 8 * (at % 4 + 1), 8);
        into[at / 4][at % 4] = __builtin_bswap64(limb);
    }
}

int steelyard_can(void) { return mbx_is_crypto_mb_applicable(0) != 0; }

/* Sets a verdict for each row. `good` is a row with a good signature, for lanes that are left over; where the library
   does not find it good, nothing that it said of its neighbours counts. Gives how often that was so. */
int steelyard_verify(const uint8_t *rows, int count, const uint8_t *good, uint8_t *verdicts) {
    int doubtful = 0;
    for (int first = 0; first < count; first += LANES) {
        int used = count - first < LANES ? count - first : LANES;
        const int8u *r[LANES], *s[LANES], *hash[LANES];
        const int64u *x[LANES], *y[LANES];
        uint8_t hashes[LANES][NUMBER];
        uint64_t points[LANES][2][4];
        int asked[LANES];
        for (int lane = 0; lane < LANES; lane++) {
            const uint8_t *row = lane < used ? rows + (size_t)(first + lane) * ROW : good;
            asked[lane] = lane < used && within(row, ORDER) && within(row + NUMBER, ORDER) &&
                          memcmp(row + 3 * NUMBER, PRIME, NUMBER) < 0 && memcmp(row + 4 * NUMBER, PRIME, NUMBER) < 0;
            point(row, points[lane]);
            if (asked[lane]) asked[lane] = on_curve(points[lane][0], points[lane][1]);
            if (!asked[lane]) point(row = good, points[lane]);
            r[lane] = row;
            s[lane] = row + NUMBER;
            reduced(row + 2 * NUMBER, hashes[lane]);
            hash[lane] = hashes[lane];
            x[lane] = (const int64u *)points[lane][0];
            y[lane] = (const int64u *)points[lane][1];
        }
        mbx_status status = mbx_nistp256_ecdsa_verify_mb8(r, s, hash, x, y, NULL, NULL);
        int trusted = 1;
        for (int lane = 0; lane < LANES; lane++)
            if (!asked[lane] && MBX_GET_STS(status, lane) != MBX_STATUS_OK) trusted = 0;
        for (int lane = 0; lane < used; lane++)
            verdicts[first + lane] = trusted && asked[lane] && MBX_GET_STS(status, lane) == MBX_STATUS_OK;
        doubtful += !trusted;
    }
    return doubtful;
}
