"""Real MicroPython for the firmware's tests: scripts under `target/` run in it, with the firmware on their path.

`micropython(...)` runs a script to its end; `micropython.start(...)` keeps one running and talks to it line by line.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kit.parameters import map_as_module

ROOT = Path(__file__).parents[2]
FIRMWARE = ROOT / "firmware"
TARGET = Path(__file__).parents[1] / "target"


class Conversation:
    """A script that runs and answers: one line in, one line out."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._buffer = b""

    def ask(self, line: str, timeout: float = 10) -> str:
        """Write `line`, return the answer without its end; fails if the script ends or is silent for `timeout` s."""
        assert self._process.stdin is not None
        self._process.stdin.write(line.encode() + b"\n")
        self._process.stdin.flush()
        return self.read(timeout)

    def read(self, timeout: float = 10) -> str:
        """Return the next line that the script prints, without its end."""
        assert self._process.stdout is not None
        deadline = time.monotonic() + timeout
        while b"\n" not in self._buffer:
            readable, _, _ = select.select([self._process.stdout], [], [], max(0.0, deadline - time.monotonic()))
            if not readable:
                pytest.fail(f"MicroPython said nothing for {timeout} s")
            chunk = os.read(self._process.stdout.fileno(), 65536)
            if not chunk:
                assert self._process.stderr is not None
                pytest.fail(f"MicroPython ended:\n{self._process.stderr.read().decode()}")
            self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.decode()


class MicroPython:
    """The interpreter: `MICROPYTHON` from the environment, or the one installed beside this Python."""

    def __init__(self, executable: str) -> None:
        self.executable = executable

    def command(self, script: Path | str, args: Iterable[object], heap: str) -> list[str]:
        """Return the command line: a Path, or a name in `target/` ending in .py, is a file; other text is source."""
        if isinstance(script, str) and script.endswith(".py"):
            script = TARGET / script
        program = [str(script)] if isinstance(script, Path) else ["-c", script]
        return [self.executable, "-X", f"heapsize={heap}", *program, *(str(arg) for arg in args)]

    def environment(self, path: Iterable[Path | str]) -> dict[str, str]:
        """Return the environment in which firmware, folders of `path`, the map and frozen modules are found."""
        folders = [FIRMWARE, *path, map_as_module().parent]
        return {**os.environ, "MICROPYPATH": ":".join([*map(str, folders), ".frozen"])}

    def __call__(
        self,
        script: Path | str,
        *args: object,
        heap: str = "192k",
        path: Iterable[Path | str] = (),
        timeout: float = 60,
        check: bool = True,
    ) -> subprocess.CompletedProcess[str]:
        """Run a script to its end, return the process (`stdout`, `stderr`); a non-zero exit fails if `check`."""
        done = subprocess.run(
            self.command(script, args, heap),
            stdin=subprocess.DEVNULL,
            env=self.environment(path),
            capture_output=True,
            text=True,
            timeout=timeout,
        )
        if check and done.returncode:
            pytest.fail(f"MicroPython exited with {done.returncode}:\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}")
        return done

    @contextmanager
    def start(
        self, script: Path | str, *args: object, heap: str = "192k", path: Iterable[Path | str] = ()
    ) -> Iterator[Conversation]:
        """Start a script, yield the conversation with it, and end it."""
        process = subprocess.Popen(
            self.command(script, args, heap),
            env=self.environment(path),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        try:
            yield Conversation(process)
        finally:
            process.kill()
            process.communicate()


def interpreter() -> MicroPython:
    """The interpreter; with STEELYARD_BOARD_IMAGE set, the one in that image on an emulated Cortex-M3."""
    if image := os.environ.get("STEELYARD_BOARD_IMAGE"):
        from kit.board_interpreter import BoardMicroPython  # needs mpremote, which nothing else does

        return BoardMicroPython(image)
    executable = Path(os.environ.get("MICROPYTHON") or Path(sys.executable).parent / "micropython")
    if not executable.exists():
        pytest.fail(f"no MicroPython at {executable}: run `make setup`, or set MICROPYTHON to its path")
    return MicroPython(str(executable))
