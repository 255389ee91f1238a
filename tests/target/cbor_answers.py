"""Reads lines of hex digits to the end of input; answers `= HEX`, the decoded value encoded again, or `! message`."""

import sys

from agent.wire import cbor


def answer(data):
    value = cbor.decode(data)
    encoded = cbor.encode(value)
    buffer = bytearray(len(encoded) + 4)
    end = cbor.encode_into(buffer, 2, value)
    if end != len(encoded) + 2 or buffer[2:end] != encoded:
        raise AssertionError("encode_into differs from encode")
    return encoded


while True:
    line = sys.stdin.readline()
    if not line:
        break
    try:
        print("=", answer(bytes.fromhex(line.strip())).hex())
    except cbor.CborError as error:
        print("!", error)
