"""The edge of every command: a sentence and an exit code, whatever goes wrong and wherever the output goes."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from kit.cli import steelyard
from steelyard_gateway import edge
from steelyard_gateway.errors import PortBusy

TOOL = (sys.executable, "-m", "steelyard_gateway")


def app(deed: Callable[[], None]) -> typer.Typer:
    made = typer.Typer()

    @made.command()
    def do(as_json: bool = typer.Option(False, "--json")) -> None:
        deed()

    return made


def raising(error: BaseException) -> Callable[[], typer.Typer]:
    def deed() -> None:
        raise error

    return lambda: app(deed)


def test_an_error_of_ours_is_its_sentence_and_its_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert edge.run(["--json"], raising(PortBusy(port="/dev/x", who=": pid 7"))) == PortBusy.exit_code
    said = capsys.readouterr()
    assert said.err.startswith("error: Another program has /dev/x open")
    assert json.loads(said.out) == {"error": "port-busy", "message": said.err.removeprefix("error: ").rstrip("\n")}
    assert edge.run([], raising(PortBusy(port="/dev/x", who=": pid 7"))) == PortBusy.exit_code
    assert capsys.readouterr().out == ""


def test_a_fault_of_the_program_is_one_line_and_its_traceback_is_had_by_asking(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(edge.TRACEBACK, raising=False)
    assert edge.run([], raising(KeyError("lost"))) == 1
    said = capsys.readouterr().err
    assert (said.count("\n"), "KeyError: 'lost'" in said, edge.TRACEBACK in said) == (1, True, True)
    monkeypatch.setenv(edge.TRACEBACK, "1")
    assert edge.run([], raising(KeyError("lost"))) == 1
    assert "Traceback" in capsys.readouterr().err


def test_ctrl_c_ends_with_130_also_at_a_question(capsys: pytest.CaptureFixture[str]) -> None:
    assert edge.run([], raising(KeyboardInterrupt())) == 130

    def question() -> None:
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt:
            raise typer.Abort from None

    assert edge.run([], lambda: app(question)) == 130
    assert edge.run([], raising(typer.Abort())) == 1
    assert "Traceback" not in capsys.readouterr().err


def test_wrong_use_ends_with_2_and_names_the_word(capsys: pytest.CaptureFixture[str]) -> None:
    assert edge.run(["--nope"], lambda: app(lambda: None)) == 2
    assert "--nope" in capsys.readouterr().err


def test_a_terminal_that_only_knows_ascii_gets_similar_characters() -> None:
    told = steelyard("scale", "adjust", "span", "五→–…", encoding="ascii")
    assert told.exit_code == 2
    assert "'?->-...' is not a mass" in told.stderr


def piped(words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-c", f'"$0" -m steelyard_gateway {words}', sys.executable],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_full_output_is_a_sentence() -> None:
    full = piped("--version >/dev/full")
    assert (full.returncode, full.stderr) == (1, "error: standard output: No space left on device\n")


@pytest.mark.parametrize("where", [">&-", "| true", "2>&-", ">&- 2>&-"])
def test_output_that_nobody_reads_is_no_traceback(where: str) -> None:
    told = piped(f"scale --help {where}")
    assert "Traceback" not in told.stderr
    assert "Exception ignored" not in told.stderr


def test_languages_of_the_c_locale_are_no_fault() -> None:
    told = piped("--help", PYTHONIOENCODING="ascii", LC_ALL="C", PYTHONUTF8="0")
    assert (told.returncode, told.stderr) == (0, "")
    assert "evidence" in told.stdout


def test_ctrl_c_while_a_part_is_loaded_leaves_no_traceback() -> None:
    script = "import os, signal; os.kill(os.getpid(), signal.SIGINT)"
    code = f"import sys; from steelyard_gateway import edge; sys.exit(edge.run([], lambda: exec({script!r})))"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert ended.returncode in (130, -signal.SIGINT)
    assert "Traceback" not in ended.stderr
