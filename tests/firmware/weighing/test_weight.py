"""Counts to weight in real MicroPython: the same integer as on the host, for every parameter map and every input."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from kit.micropython import Conversation, MicroPython
from steelyard_protocol import parameters, weight


@pytest.fixture(scope="module")
def firmware(micropython: MicroPython) -> Iterator[Conversation]:
    with micropython.start("weight_answers.py") as conversation:
        yield conversation


def field(key: int) -> st.SearchStrategy[int]:
    return st.integers(parameters.FIELDS[key].minimum, parameters.FIELDS[key].maximum)


MULTI: tuple[dict[int, int], ...] = (
    {1: 15_000_000, 3: 2_000, 16: 6_000_000, 17: 5_000},
    {1: 15_000_000, 3: 1_000, 16: 3_000_000, 17: 2_000, 18: 6_000_000, 19: 5_000},
    {1: 600_000, 3: 100, 16: 150_000, 17: 200, 18: 300_000, 19: 500},
)


@st.composite
def maps(draw: st.DrawFn) -> dict[int, int]:
    """A valid parameter map with one to six calibration points."""
    found = {key: draw(field(key)) for key, its in parameters.FIELDS.items() if not its.optional and key < 40}
    size = draw(st.integers(1, 6))
    counts = draw(st.lists(field(40), min_size=size, max_size=size, unique=True))
    masses = draw(st.lists(field(41), min_size=size, max_size=size, unique=True))
    for index, (point_counts, point_mg) in enumerate(zip(sorted(counts), sorted(masses), strict=True)):
        found[40 + 2 * index] = point_counts
        found[41 + 2 * index] = point_mg
    found |= draw(st.sampled_from(({}, {}, *MULTI)))
    return parameters.validate(found)


cases = st.lists(
    st.tuples(st.integers(-8_388_608, 8_388_607), st.integers(-16_777_216, 16_777_215), st.integers(-5_500, 12_500)),
    min_size=1,
    max_size=20,
)

EXAMPLE = {
    **{1: 15_000_000, 2: 100_000, 3: 5_000, 4: 8, 5: 500, 6: 1_000, 7: 500, 8: 40, 9: 200, 10: 2, 11: 156, 12: 0},
    **{32: 50_000, 33: 9_800_000, 34: 9_800_000, 35: 2_000, 36: 250_000, 37: -12_000, 40: 1_530_000, 41: 15_000_000},
}


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(maps(), cases)
@example(
    EXAMPLE, [(50_255, 50_000, 2_000), (50_254, 50_000, 2_000), (1_580_000, 50_000, 3_100), (-8_388_608, 0, -5_500)]
)
@example({**EXAMPLE, 3: 1, 40: 1, 41: 1_000_000_000}, [(50_003, 50_000, 2_000), (49_997, 50_000, 2_000)])
@example({**EXAMPLE, 36: 10_000_000, 37: 0}, [(1_100_254, 50_000, 12_500), (-699_745, 50_000, -5_500)])
@example({**EXAMPLE, 36: 0, 37: 1_000_000}, [(8_388_000 - 40 * at, 0, 12_500) for at in range(20)])
def test_scale_and_host_compute_the_same_weight(
    firmware: Conversation, map_: dict[int, int], inputs: list[tuple[int, int, int]]
) -> None:
    near = [(filtered + offset, zero, t) for filtered, zero, t in inputs for offset in (0, 0, 0, 1, -1, -20, 0, 300)]
    answer = json.loads(firmware.ask(json.dumps({"parameters": list(map_.items()), "cases": near})))
    assert answer == [weight.gross_intervals(map_, *case) for case in near]


@pytest.mark.parametrize("ranges", MULTI[:2])
def test_round_the_end_of_a_partial_range_scale_and_host_agree_count_by_count(
    firmware: Conversation, ranges: dict[int, int]
) -> None:
    map_ = EXAMPLE | ranges | {36: 0, 37: 0}
    for end_mg, _ in parameters.ranges(map_)[:-1]:
        counts = end_mg * 102 // 1_000
        for sign in (1, -1):
            for aways in (range(-300, 300), range(300, -300, -1)):  # as a load comes, and as it goes
                cases = [(50_000 + sign * (counts + away), 50_000, 2_000) for away in aways]
                answer = json.loads(firmware.ask(json.dumps({"parameters": list(map_.items()), "cases": cases})))
                assert answer == [weight.gross_intervals(map_, *case) for case in cases]


@pytest.mark.parametrize("span_ppb_per_k", [0, -12_000])
def test_a_resting_load_weighs_the_same_exactly_as_far_as_the_rule_says(
    firmware: Conversation, span_ppb_per_k: int
) -> None:
    """Count by count over the bend between two points, each looked at three times, as a load rests on it."""
    bent = {**EXAMPLE, 37: span_ppb_per_k, 40: 400_000, 41: 4_000_000, 42: 1_530_000, 43: 15_000_000}
    counts = range(50_000 + 400_000 - 1_500, 50_000 + 400_000 + 1_500)
    cases = [(one, 50_000, 2_300) for one in (*counts, *reversed(counts)) for _ in range(3)]
    for start in range(0, len(cases), 300):
        part = cases[start : start + 300]
        answer = json.loads(firmware.ask(json.dumps({"parameters": list(bent.items()), "cases": part})))
        assert answer == [weight.gross_intervals(bent, *case) for case in part]


def test_weight_is_what_the_calibration_says(firmware: Conversation) -> None:
    """102 counts are a gram: half an interval of 5 g rounds up, a count less does not."""
    cases = [(50_000 + 255, 50_000, 2_000), (50_000 + 254, 50_000, 2_000), (50_000 + 102_000, 50_000, 2_000)]
    answer = json.loads(firmware.ask(json.dumps({"parameters": list(EXAMPLE.items()), "cases": cases})))
    assert answer == [1, 0, 200]
