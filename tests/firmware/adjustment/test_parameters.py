"""Parameters in real MicroPython and on the host: the same fields, the same digest."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kit.micropython import ROOT, TARGET, Conversation, MicroPython
from steelyard_protocol import parameters
from steelyard_simulator.flashing import PARAMETERS

PATH = [TARGET, ROOT / "simulator" / "hal"]


def test_fields_are_those_of_the_definition(micropython: MicroPython) -> None:
    listed = micropython("from agent.adjustment import fields\nfor field in fields.FIELDS: print(*field)").stdout
    expected = [f"{field.key} {field.name} {field.minimum} {field.maximum}" for field in parameters.FIELDS.values()]
    assert listed.splitlines() == expected


def test_digest_is_that_of_the_host(micropython: MicroPython) -> None:
    source = "import json\nfrom agent.adjustment import parameters\nfrom ledger_bench import MAP\n"
    answer = micropython(
        f"{source}print(json.dumps([MAP, parameters.digest_of(MAP).hex()]))", path=PATH, heap="2M"
    ).stdout
    parameter_map, digest = json.loads(answer)
    assert digest == parameters.digest({int(key): value for key, value in parameter_map.items()}).hex()


@pytest.fixture(scope="module")
def breaches(micropython: MicroPython) -> Iterator[Conversation]:
    with micropython.start("breach_answers.py") as conversation:
        yield conversation


NEAR = st.sampled_from([None, 1_000, 5_000, 10_000, 20_000, 2_500_000, 5_000_000, 6_000_000, 7_505_000, 15_000_000])


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.fixed_dictionaries(dict.fromkeys((1, 3, *range(16, 20), 42, 43), NEAR)), min_size=20, max_size=20))
def test_scale_and_host_agree_which_maps_are_valid(
    breaches: Conversation, changes: list[dict[int, int | None]]
) -> None:
    """Those with partial weighing ranges too: some of each kind are among them."""
    maps = [{key: value for key, value in (PARAMETERS | one).items() if value is not None} for one in changes]
    answer = json.loads(breaches.ask(json.dumps([list(one.items()) for one in maps])))
    assert [said is None for said in answer] == [not parameters.breaches(one) for one in maps]


def test_partial_ranges_that_scales_are_made_with_are_valid(breaches: Conversation) -> None:
    made = [
        {1: 15_000_000, 3: 2_000, 16: 6_000_000, 17: 5_000},
        {1: 15_000_000, 3: 1_000, 16: 3_000_000, 17: 2_000, 18: 6_000_000, 19: 5_000},
        {1: 30_000_000, 3: 5_000, 16: 15_000_000, 17: 10_000},
    ]
    maps = [PARAMETERS | one for one in made]
    assert [parameters.breaches(one) for one in maps] == [[]] * 3
    assert json.loads(breaches.ask(json.dumps([list(one.items()) for one in maps]))) == [None] * 3
