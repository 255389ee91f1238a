"""Answers a line of JSON with a line of JSON: the name of a function below in `ANSWERS`, then its arguments."""

import gc
import json
import sys

from agent.weighing.filtering import Stability, deviation, middle_mean


def filtered(samples, values):
    mean = middle_mean(samples)
    return [mean(value) for value in values]


def noise(values):
    add = deviation()
    return [add(value) for value in values][-1]


def stable(time_ms, band, steps):
    judge = Stability(time_ms, band)
    return [judge.add(counts, elapsed_ms) for counts, elapsed_ms in steps]


def heap():
    """Bytes that 64 readings take."""
    mean, judge, noise = middle_mean(8), Stability(500, 100), deviation()

    def readings():
        counts = 1000000
        while counts < 1000064:
            judge.add(mean(counts ^ 21), 86)
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


ANSWERS = {"filter": filtered, "noise": noise, "stability": stable, "heap": heap}
for line in sys.stdin:
    name, *arguments = json.loads(line)
    print(json.dumps(ANSWERS[name](*arguments)))
