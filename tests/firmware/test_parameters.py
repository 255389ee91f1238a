"""Parameters in real MicroPython: sessions, commits, counters, permits, the audit trail, and what locks the scale."""

from __future__ import annotations

import json
import re

import pytest
from kit.micropython import ROOT, TARGET, MicroPython
from steelyard_protocol import parameters

HAL = ROOT / "simulator" / "hal"
CHECKS = re.findall(r"^def (test_\w+)\(\)", (TARGET / "parameters_checks.py").read_text(), re.MULTILINE)
# asyncio keeps the real clock: it is imported before the simulator's `time` comes into reach.
BEGIN = f"import asyncio, sys\nsys.path.append({str(HAL)!r})\n"


@pytest.mark.parametrize("check", CHECKS)
def test_parameters(micropython: MicroPython, check: str) -> None:
    micropython(f"{BEGIN}import parameters_checks\nparameters_checks.{check}()", path=[TARGET], heap="2M")


def test_fields_are_those_of_the_definition(micropython: MicroPython) -> None:
    listed = micropython("from agent.adjustment import fields\nfor field in fields.FIELDS: print(*field)").stdout
    expected = [f"{field.key} {field.name} {field.minimum} {field.maximum}" for field in parameters.FIELDS.values()]
    assert listed.splitlines() == expected


def test_digest_is_that_of_the_host(micropython: MicroPython) -> None:
    source = f"{BEGIN}import json\nfrom agent.adjustment import fields\nfrom ledger_bench import MAP\n"
    answer = micropython(f"{source}print(json.dumps([MAP, fields.digest(MAP).hex()]))", path=[TARGET], heap="2M").stdout
    parameter_map, digest = json.loads(answer)
    assert digest == parameters.digest({int(key): value for key, value in parameter_map.items()}).hex()
