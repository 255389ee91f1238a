"""What became of the scale after an answer was lost or somebody pressed Ctrl-C: found out, or said to be unknown.

The console answers in the order in which it is asked. So a status that is asked for after a command shows what that
command did, whether its answer came or not.
"""

import json
from contextlib import suppress
from typing import Any

from steelyard_gateway.errors import ConsoleError, PortLost, Refused
from steelyard_gateway.scale import events
from steelyard_gateway.scale.status import Status
from steelyard_gateway.scale.status import read as status_of
from steelyard_gateway.scale.unfinished import Unfinished
from steelyard_gateway.serial.console import START_S, SerialConsole
from steelyard_gateway.serial.exchange import LONGEST_S

NOTHING_SENT = "The scale was not changed."
CLOSE = "adjust close"
UNKNOWN = "unknown:"
ADJUST, _PERMIT = "adjust ", "adjust permit"
_COMPARED = {
    "calibration_counter": "calibration counter",
    "configuration_counter": "configuration counter",
    "digest": "digest",
}
_MOST_EVENTS = 20


def find_out(console: SerialConsole, before: Status) -> str:
    """Close the adjustment session that this console's commands opened; say what they did since the status `before`."""
    if not console.sent:
        return NOTHING_SENT
    command = console.sent[0]
    if not command.startswith(ADJUST):
        return _answered(console, command)
    try:
        console.say("Asking the scale what happened; Ctrl-C gives that up")
        after = _status(console)
        if after["identity"] != before["identity"]:
            return _unknown(command, before, f"at {console.port} is another scale now.")
        told = [_told(console, before, after), _closed(console, before, after)]
        if after["locked"] and not before["locked"]:
            told.append("The scale is locked now.")
        if command.startswith(_PERMIT):
            told.append("Whether it keeps the permit is unknown: give it again, which does no harm.")
        return " ".join(told)
    except ConsoleError as error:
        return _unknown(command, before, str(error))
    except KeyboardInterrupt:
        return _unknown(command, before, "you did not wait for the answer.")


def of_earlier(console: SerialConsole, note: Unfinished) -> str:
    """What became of the change of a call that was killed, or did not find it out itself."""
    console.sent[:], console.last = note.commands, note.key
    try:
        told = find_out(console, note.before)
    finally:
        console.sent.clear()
    return f"An earlier call was broken off after it had sent `{note.commands[0][:60]}`. {told}"


def _answered(console: SerialConsole, command: str) -> str:
    """What the scale answered to a command that leaves no trace in counters; it remembers the newest."""
    try:
        console.say("Asking the scale what happened; Ctrl-C gives that up")
        _status(console)
        answer = console.recall(console.last, command)
    except ConsoleError as error:
        return f"{UNKNOWN} whether `{command[:60]}` was carried out, as this went wrong: {error}"
    except KeyboardInterrupt:
        return f"{UNKNOWN} whether `{command[:60]}` was carried out, as you did not wait for the answer."
    if answer is None:
        return f"{UNKNOWN} whether `{command[:60]}` was carried out: the scale does not remember. See its log."
    if refusal := _refusal(answer):
        return f"Nothing was changed: the scale had refused it: {refusal}"
    return "The scale was changed: it had carried it out."


def _refusal(answer: str) -> str:
    """Why the scale had refused a command that it answered so; empty where it had not."""
    if answer.startswith("error:"):
        return answer.removeprefix("error:").strip()
    with suppress(ValueError):
        said: Any = json.loads(answer)
        return str(said.get("message", "")) if isinstance(said, dict) and "error" in said else ""
    return ""


def _status(console: SerialConsole) -> Status:
    """The status, from a scale that may be busy, without power for a while, or on a port that was pulled."""
    stream = console.stream
    deadline = max(console.sent_s + LONGEST_S, stream.now_s() + START_S)
    while True:
        try:
            console.synchronise(deadline - stream.now_s())
            return status_of(console)
        except Refused:
            raise
        except ConsoleError as error:
            if stream.now_s() > deadline:
                raise
            if isinstance(error, PortLost):
                stream.reopen(START_S)


def _told(console: SerialConsole, before: Status, after: Status) -> str:
    changes = [
        f"{word} from {before[name]} to {after[name]}"
        for name, word in _COMPARED.items()
        if before[name] != after[name]
    ]
    if not changes:
        return "Nothing was changed: digest and counters are as before."
    return f"The scale was changed: {', '.join(changes)}. {_logged(console, before)}"


def _logged(console: SerialConsole, before: Status) -> str:
    try:
        found = [entry for entry in console.json_list(f"log {_MOST_EVENTS}") if entry["number"] > before["number"]]
        told = "; ".join(
            f"statement {entry['number']}, {events.told(entry['event'], entry['facts'])}" for entry in found
        )
    except (ConsoleError, LookupError, TypeError, ValueError, AttributeError):
        told = ""
    return f"Its log: {told}." if told else "`steelyard scale log` says what it was."


def _closed(console: SerialConsole, before: Status, after: Status) -> str:
    """What became of the adjustment session; one that was open before stays, unless it was to be closed."""
    if not after["session"]:
        return "The adjustment session is closed."
    if before["session"] and CLOSE not in console.sent:
        return "The adjustment session is open, as it was before."
    try:
        with suppress(Refused):
            console.change(CLOSE)
        if not status_of(console)["session"]:
            return "The adjustment session is closed again."
    except ConsoleError:
        pass
    return "unknown: whether the adjustment session is closed. Turn the adjustment switch off, which closes it."


def _unknown(command: str, before: Status, why: str) -> str:
    state = ", ".join(f"{word} {before[name]}" for name, word in _COMPARED.items())
    return (
        f"{UNKNOWN} whether `{command[:60]}` changed the scale, as this went wrong: {why} Before, it had {state}. "
        "Connect it and run `steelyard scale status`: if all three are the same, nothing was changed; if not, "
        "`steelyard scale log` says what was. Turn the adjustment switch off, which closes the session."
    )
