"""One tree of errors a part: explicit codes, none twice, and messages that get the values they have places for."""

import ast
import importlib
import inspect
import pkgutil
import re
import string
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import steelyard_cloud
import steelyard_gateway
import steelyard_protocol
import steelyard_simulator
from kit.messages import kinds
from steelyard_cloud.errors import CloudError
from steelyard_gateway.errors import GatewayError
from steelyard_protocol import errors
from steelyard_protocol.errors import ProtocolError, SteelyardError
from steelyard_simulator.errors import SimulatorError

PARTS = {
    steelyard_protocol: ProtocolError,
    steelyard_gateway: GatewayError,
    steelyard_cloud: CloudError,
    steelyard_simulator: SimulatorError,
}
RUN_WHEN_IMPORTED = ("__main__", ".migrations")


def modules(part: ModuleType) -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(part.__path__, f"{part.__name__}."):
        if not any(word in found.name for word in RUN_WHEN_IMPORTED):
            yield importlib.import_module(found.name)


def places(kind: type[SteelyardError]) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(kind.template()) if name is not None}


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_every_exception_of_a_part_is_in_its_tree(part: ModuleType) -> None:
    outside = {
        f"{one.__module__}.{one.__qualname__}"
        for module in modules(part)
        for one in vars(module).values()
        if inspect.isclass(one) and issubclass(one, BaseException) and one.__module__.startswith(part.__name__)
        if not issubclass(one, PARTS[part]) and one is not SteelyardError
    }
    assert not outside


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_codes_are_explicit_and_given_once(part: ModuleType) -> None:
    assert list(modules(part))
    found = kinds(PARTS[part])
    assert len(found) > 5
    codes: dict[str, type[SteelyardError]] = {}
    for kind in found:
        assert "code" in vars(kind), f"{kind} has no code of its own"
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", kind.code)
        assert kind.code not in codes, f"{kind} and {codes[kind.code]} have one code"
        codes[kind.code] = kind
        assert kind.noun
        assert vars(kind).get("__doc__"), f"{kind} has no message"
        assert "__init__" not in vars(kind), f"{kind} is made in a way of its own"
    assert "__name__" not in inspect.getsource(errors)


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_whoever_makes_an_error_gives_what_its_message_has_places_for(part: ModuleType) -> None:
    assert list(modules(part))
    named = {kind.__name__: kind for kind in kinds(PARTS[part])}
    assert len(named) == len(kinds(PARTS[part])), "two classes of one name"
    made = [one for path in Path(part.__path__[0]).rglob("*.py") for one in _made(path, named)]
    assert len(made) > 5
    wrong = [(where, name) for where, name, given in made if given != places(named[name])]
    assert not wrong


def _made(path: Path, kinds: dict[str, type[SteelyardError]]) -> Iterator[tuple[str, str, set[str]]]:
    """Where, which error, and the names of the values that it is given."""
    for node in ast.walk(ast.parse(path.read_text())):
        called = node.func if isinstance(node, ast.Call) else node.exc if isinstance(node, ast.Raise) else None
        name = getattr(called, "id", getattr(called, "attr", ""))
        if name in kinds:
            given = {word.arg or "**" for word in node.keywords} if isinstance(node, ast.Call) else set()
            extra = {"*"} if isinstance(node, ast.Call) and node.args else set()
            yield f"{path.name}:{node.lineno}", name, given | extra


def test_braces_in_a_value_mean_nothing() -> None:
    class Odd(SteelyardError):
        """{what} is odd"""

    assert str(Odd(what="{0} {x}")) == "{0} {x} is odd"
