"""How the demo tells its story in the terminal: a line for each thing that happens, with the time since the start."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape


class Narration:
    """Writes to the terminal, or to standard error where standard output is for JSON."""

    def __init__(self, as_json: bool) -> None:
        self._terminal = Console(stderr=as_json, highlight=False, soft_wrap=True)
        self._start = time.monotonic()

    def say(self, text: str, style: str = "") -> None:
        """One thing that happened."""
        seconds = time.monotonic() - self._start
        self._terminal.print(f"[dim]{seconds:6.1f} s[/dim]  [{style or 'none'}]{escape(text)}[/]")

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """A step of the set-up: shown while it lasts, then with how long it took."""
        start = time.monotonic()
        with self._terminal.status(text):
            yield
        self.say(f"{text} ({time.monotonic() - start:.1f} s)", "dim")

    def sign(self, lines: list[str]) -> None:
        """What to look at and what to try, in lines that are never broken; they may carry Rich's markup."""
        self._terminal.print("", *lines, "", sep="\n")
