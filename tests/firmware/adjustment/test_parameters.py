"""Parameters in real MicroPython and on the host: the same fields, the same digest."""

from __future__ import annotations

import json

from kit.micropython import ROOT, TARGET, MicroPython
from steelyard_protocol import parameters

PATH = [TARGET, ROOT / "simulator" / "hal"]


def test_fields_are_those_of_the_definition(micropython: MicroPython) -> None:
    listed = micropython("from agent.adjustment import fields\nfor field in fields.FIELDS: print(*field)").stdout
    expected = [f"{field.key} {field.name} {field.minimum} {field.maximum}" for field in parameters.FIELDS.values()]
    assert listed.splitlines() == expected


def test_digest_is_that_of_the_host(micropython: MicroPython) -> None:
    source = "import json\nfrom agent.adjustment import fields\nfrom ledger_bench import MAP\n"
    answer = micropython(f"{source}print(json.dumps([MAP, fields.digest(MAP).hex()]))", path=PATH, heap="2M").stdout
    parameter_map, digest = json.loads(answer)
    assert digest == parameters.digest({int(key): value for key, value in parameter_map.items()}).hex()
