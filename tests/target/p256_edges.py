"""Checks what only the inside of `agent.wire.p256` can show; prints `ok` at the end.

Arguments: a private key, a message, the nonce that RFC 6979 gives for them and the signature, all in hex digits.
"""

import gc
import os
import sys

from agent.wire import p256, p256_curve

private_key, message, nonce, signature = [bytes.fromhex(argument) for argument in sys.argv[1:]]
key = p256.public_key(private_key)


def raises(call, *args):
    try:
        call(*args)
    except ValueError:
        return True
    return False


# Nothing malformed raises: wrong types, wrong lengths, in every place.
good = (key, message, signature)
assert p256.verify(*good) is True
assert p256.verify(bytearray(key), memoryview(message), memoryview(signature)) is True
for place in range(3):
    for wrong in (None, True, 0, 1 << 600, 1.5, "text", [], {}, (4,) * 65, object(), range(64)):
        assert p256.verify(*good[:place], wrong, *good[place + 1 :]) is False, (place, wrong)
for length in range(70):
    assert (length == 64) == p256.verify(key, message, (signature + bytes(6))[:length])
    assert (length == 65) == p256.verify((key + bytes(6))[:length], message, signature)
for first in range(256):
    assert (first == 4) == p256.verify(bytes([first]) + key[1:], message, signature)

# Private keys out of range are refused, and so is a random source that gives nothing but such.
for wrong in (bytes(32), p256.N.to_bytes(32, "big"), b"\xff" * 32, bytes(31) + b"", bytes(32) + b"\x01"):
    assert raises(p256.sign, wrong, message, os.urandom)
    assert raises(p256.public_key, wrong)
assert raises(p256.make_key, lambda n: bytes(n))
draws = [bytes(32), b"\xff" * 32, private_key]
assert p256.make_key(lambda n: draws.pop(0)) == private_key
assert p256.make_key(os.urandom) != p256.make_key(os.urandom)

# A signature is lowered once, and high and low are both good.
s = int.from_bytes(signature[32:], "big")
other = signature[:32] + (p256.N - s).to_bytes(32, "big")
assert p256.verify(key, message, other)
assert p256.is_low(signature) != p256.is_low(other)
assert p256.lower(signature) == p256.lower(other)
assert p256.is_low(p256.lower(signature))
half = p256.N >> 1
assert p256.is_low(bytes(32) + half.to_bytes(32, "big"))
assert not p256.is_low(bytes(32) + (half + 1).to_bytes(32, "big"))
assert not p256.is_low(bytes(65))

# Blinding: other random bytes give other coordinates and other inverses all the way, and the same signature.
seen = set()
originals = p256_curve.add, p256_curve.double, p256_curve.inverse_steps


def watched(function):
    def call(*args):
        seen.update(args[:3] if len(args) > 2 else args[:1])
        return function(*args)

    return call


def values_seen(random):
    seen.clear()
    assert p256.sign(private_key, message, random) == signature
    return set(seen)


p256_curve.add, p256_curve.double, p256_curve.inverse_steps = [watched(function) for function in originals]
first, second = values_seen(os.urandom), values_seen(os.urandom)
p256_curve.add, p256_curve.double, p256_curve.inverse_steps = originals
assert len(first) > 100
assert len(second) > 100
assert not first & second, "values that do not depend on the random source"
for secret in (private_key, nonce):
    number = int.from_bytes(secret, "big")
    assert number not in first
    assert p256.N - number not in first
del first, second
seen.clear()

# Nothing takes more than 0.7 million instructions between two yields: what an emulated Cortex-M3 needs for each piece.
spent = 0


def priced(function, instructions):
    def call(*args):
        global spent
        spent += instructions
        return function(*args)

    return call


def priced_division(dividend, divisor):
    global spent
    spent += 5300
    return divmod(dividend, divisor)


def gaps(steps):
    global spent
    found = []
    while True:
        spent = 0
        try:
            next(steps)
        except StopIteration:
            return found + [spent]
        found.append(spent)


p256_curve.double, p256_curve.add = priced(originals[1], 122000), priced(originals[0], 160000 + 18000)
p256_curve.divmod = priced_division
for steps, least, most in (
    (p256.sign_steps(private_key, message, os.urandom), 8000000, 10000000),
    (p256.verify_steps(key, message, signature), 44000000, 50000000),
    (p256.public_key_steps(private_key, os.urandom), 7000000, 9000000),
):
    found = gaps(steps)
    assert max(found) <= 700000, found
    assert least < sum(found) < most, sum(found)
p256_curve.add, p256_curve.double = originals[:2]
del p256_curve.divmod, found, steps

# Both end in 24 KB, and that with words twice as long as the microcontroller's.
ballast = None
gc.collect()
while gc.mem_free() > 24576:
    ballast = (bytearray(64), ballast)
assert p256.sign(private_key, message, os.urandom) == signature
assert p256.verify(key, message, signature)
print("ok")
