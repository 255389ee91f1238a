"""The tool over a line that drops, garbles, doubles, splits and holds back bytes; breaks at every frame."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from kit.frames import split
from noisy_line import CHANGES, FIELD, RATES, READS, Bench, bench
from steelyard_gateway.errors import PortLost
from steelyard_gateway.scale import session as sessions
from steelyard_gateway.scale import unfinished
from steelyard_gateway.scale.outcome import find_out, of_earlier
from steelyard_gateway.scale.status import read as status_of
from steelyard_gateway.serial.console import SerialConsole

COMMANDS = [(command, change) for commands, change in ((READS, False), (CHANGES, True)) for command in commands]
assert sessions


@pytest.fixture(scope="module")
def noisy() -> Iterator[Bench]:
    with bench() as one:
        yield one


@pytest.mark.parametrize(("command", "change"), COMMANDS)
def test_on_a_bad_line_nothing_false_is_said_and_nothing_else_is_done(
    noisy: Bench, command: str, change: bool
) -> None:
    results = [noisy.play(command, rate, change) for rate in RATES for _ in range(2)]
    assert results
