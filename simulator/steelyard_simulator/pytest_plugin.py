"""Pytest fixtures: `scale`, a simulated scale in virtual time that is on, and `simulate`, which makes more of them.

`@pytest.mark.scale(cell="class_iii", seed=7, …)` sets the arguments of `SimulatedScale` for the fixture `scale`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from steelyard_simulator.errors import WrongOption
from steelyard_simulator.scale import SimulatedScale

_SETTLE_S = 5.0


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker."""
    config.addinivalue_line("markers", "scale(**options): arguments of SimulatedScale for the fixture `scale`")


@pytest.fixture
def simulate(tmp_path: Path) -> Iterator[Callable[..., SimulatedScale]]:
    """A function that makes a scale with the given arguments of `SimulatedScale`, switches it on, and ends it."""
    with ExitStack() as stack:
        made = 0

        def make(**options: Any) -> SimulatedScale:
            nonlocal made
            made += 1
            scale = SimulatedScale(tmp_path / f"scale-{made}", **options)
            stack.callback(scale.stop)
            scale.power_on()
            return scale

        yield make


@pytest.fixture
def scale(request: pytest.FixtureRequest, simulate: Callable[..., SimulatedScale]) -> SimulatedScale:
    """A simulated scale in virtual time, on for five seconds, so that it has found its zero; see the marker."""
    marker = request.node.get_closest_marker("scale")
    scale = simulate(**(_options(marker) if marker else {}))
    if scale.virtual:
        scale.advance(_SETTLE_S)
    return scale


def _options(marker: pytest.Mark) -> dict[str, Any]:
    """The marker's options; raises WrongOption for one that SimulatedScale does not take, or that has no name."""
    parameters = inspect.signature(SimulatedScale).parameters
    known = [name for name, one in parameters.items() if one.kind is one.KEYWORD_ONLY]
    wrong = [repr(one) for one in marker.args] + [name for name in marker.kwargs if name not in known]
    if wrong:
        raise WrongOption(option=f"option {wrong[0]}", known=", ".join(known))
    return dict(marker.kwargs)
