"""Deterministic CBOR (RFC 8949 §4.2.1): what a scale signs and what it accepts has exactly one encoding.

The subset: integers whose argument fits 64 bits, byte and text strings, arrays, maps whose keys are integers or text,
booleans, null and tags. Floats, bignums (tags 2 and 3), `undefined` and every other simple value are refused.
"""

from struct import pack_into

from micropython import const

from agent.errors import AgentError

MAX_DEPTH = const(8)
# Every statement is encoded here: looking for so much free heap each time would cost a tenth of the work.
_SCRATCH = bytearray(256)
_KEY_ROOM = const(16)
_MOST_ROOM = const(16384)
_KEY = (int, str)
_WRONG_KEY = "map key is neither an integer nor text"


class CborError(AgentError):
    """Bytes or a value that the subset does not have. Its facts: at which byte, and what is wrong."""

    code = "cbor"
    message = "CBOR at byte %d: %s"


class Tag:
    """A tagged item (RFC 8949 §3.4): `number` 0 to 2⁶⁴ − 1 but not 2 or 3, `value` any item."""

    def __init__(self, number, value):
        self.number = number
        self.value = value

    def __eq__(self, other):
        return isinstance(other, Tag) and self.number == other.number and self.value == other.value

    def __repr__(self):
        return "Tag(%r, %r)" % (self.number, self.value)


def encode(value, buffer=_SCRATCH):
    """Return the deterministic encoding of `value`, at most 16 KB; CborError where it has none in the subset.

    It is written into `buffer` first, and again into a larger one where that is too short.
    """
    while True:
        try:
            end = _PUTTERS[type(value)](buffer, 0, value, MAX_DEPTH)
            return bytes(memoryview(buffer)[:end])
        except KeyError as error:
            raise _no_encoding(error, 0) from None
        except (IndexError, ValueError):  # from the writes themselves: too short
            if len(buffer) >= _MOST_ROOM:
                raise CborError(len(buffer), "longer than an item may be") from None
            buffer = bytearray(4 * len(buffer))


def encode_into(buffer, offset, value):
    """Write the encoding of `value` into `buffer` (bytearray or memoryview) from `offset`; return the offset after it.

    Allocates nothing but the sorted keys of maps. CborError if the value has no encoding or the buffer is too short;
    what was written up to there is then void.
    """
    try:
        return _PUTTERS[type(value)](buffer, offset, value, MAX_DEPTH)
    except KeyError as error:
        raise _no_encoding(error, offset) from None
    except (IndexError, ValueError):  # from the writes themselves
        raise CborError(len(buffer), "buffer too short") from None


def decode(data, max_depth=MAX_DEPTH):
    """Return the one item that `data` (bytes, bytearray or memoryview of bytes) holds, strings as bytes and str.

    `max_depth` counts arrays, maps and tags inside one another; more is refused. CborError for whatever is not
    well-formed, not deterministic, outside the subset, or followed by further bytes. No claimed length is believed
    before the bytes for it are there.
    """
    reader = _Reader(data)
    value = reader.item(max_depth)
    if reader.at != reader.end:
        raise CborError(reader.at, "further bytes after the item")
    return value


def _no_encoding(error, at):
    return CborError(at, "%s has no encoding" % error.args[0].__name__)


# One function a type, found in `_PUTTERS`: comparing with built-in names in turn would cost far more.


def _put_head(buffer, at, argument, depth=0, major=0x00):
    """Put an integer, or with another `major` the head of what is no integer."""
    if argument < 0:
        major = 0x20
        argument = ~argument
    if argument < 24:
        buffer[at] = major | argument
        return at + 1
    if argument < 0x100:
        buffer[at] = major | 24
        buffer[at + 1] = argument
        return at + 2
    if argument < 0x10000:
        buffer[at] = major | 25
        buffer[at + 1] = argument >> 8
        buffer[at + 2] = argument & 0xFF
        return at + 3
    if argument < 0x100000000:
        pack_into(">BI", buffer, at, major | 26, argument)
        return at + 5
    if argument >> 64:
        raise CborError(at, "integer beyond 64 bits")
    pack_into(">BQ", buffer, at, major | 27, argument)
    return at + 9


def _put_raw(buffer, at, data):
    end = at + len(data)
    if end > len(buffer):
        raise IndexError  # where a bytearray would grow
    buffer[at:end] = data
    return end


def _put_bytes(buffer, at, value, depth):
    return _put_raw(buffer, _put_head(buffer, at, len(value), 0, 0x40), value)


def _put_text(buffer, at, value, depth):
    value = value.encode()
    return _put_raw(buffer, _put_head(buffer, at, len(value), 0, 0x60), value)


def _put_simple(buffer, at, value, depth):
    buffer[at] = 0xF6 if value is None else 0xF5 if value else 0xF4
    return at + 1


def _put_array(buffer, at, value, depth):
    if not depth:
        raise CborError(at, "nested too deeply to encode")
    at = _put_head(buffer, at, len(value), 0, 0x80)
    putters, kind = _PUTTERS, type  # names of the function are found sooner than others
    depth -= 1
    for item in value:
        at = putters[kind(item)](buffer, at, item, depth)
    return at


def _put_map(buffer, at, value, depth):
    if not depth:
        raise CborError(at, "nested too deeply to encode")
    pairs = []
    for key in value:
        if type(key) not in _KEY:
            raise CborError(at, _WRONG_KEY)
        pairs.append((encode(key, bytearray(_KEY_ROOM)), key))
    pairs.sort()
    at = _put_head(buffer, at, len(pairs), 0, 0xA0)
    for encoded, key in pairs:
        item = value[key]
        at = _PUTTERS[type(item)](buffer, _put_raw(buffer, at, encoded), item, depth - 1)
    return at


def _put_tag(buffer, at, value, depth):
    if not depth:
        raise CborError(at, "nested too deeply to encode")
    if value.number < 0 or value.number == 2 or value.number == 3:
        raise CborError(at, "tag %d has no encoding" % value.number)
    item = value.value
    return _PUTTERS[type(item)](buffer, _put_head(buffer, at, value.number, 0, 0xC0), item, depth - 1)


_PUTTERS = {
    int: _put_head,
    bytes: _put_bytes,
    bytearray: _put_bytes,
    memoryview: _put_bytes,
    str: _put_text,
    bool: _put_simple,
    type(None): _put_simple,
    list: _put_array,
    tuple: _put_array,
    dict: _put_map,
    Tag: _put_tag,
}


class _Reader:
    """One pass over an encoded item: `at` is the byte that comes next, `end` the number of bytes there are."""

    def __init__(self, data):
        self.view = memoryview(data)
        self.at = 0
        self.end = len(data)

    def head(self):
        """Read an initial byte and its argument; return (major type, argument)."""
        start = self.at
        if start >= self.end:
            raise CborError(start, "ends too early")
        initial = self.view[start]
        major = initial >> 5
        argument = initial & 31
        if argument < 24:
            self.at = start + 1
            return major, argument
        if argument > 27:
            raise CborError(
                start, "indefinite length" if argument == 31 and 2 <= major <= 5 else "reserved initial byte"
            )
        if major == 7:
            raise CborError(start, "float or simple value outside the subset")
        length = 1 << (argument - 24)
        after = start + 1 + length
        if after > self.end:
            raise CborError(self.end, "ends too early")
        argument = int.from_bytes(self.view[start + 1 : after], "big")
        if argument < (24 if length == 1 else 1 << (length * 4)):
            raise CborError(start, "argument not in its shortest form")
        self.at = after
        return major, argument

    def item(self, depth):
        start = self.at
        major, argument = self.head()
        if major == 0:
            return argument
        if major == 1:
            return -1 - argument
        if major == 7:
            if argument == 20:
                return False
            if argument == 21:
                return True
            if argument == 22:
                return None
            raise CborError(start, "simple value %d outside the subset" % argument)
        if major == 2 or major == 3:
            return self.string(major, argument)
        if not depth:
            raise CborError(start, "nested too deeply")
        if major == 6:
            if argument == 2 or argument == 3:
                raise CborError(start, "bignum")
            return Tag(argument, self.item(depth - 1))
        # An element takes a byte at least, a pair two: a length beyond that is refused before any allocation.
        if (argument if major == 4 else 2 * argument) > self.end - self.at:
            raise CborError(self.end, "ends too early")
        if major == 5:
            return self.map(argument, depth - 1)
        items = []
        for _ in range(argument):
            items.append(self.item(depth - 1))
        return items

    def string(self, major, length):
        start = self.at
        if length > self.end - start:
            raise CborError(self.end, "ends too early")
        self.at = start + length
        if major == 2:
            return bytes(self.view[start : self.at])
        _check_utf8(self.view, start, self.at)
        return str(self.view[start : self.at], "utf-8")

    def map(self, pairs, depth):
        items = {}
        before = b""
        for _ in range(pairs):
            start = self.at
            key = self.item(0)
            if type(key) not in _KEY:
                raise CborError(start, _WRONG_KEY)
            encoded = bytes(self.view[start : self.at])
            if encoded <= before:
                raise CborError(start, "map keys not strictly in order")
            before = encoded
            items[key] = self.item(depth)
        return items


def _check_utf8(view, at, end):
    """Refuse what is not UTF-8 (RFC 3629 §4): MicroPython itself lets surrogates and overlong forms through."""
    while at < end:
        first = view[at]
        if first < 0x80:
            at += 1
            continue
        if 0xC2 <= first < 0xE0:
            length, low, high = 2, 0x80, 0xBF
        elif 0xE0 <= first < 0xF0:
            length, low, high = 3, 0xA0 if first == 0xE0 else 0x80, 0x9F if first == 0xED else 0xBF
        elif 0xF0 <= first < 0xF5:
            length, low, high = 4, 0x90 if first == 0xF0 else 0x80, 0x8F if first == 0xF4 else 0xBF
        else:
            raise CborError(at, "text is not UTF-8")
        if at + length > end or not low <= view[at + 1] <= high:
            raise CborError(at, "text is not UTF-8")
        for i in range(at + 2, at + length):
            if view[i] & 0xC0 != 0x80:
                raise CborError(i, "text is not UTF-8")
        at += length
