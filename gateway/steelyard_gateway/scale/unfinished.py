"""Notes of changes that were sent and whose outcome is not known yet: what is left of a call that was killed.

One file for each scale, written before its change is sent, and taken away once what became of it was said.
"""

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from steelyard_gateway.errors import NoNote
from steelyard_gateway.scale.status import Status
from steelyard_gateway.serial.frames import Key
from steelyard_gateway.state import folder

_BEFORE = ("identity", "digest", "calibration_counter", "configuration_counter", "number", "session", "locked")


@dataclass(frozen=True)
class Unfinished:
    """The commands of one call, in order; `key` is the number of the last one, `before` the state before the first."""

    commands: list[str]
    key: Key
    before: dict[str, Any]


def write(port: str, before: Status, commands: list[str], key: Key) -> None:
    """Note the change that is sent next; when this returns the note is durable. Raises NoNote."""
    path = _path(port, before)
    note = Unfinished(commands, key, {name: before[name] for name in _BEFORE})
    try:
        with (new := path.with_suffix(".new")).open("w") as file:
            json.dump(asdict(note), file)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError as error:
        raise NoNote(file=path, why=error.strerror) from error


def read(port: str, status: Status) -> Unfinished | None:
    """The note of the scale that has this status; None where there is none, or none that can be read."""
    try:
        note = json.loads(_path(port, status).read_text())
        commands, (session, sequence) = [str(one) for one in note["commands"]], note["key"]
        return Unfinished(commands, (int(session), int(sequence)), {name: note["before"][name] for name in _BEFORE})
    except (OSError, NoNote, ValueError, LookupError, TypeError):
        return None


def forget(port: str, status: Status) -> None:
    """Take the note away."""
    with suppress(OSError, NoNote):
        _path(port, status).unlink()


def _path(port: str, status: Status) -> Path:
    """A scale that is not enrolled has no name but that of its port."""
    name = status["identity"] or port
    return folder("unfinished") / (hashlib.sha256(name.encode(errors="surrogateescape")).hexdigest()[:32] + ".json")
