"""Brings an update to a scale over its cable, piece by piece, from where an earlier try has stopped."""

import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from steelyard_protocol import package
from steelyard_protocol.enrolment import to_base64url
from steelyard_protocol.package import Package, PackageError

from steelyard_gateway.errors import NoUpdate, Refused, UpdateStopped
from steelyard_gateway.serial.console import SerialConsole

PIECE_BYTES = 512  # two pages of flash; a line of the console holds so much
PATIENCE_S = 120.0
LOOK_S = 0.2

Progress = Callable[[int, int], None]
"""Called with how many bytes the scale has, and of how many."""


def read(path: Path) -> Package:
    """The update in a file; raises NoUpdate."""
    try:
        with path.open("rb") as file:
            return package.read(file.read(package.LONGEST + 1))
    except PackageError as error:
        raise NoUpdate(file=path, why=error) from error
    except OSError as error:
        raise NoUpdate(file=path, why=error.strerror) from error


def send(console: SerialConsole, update: Package, progress: Progress) -> dict[str, Any]:
    """Give the scale the manifest, then each piece that it wants; returns what the scale says of it at last.

    Raises Refused where it does not take the manifest, UpdateStopped where it gives up, or wants nothing for long.
    """
    console.change_json(f"update manifest {to_base64url(update.manifest)}")
    heard_s = time.monotonic()
    while True:
        said = console.json("update")
        coming = said.get("coming")
        if coming is None or coming["error"]:
            raise UpdateStopped(why=coming["error"] if coming else "the scale has given it up")
        if coming["installed"]:
            progress(update.update.length, update.update.length)
            return said
        if coming["wanted"] is None:
            if time.monotonic() - heard_s > PATIENCE_S:
                raise UpdateStopped(why="the scale waits for an empty pan; empty it, and start this again")
            time.sleep(LOOK_S)
            continue
        offset = coming["wanted"]
        while offset is not None:
            progress(offset, update.update.length)
            offset = _piece(console, update.image, offset)
        heard_s = time.monotonic()


def _piece(console: SerialConsole, image: bytes, offset: int) -> int | None:
    """Give the piece at `offset`; the offset of the next that is wanted, None where it has to be asked for."""
    data = to_base64url(image[offset : offset + PIECE_BYTES])
    with contextlib.suppress(Refused):  # its answer was lost, so that it came twice
        coming = console.change_json(f"update piece {offset} {data}").get("coming")
        wanted: int | None = coming["wanted"] if coming else None
        return wanted
    return None
