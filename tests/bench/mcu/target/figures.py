"""What the agent's single operations cost on the board; prints one JSON object a line, the last one is `{}`.

`instructions` is taken twice. `longest` is the most between two yields, collecting included. `garbage` is what an
operation allocates in bytes, `heap` the most that is alive at a yield, beyond what was there before.
"""

import asyncio
import gc
import hashlib
import json
import os
import time

import board
import emulated
import parameter_map
import rp2
from agent.chips.hx711 import HX711
from agent.chips.st7567 import Displays
from agent.operator.screens import Picture
from agent.record.journal import Journal
from agent.weighing.core import Weighing
from agent.wire import cbor, cose, identity, p256, statements
from plain_p256 import plain_sign, plain_verify

MAP = dict(parameter_map.MAP)
MAP.update({36: 250000, 37: -12000})  # a cell that is compensated: there is more to compute
MESSAGE = bytes(range(190))
PRIVATE_KEY = hashlib.sha256(b"bench").digest()
MASK = 0x3FFFFFFF
ROUNDS = 8
WHOLE = 83  # the readings of `weigh` come round; more would be collected meanwhile

instructions = emulated.instructions
OVERHEAD = min((instructions() - instructions()) * -1 & MASK for _ in range(10))


def since(start):
    return max(0, (instructions() - start & MASK) - OVERHEAD)


class Meter:
    """Sums what generators cost between their yields."""

    def __init__(self):
        self.instructions = self.longest = self.heap = self.garbage = 0

    def drive(self, steps, watch_heap=False):
        """Drive `steps` to its end, return its result; `watch_heap` collects at each yield to see what is alive."""
        gc.collect()
        before = allocated = gc.mem_alloc()
        result = None
        while steps:
            start = instructions()
            try:
                next(steps)
            except StopIteration as stop:
                steps = None
                result = stop.value
            spent = since(start)
            self.instructions += spent
            self.longest = max(self.longest, spent)
            if watch_heap:
                self.garbage += gc.mem_alloc() - allocated
                gc.collect()
                allocated = gc.mem_alloc()
                self.heap = max(self.heap, allocated - before)
        return result


def say(name, taken, **more):
    facts = {"name": name, "instructions": taken}
    facts.update(more)
    print(json.dumps(facts))


def garbage_of(call):
    """Bytes that `call()` allocates, all told."""
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    call()
    allocated = gc.mem_alloc() - before
    gc.enable()
    gc.collect()
    return allocated


def finish(steps):
    for _ in steps:
        pass


def stepwise(name, make):
    """Tell of an operation in steps; `make(n)` returns the n-th such generator."""
    taken = []
    longest = 0
    for half in range(2):
        meter = Meter()
        for number in range(ROUNDS):
            meter.drive(make(half * ROUNDS + number))
        taken.append(meter.instructions // ROUNDS)
        longest = max(longest, meter.longest)
    meter = Meter()
    meter.drive(make(0), True)
    say(name, taken, longest=longest, heap=meter.heap, garbage=meter.garbage)


def plain(name, call, rounds=20):
    """Tell of an operation in one piece."""
    taken = []
    call()
    for _ in range(2):
        gc.collect()
        start = instructions()
        for _ in range(rounds):
            call()
        taken.append(since(start) // rounds)
    say(name, taken, garbage=garbage_of(call) if rounds > 1 else None)


def cryptography():
    public_key = p256.public_key(PRIVATE_KEY)
    signatures = [p256.sign(PRIVATE_KEY, MESSAGE + bytes([n]), os.urandom) for n in range(2 * ROUNDS)]
    stepwise("sign", lambda n: p256.sign_steps(PRIVATE_KEY, MESSAGE + bytes([n]), os.urandom))
    stepwise("verify", lambda n: p256.verify_steps(public_key, MESSAGE + bytes([n]), signatures[n]))
    stepwise("make key", lambda n: p256.public_key_steps(PRIVATE_KEY, os.urandom))
    plain("double-and-add", lambda: plain_sign(PRIVATE_KEY, MESSAGE), 1)
    plain("double-and-add verify", lambda: plain_verify(public_key, MESSAGE + b"\0", signatures[0]), 1)
    kilobyte = bytes(1024)
    plain("sha-256 of 1 KB", lambda: hashlib.sha256(kilobyte).digest())
    return public_key


def encoding(public_key):
    body = [123456, 1000, 200, 0, 2150, 4980, 41, 3, -2, 5, 1, 7, 97]
    header = (statements.SNAPSHOT, 70000, bytes(16), 1790000000, 864000, 0x06, 12, bytes(16), 3, 5)
    payload = header + (body,)
    encoded = cbor.encode(payload)
    plain("snapshot encode", lambda: cbor.encode(payload))
    plain("snapshot decode", lambda: cbor.decode(encoded))
    kid = identity.kid(public_key)

    def sign_steps(message):
        yield
        return bytes(64)

    plain("statement around a signature", lambda: finish(cose.statement_steps(kid, encoded, sign_steps)))


def journal():
    ring = Journal(rp2.Flash(*board.FLASH["journal"]), board.PROGRAM_SIZE)
    ring.mount()
    number = 0

    def append():
        nonlocal number
        number += 1
        ring.append(number, MESSAGE)

    for _ in range(15):
        append()
    plain("journal append", append, 60)
    ring.prepare()
    plain("journal read", lambda: ring.read(100))
    plain("journal mount", ring.mount, 1)


async def weighing():
    adc = HX711(*board.ADC_PINS)
    scale = Weighing(adc, MAP)
    emulated.load(51000)
    adc.start(board.ADC_RATE, board.ADC_GAIN)
    task = asyncio.create_task(scale.run())

    async def steps(count):
        text = None
        for _ in range(count):
            await scale.indicated.wait()
            text = scale.indication()
        return text

    await steps(64)
    taken = []
    for _ in range(2):
        start = instructions()
        await steps(128)
        taken.append(since(start) // 128)
    gc.disable()
    before = gc.mem_alloc()
    await steps(16)
    garbage = (gc.mem_alloc() - before) // 16
    gc.enable()
    task.cancel()
    say("weighing step with its event loop", taken, garbage=garbage)

    # The same without the event loop: one conversion clocked out, filtered, weighed and shown as text.
    counts = 0
    scale.fresh = lambda: True  # the time of these steps is made up
    now_ms = time.ticks_ms()

    def weigh():
        nonlocal counts, now_ms
        counts += 1
        now_ms += 86
        scale.step(51000 + counts * 37 % 83, now_ms)

    def read():
        word = next(adc._words)
        if word is not None:  # as it is where a conversion ends just then
            adc._sound(word)

    def step():
        read()
        weigh()
        return scale.indication()

    for _ in range(64):
        weigh()
    plain("weighing step", step, 512)
    plain("reading of the HX711", read, 512)
    plain("filter to weight", weigh, 512)
    plain("indication", scale.indication, 512)
    for name, more in (("low pass", {4: 34, 20: 1}), ("multi-interval", {3: 2000, 16: 6000000, 17: 5000})):
        changed = dict(MAP)
        changed.update(more)
        scale.load(changed)
        for _ in range(64):
            weigh()
        plain("weighing step, " + name, step, WHOLE)


def picture():
    """All three values with their signs, all of them changed, drawn and handed to the bus for both displays; the bus
    itself is hardware."""

    class Bus:
        def write(self, data):
            pass

    displays = Displays(Bus(), (9, 13), 12)
    page = Picture()
    low = ("kg NET", "e=5g", ">0< LOW"), ("CNY/kg", "P 100"), ("CNY",)
    plain_sides = ("kg", "e=5g"), ("CNY/kg", "P 99"), ("CNY",)
    shown = 0

    def show():
        nonlocal shown
        shown += 1
        if shown & 1:
            page.weighing(("15.000", "9999.99", "149999.85"), low, "PT 0.020kg  SOLD 32: 149999.85")
        else:
            page.weighing(("14.995", "8888.88", "133288.76"), plain_sides, "PT 0.025kg  SOLD 31: 133288.76")
        displays.show(page.pixels)

    plain("picture", show)


def main():
    encoding(cryptography())
    journal()
    picture()
    asyncio.run(weighing())
    print("{}")


main()
