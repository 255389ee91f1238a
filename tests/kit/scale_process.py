"""A scale's chain, journal and connection in a MicroPython process (`target/uplink_scale.py`), as tests talk to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from steelyard_protocol.enrolment import from_base64url, to_base64url

from kit.micropython import ROOT, Conversation, MicroPython
from kit.platform_side import Platform


class ScaleProcess:
    """The script `uplink_scale.py`: `call` gives it a command and returns the answer."""

    def __init__(self, conversation: Conversation) -> None:
        self.conversation = conversation

    def call(self, name: str, *arguments: object, timeout: float = 20) -> Any:
        answer = self.conversation.ask(json.dumps([name, *arguments]), timeout)
        if answer.startswith("Traceback"):
            with suppress(pytest.fail.Exception):  # that of reading on until the script has ended
                while True:
                    answer += "\n" + self.conversation.read()
            pytest.fail(answer)
        return json.loads(answer)

    def enrol(self) -> bytes:
        return from_base64url(self.call("enrol"))

    def offer(self, *messages: bytes | None) -> list[list[int]]:
        """The refusals so far, [why, kind of order], after the messages have come down."""
        return self.call("offer", *(None if message is None else to_base64url(message) for message in messages))

    @property
    def status(self) -> dict[str, Any]:
        return self.call("status")


@contextmanager
def scale_process(micropython: MicroPython, folder: Path, platform: Platform) -> Iterator[ScaleProcess]:
    """The scale whose files are in `folder`, running."""
    arguments = ("uplink_scale.py", folder, platform.root.point.hex())
    # On a microcontroller the modules are frozen into flash; here the heap holds them too.
    with micropython.start(*arguments, path=[ROOT / "simulator" / "hal"], heap="512k") as conversation:
        yield ScaleProcess(conversation)
