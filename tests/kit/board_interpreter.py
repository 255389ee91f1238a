"""The firmware's tests on the emulated Cortex-M3: the same calls as `interpreter.MicroPython`, a board for each.

The agent is the one frozen into the image; only scripts and the simulated chips come from the checkout.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kit.emulated_board import MOUNT, ROM, ROOT, BoardError, EmulatedBoard
from kit.micropython import FIRMWARE, TARGET, MicroPython

UNITS = {"k": 1024, "M": 1024 * 1024}


class BoardConversation:
    """A script that runs on the board and answers: one line in, one line out."""

    def __init__(self, board: EmulatedBoard) -> None:
        self._board = board

    def ask(self, line: str, timeout: float = 10) -> str:
        """Write `line`, return the answer without its end; fails if the script ends or is silent for long."""
        self._board.write(line.encode() + b"\n")
        return self.read(timeout)

    def read(self, timeout: float = 10) -> str:
        """Return the next line that the script prints, without its end."""
        try:
            # Emulation is slower than the PC itself.
            return self._board.read_until(b"\n", 6 * timeout).decode().rstrip("\r\n")
        except BoardError as error:
            pytest.fail(str(error))


class BoardMicroPython(MicroPython):
    """MicroPython on the board; `executable` is the image."""

    def source(self, script: Path | str, args: Iterable[object], path: Iterable[Path | str]) -> str:
        """Return what to run on the board: the script with the checkout's paths turned into those of its ROM."""
        if isinstance(script, str) and script.endswith(".py"):
            script = TARGET / script
        if isinstance(script, Path):
            body = f"exec(open({str(script)!r}).read(), {{'__name__': '__main__'}})"
            folders = ["", ".frozen", script.parent, *path]
        else:
            body = script
            folders = ["", ".frozen", *path]
        names = [str(folder) for folder in folders if folder != FIRMWARE]
        arguments = [str(script), *(str(arg) for arg in args)]
        whole = f"{MOUNT}sys.path[:] = {names!r}\nsys.argv[:] = {arguments!r}\n{body}\n"
        return whole.replace(str(ROOT), ROM)

    def __call__(
        self,
        script: Path | str,
        *args: object,
        heap: str = "192k",
        path: Iterable[Path | str] = (),
        timeout: float = 60,
        check: bool = True,
    ) -> subprocess.CompletedProcess[str]:
        """Run a script to its end, return what it printed; a script that fails fails the test if `check`."""
        with EmulatedBoard(Path(self.executable), heap_bytes(heap)) as board:
            try:
                return subprocess.CompletedProcess([], 0, board.run(self.source(script, args, path), 10 * timeout), "")
            except BoardError as error:
                if check:
                    pytest.fail(f"on the board:\n{error}")
                return subprocess.CompletedProcess([], 1, "", str(error))

    @contextmanager
    def start(  # type: ignore[override]  # a conversation with the same two methods
        self, script: Path | str, *args: object, heap: str = "192k", path: Iterable[Path | str] = ()
    ) -> Iterator[BoardConversation]:
        """Start a script, yield the conversation with it, and switch the board off."""
        with EmulatedBoard(Path(self.executable), heap_bytes(heap)) as board:
            board.start(self.source(script, args, path))
            yield BoardConversation(board)


def heap_bytes(text: str) -> int:
    """The bytes of a heap size as MicroPython's command line has it."""
    return int(text[:-1]) * UNITS[text[-1]]
