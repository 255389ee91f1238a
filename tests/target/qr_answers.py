"""Reads a JSON list of segments a line, and answers each with `[modules a side, bits in hex, bytes held]` or an error.

What is held is the most of the heap between two steps, beyond what it was before the module was loaded.
"""

import gc
import json
import sys


def held():
    gc.collect()
    return gc.mem_alloc()


def encode(segments, free_before):
    from agent.operator import qr

    most = 0
    try:
        steps = qr.encode_steps(segments)
        while True:
            try:
                next(steps)
            except StopIteration as stop:
                size, bits = stop.value
                return [size, bits.hex(), most]
            most = max(most, held() - free_before)
    except qr.QrError as error:
        return {"error": str(error)}


while True:
    line = sys.stdin.readline()
    if not line:
        break
    segments = json.loads(line)
    print(json.dumps(encode(segments, held())))
