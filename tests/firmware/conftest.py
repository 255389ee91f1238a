"""Fixtures of the firmware's tests: the real MicroPython."""

import pytest
from kit.micropython import MicroPython, interpreter


@pytest.fixture(scope="session")
def micropython() -> MicroPython:
    """The MicroPython interpreter that runs the scripts of `target/`."""
    return interpreter()
