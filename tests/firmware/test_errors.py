"""The agent's errors: one tree, and a code of its own for each class that is not derived from anything."""

from __future__ import annotations

import ast
import re

from kit.micropython import FIRMWARE, ROOT, MicroPython

HAL = ROOT / "simulator" / "hal"
PATH = [HAL / "modules", HAL, ROOT / "hardware" / "boards" / "simulated"]
BUILTIN = {
    "Exception",
    "BaseException",
    "ValueError",
    "OSError",
    "RuntimeError",
    "TypeError",
    "LookupError",
    "KeyError",
}


def classes() -> dict[str, tuple[str, ast.ClassDef]]:
    """The agent's classes by name, with the module of each."""
    found = {}
    for path in sorted((FIRMWARE / "agent").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                module = path.relative_to(FIRMWARE).with_suffix("").as_posix().replace("/", ".")
                found[node.name] = (module.removesuffix(".__init__"), node)
    return found


def bases(node: ast.ClassDef) -> set[str]:
    return {base.id for base in node.bases if isinstance(base, ast.Name)}


def errors() -> dict[str, str]:
    """The names of the classes below AgentError, with their modules."""
    every = classes()
    below = {"AgentError"}
    while True:
        more = {name for name, (_, node) in every.items() if bases(node) & below} | below
        if more == below:
            return {name: every[name][0] for name in below}
        below = more


def codes() -> dict[str, str]:
    """The code that each error class itself declares."""
    every = classes()
    return {
        name: assigned.value.value
        for name in errors()
        for assigned in every[name][1].body
        if isinstance(assigned, ast.Assign)
        and isinstance(assigned.targets[0], ast.Name)
        and assigned.targets[0].id == "code"
        and isinstance(assigned.value, ast.Constant)
    }


def test_every_error_class_is_below_the_one_root() -> None:
    stray = {name for name, (_, node) in classes().items() if bases(node) & BUILTIN}
    assert stray == {"AgentError"}
    assert len(errors()) >= 15


def test_every_error_class_has_a_code_of_its_own() -> None:
    found = codes()
    assert found.keys() == errors().keys()
    assert len(set(found.values())) == len(found)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", code) for code in found.values())


def test_no_case_has_the_code_of_a_class() -> None:
    """Some classes take their code from the case: `Damaged("store-damaged", …)`."""
    cases = {name for name, (_, node) in classes().items() if "CaseError" in bases(node)}
    found = {
        call.args[0].value
        for path in (FIRMWARE / "agent").rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id in cases
        and isinstance(call.args[0], ast.Constant)
    }
    assert {"store-damaged", "switch-off", "usage"} <= found
    assert not found & set(codes().values())


def test_every_error_class_is_one_to_micropython_and_makes_its_sentence(micropython: MicroPython) -> None:
    """MicroPython refuses a class with two native bases only when it is made, and some are made in rare cases only."""
    source = ["import hal_asyncio\nfrom agent.errors import AgentError"]
    for name, module in sorted(errors().items()):
        source.append(f"from {module} import {name}\nassert issubclass({name}, AgentError)")
        source.append(f"print({name}.code, {name}.message.count('%') <= 2)")
    told = micropython("\n".join(source), heap="2m", path=PATH).stdout.split()
    assert sorted(told[::2]) == sorted(codes().values())
    assert set(told[1::2]) == {"True"}
