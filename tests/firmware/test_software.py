"""The software identification: over what can influence a measurement and nothing else, decided by a file's place."""

from __future__ import annotations

import ast
import hashlib
import json
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from kit.micropython import FIRMWARE, ROOT, MicroPython

SCRIPT = FIRMWARE / "scripts" / "code_hash.py"
BOARDS = sorted(path.parent.name for path in (ROOT / "hardware" / "boards").glob("*/board.py"))
MADE: dict[str, Any] = runpy.run_path(str(SCRIPT))
RELEVANCE: dict[str, Any] = runpy.run_path(str(FIRMWARE / "agent" / "record" / "relevance.py"))
# Why a file does not count: the beginning of its path, as a pattern.
OUTSIDE = {
    "it carries what is signed": "firmware/agent/transport/|firmware/agent/port/network.py",
    "it words lines": "firmware/agent/commands/|firmware/agent/console.py",
    "it is nothing but a docstring": "firmware/_boot.py|firmware/agent/([a-z]+/)?__init__.py",
    "it never comes onto a scale": "firmware/(README.md|scripts/|manifest.py|package.json|ruff.toml)",
    "the profile is made of it": "hardware/boards/[a-z0-9_]+.toml",
    "it is for the port's build": "hardware/boards/[a-z0-9_]+/(?!board.py)",
}


def files(root: Path) -> list[Path]:
    folders = ("firmware", "hardware/boards")
    found = [path for folder in folders for path in (root / folder).rglob("*") if path.is_file()]
    return sorted(path for path in found if "__pycache__" not in path.parts and not path.name.startswith("."))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for folder in ("firmware", "hardware/boards"):
        ignored = shutil.ignore_patterns("__pycache__", ".*")
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignored)
    return tmp_path


def change_a_byte(path: Path) -> None:
    """Change one letter of a file, in its docstring where it begins with one."""
    content = path.read_bytes()
    found = re.compile(rb"[A-Za-z]").search(content, 4)
    assert found, path
    at = found.start()
    path.write_bytes(content[:at] + content[at : at + 1].swapcase() + content[at + 1 :])


def not_loaded(board: str) -> set[str]:
    """Drivers that a board does not load, and the profiles of the others."""
    profile = runpy.run_path(str(ROOT / "hardware" / "boards" / board / "board.py"))
    counts = {profile["ADC"], *profile["CHIPS"], "__init__", *RELEVANCE["SHARED"]}
    drivers = (FIRMWARE / "agent" / "chips").glob("*.py")
    return {f"firmware/agent/chips/{driver.name}" for driver in drivers if driver.stem not in counts} | {
        f"hardware/boards/{other}/board.py" for other in BOARDS if other != board
    }


@pytest.mark.parametrize("board", BOARDS)
def test_every_byte_that_counts_changes_the_hash_and_no_other(board: str, copy: Path) -> None:
    before = MADE["code_hash"](board, copy)
    others = not_loaded(board)
    for path in files(copy):
        name = path.relative_to(copy).as_posix()
        content = path.read_bytes()
        change_a_byte(path)
        changed = MADE["code_hash"](board, copy) != before
        path.write_bytes(content)
        reasons = [why for why, pattern in OUTSIDE.items() if re.match(pattern, name)]
        # In one of the two sets, and in one only.
        assert changed != bool(reasons or name in others), (name, reasons)


def test_each_board_has_its_own_hash() -> None:
    assert len({MADE["code_hash"](board) for board in BOARDS}) == len(BOARDS) >= 5


@pytest.mark.parametrize("module", ["firmware/_boot.py", "firmware/agent/weighing/__init__.py"])
def test_code_in_a_file_that_was_only_a_docstring_counts(module: str, copy: Path) -> None:
    before = MADE["code_hash"]("pico_w", copy)
    with (copy / module).open("a") as file:
        file.write("import board\n")
    assert MADE["code_hash"]("pico_w", copy) != before


def test_what_is_only_a_docstring_is_told_by_its_bytes() -> None:
    for path in (FIRMWARE).rglob("*.py"):
        body = ast.parse(path.read_text()).body
        assert RELEVANCE["is_empty"](path.read_bytes()) == (len(body) == 1 and isinstance(body[0], ast.Expr)), path
        if len(body) == 1:
            assert path.stat().st_size <= RELEVANCE["_PIECE_BYTES"], path
    assert not RELEVANCE["is_empty"](b'"""One.""" + exec("x") + """Two."""')


def test_the_hash_is_over_sorted_names_and_contents() -> None:
    total = hashlib.sha256()
    for module, path in sorted(MADE["relevant_files"]("esp32_s3")):
        total.update(module.encode() + b"\0" + hashlib.sha256(Path(path).read_bytes()).digest())
    assert MADE["code_hash"]("esp32_s3") == total.digest()


def identification(micropython: MicroPython, *path: Path) -> str:
    source = f"import sys\nsys.path[:] = {[str(folder) for folder in path]!r} + ['.frozen']\n"
    source += "import board\nfrom agent.record import software\n"
    return micropython(source + "print(software.identification(board)[2].hex())").stdout.strip()


@pytest.mark.parametrize("board", BOARDS)
def test_a_scale_finds_what_an_evaluator_finds(micropython: MicroPython, board: str) -> None:
    profile = ROOT / "hardware" / "boards" / board
    assert identification(micropython, FIRMWARE, profile) == MADE["code_hash"](board).hex()


def test_files_as_they_are_installed_on_flash_have_the_same_hash(micropython: MicroPython, tmp_path: Path) -> None:
    for source, target in json.loads((FIRMWARE / "package.json").read_text())["urls"]:
        (tmp_path / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(FIRMWARE / source, tmp_path / target)
    shutil.copy(ROOT / "hardware" / "boards" / "pico_w" / "board.py", tmp_path)
    approved = MADE["code_hash"]("pico_w").hex()
    assert identification(micropython, tmp_path) == approved
    change_a_byte(tmp_path / "agent" / "transport" / "mqtt.py")
    assert identification(micropython, tmp_path) == approved
    change_a_byte(tmp_path / "main.py")
    assert identification(micropython, tmp_path) != approved


def test_a_frozen_agent_has_the_hash_of_its_sources(micropython: MicroPython, tmp_path: Path) -> None:
    MADE["write_module"](tmp_path, "pico_w")
    profile = ROOT / "hardware" / "boards" / "simulated"
    assert identification(micropython, tmp_path, FIRMWARE, profile) == MADE["code_hash"]("pico_w").hex()


def test_an_evaluator_is_told_hash_and_files() -> None:
    def run(*args: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, str(SCRIPT), *args], capture_output=True, text=True)

    assert run("pico_w").stdout == MADE["code_hash"]("pico_w").hex() + "\n"
    *listed, last = run("pico_w", "--files").stdout.splitlines()
    assert [line.split()[1] for line in listed] == [module for module, _ in MADE["relevant_files"]("pico_w")]
    assert last == MADE["code_hash"]("pico_w").hex()
    assert run("no_such_board").returncode == 2


def test_every_place_in_the_table_exists() -> None:
    for place in RELEVANCE["OUTSIDE"]:
        assert (FIRMWARE / place).is_dir() or (FIRMWARE / f"{place}.py").is_file(), place
    for driver in RELEVANCE["SHARED"]:
        assert (FIRMWARE / RELEVANCE["DRIVERS"] / f"{driver}.py").is_file(), driver
    for start in RELEVANCE["STARTS"]:
        assert (FIRMWARE / f"{start}.py").is_file(), start


def test_what_does_not_count_sets_nothing_but_its_own() -> None:
    """Only methods of the scale and its parts change something that is legally relevant."""
    for path in (FIRMWARE / "agent").rglob("*.py"):
        module = path.relative_to(FIRMWARE).with_suffix("").as_posix()
        if RELEVANCE["is_relevant"](module, ()) or module.startswith("agent/chips/"):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                assert isinstance(node.value, ast.Name), (module, node.lineno)
                assert node.value.id in ("self", "context"), (module, node.lineno)
            assert not (isinstance(node, ast.Name) and node.id == "setattr"), (module, node.lineno)
