"""The chain of statements in real MicroPython: numbers, links, receipts, and what is said when something was lost."""

from __future__ import annotations

import re

import pytest
from kit.micropython import ROOT, TARGET, MicroPython

HAL = ROOT / "simulator" / "hal"
CHECKS = re.findall(r"^def (test_\w+)\(\)", (TARGET / "chain_checks.py").read_text(), re.MULTILINE)


@pytest.mark.parametrize("check", CHECKS)
def test_chain(micropython: MicroPython, check: str) -> None:
    # asyncio keeps the real clock: it is imported before the simulator's `time` comes into reach.
    source = f"import asyncio, sys\nsys.path.append({str(HAL)!r})\nimport chain_checks\nchain_checks.{check}()"
    micropython(source, path=[TARGET], heap="2M")
