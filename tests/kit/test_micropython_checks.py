"""The plugin that collects the MicroPython checks passes none over."""

import os
import re
import subprocess
import sys
from pathlib import Path

from kit.micropython import ROOT, TARGET

FORMERLY = 121  # 108 found by regular expressions, 13 called by name

CHECKS = """
import asyncio

CASES = {"test_each_case": (3, "three"), "test_each_awaited_case": (1, 0)}


async def test_awaited():
    await asyncio.sleep(0)
    assert False, "awaited"


def test_each_case(number):
    assert number == 3, "seen %r" % number


async def test_each_awaited_case(number):
    await asyncio.sleep(0)
    assert number


def test_folder(tmp_path):
    with open(tmp_path + "/file", "w") as file:
        assert file.write("text") == 4


def helper(anything):
    raise AssertionError
"""


def run_pytest(*arguments: object) -> str:
    """What pytest prints with the plugin and no configuration."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "kit.micropython_checks",
        "-p",
        "no:cacheprovider",
        "-c",
        os.devnull,
    ]
    done = subprocess.run(
        [*command, *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": str(ROOT / "tests"), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
    )
    return done.stdout + done.stderr


def checks(folder: Path, text: str) -> Path:
    (folder / "target").mkdir()
    (folder / "target" / "some_checks.py").write_text(text)
    return folder


def test_async_checks_and_checks_with_an_argument_are_run(tmp_path: Path) -> None:
    file = checks(tmp_path, CHECKS) / "target" / "some_checks.py"
    printed = run_pytest("-rA", file)
    outcomes = set(re.findall(r"^(PASSED|FAILED) \S*::(\S+)", printed, re.MULTILINE))
    assert outcomes == {
        ("FAILED", "test_awaited"),
        ("PASSED", "test_each_case[3]"),
        ("FAILED", "test_each_case[three]"),
        ("PASSED", "test_each_awaited_case[1]"),
        ("FAILED", "test_each_awaited_case[0]"),
        ("PASSED", "test_folder"),
    }, printed
    assert "AssertionError: awaited" in printed
    assert "AssertionError: seen 'three'" in printed


def test_what_cannot_be_run_is_an_error(tmp_path: Path) -> None:
    wrong = {
        "def test_x(value): pass": "test_x(value) needs",
        "async def test_x(*values): pass": "test_x() needs",
        "def test_x(a, b): pass\nCASES = {'test_x': (1,)}": "test_x(a, b) needs",
        "def test_x(c): pass\nCASES = {'test_x': ()}": "test_x(c) needs",
        "def test_x(): pass\nCASES = {'test_x': (1,)}": "test_x() needs",
        "def test_x(): pass\nCASES = {'test_y': (1,)}": "CASES names no check: test_y",
        "def helper(): pass": "has no check",
    }
    for number, text in enumerate(wrong):
        (tmp_path / str(number)).mkdir()
        checks(tmp_path / str(number), text)
    printed = run_pytest(tmp_path)
    for number, reason in enumerate(wrong.values()):
        _, _, said = printed.partition(f"ERROR collecting {number}/target/some_checks.py")
        assert reason in said.partition("ERROR collecting")[0], printed


def test_every_check_is_collected_and_no_fewer_than_before() -> None:
    printed = run_pytest("--collect-only", "-q", TARGET)
    collected = re.findall(r"::(test_\w+)", printed)
    written = [name for file in TARGET.glob("*_checks.py") for name in re.findall(r"def (test_\w+)", file.read_text())]
    assert sorted(set(collected)) == sorted(set(written))
    assert len(collected) >= FORMERLY
