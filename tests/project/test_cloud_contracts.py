"""Lint refuses SQL in ingest and evidence, and a stage that reaches for what is above it."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINT = Path(sys.executable).with_name("lint-imports")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the cloud's package."""
    folder = tmp_path_factory.mktemp("copy")
    shutil.copytree(ROOT / "cloud", folder / "cloud", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def others() -> list[str]:
    """Where `make lint` finds the parts that are not installed."""
    found = re.search(r"PYTHONPATH=(\S+) \S*lint-imports", (ROOT / "Makefile").read_text())
    assert found
    return [str(ROOT / part) for part in found[1].split(":")]


def broken(copy: Path, contract: str) -> bool:
    """Whether the copy breaks the contract of this id."""
    done = subprocess.run(
        [LINT, "--config", ROOT / "pyproject.toml", "--contract", contract, "--no-cache", "--no-logo"],
        env=os.environ | {"PYTHONPATH": ":".join([str(copy / "cloud"), *others()])},
        cwd=copy,
        capture_output=True,
        text=True,
    )
    assert "Contracts: " in done.stdout, done.stdout + done.stderr
    return "1 broken" in done.stdout


@pytest.mark.parametrize(
    ("contract", "module", "line"),
    [
        ("sql-in-stores", "ingest/judging", "from sqlalchemy import select"),
        ("sql-in-stores", "ingest/changes", "from steelyard_cloud.db.schema import permits"),
        ("sql-in-stores", "evidence/choose", "from steelyard_cloud.db.schema import statements"),
        ("ingest-rooms", "ingest/store", "from steelyard_cloud.ingest.receiver import Receiver"),
        ("ingest-rooms", "ingest/mqtt/session", "from steelyard_cloud.ingest.batch import Batch"),
    ],
)
def test_an_import_that_does_not_belong_there_is_refused(copy: Path, contract: str, module: str, line: str) -> None:
    path = copy / "cloud" / "steelyard_cloud" / f"{module}.py"
    whole = path.read_text()
    assert not broken(copy, contract)
    try:
        path.write_text(f"{whole}\n{line}\n")
        assert broken(copy, contract)
    finally:
        path.write_text(whole)
