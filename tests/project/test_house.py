"""The house's own rules bite: what lint must refuse it refuses, and what the documentation names exists."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MACHINE = ("machine", "network", "rp2", "esp32", "ssl", "time", "socket", "select", "vfs")
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("[!d]*/README.md")])


def banned(path: str, source: str) -> bool:
    """Whether ruff refuses the imports of a file with this source at this path."""
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--select", "TID251", "--stdin-filename", ROOT / path, "-"],
        input=source,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    return "TID251" in done.stdout


def dry_run(target: str) -> str:
    """The commands that make would run for a target that is not up to date."""
    quiet = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(["make", "-n", target], cwd=ROOT, env=quiet, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.mark.parametrize("module", MACHINE)
def test_only_the_port_touches_the_machine(module: str) -> None:
    assert banned("firmware/agent/weighing/core.py", f"import {module}\n")
    assert banned("firmware/agent/commands/look.py", f"from {module} import anything\n")
    assert not banned("firmware/agent/port/clock.py", f"import {module}\n")


def test_every_part_of_the_lint_is_run_by_make() -> None:
    commands = dry_run("lint")
    for tool in ("ruff check", "ruff format --check", "mypy", "lint-imports", "typecheck_firmware", "compile_firmware"):
        assert tool in commands


def test_the_fast_check_is_all_of_the_lint_and_some_tests() -> None:
    commands = dry_run("check")
    assert [line for line in dry_run("lint").splitlines() if line not in commands] == []
    assert "pytest" in commands


def test_hooks_and_the_workflow_call_what_exists() -> None:
    hooks = re.findall(r"entry: make (\S+)", (ROOT / ".pre-commit-config.yaml").read_text())
    assert hooks
    for target in hooks:
        assert dry_run(target)
    workflow = (ROOT / ".github" / "workflows" / "checks.yml").read_text()
    assert "run: .ci/run\n" in workflow
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_make_help_names_every_target_for_people() -> None:
    help_text = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    readme_targets = set(re.findall(r"`?make ([a-z-]+)", (ROOT / "README.md").read_text()))
    assert [target for target in readme_targets if f"make {target} " not in help_text] == []


def test_every_command_names_the_extra_that_it_needs() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for name, target in project["entry-points"]["steelyard.commands"].items():
        extra = re.search(r"\[(\w+)\]$", target)
        assert extra, name
        assert extra[1] in project["optional-dependencies"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_the_documentation_links_to_exists(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)", page.read_text())
    for link in links:
        assert link.startswith("http") or (page.parent / link).exists(), link
