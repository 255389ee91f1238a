"""There is one version: of the distribution, of the firmware, of its package and of the newest changes."""

import ast
import json
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


def test_firmware_states_the_version_of_the_distribution() -> None:
    module = ast.parse((ROOT / "firmware" / "agent" / "record" / "software.py").read_text())
    stated = [
        ast.literal_eval(node.value)
        for node in module.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "VERSION"
    ]
    assert stated == [VERSION]


def test_firmware_s_package_has_it_too() -> None:
    assert json.loads((ROOT / "firmware" / "package.json").read_text())["version"] == VERSION


def test_newest_changes_are_those_of_this_version() -> None:
    headings = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] == VERSION
