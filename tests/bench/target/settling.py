"""How long after a load is put on a scale calls it stable; prints a JSON list of milliseconds in rising order.

Arguments: kind of the cell, ms a reading, stability time in ms, readings in the filter, number of loads. Loads of 2 kg
are put on, or taken off, in every phase of a reading; weighing gets its readings by hand.
"""

import hal_asyncio

hal_asyncio.install()

import json
import sys

from agent.weighing.core import Weighing
from hal_cell import LoadCell
from parameter_map import MAP

FILTER_SAMPLES, STABILITY_TIME = 4, 6
PHASES = 55
REST_MS = 5000

kind = sys.argv[1]
period_ms = float(sys.argv[2])
time_ms, samples, loads = [int(word) for word in sys.argv[3:]]
parameters = dict(MAP)
parameters.update({FILTER_SAMPLES: samples, STABILITY_TIME: time_ms})
weighing = Weighing(None, parameters)
cell = LoadCell(kind, 11, period_ms / 1000)
now_ms = 0.0
taken_ms = []
for number in range(loads):
    for _ in range(int((REST_MS + 2 * time_ms) / period_ms) + samples):
        now_ms += period_ms
        weighing.step(int(cell.sample()), int(now_ms))
    cell.load_g = 2000.0 - cell.load_g
    since_ms = -(number * 21 % PHASES) * period_ms / PHASES
    moved = False
    while not (moved and weighing.stable):
        now_ms += period_ms
        since_ms += period_ms
        weighing.step(int(cell.sample()), int(now_ms))
        moved = moved or not weighing.stable
    taken_ms.append(since_ms)
print(json.dumps(sorted(taken_ms)))
