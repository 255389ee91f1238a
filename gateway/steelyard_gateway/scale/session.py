"""One call of `steelyard scale`: the scale's console from the first word to the last, and how its answers are shown."""

import contextlib
import json
from collections.abc import Callable, Iterator
from typing import Annotated, Any

import typer
from rich.console import Console as Terminal

from steelyard_gateway.edge import STOPPED
from steelyard_gateway.errors import ConsoleError, Garbled, Refused
from steelyard_gateway.scale import unfinished
from steelyard_gateway.scale.outcome import ADJUST, NOTHING_SENT, UNKNOWN, find_out, of_earlier
from steelyard_gateway.scale.status import read as status_of
from steelyard_gateway.serial.console import SerialConsole
from steelyard_gateway.serial.finding import open_console

PIPE_WIDTH = 1000  # a table into a pipe is as wide as it needs
terminal, complaints = Terminal(highlight=False), Terminal(stderr=True, highlight=False)

PortOption = Annotated[
    str | None,
    typer.Option(
        "--port",
        envvar="STEELYARD_PORT",
        help="Path, VID:PID, socket://HOST:PORT or rfc2217://HOST:PORT; needed if there are several scales.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON instead of text: one object, or one per line.")]


@contextlib.contextmanager
def session(port: str | None) -> Iterator[SerialConsole]:
    """The console of the scale; says first what became of an earlier call that was broken off."""
    try:
        with open_console(port, step) as console:
            status = console.greet()
            if note := unfinished.read(console.port, status):
                told = of_earlier(console, note)
                say(told)
                unfinished.forget(console.port, status)
            yield console
    except KeyboardInterrupt as error:
        complaints.print("Stopped.", *getattr(error, "__notes__", (NOTHING_SENT,)), markup=False, soft_wrap=True)
        raise typer.Exit(STOPPED) from error
    except typer.Abort as error:  # Ctrl-C or the end of input where it was asked for a yes
        error.add_note(NOTHING_SENT)
        raise


@contextlib.contextmanager
def changing(port: str | None) -> Iterator[SerialConsole]:
    """The console of the scale, to change it; whatever stops a change, its session is closed, and it is found out."""
    with session(port) as console:
        before = status_of(console)
        console.note = lambda key, command: unfinished.write(console.port, before, [*console.sent, command], key)
        try:
            yield console
        except (ConsoleError, KeyboardInterrupt) as error:
            if console.sent:
                refused = isinstance(error, Refused) and not console.sent[-1].startswith(ADJUST)
                told = NOTHING_SENT if refused else find_out(console, before)
                error.add_note(told)
                if not told.startswith(UNKNOWN):
                    unfinished.forget(console.port, before)
            raise
        unfinished.forget(console.port, before)


def say(text: str) -> None:
    """Say something on standard error, as it is."""
    complaints.print(text, markup=False, soft_wrap=True)


def step(words: str) -> None:
    """Say what is to be done, or waited for."""
    say(f"→ {words}")


def show_text(text: str) -> None:
    """Print text as it is, never broken into lines of the terminal's width."""
    terminal.print(text, markup=False, soft_wrap=True)


def put(
    console: SerialConsole, command: str, facts: dict[str, Any], as_json: bool, table: Callable[[dict[str, Any]], Any]
) -> None:
    """Print what the scale answered to `command`, as JSON or as a table."""
    if as_json:
        print(json.dumps(facts))
        return
    with understood(console, command, facts):
        printer = terminal if terminal.is_terminal else Terminal(highlight=False, width=PIPE_WIDTH)
        printer.print(table(facts))


@contextlib.contextmanager
def understood(console: SerialConsole, command: str, told: Any) -> Iterator[None]:
    """An answer without what it must have, or of other types, is Garbled."""
    try:
        yield
    except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
        raise Garbled(command=command, port=console.port, said=json.dumps(told)[:80]) from error
