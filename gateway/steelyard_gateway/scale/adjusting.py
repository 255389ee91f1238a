"""`steelyard scale adjust`: adjustment, guided or of single parameters; needs the switch under the seal."""

import json
import re
import sys
from typing import Annotated

import typer

from steelyard_gateway.scale.adjust import Adjustment, Guide
from steelyard_gateway.scale.mass import parse_mg
from steelyard_gateway.scale.outcome import CLOSE
from steelyard_gateway.scale.permit import permit as read_permit
from steelyard_gateway.scale.session import JsonOption, PortOption, changing, say, show_text, step
from steelyard_gateway.serial.console import SerialConsole

adjust_app = typer.Typer(no_args_is_help=True, help="Adjust, step by step; needs the adjustment switch under the seal.")
NAME = re.compile(r"[a-z0-9_]+")
NEGATIVE = {"ignore_unknown_options": True}  # or -5 would be taken for an option
YesOption = Annotated[bool, typer.Option("--yes", help="Adjust without asking again.")]


@adjust_app.command("zero")
def adjust_zero(port: PortOption = None, as_json: JsonOption = False, yes: YesOption = False) -> None:
    """Make the empty pan the zero of the calibration."""
    with changing(port) as console:
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
    with changing(port) as console:
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


def _plain(command: str, port: str | None, as_json: bool) -> None:
    with changing(port) as console:
        if as_json:
            print(json.dumps(console.change_json(command)))
        else:
            show_text(console.change(command))


def _guide(console: SerialConsole, as_json: bool, yes: bool) -> Guide:
    def confirm(found: str) -> bool:
        say(found)
        return yes or (sys.stdin.isatty() and typer.confirm("Adjust?", err=True))

    return Guide(console, step, confirm)


def _report(done: Adjustment | None, as_json: bool) -> None:
    if done is None:
        say("Not adjusted: answer yes when asked, or give --yes.")
        raise typer.Exit(1)
    if as_json:
        print(json.dumps(done.as_dict()))
        return
    after = "unknown" if done.error_after_e is None else f"{done.error_after_e:+.1f} e"
    show_text(
        f"Adjusted: error {done.error_before_e:+.1f} e before, {after} after; "
        f"calibration counter {done.calibration_counter}. Turn the switch off and seal it."
    )
