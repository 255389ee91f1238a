"""`steelyard scale`: what a technician does at one scale.

Human output by default, `--json` for scripts. Exit codes: 0 done; 1 failed or declined; 2 wrong use; 3 no port, or
several; 4 port busy or forbidden; 5 no answer; 6 not a scale; 7 garbled; 8 the scale refuses; 9 a step was not done in
time; 130 Ctrl-C.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.live import Live as LiveView

from steelyard_gateway.errors import Garbled
from steelyard_gateway.scale import events, examine, orders, show
from steelyard_gateway.scale.adjusting import adjust_app
from steelyard_gateway.scale.session import (
    JsonOption,
    PortOption,
    put,
    session,
    show_text,
    step,
    terminal,
    understood,
)
from steelyard_gateway.scale.status import read as status_of
from steelyard_gateway.scale.update import read as read_update
from steelyard_gateway.scale.update import send as send_update
from steelyard_gateway.scale.watch import Live
from steelyard_gateway.scale.words import Words
from steelyard_gateway.serial.console import SerialConsole

app = typer.Typer(cls=Words, no_args_is_help=True, help="Inspect, adjust and export one scale over its serial port.")
app.add_typer(adjust_app, name="adjust")
for order in (orders.lock, orders.unlock, orders.permit, orders.time, orders.network):
    app.command()(order)
app.command("test")(examine.examine)


@app.command()
def status(port: PortOption = None, as_json: JsonOption = False) -> None:
    """Show weight, state, counters, journal and uplink."""
    with session(port) as console:
        put(console, "status", status_of(console), as_json, show.status)


@app.command()
def parameters(port: PortOption = None, as_json: JsonOption = False) -> None:
    """Show the legally relevant parameters."""
    with session(port) as console:
        put(console, "parameters", console.json("parameters"), as_json, show.parameters)


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
                with understood(console, "watch", reading):
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
            with understood(console, "log", entry):
                show_text(events.line(entry))


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
            show_text(f"{len(statements)} statements in {output}")
        else:
            for raw in statements:
                print(show.described(raw)["statement"])


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
        show_text(json.dumps(said) if as_json else words)


def _progress(done: int, whole: int) -> None:
    if done % 4096 == 0 or done == whole:
        step(f"{done * 100 // whole} % of {whole} bytes")


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
