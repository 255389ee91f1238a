"""The cable between a scale's serial port and the tool's: it can be noisy, hold bytes back, or be pulled."""

from __future__ import annotations

import os
import select
import threading
import tty
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

Passes = Callable[[bytes], bytes]


def unchanged(data: bytes) -> bytes:
    """What a good cable does."""
    return data


class SerialLine:
    """Carries bytes between the port `far` and its own `path`, a link in `folder` that is there while it is plugged in.

    `to_scale` and `to_tool` turn what comes into what goes on; both run in the line's own thread.
    """

    def __init__(self, far: str, folder: Path) -> None:
        self.to_scale: Passes = unchanged
        self.to_tool: Passes = unchanged
        self._link = folder / "port"
        self.path = str(self._link)
        self.far = os.open(far, os.O_RDWR | os.O_NOCTTY)
        self._lock = threading.Lock()
        self._near: tuple[int, int] | None = None
        self._ended = threading.Event()
        self.plug()
        self._thread = threading.Thread(target=self._carry, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
        self.pull()
        os.close(self.far)

    def plug(self) -> None:
        """Plug the cable in: the tool's port is there, a new one of the same name."""
        ours, theirs = os.openpty()
        tty.setraw(theirs)
        os.set_blocking(ours, False)
        with self._lock:
            self._near = ours, theirs
            self._link.symlink_to(os.ttyname(theirs))

    def pull(self) -> None:
        """Pull the cable: the tool's port is gone."""
        with self._lock:
            if self._near:
                self._link.unlink()
                for end in self._near:
                    os.close(end)
            self._near = None

    def say(self, data: bytes) -> None:
        """Send bytes to the tool that no scale sent."""
        with self._lock, suppress(BlockingIOError):
            if self._near:
                os.write(self._near[0], data)

    def _carry(self) -> None:
        while not self._ended.is_set():
            with self._lock:
                near = self._near[0] if self._near else None
                ready, _, _ = select.select([self.far, *([near] if near else [])], [], [], 0.01)
                if near in ready and near:
                    os.write(self.far, self.to_scale(os.read(near, 4096)))
                came = self.to_tool(os.read(self.far, 4096)) if self.far in ready else b""
                if near and came:
                    with suppress(BlockingIOError):
                        os.write(near, came)
