"""The edge of every command: whatever goes wrong becomes a sentence on standard error and an exit code.

With `--json` the sentence stands also on standard output, as an object with the error's code. STEELYARD_TRACEBACK=1
shows where an error came from.
"""

import codecs
import contextlib
import json
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import typer
from steelyard_protocol.errors import SteelyardError

TRACEBACK = "STEELYARD_TRACEBACK"
FAILED, STOPPED = 1, 130

_USAGE = typer.BadParameter.__mro__[2]  # what all wrong use derives from; typer gives it no name of its own

_PLAIN = {"→": "->", "–": "-", "—": "-", "−": "-", "…": "...", "·": "-", "✓": "+", "✗": "x", "°": " deg ", "µ": "u"}


def run(arguments: Sequence[str], make: Callable[[], typer.Typer]) -> int:
    """Carry out one command line of the application that `make` makes; gives the exit code and raises nothing."""
    codecs.register_error("steelyard", plain)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):  # a test's stand-in, or a stream that was closed
            stream.reconfigure(errors="steelyard")  # type: ignore[union-attr]
    try:
        code = typer.main.get_command(make()).main(list(arguments), "steelyard", standalone_mode=False)
        _flush()
        return int(code or 0)
    except BrokenPipeError:
        _give_up_output()  # whoever read has enough; there is nothing to say
        return FAILED
    except BaseException as error:
        return _said(error, "--json" in arguments)


def plain(error: UnicodeError) -> tuple[str, int]:
    """What stands for a character that the terminal does not know: a similar one of ASCII, or "?"."""
    assert isinstance(error, UnicodeEncodeError)
    return "".join(_PLAIN.get(one, "?") for one in error.object[error.start : error.end]), error.end


def _said(error: BaseException, as_json: bool) -> int:
    """Say what went wrong; gives the exit code."""
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else FAILED
    if os.environ.get(TRACEBACK):
        traceback.print_exception(error)
    with _writable():
        if isinstance(error, _USAGE):
            wrong_use: Any = error
            wrong_use.show(sys.stderr)
            return int(wrong_use.exit_code)
        if isinstance(error, KeyboardInterrupt | typer.Abort):
            print("Stopped.", *_notes(error), file=sys.stderr)
            by_hand = isinstance(error, KeyboardInterrupt) or isinstance(error.__context__, KeyboardInterrupt)
            return STOPPED if by_hand else FAILED
        code, sentence = _sentence(error)
        outcome = {"outcome": " ".join(_notes(error))} if _notes(error) else {}
        if as_json:
            print(json.dumps({"error": code, "message": sentence} | outcome), flush=True)
        print(f"error: {sentence}", *_notes(error), file=sys.stderr)
    return error.exit_code if isinstance(error, SteelyardError) else FAILED


def _notes(error: BaseException) -> list[str]:
    """What a command added to its error: what became of the scale, for example."""
    return getattr(error, "__notes__", [])


def _sentence(error: BaseException) -> tuple[str, str]:
    if isinstance(error, SteelyardError):
        return error.code, str(error)
    if isinstance(error, OSError) and error.strerror:
        return "system", f"{error.filename or 'standard output'}: {error.strerror}"
    if isinstance(error, UnicodeEncodeError):
        return "not-text", "a word is not in the terminal's own encoding: check its language, LANG=C.UTF-8 for example"
    where = f"{type(error).__name__}: {error}".rstrip(": ")
    return "internal", f"{where}. This is a fault of the program; {TRACEBACK}=1 shows where it is."


@contextlib.contextmanager
def _writable() -> Iterator[None]:
    """Saying what went wrong may itself be impossible, where output is full or closed."""
    try:
        yield
        _flush()
    except OSError:
        _give_up_output()


def _flush() -> None:
    if sys.stdout is not None:  # None where it was closed from the start
        sys.stdout.flush()


def _give_up_output() -> None:
    """Let the interpreter's own last flush succeed, which would otherwise complain of the same once more."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
