"""Answers a line of JSON with a line of JSON: the name of a function below in `ANSWERS`, then its arguments."""

import gc
import json
import sys

from agent.weighing.filtering import deviation, middle_mean, rest
from agent.weighing.lowpass import low_pass


def filtered(samples, values):
    mean = middle_mean(samples)
    return [mean(value) for value in values]


def low_passed(samples, far_counts, values):
    mean = low_pass(samples, far_counts)
    return [mean(value) for value in values]


def noise(values):
    add = deviation()
    return [add(value) for value in values][-1]


def resting(time_ms, band, steps, samples=8):
    """`steps` are [counts, ms], as if the filter did nothing, or [counts, ms, filtered counts]."""
    rests = rest(time_ms, band, samples - samples // 4)
    return [rests([step[0], step[-1] if step[2:] else step[0], step[1]]) for step in steps]


def heap():
    """Bytes that 64 readings take, with either filter."""
    return heap_of(middle_mean(8)) + heap_of(low_pass(64, 100))


def heap_of(mean):
    rests, noise = rest(500, 100, 8), deviation()
    reading = [0, 0, 86]

    def readings():
        counts = 1000000
        while counts < 1000064:
            one = counts ^ 21 if counts & 15 else counts + 5000
            reading[0] = one
            reading[1] = mean(one)
            rests(reading)
            noise(one)
            counts += 1

    readings()
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    readings()
    after = gc.mem_alloc()
    gc.enable()
    return after - before


ANSWERS = {"filter": filtered, "low pass": low_passed, "noise": noise, "rest": resting, "heap": heap}
for line in sys.stdin:
    name, *arguments = json.loads(line)
    print(json.dumps(ANSWERS[name](*arguments)))
