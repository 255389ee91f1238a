"""The examples in docs/testing.md are tests, and run here as they stand there."""

import re
from pathlib import Path

import pytest
from kit.servers import Server

PAGE = Path(__file__).resolve().parents[2] / "docs" / "testing.md"
EXAMPLES = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)


@pytest.fixture
def broker_port(mosquitto: Server) -> int:
    return mosquitto.port


for example in EXAMPLES:
    exec(compile(example, PAGE, "exec"))


def test_every_example_was_collected() -> None:
    names = re.findall(r"^def (test_\w+)", PAGE.read_text(), re.MULTILINE)
    assert len(names) == len(EXAMPLES) == 2
    assert all(callable(globals()[name]) for name in names)
