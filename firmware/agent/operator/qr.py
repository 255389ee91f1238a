"""QR codes (ISO/IEC 18004) of level M up to version 9, from numeric and alphanumeric segments.

For a display of 64 rows: version 9 has 53 modules a side, 61 with the quiet zone of 4. Loaded when a code is to be
shown. All comes in steps, because weighing goes on meanwhile; less than 4 KB of heap are held at a time.
"""

from micropython import const

from agent.errors import AgentError
from agent.operator import qr_mask, qr_matrix

QUIET = const(4)

_ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
# Of both modes: indicator, bits of the count in versions 1 to 9, and how many characters go together.
_NUMERIC_MODE = (1, 10, 3)
_ALPHANUMERIC_MODE = (2, 9, 2)
_TERMINATOR_BITS = const(4)
_PADS = (0xEC, 0x11)
_VALUES_AT_A_TIME = const(12)
_FIELD = const(0x11D)  # x⁸ + x⁴ + x³ + x² + 1

# Of level M, by version: codewords, blocks, and the error correction codewords of each block.
_VERSIONS = (
    (26, 1, 10),
    (44, 1, 16),
    (70, 1, 26),
    (100, 2, 18),
    (134, 2, 24),
    (172, 4, 16),
    (196, 4, 18),
    (242, 4, 22),
    (292, 5, 22),
)


class QrError(AgentError):
    """The text cannot be shown as a QR code."""

    code = "qr"
    message = "this cannot be a QR code: %s"


def encode_steps(segments):
    """Make the smallest code of the texts `segments` in steps; return (modules a side, bits), without the quiet zone.

    A segment of digits alone is numeric, any other alphanumeric. `bits` are rows of whole bytes, the leftmost module
    the highest bit of the first, 1 for dark: MONO_HLSB of MicroPython's `framebuf`. Raises QrError.
    """
    stream, length = _stream(segments)
    version, capacity = _version(length)
    yield
    codewords = yield from _corrected_steps(_padded(stream, length, capacity), version)
    rows, free = yield from qr_matrix.build_steps(version, codewords)
    mask, rows = yield from qr_mask.best_steps(rows, free)
    qr_matrix.add_information(rows, version, mask)
    yield
    return len(rows), _packed(rows)


def _stream(segments):
    """Return the segments as one integer, and its length in bits (7.4.3, 7.4.4)."""
    stream = length = 0
    for text in segments:
        numeric = text.isdigit()
        mode, count_bits, group = _NUMERIC_MODE if numeric else _ALPHANUMERIC_MODE
        if not 0 < len(text) < 1 << count_bits:
            raise QrError("a segment of %d characters" % len(text))
        stream = (stream << 4 | mode) << count_bits | len(text)
        length += 4 + count_bits
        for at in range(0, len(text), group):
            piece = text[at : at + group]
            bits = 1 + len(piece) * (3 if numeric else 5)
            stream = stream << bits | (int(piece) if numeric else _pair(piece))
            length += bits
    return stream, length


def _pair(letters):
    value = 0
    for letter in letters:
        place = _ALPHANUMERIC.find(letter)
        if place < 0:
            raise QrError("there is no '%s' in it" % letter)
        value = value * 45 + place
    return value


def _version(length):
    """Return the smallest version with room for so many bits, and how many bytes of data it takes."""
    for place, (codewords, blocks, correction) in enumerate(_VERSIONS):
        capacity = codewords - blocks * correction
        if length <= 8 * capacity:
            return place + 1, capacity
    raise QrError("%d bits are too long" % length)


def _padded(stream, length, capacity):
    """Return the data codewords (7.4.9, 7.4.10).

    A terminator that ends with a codeword is followed by an empty one, as other encoders do; readers stop before it.
    """
    terminator = min(_TERMINATOR_BITS, 8 * capacity - length)
    length += terminator
    room = 8 - length % 8
    data = (stream << terminator + room).to_bytes((length + room) // 8, "big")[:capacity]
    return data + bytes([_PADS[place % 2] for place in range(capacity - len(data))])


def _corrected_steps(data, version):
    """Return data and error correction codewords as they follow one another in the symbol (7.5, 7.6)."""
    codewords, blocks, correction = _VERSIONS[version - 1]
    powers, logarithms = _tables()
    yield
    generator = _generator(correction, powers, logarithms)
    shorter = len(data) // blocks
    long_from = blocks - len(data) % blocks  # the later blocks have one codeword more
    parts, checks = [], []
    at = 0
    for block in range(blocks):
        part = data[at : at + shorter + (block >= long_from)]
        at += len(part)
        parts.append(part)
        rest = yield from _remainder_steps(part, generator, powers, logarithms)
        checks.append(rest)
    result = bytearray()
    for place in range(shorter + 1):
        result.extend(bytes([part[place] for part in parts if place < len(part)]))
    for place in range(correction):
        result.extend(bytes([check[place] for check in checks]))
    assert len(result) == codewords
    return result


def _tables():
    """Return powers of 2 in the field of 256 elements, and their logarithms."""
    powers, logarithms = bytearray(255), bytearray(256)
    value = 1
    for exponent in range(255):
        powers[exponent] = value
        logarithms[value] = exponent
        value <<= 1
        if value > 255:
            value ^= _FIELD
    return powers, logarithms


def _generator(degree, powers, logarithms):
    """Return the logarithms of the coefficients of (x - 1)(x - 2)(x - 4)…, without that of the highest power."""
    coefficients = bytearray(degree)
    coefficients[-1] = 1
    for root in range(degree):
        for place in range(degree):
            value = coefficients[place]
            if value:
                value = powers[(logarithms[value] + root) % 255]
            coefficients[place] = value ^ (coefficients[place + 1] if place + 1 < degree else 0)
    return bytes([logarithms[value] for value in coefficients])


def _remainder_steps(part, generator, powers, logarithms):
    """Return the error correction codewords of one block."""
    rest = bytearray(len(generator))
    last = len(generator) - 1
    for at, value in enumerate(part):
        if not at % _VALUES_AT_A_TIME:
            yield
        factor = value ^ rest[0]
        logarithm = logarithms[factor]
        for place in range(last + 1):
            following = rest[place + 1] if place < last else 0
            rest[place] = following ^ (powers[(logarithm + generator[place]) % 255] if factor else 0)
    return rest


def _packed(rows):
    width = (len(rows) + 7) // 8
    bits = bytearray()
    for row in rows:
        bits.extend((row << 8 * width - len(rows)).to_bytes(width, "big"))
    return bytes(bits)
