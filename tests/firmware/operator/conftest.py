"""Fixtures of a scale that computes prices."""

from collections.abc import Callable

import pytest
from kit.shop import Open, Shop, opener
from steelyard_simulator import SimulatedScale


@pytest.fixture
def open_shop(simulate: Callable[..., SimulatedScale]) -> Open:
    """A function that sets up a scale with prices, on and enrolled; see `kit.shop.opener`."""
    return opener(simulate)


@pytest.fixture
def shop(open_shop: Open) -> Shop:
    """A scale of 15 kg in steps of 5 g whose sales are each stated, prices per kilogram."""
    return open_shop()
