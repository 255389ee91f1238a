"""Who has a port: one tool at a time, also on ports that are no file here, and the next one is told who that is."""

import fcntl
import hashlib
import os
import sys
from pathlib import Path
from typing import TextIO

from steelyard_gateway.errors import NoNote, PortBusy
from steelyard_gateway.state import folder


class Hold:
    """This process's hold on the port of that name, noted for the other tools of the same person; raises PortBusy.

    Where there is no folder for such notes it holds nothing: a port that is a file is locked by itself.
    """

    def __init__(self, name: str) -> None:
        self._file = _note(name)
        if self._file is None:
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.close()
            raise PortBusy(port=name, who=who(name)) from error
        self._file.truncate(0)
        self._file.write(f"{os.getpid()}")
        self._file.flush()

    def release(self) -> None:
        """Let the next one have it."""
        if self._file:
            self._file.close()


def who(name: str) -> str:
    """`, process PID (COMMAND)` of the tool that holds the port, else of whoever has it open; else empty."""
    pid = _holder(name) or _opener(Path(name))
    if pid is None:
        return ""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0").replace(b"\0", b" ")
    except OSError:
        words = b" ".join(word.encode() for word in sys.orig_argv) if pid == os.getpid() else b""
    command = "".join(letter if letter.isprintable() else "?" for letter in words.decode(errors="replace"))
    return f", process {pid} ({command[:200]})" if command else f", process {pid}"


def _note(name: str) -> TextIO | None:
    full = name if "://" in name else os.path.realpath(name)
    try:
        return (folder("ports") / hashlib.sha256(full.encode(errors="surrogateescape")).hexdigest()[:32]).open("a+")
    except (NoNote, OSError):
        return None


def _holder(name: str) -> int | None:
    """The tool with a hold on the port."""
    if (file := _note(name)) is None:
        return None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            text = file.read(20)
            return int(text) if text.isascii() and text.isdigit() else None
    return None


def _opener(path: Path) -> int | None:
    """A process that has the port open, as far as this one may see that."""
    try:
        wanted = path.stat()
    except (OSError, ValueError):
        return None
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            found = link.stat()
        except OSError:
            continue
        pid = int(link.parts[2])
        if (found.st_dev, found.st_ino) == (wanted.st_dev, wanted.st_ino) and pid != os.getpid():
            return pid
    return None
