"""Times signing and verifying in turn with the same by plain double-and-add; prints a JSON object of medians in ms.

Argument: the number of rounds.
"""

import hashlib
import json
import os
import sys
import time

from agent.wire import p256
from plain_p256 import plain_sign, plain_verify


def timed(times_us, call, *args):
    start = time.ticks_us()
    result = call(*args)
    times_us.append(time.ticks_diff(time.ticks_us(), start))
    return result


def median_ms(times_us):
    return sorted(times_us)[len(times_us) // 2] / 1000


private_key = hashlib.sha256(b"bench").digest()
public_key = p256.public_key(private_key)
times = {"sign": [], "plain sign": [], "verify": [], "plain verify": []}
for number in range(int(sys.argv[1])):
    message = b"a statement of some length " * 5 + str(number).encode()
    signature = timed(times["sign"], p256.sign, private_key, message, os.urandom)
    if timed(times["plain sign"], plain_sign, private_key, message) != signature:
        raise ValueError("the two sign differently")
    good = timed(times["verify"], p256.verify, public_key, message, signature)
    if not good or not timed(times["plain verify"], plain_verify, public_key, message, signature):
        raise ValueError("a good signature is refused")
print(json.dumps({name: median_ms(taken) for name, taken in times.items()}))
