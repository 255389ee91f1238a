"""Writes `p256_tables.py`: the signed comb by which the firmware multiplies the base point of P-256.

Runs on a PC: `python firmware/scripts/p256_tables.py`. The arithmetic here is the textbook's, affine, and shares
nothing with the firmware's.
"""

from pathlib import Path

P = 2**256 - 2**224 + 2**192 + 2**96 - 1
GX = 0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296
GY = 0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5
TEETH = 8
TABLES = 2
SPACING = 256 // TEETH

HEADER = '''"""Points of the signed comb over the base point of P-256: made by `scripts/p256_tables.py`, never by hand.

Two tables of 128 points of 64 bytes, x and y, big-endian. Point i of table m is
2^(16 m) · (2^224 + Σ ± 2^(32 t), t from 0 to 6) · G, with + where bit t of i is set and - where it is not.
They lie beside the loader, so that an update need not bring 16 KB that never change.
"""
# One point a line. ruff: noqa: E501

COMB = (
'''

Point = tuple[int, int]


def add(left: Point, right: Point) -> Point:
    """Return the sum of two points of P-256 whose sum is not the point at infinity (SEC 1 §2.2.1)."""
    (x1, y1), (x2, y2) = left, right
    slope = (3 * x1 * x1 - 3) * pow(2 * y1, -1, P) if left == right else (y2 - y1) * pow(x2 - x1, -1, P)
    x = (slope * slope - x1 - x2) % P
    return x, (slope * (x1 - x) - y1) % P


def shifted(point: Point, bits: int) -> Point:
    """Return 2^bits · point."""
    for _ in range(bits):
        point = add(point, point)
    return point


def points() -> list[Point]:
    """Return the points of all tables in order."""
    teeth = [(GX, GY)]
    for _ in range(TEETH - 1):
        teeth.append(shifted(teeth[-1], SPACING))
    result = []
    for table in range(TABLES):
        x_y = [shifted(tooth, table * SPACING // TABLES) for tooth in teeth]
        for index in range(2 ** (TEETH - 1)):
            total = x_y[-1]
            for t, (x, y) in enumerate(x_y[:-1]):
                total = add(total, (x, y if index >> t & 1 else P - y))
            result.append(total)
    return result


def source() -> str:
    """Return the text of `p256_tables.py`."""
    rows = []
    for x, y in points():
        digits = x.to_bytes(32, "big") + y.to_bytes(32, "big")
        rows.append('    b"' + "".join(f"\\x{byte:02x}" for byte in digits) + '"\n')
    return HEADER + "".join(rows) + ")\n"


if __name__ == "__main__":
    (Path(__file__).parents[1] / "p256_tables.py").write_text(source())
