"""Answers lines `{"parameters": [[key, value], ...], "cases": [[filtered, zero, temperature], ...]}` with weights."""

import json
import sys

from agent.weighing.ranges import Ranges
from agent.weighing.weight import MAX_1, Scaling

for line in sys.stdin:
    request = json.loads(line)
    parameters = dict(request["parameters"])
    scaling = Scaling(parameters)
    ranges = Ranges(parameters, scaling) if MAX_1 in parameters else None
    weigh = ranges.gross if ranges else scaling.gross
    answers = []
    for filtered, zero, temperature in request["cases"]:
        scaling.set_temperature(temperature)
        if ranges:
            ranges.use()
        answers.append(weigh(scaling.compensated(filtered) - zero))
    print(json.dumps(answers))
