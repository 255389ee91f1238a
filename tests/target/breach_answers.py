"""Answers a line with parameter maps, each as [[key, value], ...], with what keeps each from being valid, or null."""

import json
import sys

from agent.adjustment import fields

for line in sys.stdin:
    print(json.dumps([fields.breach(dict(pairs)) for pairs in json.loads(line)]))
