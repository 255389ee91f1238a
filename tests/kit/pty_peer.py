"""A scripted peer at the far end of a pseudo-terminal: what a serial port looks like to the technician's tool."""

import json
import os
import select
import threading
import tty
from collections.abc import Callable
from typing import Any

from kit.frames import CHANGE, TEXT, Answers, Said, frame, said, split

COUNTERS = ("digest", "calibration_counter", "configuration_counter")
DROP = b"\x15"


class Peer:
    """Answers each command in a frame with `answer(command)`, as a scale does; None is no answer.

    With `raw` it is no scale: it knows no frames, and says what `answer` makes of each line that is typed. `lines`
    are what came in frames, `changes` those of them that came as changes, each once; `heard` are all bytes. What it
    sends goes through `spoil` first.
    """

    def __init__(self, answer: Callable[[str], str | None], raw: bool = False) -> None:
        self.answer, self.raw = answer, raw
        self.lines: list[str] = []
        self.changes: list[str] = []
        self.heard = b""
        self.spoil: Callable[[bytes], bytes] = lambda data: data
        self.asked: Said | None = None
        self._answers, self._muted = Answers(self._carry_out), False
        self._ours, self._theirs = os.openpty()
        tty.setraw(self._theirs)
        self.port = os.ttyname(self._theirs)
        self._stop, self._wake = os.pipe()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def say(self, data: bytes) -> None:
        """Send what nobody asked for."""
        if not self._muted:
            os.write(self._ours, data)

    def tell(self, text: str) -> None:
        """Send text as the next piece of the answer that is being given."""
        assert self.asked is not None
        self.say(frame(TEXT, self.asked.session, self.asked.sequence, self.asked.offset, text.encode()))

    def mute(self) -> None:
        """Say nothing any more."""
        self._muted = True

    def close(self) -> None:
        """Pull the cable."""
        if self._thread.is_alive():
            os.write(self._wake, b"x")
            self._thread.join()
            for descriptor in (self._ours, self._theirs, self._stop, self._wake):
                os.close(descriptor)

    def _serve(self) -> None:
        pending = b""
        while True:
            ready, _, _ = select.select([self._ours, self._stop], [], [])
            if self._stop in ready:
                return
            came = os.read(self._ours, 4096)
            self.heard += came
            if self.raw:
                *lines, pending = (pending + came).split(b"\r")
                for line in lines:
                    self.say((self.answer(line.rpartition(DROP)[2].decode()) or "").encode())
                continue
            frames, pending = split(pending + came)
            for one in frames:
                self.asked = said(one)
                self.say(self.spoil(self._answers.to(self.asked)))

    def _carry_out(self, command: str) -> str | None:
        assert self.asked is not None
        self.lines.append(command)
        if self.asked.kind == CHANGE:
            self.changes.append(command)
        return self.answer(command)


class ScriptedScale:
    """State enough to play a scale: put a mass on `load_mg`, the span error is `per_mille`."""

    def __init__(self) -> None:
        self.load_mg, self.per_mille, self.switch, self.session, self.counter = 0, 1000, True, False, 0
        self.e_mg = self.unit_mg = 5000
        self.log: list[Any] = [{"number": 1, "time": 0, "boot": 1, "event": "enrolled", "facts": {}}]
        self.on_status: Callable[[], None] = lambda: None

    def status(self) -> dict[str, Any]:
        """The console's `status json`."""
        self.on_status()
        gross = round(self.load_mg * self.per_mille / 1000 / self.unit_mg)
        return {
            "identity": "0123456789ABCDEF", "public_code": "0123456789ABCDEF", "serial": "S-1", "locked": False,
            "session": self.session, "switch": self.switch, "stable": True, "gross": gross, "net": gross, "tare": 0,
            "e_mg": self.e_mg, "unit_mg": self.unit_mg, "net_mg": gross * self.unit_mg,
            "indication": f"{gross * self.unit_mg / 1e6:.3f} kg",
            "overload": False, "zero_counts": 8000, "filtered_counts": 8000 + gross, "noise_counts": 41,
            "temperature_cdeg": 2150, "supply_mv": 5000, "digest": "00" * 16, "calibration_counter": self.counter,
            "configuration_counter": 0, "number": 7, "receipted": 5, "journal_free": 99, "uplink": "online",
            "period_s": 600, "time": 1800000000, "clock_quality": 2,
            "software": {"name": "steelyard", "version": "0.1.0", "hash": "ab" * 32},
        }  # fmt: skip

    def __call__(self, line: str) -> str | None:
        """Answer one line of the console."""
        words = line.split()
        if words[:2] == ["adjust", "span"]:
            mass_mg = float(words[2]) * 1e6
            before = 1000 * (self.load_mg * self.per_mille / 1000 - mass_mg) / self.e_mg
            self.session, self.counter = True, self.counter + 1
            self.per_mille = round(1000 * mass_mg / self.load_mg)
            told = {"number": 9, "error_before_millie": round(before), "error_after_millie": 0}
            return json.dumps({**told, **{name: self.status()[name] for name in COUNTERS}}) + "\n"
        if line == "adjust close":
            self.session = False
            return "session closed\n"
        if line == "status json":
            return json.dumps(self.status()) + "\n"
        if words[0] == "watch":
            reading = {"indication": "1.000 kg", "net": 200, "stable": True, "filtered_counts": 1, "noise_counts": 41}
            return (json.dumps(reading) + "\n") * int(words[1])
        if line == "log 20 json":
            return json.dumps(self.log) + "\n"
        if line == "parameters json":
            return json.dumps({"parameters": {"max_mg": 15000000, "e_mg": 5000}, "digest": "00" * 16}) + "\n"
        return f"error: there is no command '{words[0]}'\n"
