"""The agent's rooms: each import contract and each ban refuses what it is there to refuse."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from kit.micropython import FIRMWARE, ROOT

CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
PLACES = ("containers", "source_modules", "protected_modules")
AGENT_CONTRACTS = {
    contract["name"]
    for contract in CONTRACTS
    if all(module.split(".")[0] == "agent" for place in PLACES for module in contract.get(place, ()))
    and any(place in contract for place in PLACES)
}
# What somebody might write: the contract that it breaks, the module, and the import.
FORBIDDEN = [
    ("the agent's rooms depend only downwards", "agent/record/chain.py", "from agent.sealing import lock"),
    ("the agent's rooms depend only downwards", "agent/ledger.py", "from agent import scale"),
    ("the agent's rooms depend only downwards", "agent/weighing/core.py", "from agent.wire import statements"),
    ("the agent's rooms depend only downwards", "agent/port/clock.py", "from agent.chips import rv3028"),
    ("the agent's rooms depend only downwards", "agent/a_new_room.py", "import asyncio"),
    ("weighing and chips import the port only, wire nothing", "agent/weighing/core.py", "from agent import steps"),
    ("the wire format needs no machine", "agent/wire/cose.py", "from agent.port import clock"),
    ("only the scale knows transport and network", "agent/app.py", "from agent.transport import uplink"),
    ("only the scale knows transport and network", "agent/transport/uplink.py", "from agent.port import network"),
    (
        "what is not legally relevant reaches weighing only through the scale",
        "agent/commands/adjust.py",
        "from agent.weighing import core",
    ),
    ("only the console knows the commands", "agent/app.py", "from agent.commands import interpreter"),
    ("the agent imports nothing of the host", "agent/wire/cbor.py", "import steelyard_protocol"),
]
# A module that is loaded by its name escapes the contracts: nobody else may do it.
LOADERS = {"agent/chips/fitted.py", "agent/console.py", "agent/commands/interpreter.py"}


@pytest.mark.parametrize(("contract", "module", "line"), FORBIDDEN)
def test_a_forbidden_import_is_refused(contract: str, module: str, line: str, tmp_path: Path) -> None:
    assert broken(tmp_path, module, line) == {contract}


def test_every_contract_of_the_agent_is_shown_to_bite() -> None:
    assert {contract for contract, _, _ in FORBIDDEN} == AGENT_CONTRACTS


def broken(folder: Path, module: str, line: str) -> set[str]:
    """The contracts that `make lint` finds broken with one more line in a module, in a copy of the agent."""
    shutil.copytree(FIRMWARE / "agent", folder / "agent")
    shutil.copy(ROOT / "pyproject.toml", folder)
    with (folder / module).open("a") as file:
        file.write(line + "\n")
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache", "--no-logo"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": f"{folder}:{ROOT / 'hardware'}"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1, done.stdout
    return {told.removesuffix(" BROKEN") for told in done.stdout.splitlines() if told.endswith(" BROKEN")}


def test_only_chips_and_commands_are_loaded_by_name() -> None:
    found = {
        path.relative_to(FIRMWARE).as_posix()
        for path in (FIRMWARE / "agent").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Name) and node.id in ("__import__", "exec", "eval")
    }
    assert found == LOADERS
