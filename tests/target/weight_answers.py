"""Answers lines `{"parameters": [[key, value], ...], "cases": [[filtered, zero, temperature], ...]}` with weights."""

import json
import sys

from agent.weighing.weight import Scaling

for line in sys.stdin:
    request = json.loads(line)
    scaling = Scaling(dict(request["parameters"]))
    answers = []
    for filtered, zero, temperature in request["cases"]:
        scaling.set_temperature(temperature)
        answers.append(scaling.gross(scaling.compensated(filtered) - zero))
    print(json.dumps(answers))
