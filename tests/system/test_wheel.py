"""The wheel stands alone: installed into an empty environment it simulates a scale in somebody else's pytest."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEST = """
def test_the_pan_is_weighed(scale):
    scale.advance(seconds=3)
    scale.place(kg=1.0)
    scale.advance(seconds=3)
    assert scale.console_json("status")["net_mg"] == 1_000_000
"""


def run(*command: object, cwd: Path) -> str:
    """Standard output of a command that must succeed, in an environment without our own settings."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "PYTHON"))}
    done = subprocess.run([str(word) for word in command], cwd=cwd, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, ROOT, cwd=folder)
    return next(folder.glob("steelyard-*.whl"))


def test_the_wheel_carries_all_parts_and_their_data(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for wanted in (
        "steelyard_protocol/assets/firmware/agent/wire/p256.py",
        "steelyard_protocol/assets/firmware/main.py",
        "steelyard_protocol/assets/hal/start.py",
        "steelyard_protocol/assets/boards/pico_w/board.py",
        "steelyard_protocol/assets/steelyard.cddl",
        "steelyard_cloud/py.typed",
        "steelyard_cloud/db/migrations/env.py",
        "steelyard_cloud/web/words/locale/zh-CN.po",
        "steelyard_cloud/web/pages/static/live.js",
        "steelyard_cloud/web/pages/templates/alert.html",
        "steelyard_simulator/pytest_plugin.py",
    ):
        assert wanted in names
    assert not [name for name in names if "__pycache__" in name or name.startswith("tests/")]


def test_the_fixture_runs_from_the_wheel_in_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    python = tmp_path / "venv" / "bin" / "python"
    run(sys.executable, "-m", "venv", tmp_path / "venv", cwd=tmp_path)
    pip = (python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    run(*pip, "--constraint", ROOT / "requirements.lock", f"{wheel}[sim]", cwd=tmp_path)
    (tmp_path / "test_scale.py").write_text(TEST)
    said = run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_scale.py", cwd=tmp_path)
    assert "1 passed" in said
    missing = subprocess.run([python.parent / "steelyard", "demo"], capture_output=True, text=True)
    assert missing.returncode == 1
    assert "pip install 'steelyard[demo]'" in missing.stderr
