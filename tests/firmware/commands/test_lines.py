"""Unknown input is never executed: half lines, control characters, and frames that came damaged."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from kit.terminal import PROMPT, Terminal
from steelyard_simulator.scale import SimulatedScale

HALF = b"adjust set filter_samples 9"


@pytest.fixture
def ready(scale: SimulatedScale) -> SimulatedScale:
    """A scale whose parameters whatever is executed would change."""
    scale.console("enrol maker=M model=one serial=1 code=P-1")
    scale.adjustment_switch(True)
    scale.advance(1)
    return scale


@pytest.fixture
def terminal(ready: SimulatedScale) -> Iterator[Terminal]:
    """A terminal at that scale."""
    terminal = Terminal(ready.path, lambda: ready.advance(0.05))
    synchronise(terminal)
    yield terminal
    terminal.close()


def synchronise(terminal: Terminal) -> None:
    """Read up to the prompt after which nothing comes any more."""
    terminal.type(b"here\r")
    terminal.read_until(b"'here'")
    terminal.read_until(PROMPT)


def counter(scale: SimulatedScale) -> int:
    """How often the scale's type-specific parameters were changed."""
    count: int = scale.console_json("status")["configuration_counter"]
    return count


def test_a_line_that_is_entered_at_once_is_executed(terminal: Terminal, ready: SimulatedScale) -> None:
    """Control: what the other tests type would change the scale."""
    assert b"done" in terminal.ask(HALF)
    assert counter(ready) == 1


@pytest.mark.parametrize("half", [HALF, b"x" * 5000, b"adjust zero"])
def test_a_half_line_is_dropped_after_a_minute(terminal: Terminal, ready: SimulatedScale, half: bytes) -> None:
    terminal.type(half)
    terminal.read_until(half[:4096])
    ready.advance(2)  # what is too long is not echoed
    ready.advance(61)
    terminal.type(b"\r")
    assert b"dropped: 60 s" in terminal.read_until(PROMPT)
    terminal.read_until(PROMPT)
    assert terminal.ask(b"time").startswith(b"time\r\ntime 0")
    found = ready.console_json("status")
    assert (found["calibration_counter"], found["configuration_counter"], found["session"]) == (0, 0, False)


def test_what_is_typed_after_a_dropped_half_line_is_a_line_of_its_own(
    terminal: Terminal, ready: SimulatedScale
) -> None:
    terminal.type(HALF[:-2])
    terminal.read_until(HALF[-8:-2])
    ready.advance(61)
    assert b"dropped: 60 s" in terminal.ask(b" 9")
    assert b"there is no command '9'" in terminal.read_until(PROMPT)
    assert counter(ready) == 0


def test_somebody_who_types_slowly_is_understood(terminal: Terminal, ready: SimulatedScale) -> None:
    for part in (HALF[:6], HALF[6:20], HALF[20:]):
        terminal.type(part)
        terminal.read_until(part)
        ready.advance(58)
    assert b"done" in terminal.ask(b"")
    assert counter(ready) == 1


def test_a_line_with_a_control_character_is_refused(terminal: Terminal, ready: SimulatedScale) -> None:
    """All of ASCII's that are no keys of the console, and some of Unicode's."""
    of_ascii = [bytes((byte,)) for byte in range(32) if byte not in (3, 8, 10, 13, 21)]
    for mark in (*of_ascii, *(letter.encode() for letter in "\x80\x85\x9b\x9f\u2028\u2029")):
        for at in (0, 10, len(HALF)):
            assert b"error: the line has a control character" in terminal.ask(HALF[:at] + mark + HALF[at:])
    assert counter(ready) == 0
