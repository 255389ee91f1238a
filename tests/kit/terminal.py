"""Somebody at a bare terminal: raw bytes in and out of a scale's serial port."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable

import pytest

PROMPT = b"\r\n> "


class Terminal:
    """An open serial port; `work` is called while it waits, for a scale in virtual time."""

    def __init__(self, path: str, work: Callable[[], object] | None = None) -> None:
        self._port = os.open(path, os.O_RDWR | os.O_NOCTTY)
        self._work = work
        self._read = b""

    def close(self) -> None:
        """Give the port back."""
        os.close(self._port)

    def type(self, data: bytes) -> None:
        """Press these keys."""
        os.write(self._port, data)

    def read_until(self, end: bytes, timeout_s: float = 20) -> bytes:
        """All that comes up to and with `end`; fails after `timeout_s`."""
        deadline = time.monotonic() + timeout_s
        while end not in self._read:
            left = deadline - time.monotonic()
            if left <= 0:
                pytest.fail(f"the scale did not write {end!r}; it wrote {self._read[-500:]!r}")
            if self._work:
                self._work()
            if select.select([self._port], [], [], 0.01 if self._work else left)[0]:
                self._read += os.read(self._port, 4096)
        found, _, self._read = self._read.partition(end)
        return found + end

    def ask(self, line: bytes) -> bytes:
        """The answer to a line, after its echo and without the prompt."""
        self.type(line + b"\r")
        return self.read_until(PROMPT).removesuffix(PROMPT)
