"""`steelyard scale lock unlock permit time network`: what a technician tells a scale, or brings from the platform."""

import json
import time as clocks
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from steelyard_gateway.errors import Garbled, NoCode
from steelyard_gateway.platform import Client
from steelyard_gateway.scale import show
from steelyard_gateway.scale.permit import permit as read_permit
from steelyard_gateway.scale.permit import text_of
from steelyard_gateway.scale.session import JsonOption, PortOption, changing, put, say, session, show_text
from steelyard_gateway.scale.status import read as status_of
from steelyard_gateway.serial.console import SerialConsole

CloudOption = Annotated[str | None, typer.Option("--cloud", help="The platform's address, to get it from there.")]
TokenOption = Annotated[str, typer.Option(envvar="STEELYARD_TOKEN", help="Your token there; better in the variable.")]


def lock(port: PortOption = None, as_json: JsonOption = False) -> None:
    """Lock the scale, where its software can do that by command; opening its case always does."""
    with changing(port) as console:
        _done(console, "lock", as_json)


def unlock(
    code: Annotated[str | None, typer.Argument(help="The unlock code, or @FILE; else the question is shown.")] = None,
    port: PortOption = None,
    as_json: JsonOption = False,
    cloud: CloudOption = None,
    token: TokenOption = "",
    reason: Annotated[str, typer.Option(help="For the platform: why the scale is unlocked.")] = "",
) -> None:
    """Show the question of a locked scale, or unlock it with the code for it, from the platform, a file or typed."""
    if cloud and (code or not reason):
        raise typer.BadParameter("--cloud wants a --reason, and no code")
    typed = _code(code) if code else None
    with changing(port) as console:
        if typed is None:
            asked = console.json("unlock")
            if not cloud:
                put(console, "unlock", asked, as_json, show.facts)
                return
            typed = _from_cloud(console, cloud, token, reason, asked)
        _done(console, f"unlock {typed}", as_json)


def permit(
    given: Annotated[str | None, typer.Argument(help="The permit as issued (base64url), or @FILE.")] = None,
    port: PortOption = None,
    as_json: JsonOption = False,
    cloud: CloudOption = None,
    token: TokenOption = "",
    what: Annotated[str, typer.Option(help="For the platform: adjust or repair.")] = "adjust",
    field: Annotated[list[str] | None, typer.Option(help="For the platform: a parameter to adjust; repeat it.")] = None,
) -> None:
    """Give the scale a permit, from the platform, a file or typed."""
    if (given is None) == (cloud is None):
        raise typer.BadParameter("give a permit, or --cloud")
    words = read_permit(given) if given else ""
    with changing(port) as console:
        if cloud:
            code = str(status_of(console)["identity"])
            answer = Client(cloud, token).post(f"/scales/{code}/permits", what=what, fields=field or [])
            words = read_permit(str(answer.get("permit", "")))
        _done(console, f"adjust permit {words}", as_json)


def time(
    port: PortOption = None,
    as_json: JsonOption = False,
    to_set: Annotated[bool, typer.Option("--set", help="Set it to this computer's clock, on record.")] = False,
) -> None:
    """Show the scale's clock and how far it is from this computer's, or set it."""
    with changing(port) as console:
        command = f"time {int(clocks.time())}" if to_set else "time"
        facts = console.change_json(command) if to_set else console.json(command)
        here = clocks.time()
        try:
            facts["ahead_s"] = round(facts["time"] - here) if facts["clock_quality"] else None
            shown = datetime.fromtimestamp(facts["time"], UTC)
        except (LookupError, TypeError, ValueError, OverflowError, OSError) as error:
            raise Garbled(command="time", port=console.port, said=json.dumps(facts)[:80]) from error
        if as_json:
            print(json.dumps(facts))
        elif facts["ahead_s"] is None:
            show_text("not set")
        else:
            show_text(f"{shown:%Y-%m-%d %H:%M:%S} UTC, {facts['ahead_s']:+d} s from this computer's clock")


def network(port: PortOption = None, as_json: JsonOption = False) -> None:
    """Show how the scale reports: its connection, what has gone wrong with it, what has no receipt yet."""
    with session(port) as console:
        status = status_of(console)
        facts = {
            "uplink": status["uplink"],
            "error": status.get("uplink_error"),
            "period_s": status["period_s"],
            "without_receipt": status["number"] - status["receipted"],
            "journal_free_percent": status["journal_free"],
        }
        put(console, "status", facts, as_json, show.facts)
        if not as_json:
            say("Network name and password come from the factory: this scale's console has no command that sets them.")


def _code(given: str) -> str:
    where, text = (given[1:], text_of(given[1:])) if given.startswith("@") else ("what was typed", given)
    code = "".join(text.split())
    if not (code.isascii() and code.isdigit() and len(code) <= 16):
        raise NoCode(file=where)
    return code


def _from_cloud(console: SerialConsole, cloud: str, token: str, reason: str, asked: dict[str, Any]) -> str:
    """The platform's answer to the scale's question."""
    try:
        question = {"key": asked["key"], "question": asked["question"], "check_digit": asked["check_digit"]}
    except LookupError as error:
        raise Garbled(command="unlock", port=console.port, said=json.dumps(asked)[:80]) from error
    code = str(status_of(console)["identity"])
    answer = Client(cloud, token).post(f"/scales/{code}/unlocks", reason=reason, **question)
    return _code(str(answer.get("answer", "")))


def _done(console: SerialConsole, command: str, as_json: bool) -> None:
    if as_json:
        print(json.dumps(console.change_json(command)))
    else:
        show_text(console.change(command))
