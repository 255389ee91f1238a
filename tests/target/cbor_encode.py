"""Counts the refusals of the encoder: values without an encoding, then every buffer too short for a value."""

import gc

from agent.wire import cbor

SNAPSHOT = [1, 70000, bytes(16), 1753600000, 123456, 517, 2**40, bytes(16), 3, -5, [-70000, "kg", None, True]]


def refused(call, *args):
    try:
        call(*args)
    except cbor.CborError as error:
        return str(error).startswith("CBOR at byte ")
    return False


nest = 1
for _ in range(9):
    nest = [nest]
wrong = [1.5, object(), {1}, 2**64, -(2**64) - 1, {b"a": 1}, {None: 1}, {True: 1}, {(1,): 1}, nest]
wrong += [cbor.Tag(2, b"\1"), cbor.Tag(3, b"\1"), cbor.Tag(-1, 0), cbor.Tag(2**64, 0), [1, [2, {3: 4.5}]]]
print("refused", sum([refused(cbor.encode, value) for value in wrong]))

short = 0
for value in (SNAPSHOT, {1: b"abc", "key": "text"}, cbor.Tag(18, [b"", {}, 2**33])):
    encoded = cbor.encode(value)
    assert cbor.decode(encoded) == value
    lengths = [refused(cbor.encode_into, bytearray(length), 0, value) for length in range(len(encoded))]
    assert all(lengths), lengths
    view = memoryview(bytearray(len(encoded) + 1))
    assert cbor.encode_into(view, 1, value) == len(encoded) + 1
    assert bytes(view[1:]) == encoded
    short += len(lengths)
print("short", short)

buffer = bytearray(200)
gc.collect()
before = gc.mem_alloc()
cbor.encode_into(buffer, 0, SNAPSHOT[:-1])
assert gc.mem_alloc() - before < 200, gc.mem_alloc() - before
print("text ok")
