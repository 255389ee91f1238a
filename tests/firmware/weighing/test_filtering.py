"""Filter, stability and noise in real MicroPython, against what they say they are."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kit.micropython import Conversation, MicroPython

one_process = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
readings = st.lists(st.integers(-8_388_608, 8_388_607) | st.integers(-3, 3), min_size=1, max_size=150)


@pytest.fixture(scope="module")
def firmware(micropython: MicroPython) -> Iterator[Conversation]:
    with micropython.start("filtering_answers.py") as conversation:
        yield conversation


def ask(firmware: Conversation, *request: Any) -> Any:
    return json.loads(firmware.ask(json.dumps(request)))


def middle_mean(window: list[int]) -> int:
    """Mean of the middle half, a half rounded up."""
    cut = len(window) // 4
    middle = sorted(window)[cut : len(window) - cut]
    return (2 * sum(middle) + len(middle)) // (2 * len(middle))


@one_process
@given(st.integers(1, 64), readings)
def test_filter_is_the_mean_of_the_middle_half_of_the_last_readings(
    firmware: Conversation, samples: int, values: list[int]
) -> None:
    expected = [middle_mean(values[max(0, end - samples) : end]) for end in range(1, len(values) + 1)]
    assert ask(firmware, "filter", samples, values) == expected


def test_two_glitches_among_eight_readings_are_not_heard(firmware: Conversation) -> None:
    values = [1000, 1001, 999, 1000, 8_300_000, -8_300_000, 1001, 1000]
    assert ask(firmware, "filter", 8, values)[-1] in (1000, 1001)


def heard(values: list[int], far: int) -> list[int]:
    """The middle one of five in time, or their median where it is far from that and from what was heard before it."""
    padded, found = [values[0]] * 5 + values[1:], [values[0]]
    for end in range(5, len(padded) + 1):
        middle, median = padded[end - 3], sorted(padded[end - 5 : end])[2]
        near = abs(middle - found[-1]) <= far or abs(middle - median) <= far
        found.append(middle if near else median)
    return found[1:]


def mean(values: list[int], size: int) -> list[int]:
    """Of so many; a half rounded up."""
    padded = [values[0]] * (size - 1) + values
    return [(sum(padded[end - size : end]) + size // 2) // size for end in range(size, len(padded) + 1)]


def low_pass(values: list[int], samples: int, far: int) -> list[int]:
    """What was before the first reading counts as equal to it."""
    return mean(mean(heard(values, far), max(1, samples // 2)), samples - samples // 2)


@one_process
@given(st.integers(1, 64), st.sampled_from([1, 2, 5, 2_040]), readings)
def test_the_low_pass_is_two_moving_means_of_readings_without_wrong_words(
    firmware: Conversation, samples: int, far: int, values: list[int]
) -> None:
    assert ask(firmware, "low pass", samples, far, values) == low_pass(values, samples, far)


def test_two_glitches_in_a_row_are_not_heard_by_the_low_pass(firmware: Conversation) -> None:
    values = [1000, 1001, 999, 1000, 8_300_000, -8_300_000, 1001, 1000] * 12
    assert set(ask(firmware, "low pass", 32, 2_040, values)) <= {1000, 1001}


@one_process
@given(st.lists(st.integers(-4_000, 4_000), min_size=32, max_size=32), st.integers(-8_000_000, 8_000_000))
def test_noise_is_the_standard_deviation_of_a_block(firmware: Conversation, away: list[int], base: int) -> None:
    away[0] = 0  # a block is judged from its first reading
    assert ask(firmware, "noise", [base + value for value in away]) == pytest.approx(statistics.stdev(away), abs=1.5)


def test_each_block_of_noise_is_measured_by_itself(firmware: Conversation) -> None:
    loud, quiet = [900, 1_100] * 16, [5_000 - 10, 5_000 + 10] * 16
    assert ask(firmware, "noise", loud) == 101
    assert ask(firmware, "noise", [*loud, *quiet[:31]]) == 101, "the last whole block"
    assert ask(firmware, "noise", [*loud, *quiet]) == 10
    assert ask(firmware, "noise", [*loud[:20], None, *quiet[:31]]) == 0, "the load moved: a new block"
    assert ask(firmware, "noise", [*loud[:20], None, *quiet]) == 10
    assert ask(firmware, "noise", [*loud[:20], 8_000, *quiet[:31]]) == 0, "that is another load"
    assert ask(firmware, "noise", [*loud[:20], 8_000, *quiet]) == 10
    assert ask(firmware, "noise", [0, 4_095, -4_095, *[0] * 29]) == 1_040
    assert ask(firmware, "noise", [0, 4_096, *[0] * 30]) == 0


def test_rest_takes_the_whole_time_within_the_band(firmware: Conversation) -> None:
    """From the first reading of the load on."""
    steps = [[1000 + step % 3, 100] for step in range(15)]
    assert ask(firmware, "rest", 800, 10, steps) == [False] * 8 + [True] * 7


@pytest.mark.parametrize(("samples", "readings"), [(1, 6), (8, 6), (16, 12), (64, 48)])
def test_rest_takes_six_readings_or_those_of_the_middle_half_however_short_the_time(
    firmware: Conversation, samples: int, readings: int
) -> None:
    steps = [[1000, 86]] * 50
    assert ask(firmware, "rest", 100, 10, steps, samples) == [False] * (readings - 1) + [True] * (51 - readings)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("phase", range(12))
def test_rest_begins_with_the_last_reading_outside_the_band_however_smoothly_it_came(
    firmware: Conversation, phase: int, sign: int
) -> None:
    """Ten milliseconds a reading: some twelve readings lie in one seventh of the time."""
    peak = [[1000 + sign * away, 10] for away in (8, 16, 8)]
    found = ask(firmware, "rest", 800, 10, [[1000, 10]] * (100 + phase) + peak + [[1000, 10]] * 120)
    assert found[99 + phase] is True
    outside = 101 + phase
    assert found.index(True, outside) - outside in range(80, 80 + 80 // 7 + 2)


def test_rest_wants_the_filtered_counts_within_the_band(firmware: Conversation) -> None:
    for away, rests in ((0, True), (10, True), (-10, True), (11, False), (-11, False)):
        steps = [[1000, 100, 1000]] * 12 + [[1000, 100, 1000 + away]]
        assert ask(firmware, "rest", 800, 10, steps)[-2:] == [True, rests]


def test_the_band_reaches_as_far_to_either_side(firmware: Conversation) -> None:
    for away, rests in ((10, True), (-10, True), (11, False), (-11, False)):
        assert ask(firmware, "rest", 500, 10, [[1000, 100]] * 9 + [[1000 + away, 100]])[-1] is rests


def test_a_slow_creep_through_the_band_is_not_stable_forever(firmware: Conversation) -> None:
    """Each step is small; what counts is how far it went within the time."""
    slow = ask(firmware, "rest", 800, 10, [[1000 + step, 100] for step in range(60)])
    fast = ask(firmware, "rest", 800, 10, [[1000 + 2 * step, 100] for step in range(60)])
    assert all(slow[8:])
    assert not any(fast)


def test_a_jump_ends_rest_at_once_and_it_returns_after_the_time(firmware: Conversation) -> None:
    steps = [[1000, 100]] * 12 + [[5000, 100]] * 12
    assert ask(firmware, "rest", 800, 10, steps) == [False] * 8 + [True] * 4 + [False] * 8 + [True] * 4


def test_after_a_pause_of_more_than_a_second_rest_begins_again(firmware: Conversation) -> None:
    for pause_ms, begins_again in ((1000, False), (1001, True)):
        steps = [[1000, 100]] * 12 + [[1000, pause_ms]] + [[1000, 100]] * 10
        assert ask(firmware, "rest", 2000, 10, steps) == [False] * 12 + [not begins_again] * 11


def test_taking_readings_in_takes_no_heap(firmware: Conversation) -> None:
    """Two blocks of noise, filter and stability together."""
    assert ask(firmware, "heap") == 0
