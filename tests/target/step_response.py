"""How far off the filtered weight is from half a second after a step on, on a floor that shakes; prints JSON.

Arguments: low pass (0 or 1), readings in the filter, ms a reading, amplitude of the shaking in e, counts of noise, band
of stability in thousandths of e. The cell has the noise of real ones, steps at once, and is exact; a step shows in
the converter's next four conversions. For each frequency from 5 to 15 Hz: the largest error in e at any reading from
half a second to a second after the step, the longest time in ms after which it stays within a quarter of e, and the
longest until a load is called stable, 0 for never.
"""

import hal_asyncio

hal_asyncio.install()

import json
import math
import sys

import hal_cell
from agent.weighing.core import Weighing
from hal_random import Random
from parameter_map import MAP

FILTER_SAMPLES, STABILITY_BAND, TRACKING, LOW_PASS = 4, 5, 7, 20
E_COUNTS = 510.0
E_G = 5.0
STEPS_E = (20, 400, -3000, 3000, -1)
SETTLING = 4
BEFORE_S, LOOK_S, END_S = 1.2, 0.5, 1.0


class Steady(hal_cell.ClassIII):
    drift = ()
    creep = ()
    bow = 0.0
    mechanical_s = 0.0
    glitch_every = 0


hal_cell.KINDS["steady"] = Steady
low_pass, samples = [int(word) for word in sys.argv[1:3]]
period_ms, amplitude_e, Steady.noise_counts = [float(word) for word in sys.argv[3:6]]
parameters = dict(MAP)
parameters.update({FILTER_SAMPLES: samples, TRACKING: 0, LOW_PASS: low_pass, STABILITY_BAND: int(sys.argv[6])})
random = Random(5, "steps")


def step(hertz, step_e):
    """(largest error, ms until it stays within a quarter of e, ms until stable) of one step."""
    scale = Weighing(None, parameters)
    cell = hal_cell.LoadCell("steady", random.below(1000000), period_ms / 1000)
    shift = random.uniform()
    phase = 2 * math.pi * random.uniform()
    at_s = -BEFORE_S - shift * period_ms / 1000
    goal = cell.zero_counts + step_e * E_COUNTS
    worst, outside_s, stable_s = 0.0, 0.0, 0.0
    while at_s < END_S:
        at_s += period_ms / 1000
        arrived = min(1.0, max(0.0, at_s * 1000 / (SETTLING * period_ms)))
        cell.load_g = step_e * E_G * arrived
        shaken = cell.sample() + amplitude_e * E_COUNTS * math.sin(2 * math.pi * hertz * at_s + phase)
        scale.step(int(shaken // 1), int((at_s + 10) * 1000))
        away_e = abs(scale.filtered_counts - goal) / E_COUNTS
        if at_s > 0 and away_e > 0.25:
            outside_s = at_s
        if at_s >= LOOK_S:
            worst = max(worst, away_e)
        if at_s > 2 * SETTLING * period_ms / 1000 and scale.stable and not stable_s:
            stable_s = at_s
    return worst, outside_s, stable_s or END_S * 1000


found = []
for quarter in range(20, 61, 2):
    taken = [step(quarter / 4, step_e) for step_e in STEPS_E]
    worst, outside_s, stable_s = [max(column) for column in zip(*taken)]
    found.append([quarter / 4, worst, outside_s * 1000, 0 if stable_s > END_S else stable_s * 1000])
print(json.dumps(found))
