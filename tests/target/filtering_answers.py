"""Answers a line of JSON with a line of JSON: the name of a function below in `ANSWERS`, then its arguments."""

import gc
import json
import sys

from agent.weighing.filtering import Rest, deviation, middle_mean


def filtered(samples, values):
    mean = middle_mean(samples)
    return [mean(value) for value in values]


def noise(values):
    add = deviation()
    return [add(value) for value in values][-1]


def rests(time_ms, band, steps):
    rest = Rest(time_ms, band, 8)
    return [rest.add(counts, counts, elapsed_ms) for counts, elapsed_ms in steps]


def heap():
    """Bytes that 64 readings take."""
    mean, rest, noise = middle_mean(8), Rest(500, 100, 8), deviation()

    def readings():
        counts = 1000000
        while counts < 1000064:
            rest.add(counts ^ 21, mean(counts ^ 21), 86)
            noise(counts ^ 21)
            counts += 1

    readings()
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    readings()
    after = gc.mem_alloc()
    gc.enable()
    return after - before


ANSWERS = {"filter": filtered, "noise": noise, "rest": rests, "heap": heap}
for line in sys.stdin:
    name, *arguments = json.loads(line)
    print(json.dumps(ANSWERS[name](*arguments)))
