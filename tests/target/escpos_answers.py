"""Reads a line of JSON at a time, `[name of a function, [[kind, text], …]]`, and answers each with the bytes in hex."""

import json
import sys

from agent.operator import escpos

while True:
    line = sys.stdin.readline()
    if not line:
        break
    name, lines = json.loads(line)
    print(b"".join(getattr(escpos, name)(lines)).hex())
