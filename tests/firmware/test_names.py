"""Places that are named as text: each names something that is there, and where a list must be whole, it is."""

from __future__ import annotations

import ast
import json
import runpy
import tomllib
from pathlib import Path
from typing import Any

import pytest
from kit.micropython import FIRMWARE, ROOT, MicroPython

AGENT = FIRMWARE / "agent"
is_empty = runpy.run_path(str(AGENT / "record" / "relevance.py"))["is_empty"]


def constant(path: Path, name: str) -> Any:
    """The value of a module's constant, read from its source."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == name:
            return ast.literal_eval(node.value)
    raise AssertionError(f"{path} has no {name}")


def module(name: str) -> Path:
    """Where a module of the agent is, a package by its folder."""
    place = FIRMWARE / name.replace(".", "/")
    return place if place.is_dir() else place.with_suffix(".py")


def test_the_package_lists_every_module_of_the_agent_that_has_code() -> None:
    """`mip install` of the firmware onto a development board takes what this file lists."""
    package = json.loads((FIRMWARE / "package.json").read_text())
    modules = [path for path in AGENT.rglob("*.py") if not is_empty(path.read_bytes())]
    listed = [
        *sorted(path.relative_to(FIRMWARE).as_posix() for path in modules),
        "boot.py",
        "loader.py",
        "main.py",
        "p256_tables.py",
    ]
    assert package["urls"] == [[name, name] for name in listed]
    assert "agent/commands/__init__.py" in listed
    assert "agent/weighing/__init__.py" not in listed


def test_packages_without_code_are_found_all_the_same(micropython: MicroPython, tmp_path: Path) -> None:
    """A folder without `__init__.py` is a package to MicroPython, as it is in the image and on the flash."""
    (tmp_path / "room").mkdir()
    (tmp_path / "room" / "thing.py").write_text("WORD = 'found'\n")
    done = micropython(f"import sys\nsys.path.append({str(tmp_path)!r})\nfrom room import thing\nprint(thing.WORD)")
    assert done.stdout == "found\n"


def test_natively_compiled_modules_exist() -> None:
    native = constant(ROOT / "tests" / "bench" / "mcu" / "image.py", "NATIVE")
    assert native
    for name in native:
        assert (AGENT / f"{name}.py").is_file(), name


def test_what_console_and_menu_let_go_of_exists() -> None:
    console = AGENT / "console.py"
    assert module(constant(console, "_COMMANDS")).is_dir()
    panel = AGENT / "operator" / "panel.py"
    lists = ((console, "_OWN"), (AGENT / "loaded.py", "CODES"), (panel, "_ALWAYS"), (panel, "_MENUS"))
    for package, name in (place for path, listed in lists for place in constant(path, listed)):
        assert module(f"{package}.{name}").exists(), name


def test_every_command_stands_where_the_interpreter_looks_for_it() -> None:
    places = constant(AGENT / "commands" / "interpreter.py", "_PLACES")
    made = {
        (call.args[0].value, path.stem)
        for path in (AGENT / "commands").glob("*.py")
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == "Command"
        and isinstance(call.args[0], ast.Constant)
    }
    assert set(places) == made


def test_what_the_image_leaves_out_is_what_has_no_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the manifest with MicroPython's functions of that name noting what they are asked for."""
    frozen: list[str] = []

    class Options:
        board, tls, native = "pico_w", False, ""

        def defaults(self, **_: object) -> None:
            pass

    monkeypatch.chdir(FIRMWARE)
    runpy.run_path(
        "manifest.py",
        {
            "options": Options(),
            "include": lambda path: None,
            "module": lambda path, base_path: frozen.append(path),
        },
    )
    listed = [name for name, _ in json.loads((FIRMWARE / "package.json").read_text())["urls"]]
    assert sorted(frozen) == sorted([*listed, "_boot.py", "board.py", "code_hash.py"])


def test_every_driver_can_be_made_by_its_chips_name() -> None:
    """`agent.chips.fitted` looks for the class NAME, in capitals, in the module `name`."""
    for path in (AGENT / "chips").glob("*.py"):
        if path.stem in ("__init__", "converter", "fitted", "keypad", "st7567"):  # the last two are on no I2C bus
            continue
        classes = {node.name: node for node in ast.parse(path.read_text()).body if isinstance(node, ast.ClassDef)}
        driver = classes[path.stem.upper()]
        if any(isinstance(base, ast.Name) and base.id == "Converter" for base in driver.bases):
            brings = {node.name for node in driver.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
            assert {"start", "_take", "_restart"} <= brings, path


def test_converters_are_told_of_alike_in_driver_and_board_check() -> None:
    """Pins, rates and gains of a board profile are checked by `chips.toml`, and once more by the driver at start."""
    told = tomllib.loads((ROOT / "hardware" / "steelyard_hardware" / "chips.toml").read_text())["converters"]
    for name, converter in told.items():
        for node in ast.parse((AGENT / "chips" / f"{name}.py").read_text()).body:
            if isinstance(node, ast.ClassDef) and node.name == name.upper():
                brings = {
                    assigned.targets[0].id: ast.literal_eval(assigned.value)
                    for assigned in node.body
                    if isinstance(assigned, ast.Assign) and isinstance(assigned.targets[0], ast.Name)
                }
                assert sorted(brings["RATES"]) == sorted(map(int, converter["rates"]))
                assert sorted(brings["GAINS"]) == sorted(map(int, converter["gains"]))
                break
        else:
            raise AssertionError(f"chips/{name}.py has no class {name.upper()}")
