"""The root command loads only what is asked for, and names the extra that a part lacks."""

from importlib.metadata import EntryPoint

import pytest
import typer
from steelyard_gateway import command
from typer.testing import CliRunner, Result

GROUP = command.GROUP
SCALE = EntryPoint("scale", "steelyard_gateway.scale.command:app [scale]", GROUP)
BROKEN = EntryPoint("cloud", "no_such_package.command:app [cloud]", GROUP)


def run(*words: str) -> Result:
    return CliRunner().invoke(command.root(words, [SCALE, BROKEN]), list(words), env={"COLUMNS": "120"})


def test_a_part_runs_though_another_is_not_installed() -> None:
    assert "watch" in run("scale", "--help").stdout
    assert "pip install 'steelyard[cloud]'" in run("--help").stdout


def test_a_missing_extra_is_named_in_one_sentence() -> None:
    told = run("cloud", "serve", "--port", "1")
    assert told.exit_code == 1
    assert told.stderr == "`steelyard cloud` needs no_such_package: pip install 'steelyard[cloud]'\n"


def test_a_fault_in_our_own_code_is_not_taken_for_a_missing_extra() -> None:
    with pytest.raises(ModuleNotFoundError, match="steelyard_gateway"):
        command.add(typer.Typer(), EntryPoint("scale", "steelyard_gateway.nothing:app", GROUP))


def test_an_unknown_command_is_wrong_use() -> None:
    assert run("weigh").exit_code == 2
