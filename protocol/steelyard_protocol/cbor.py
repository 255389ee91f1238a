"""Deterministic CBOR (RFC 8949, 4.2.1): one byte string for every value, and nothing else is accepted.

Decoding is done by cbor2 with its liberties switched off; what it returns is encoded again by the small encoder here
and must give the same bytes. So a value that was signed has exactly one spelling, and two readers never see different
things.
"""

import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

import cbor2

from steelyard_protocol.errors import ProtocolError

MAX_DEPTH = 16
"""Nesting that `decode` follows before it refuses; the deepest message of the wire has seven levels."""

SUBSET_DEPTH = 8
"""Nesting that scales follow."""

Tag = cbor2.CBORTag


class CborError(ProtocolError):
    """not deterministic CBOR: {why}"""

    code, noun = "cbor", "CBOR"


def _head(major: int, argument: int) -> bytes:
    if argument < 24:
        return bytes((major << 5 | argument,))
    if argument < 0x100:
        return bytes((major << 5 | 24, argument))
    if argument < 0x10000:
        return struct.pack(">BH", major << 5 | 25, argument)
    if argument < 0x100000000:
        return struct.pack(">BI", major << 5 | 26, argument)
    return struct.pack(">BQ", major << 5 | 27, argument)


def _float(value: float) -> bytes:
    if value != value:
        return b"\xf9\x7e\x00"
    for code, head in (("e", 0xF9), ("f", 0xFA)):
        try:
            packed = struct.pack(">" + code, value)
        except OverflowError:
            continue
        if struct.unpack(">" + code, packed)[0] == value:
            return bytes((head,)) + packed
    return b"\xfb" + struct.pack(">d", value)


def _integer(value: int) -> bytes:
    major, argument = (0, value) if value >= 0 else (1, -1 - value)
    if argument < 1 << 64:
        return _head(major, argument)
    magnitude = argument.to_bytes((argument.bit_length() + 7) // 8, "big")
    return bytes((0xC2 + major,)) + _head(2, len(magnitude)) + magnitude


_PLAIN = frozenset((int, bytes, str, bool, type(None)))
_PLAIN_OR_ARRAY = _PLAIN | {list}


def _is_plain(value: Sequence[Any]) -> bool:
    """Whether an array has nothing but integers, strings, booleans, None and lists of such.

    Of these cbor2 too has the one spelling, and writes it in a tenth of the time.
    """
    kinds = set(map(type, value))
    if list not in kinds:
        return kinds <= _PLAIN
    return kinds <= _PLAIN_OR_ARRAY and all(map(_is_plain, [item for item in value if type(item) is list]))


def encode(value: Any) -> bytes:
    """Encode integers, byte strings, text, lists, dicts, tags, booleans, None and floats deterministically.

    Map keys are sorted by their encodings, bytewise (RFC 8949, 4.2.1). Raises CborError for any other type.
    """
    kind = type(value)
    if kind is int:
        return _integer(value)
    if kind is bytes:
        return b"".join((_head(2, len(value)), value))
    if kind is list or kind is tuple:
        if _is_plain(value):
            return cbor2.dumps(value)
        return _head(4, len(value)) + b"".join([encode(item) for item in value])
    if value is None:
        return b"\xf6"
    if kind is bool:
        return b"\xf5" if value else b"\xf4"
    if kind is str:
        text: bytes = value.encode()
        return _head(3, len(text)) + text
    if kind is dict or isinstance(value, Mapping):
        pairs = sorted((encode(key), encode(item)) for key, item in value.items())
        return _head(5, len(pairs)) + b"".join([key + item for key, item in pairs])
    if kind is float:
        return _float(value)
    if isinstance(value, Tag):
        return _head(6, value.tag) + encode(value.value)
    if isinstance(value, cbor2.CBORSimpleValue):
        return _head(7, value.value) if value.value < 24 else bytes((0xF8, value.value))
    if value is cbor2.undefined:
        return b"\xf7"
    raise CborError(why=f"cannot encode a {kind.__name__}: use int, bytes, str, list, dict, Tag, bool or None")


def _keep(number: int) -> Callable[..., Tag]:
    return lambda content, immutable=False: Tag(number, content)


# cbor2 would turn these into dates, sets, regular expressions and the like; here a tag stays a tag. Bignums (2, 3) are
# left to it: they become integers, and only their preferred spelling encodes back to the same bytes.
_INTERPRETED_TAGS = (0, 1, 4, 5, 25, 28, 29, 30, 35, 36, 37, 52, 54, 100, 256, 258, 260, 261, 1004, 43000, 55799)
_KEPT_TAGS = {number: _keep(number) for number in _INTERPRETED_TAGS}


def decode(data: bytes, max_depth: int = MAX_DEPTH) -> Any:
    """Decode one item that fills `data` and is deterministically encoded; raises CborError for everything else.

    Arrays become lists, maps dicts, tags `Tag` (what a tag or a map key holds is immutable: tuples and frozen maps).
    The cost is bounded by the length of `data`: no length that the bytes only claim is allocated, and nesting beyond
    `max_depth` is refused.
    """
    try:
        value = cbor2.loads(
            data, max_depth=max_depth, allow_indefinite=False, allow_duplicate_keys=False, semantic_decoders=_KEPT_TAGS
        )
    except (cbor2.CBORDecodeError, ValueError, TypeError, OverflowError, MemoryError, RecursionError) as error:
        _refuse(data, f"not well-formed: {error}")
    if encode(value) != data:
        _refuse(data, "well-formed but not deterministically encoded (RFC 8949, 4.2.1), or bytes follow the item")
    return value


def in_subset(value: Any, depth: int = SUBSET_DEPTH) -> bool:
    """Whether a decoded value is in the subset that scales read too, nested at most `depth` deep.

    It has no floats, bignums, `undefined` or other simple values than false, true and null, and no map keys but
    integers and text. Those have one spelling as well (RFC 8949, 4.2.1); nothing of the wire needs them.
    """
    if isinstance(value, list | tuple):
        return depth > 0 and all(in_subset(item, depth - 1) for item in value)
    if isinstance(value, Mapping):
        return depth > 0 and all(
            type(key) in (int, str) and in_subset(key) and in_subset(item, depth - 1) for key, item in value.items()
        )
    if isinstance(value, Tag):
        return depth > 0 and in_subset(value.value, depth - 1)
    if type(value) is int:
        return -1 << 64 <= value < 1 << 64
    return value is None or type(value) in (bool, bytes, str)


def _refuse(data: bytes, why: str) -> NoReturn:
    raise CborError(why=f"CBOR of {len(data)} bytes: {why}")
