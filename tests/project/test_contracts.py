"""Each contract of lint bites: a copy of the sources with one import too many for each of them breaks them all."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINT = Path(sys.executable).with_name("lint-imports")
FOLDERS = ("protocol", "gateway", "cloud", "simulator", "firmware", "hardware")
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]

CLOUD, WEB, AGENT = "cloud/steelyard_cloud", "cloud/steelyard_cloud/web", "firmware/agent"
HARDWARE = "hardware/steelyard_hardware"
# Words of a contract's name → a module, and what must not be imported there.
TOO_MANY = {
    "the parts": ("protocol/steelyard_protocol/weight.py", "import steelyard_gateway.errors"),
    "what reads the definition": ("protocol/steelyard_protocol/identity.py", "import steelyard_definition.definition"),
    "the simulator talks": ("simulator/steelyard_simulator/errors.py", "import steelyard_cloud.clock"),
    "the cloud's rooms": (f"{CLOUD}/clock.py", "import steelyard_cloud.db.feeds"),
    "the web's rooms": (f"{WEB}/pages/forms.py", "import steelyard_cloud.web.api.alerts"),
    "ingest: the worker": (f"{CLOUD}/ingest/store.py", "import steelyard_cloud.ingest.receiver"),
    "ingest and evidence speak no SQL": (f"{CLOUD}/ingest/judging.py", "from sqlalchemy import select"),
    "the web speaks no SQL": (f"{WEB}/api/scales.py", "from steelyard_cloud.db.schema import scales"),
    "only the event stream": (f"{WEB}/api/events.py", "import steelyard_cloud.db.feeds"),
    "commands know no tables": (f"{CLOUD}/command.py", "from steelyard_cloud.db.schema import users"),
    "the judge is pure": (f"{CLOUD}/judge/verdict.py", "import time"),
    "the simulator's rooms": ("simulator/steelyard_simulator/errors.py", "import steelyard_simulator.world"),
    "technician's tool": ("gateway/steelyard_gateway/serial/port.py", "import steelyard_gateway.scale.show"),
    "the agent's rooms": (f"{AGENT}/record/boots.py", "import agent.orders.trust"),
    "weighing and chips": (f"{AGENT}/weighing/weight.py", "import agent.steps"),
    "the wire format": (f"{AGENT}/wire/cbor.py", "import agent.port.clock"),
    "only the scale knows": (f"{AGENT}/app.py", "import agent.transport.mqtt"),
    "what is not legally relevant": (f"{AGENT}/commands/look.py", "import agent.weighing.core"),
    "only the console knows": (f"{AGENT}/app.py", "import agent.commands.look"),
    "the agent imports nothing": (f"{AGENT}/record/audit.py", "import steelyard_protocol.cbor"),
    "circuits build on": (f"{HARDWARE}/parts.py", "import schematics.pico2_w"),
    "hardware imports no other": (f"{HARDWARE}/files.py", "import steelyard_protocol.cbor"),
    "no other part imports hardware": ("gateway/steelyard_gateway/errors.py", "import steelyard_hardware.files"),
    "hardware: the command": (f"{HARDWARE}/files.py", "import steelyard_hardware.erc"),
    "hardware: a KiCad project": (f"{HARDWARE}/kicad/sexpr.py", "import steelyard_hardware.kicad.board"),
    "hardware: tracks": (f"{HARDWARE}/kicad/routing/copper.py", "import steelyard_hardware.kicad.routing.router"),
    "hardware: the budget": (f"{HARDWARE}/budget/figures.py", "import steelyard_hardware.budget.model"),
    "hardware: a drawing": (f"{HARDWARE}/drawing/canvas.py", "import steelyard_hardware.drawing.boxes"),
}


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What lint says of each contract when each has been broken: KEPT or BROKEN by its name."""
    copy = tmp_path_factory.mktemp("copy")
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__", "*.md"))
    for module, line in TOO_MANY.values():
        path = copy / module
        path.write_text(f"{path.read_text() if path.exists() else ''}\n{line}\n")
    done = subprocess.run(
        [LINT, "--config", ROOT / "pyproject.toml", "--no-cache", "--no-logo"],
        env=os.environ | {"PYTHONPATH": ":".join(str(copy / folder) for folder in FOLDERS), "COLUMNS": "200"},
        cwd=copy,
        capture_output=True,
        text=True,
    )
    return dict(re.findall(r"^(.+?) (KEPT|BROKEN)\b", done.stdout, re.MULTILINE))


@pytest.mark.parametrize("name", [contract["name"] for contract in CONTRACTS])
def test_an_import_too_many_breaks_the_contract(name: str, verdicts: dict[str, str]) -> None:
    assert [words for words in TOO_MANY if name.startswith(words)], "say here what would break it"
    assert verdicts[name] == "BROKEN"
