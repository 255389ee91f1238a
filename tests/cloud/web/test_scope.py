"""Forgetting to ask who may see a scale is refused by mypy and by lint, and by the program itself."""

import ast
import dataclasses
import importlib
import inspect
import json
import os
import pkgutil
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import steelyard_cloud
from kit.world import World
from steelyard_cloud import alerts, complaints, evidence, people, scales
from steelyard_cloud.alerts.queries import AlertInScope, alert_by_id
from steelyard_cloud.db import database, schema
from steelyard_cloud.db.database import Connection
from steelyard_cloud.errors import NotFound
from steelyard_cloud.people.roles import Principal, Role
from steelyard_cloud.people.scoping import InScope, ScopeCheck, rows_in_scope
from steelyard_cloud.scales.queries import ScaleInScope, scale_by_code

ROOT = Path(__file__).parents[3]
CLOUD = Path(steelyard_cloud.__file__).parent
SNIPPETS = Path(__file__).with_name("scope_snippets.py")
CONTRACTS = {
    one["name"]: one
    for one in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
}
NO_SQL = CONTRACTS["the web speaks no SQL, and reads nothing by a bare id"]
NO_TABLES = CONTRACTS["commands know no tables"]
NO_OUTBOX = CONTRACTS["only the event stream reads the outbox"]
IDS = {"scale_id", "identity_id", "alert_id", "complaint_id", "permit_id"}


def test_mypy_refuses_what_forgets_the_check_and_nothing_else() -> None:
    lines = enumerate(SNIPPETS.read_text().splitlines(), 1)
    marked = {(number, mark[1]) for number, line in lines if (mark := re.search(r"# refused: ([\w-]+)$", line))}
    done = subprocess.run([sys.executable, "-m", "mypy", SNIPPETS], cwd=ROOT, capture_output=True, text=True)
    told = re.findall(r"scope_snippets\.py:(\d+): error: .* \[([\w-]+)\]$", done.stdout, re.MULTILINE)
    assert {(int(number), kind) for number, kind in told} == marked, done.stdout + done.stderr


def broken(folder: Path, contract: dict[str, Any], module: str, lines: list[str]) -> str:
    """What lint says of a contract with these lines at the end of a module, in a copy of the cloud; "" if it holds."""
    shutil.copytree(CLOUD, folder / "steelyard_cloud", ignore=shutil.ignore_patterns("__pycache__"))
    with (folder / "steelyard_cloud" / module).open("a") as file:
        file.write("\n".join(lines) + "\n")
    fields = "\n".join(f"{name} = {json.dumps(value)}" for name, value in contract.items())
    (folder / "pyproject.toml").write_text(
        '[tool.importlinter]\ninclude_external_packages = true\nroot_packages = ["steelyard_cloud"]\n'
        f"[[tool.importlinter.contracts]]\n{fields}\n"
    )
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
    )
    assert ("1 broken" in done.stdout) == (done.returncode == 1), done.stdout + done.stderr
    return done.stdout if done.returncode else ""


def test_lint_refuses_each_way_round_the_check_in_a_route(tmp_path: Path) -> None:
    """One line for each module that the contract bans; the module itself, without them, is let through."""
    lines = [f"import {banned}" for banned in NO_SQL["forbidden_modules"]]
    assert broken(tmp_path / "as it is", NO_SQL, "web/api/scales.py", []) == ""
    told = broken(tmp_path / "with SQL", NO_SQL, "web/api/scales.py", lines)
    refused = set(re.findall(r"steelyard_cloud\.web is not allowed to import ([\w.]+):", told))
    assert refused == set(NO_SQL["forbidden_modules"]), told


@pytest.mark.parametrize(
    ("contract", "module", "banned"),
    [
        (NO_TABLES, "command", "steelyard_cloud.db.schema"),
        (NO_TABLES, "serving", "steelyard_cloud.db.schema"),
        (NO_OUTBOX, "web.api", "steelyard_cloud.db.feeds"),
        (NO_OUTBOX, "web.pages", "steelyard_cloud.db.feeds"),
        (NO_OUTBOX, "web.http", "steelyard_cloud.db.feeds"),
    ],
)
def test_lint_refuses_tables_in_commands_and_the_outbox_in_routes(
    tmp_path: Path, contract: dict[str, Any], module: str, banned: str
) -> None:
    path = module.replace(".", "/")
    file = f"{path}.py" if (CLOUD / f"{path}.py").exists() else f"{path}/__init__.py"
    told = broken(tmp_path, contract, file, [f"import {banned}"])
    assert f"steelyard_cloud.{module} is not allowed to import {banned}" in told


def test_no_route_hands_the_database_a_sentence_of_its_own() -> None:
    """A connection would take SQL as text, without any import."""
    asks = {"execute", "exec_driver_sql", "scalar", "scalars", "stream"}
    found = [
        f"{path.relative_to(CLOUD)}:{node.lineno}"
        for path in (CLOUD / "web").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in asks
    ]
    assert found == []


def questions() -> Iterator[tuple[str, inspect.Signature]]:
    """Every public function and class of the domains that takes a connection and that lint lets the web import."""
    for domain in (people, scales, alerts, complaints, evidence):
        for info in pkgutil.iter_modules(domain.__path__, f"{domain.__name__}."):
            if info.name not in NO_SQL["forbidden_modules"]:
                yield from _questions(importlib.import_module(info.name))


def _questions(module: ModuleType) -> Iterator[tuple[str, inspect.Signature]]:
    for name, one in vars(module).items():
        asked = inspect.isfunction(one) or (inspect.isclass(one) and "__init__" in vars(one))
        if asked and not name.startswith("_") and one.__module__ == module.__name__:
            signature = inspect.signature(one)
            if any(parameter.annotation is Connection for parameter in signature.parameters.values()):
                yield f"{module.__name__}.{name}", signature


def test_no_domain_offers_the_web_a_question_about_a_bare_id() -> None:
    """What takes a number asks at the same time who wants it, or wants the scale that it belongs to in scope."""
    seen, found = 0, []
    for name, signature in questions():
        seen += 1
        kinds = [one.annotation for one in signature.parameters.values()]
        asks = Principal in kinds or any(isinstance(kind, type) and issubclass(kind, InScope) for kind in kinds)
        if IDS & set(signature.parameters) and not asks:
            found.append(name)
    assert seen > 30
    assert found == []


def regulator(division: str) -> Principal:
    return Principal("user:1", Role.REGULATOR, "Wang Li", 7, "Supervision", division)


def test_a_check_is_made_by_nobody_else_and_opens_the_row_of_its_own_table_alone(world: World) -> None:
    scale = world.in_use("HT-1")
    world.send(scale, scale.cheat())
    world.until(lambda: len(world.alerts()) == 1, "the alert")
    here = regulator("330100")
    with database.reading(world.engine) as connection:
        for code, principal in ((scale.code, regulator("330200")), ("0000000000000000", here)):
            with pytest.raises(NotFound):
                scale_by_code(connection, principal, code)
        found, alert = scale_by_code(connection, here, scale.code), alert_by_id(connection, here, 1)
        ((check, _),) = rows_in_scope(connection, here, schema.alerts.select(), schema.alerts)
    made = {one.name: getattr(found, one.name) for one in dataclasses.fields(found) if one.init}
    with pytest.raises(TypeError, match="a row of alerts was checked, not one of scales"):
        ScaleInScope(**made, check=check)
    for forged in (None, object(), type("Key", (), {})()):
        with pytest.raises(TypeError, match="can say that a row is in scope"):
            ScopeCheck(forged, schema.scales, 1)  # type: ignore[arg-type]
    with pytest.raises((TypeError, ValueError), match="check"):
        dataclasses.replace(alert, scale_code="another")
    with pytest.raises(dataclasses.FrozenInstanceError):
        alert.id = 2  # type: ignore[misc]
    assert isinstance(dataclasses.replace(alert, check=check), AlertInScope)
