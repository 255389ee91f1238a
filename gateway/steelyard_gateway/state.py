"""Where the tool keeps what has to outlast it: `STEELYARD_STATE`, or the place that the XDG directories name."""

import os
from pathlib import Path

from steelyard_gateway.errors import NoNote


def folder(name: str) -> Path:
    """The folder of that name, made where it is missing; raises NoNote."""
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    path = Path(os.environ.get("STEELYARD_STATE") or Path(base) / "steelyard") / name
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise NoNote(file=path, why=error.strerror) from error
    return path
