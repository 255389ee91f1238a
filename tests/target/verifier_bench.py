"""A scale's weighing on the verifier's bench, in virtual time: answers a line of JSON with a line of JSON.

Cell, filter, weight, zero, tare and price are those of the scale; what is between the cell and its counts is left out:
converter, pins and console. Arguments: kind of the cell, seed, ms a reading. The first line is the parameters, [[key,
value], ...], and is answered with `ready`. Each other answer is [indication in mg or null, gross in mg before rounding
(its mean since the request), stable, interval in mg, price or null, shown as zero, zero in counts, e in counts].
"""

import hal_asyncio

hal_asyncio.install()

import json
import sys

from agent.port import clock
from agent.weighing.core import Weighing
from agent.weighing.indication import Indication
from agent.weighing.weight import ZERO_COUNTS, points, round_divide
from hal_cell import LoadCell

ZERO_TRACKING, FIRST_POINT = 7, 40
MILLIE = 1000
now_ms = 0.0
clock.ticks_ms = lambda: int(now_ms)

kind, seed, period_ms = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
parameters = dict(json.loads(sys.stdin.readline()))  # too long for an argument
cell = LoadCell(kind, seed, period_ms / 1000)
scale = Weighing(None, parameters)
indication = Indication(scale)
indication.configure(parameters)


def weigh(seconds):
    """Let time pass; the mean of the weight in thousandths of e meanwhile."""
    global now_ms
    total = readings = 0
    end_ms = now_ms + seconds * 1000
    while now_ms < end_ms:
        now_ms += period_ms
        scale.step(int(cell.sample() // 1), int(now_ms))
        total += scale.gross_parts(scale.compensated_counts(), MILLIE)
        readings += 1
    return total / max(1, readings)


def place(load_mg, seconds, corner=0):
    cell.load_g, cell.corner = load_mg / 1000, corner
    return weigh(seconds)


def heat(celsius, seconds):
    cell.temperature_c = celsius
    return weigh(seconds)


def press(name, *arguments):
    getattr(scale, name)(*arguments)
    return weigh(0)


def unit_price(amount):
    indication.set_unit_price(amount)
    return weigh(0)


def track(millie):
    """Track the zero so fast, in thousandths of e a second."""
    parameters[ZERO_TRACKING] = millie
    scale.load(dict(parameters))
    return weigh(2)


def adjust(load_mg):
    """As `adjust zero` and `adjust span` do, from the mean of two seconds; the load rests already."""
    total = readings = 0
    for _ in range(16):
        weigh(period_ms / 1000)
        total += scale.compensated_counts()
        readings += 1
    counts = total // readings
    if load_mg:
        weighed, expected = scale.gross_parts(counts, 1000000), load_mg * 1000000 // scale.e_mg
        for place, (point_counts, _) in enumerate(points(parameters)):
            parameters[FIRST_POINT + 2 * place] = round_divide(point_counts * weighed, expected)
    else:
        parameters[ZERO_COUNTS] = counts
    scale.load(parameters)
    if not load_mg:
        scale.adjust_zero(counts)
    return weigh(2)


print("ready")
DEEDS = {
    "place": place,
    "track": track,
    "wait": weigh,
    "heat": heat,
    "press": press,
    "adjust": adjust,
    "unit price": unit_price,
}
for line in sys.stdin:
    name, *words = json.loads(line)
    millie = DEEDS[name](*words)
    indication.step(False)
    shown_mg = None if indication.why else indication.net * scale.unit_mg
    at_zero = scale.at_zero()
    print(
        json.dumps(
            [
                shown_mg,
                millie * scale.e_mg / MILLIE,
                scale.at_rest(),
                scale.interval_mg(indication.net),
                indication.price,
                at_zero,
                scale.zero_counts,
                scale._interval_counts,
            ]
        )
    )
