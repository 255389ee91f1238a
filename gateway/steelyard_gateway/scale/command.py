"""`steelyard scale`: what a technician does at one scale.

Human output by default, `--json` for scripts. Exit codes: 0 done; 1 failed or declined; 2 wrong use; 3 no port, or
several; 4 port busy or forbidden; 5 no answer; 6 not a scale; 7 garbled; 8 the scale refuses; 9 a step was not done in
time; 130 Ctrl-C.
"""

import contextlib
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console as Terminal
from rich.live import Live as LiveView

from steelyard_gateway.edge import STOPPED
from steelyard_gateway.errors import ConsoleError, Garbled
from steelyard_gateway.scale import events, show
from steelyard_gateway.scale.adjust import Adjustment, Guide
from steelyard_gateway.scale.mass import parse_mg
from steelyard_gateway.scale.outcome import CLOSE, NOTHING_SENT, find_out
from steelyard_gateway.scale.permit import permit as read_permit
from steelyard_gateway.scale.status import read as status_of
from steelyard_gateway.scale.update import read as read_update
from steelyard_gateway.scale.update import send as send_update
from steelyard_gateway.scale.watch import Live
from steelyard_gateway.scale.words import Words
from steelyard_gateway.serial.console import START_S, SerialConsole
from steelyard_gateway.serial.port import open_console

app = typer.Typer(cls=Words, no_args_is_help=True, help="Inspect, adjust and export one scale over its serial port.")
adjust_app = typer.Typer(no_args_is_help=True, help="Adjust, step by step; needs the adjustment switch under the seal.")
app.add_typer(adjust_app, name="adjust")
PIPE_WIDTH = 1000  # a table into a pipe is as wide as it needs
NAME = re.compile(r"[a-z0-9_]+")
NEGATIVE = {"ignore_unknown_options": True}  # or -5 would be taken for an option
terminal, complaints = Terminal(highlight=False), Terminal(stderr=True, highlight=False)

PortOption = Annotated[
    str | None,
    typer.Option("--port", envvar="STEELYARD_PORT", help="Serial port; needed if there are several scales."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON instead of text: one object, or one per line.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Adjust without asking again.")]


@contextlib.contextmanager
def session(port: str | None) -> Iterator[SerialConsole]:
    """The console of the scale; Ctrl-C leaves the scale at its prompt and says what became of it."""
    try:
        with open_console(port, _step) as console:
            console.greet()
            try:
                yield console
            except KeyboardInterrupt:
                if not console.sent:
                    with contextlib.suppress(ConsoleError):
                        console.synchronise(START_S)
                raise
    except KeyboardInterrupt as error:
        complaints.print("Stopped.", *getattr(error, "__notes__", (NOTHING_SENT,)), markup=False, soft_wrap=True)
        raise typer.Exit(STOPPED) from error
    except typer.Abort as error:  # Ctrl-C or the end of input where it was asked for a yes
        error.add_note(NOTHING_SENT)
        raise


@contextlib.contextmanager
def adjusting(port: str | None) -> Iterator[SerialConsole]:
    """The console of the scale; whatever stops a change, its session is closed, and what became of it is said."""
    with session(port) as console:
        before = status_of(console)
        try:
            yield console
        except (ConsoleError, KeyboardInterrupt) as error:
            if console.sent:
                error.add_note(find_out(console, before))
            raise


@app.command()
def status(port: PortOption = None, as_json: JsonOption = False) -> None:
    """Show weight, state, counters, journal and uplink."""
    with session(port) as console:
        _put(console, "status", status_of(console), as_json, show.status)


@app.command()
def parameters(port: PortOption = None, as_json: JsonOption = False) -> None:
    """Show the legally relevant parameters."""
    with session(port) as console:
        _put(console, "parameters", console.json("parameters"), as_json, show.parameters)


@app.command()
def watch(
    port: PortOption = None,
    as_json: JsonOption = False,
    count: Annotated[int, typer.Option("--count", "-n", min=0, help="End after this many readings; 0: at Ctrl-C.")] = 0,
) -> None:
    """Show the live weight as a plot; as lines with --json or in a pipe."""
    with session(port) as console:
        facts = status_of(console)
        readings = _readings(console, count)
        if as_json or not terminal.is_terminal:
            for reading in readings:
                print(json.dumps(reading) if as_json else show.reading(reading), flush=True)
            return
        live = Live(facts["identity"] or console.port, facts["unit_mg"], columns=max(20, min(120, terminal.width - 4)))
        with LiveView(live, console=terminal, auto_refresh=False) as view:
            for reading in readings:
                live.add(reading)
                with _understood(console, "watch", reading):
                    view.refresh()


@app.command()
def log(
    port: PortOption = None,
    as_json: JsonOption = False,
    count: Annotated[int, typer.Option("--count", "-n", min=1, max=100, help="How many of the last events.")] = 20,
) -> None:
    """Show the last events."""
    with session(port) as console:
        found = console.json_list(f"log {count}")
        if as_json:
            print(json.dumps(found))
            return
        for entry in found:
            with _understood(console, "log", entry):
                _print(events.line(entry))


@app.command()
def export(
    first: Annotated[int | None, typer.Argument(min=1, help="First number; default: the oldest stored.")] = None,
    last: Annotated[int | None, typer.Argument(min=1, help="Last number; default: the newest.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File for the statements' bytes.")] = None,
    port: PortOption = None,
    as_json: JsonOption = False,
) -> None:
    """Export the signed statements in the scale's journal: as base64url lines, or with -o as a file of CBOR items."""
    with session(port) as console:
        command = " ".join(str(word) for word in ("export", first, last) if word is not None)
        statements = [_decoded(console, command, line) for line in console.ask(command).splitlines() if line]
        if output is not None:
            output.write_bytes(b"".join(statements))
        if as_json:
            for raw in statements:
                print(json.dumps(show.described(raw)))
        elif output is not None:
            _print(f"{len(statements)} statements in {output}")
        else:
            for raw in statements:
                print(show.described(raw)["statement"])


@adjust_app.command("zero")
def adjust_zero(port: PortOption = None, as_json: JsonOption = False, yes: YesOption = False) -> None:
    """Make the empty pan the zero of the calibration."""
    with adjusting(port) as console:
        _report(_guide(console, as_json, yes).zero(), as_json)


@adjust_app.command("span", context_settings=NEGATIVE)
def adjust_span(
    mass: Annotated[str, typer.Argument(help="The mass that will be put on, for example '5 kg' or 500g.")],
    port: PortOption = None,
    as_json: JsonOption = False,
    yes: YesOption = False,
) -> None:
    """Make the scale show a known mass."""
    try:
        mass_mg = parse_mg(mass)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    with adjusting(port) as console:
        _report(_guide(console, as_json, yes).span(mass_mg), as_json)


@adjust_app.command("set", context_settings=NEGATIVE)
def adjust_set(name: str, value: int, port: PortOption = None, as_json: JsonOption = False) -> None:
    """Set one parameter by its name."""
    if not NAME.fullmatch(name):
        raise typer.BadParameter(f"{name!r} is not the name of a parameter")
    _plain(f"adjust set {name} {value}", port, as_json)


@adjust_app.command("permit")
def adjust_permit(
    permit: Annotated[str, typer.Argument(help="The permit as issued (base64url), or @FILE.")],
    port: PortOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give the scale a permit to adjust."""
    _plain(f"adjust permit {read_permit(permit)}", port, as_json)


@adjust_app.command("close")
def adjust_close(port: PortOption = None, as_json: JsonOption = False) -> None:
    """Close the adjustment session."""
    _plain(CLOSE, port, as_json)


@app.command()
def update(
    file: Annotated[Path, typer.Argument(help="The update, as the manufacturer built it.")],
    port: PortOption = None,
    as_json: JsonOption = False,
    restart: Annotated[bool, typer.Option("--restart", help="Start it as soon as the pan is empty.")] = False,
) -> None:
    """Bring new software to the scale; it starts once nobody has used the scale for a minute."""
    made = read_update(file)
    with session(port) as console:
        said = send_update(console, made, _progress)
        said = console.json("update restart") if restart else said
        words = f"The scale has {made.update.version}, number {made.update.number}, and starts it by itself."
        _print(json.dumps(said) if as_json else words)


def _progress(done: int, whole: int) -> None:
    if done % 4096 == 0 or done == whole:
        _step(f"{done * 100 // whole} % of {whole} bytes")


def _plain(command: str, port: str | None, as_json: bool) -> None:
    with adjusting(port) as console:
        if as_json:
            print(json.dumps(console.change_json(command)))
        else:
            _print(console.change(command))


def _guide(console: SerialConsole, as_json: bool, yes: bool) -> Guide:
    def confirm(found: str) -> bool:
        complaints.print(found, markup=False, soft_wrap=True)
        return yes or (sys.stdin.isatty() and typer.confirm("Adjust?", err=True))

    return Guide(console, _step, confirm)


def _step(step: str) -> None:
    complaints.print(f"→ {step}", markup=False, soft_wrap=True)


def _report(done: Adjustment | None, as_json: bool) -> None:
    if done is None:
        complaints.print("Not adjusted: answer yes when asked, or give --yes.")
        raise typer.Exit(1)
    if as_json:
        print(json.dumps(done.as_dict()))
        return
    after = "unknown" if done.error_after_e is None else f"{done.error_after_e:+.1f} e"
    _print(
        f"Adjusted: error {done.error_before_e:+.1f} e before, {after} after; "
        f"calibration counter {done.calibration_counter}. Turn the switch off and seal it."
    )


def _readings(console: SerialConsole, count: int) -> Iterator[dict[str, Any]]:
    command = f"watch {count} json" if count else "watch json"
    for line in console.lines(command):
        if line:
            yield console.parse(command, line)


def _decoded(console: SerialConsole, command: str, line: str) -> bytes:
    try:
        return show.raw_statement(line)
    except ValueError as error:
        raise Garbled(command=command, port=console.port, said=line[:80]) from error


def _put(
    console: SerialConsole, command: str, facts: dict[str, Any], as_json: bool, table: Callable[[dict[str, Any]], Any]
) -> None:
    if as_json:
        print(json.dumps(facts))
        return
    with _understood(console, command, facts):
        printer = terminal if terminal.is_terminal else Terminal(highlight=False, width=PIPE_WIDTH)
        printer.print(table(facts))


@contextlib.contextmanager
def _understood(console: SerialConsole, command: str, told: Any) -> Iterator[None]:
    """An answer without what it must have, or of other types, is Garbled."""
    try:
        yield
    except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
        raise Garbled(command=command, port=console.port, said=json.dumps(told)[:80]) from error


def _print(text: str) -> None:
    """Print text as it is, never broken into lines of the terminal's width."""
    terminal.print(text, markup=False, soft_wrap=True)
