"""Answers a line of JSON with a line of JSON: the name of a function below in `ANSWERS`, then its arguments."""

import gc
import json
import sys

from agent.filtering import Filter, Noise, Stability


def filtered(samples, values):
    window = Filter(samples)
    return [window.add(value) for value in values]


def noise(values):
    found = Noise()
    for value in values:
        found.add(value)
    return found.counts


def stable(time_ms, band, steps):
    judge = Stability(time_ms)
    return [judge.add(counts, elapsed_ms, band) for counts, elapsed_ms in steps]


def heap():
    """Bytes that 64 readings take."""
    window, judge, deviation = Filter(8), Stability(500), Noise()

    def readings():
        counts = 1000000
        while counts < 1000064:
            judge.add(window.add(counts ^ 21), 86, 100)
            deviation.add(counts ^ 21)
            counts += 1

    readings()
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    readings()
    after = gc.mem_alloc()
    gc.enable()
    return after - before


ANSWERS = {"filter": filtered, "noise": noise, "stability": stable, "heap": heap}
for line in sys.stdin:
    name, *arguments = json.loads(line)
    print(json.dumps(ANSWERS[name](*arguments)))
