"""Each command of the technician's tool over a bad line, many times: slow, or a plain failure; never something false.

`python tests/faults/noisy_line.py 200` plays the long form and prints what came of it; the test plays a short one.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from kit.virtual_line import Noise, VirtualLine
from steelyard_gateway.errors import Garbled, NoAnswer, Refused
from steelyard_gateway.scale.outcome import find_out
from steelyard_gateway.scale.status import read as status_of
from steelyard_gateway.serial.console import SerialConsole
from steelyard_simulator.scale import SimulatedScale

RATES = (0.01, 0.1)
FIELD = "gravity_use_um_s2"
READS = ("status json", "parameters json", "log 5 json", "export 1 2", "watch 2 json", "enrol json", "time", "help")
CHANGES = (f"adjust set {FIELD}", "adjust zero", "adjust close", "adjust permit AAAA", "time", "unlock 1234", "lock")
EVENTS = {
    "adjust": {"session opened", "parameter change", "session closed"},
    "permit": {"downlink refused"},
    "time": {"clock set"},
    "unlock": {"wrong code"},
    "lock": set(),
}
"""What each may leave in the log."""
STABLE = ("identity", "digest", "calibration_counter", "configuration_counter", "e_mg", "serial", "gross", "tare")
CHANGED, NOTHING = "The scale was changed", "Nothing was changed"


@contextmanager
def bench() -> Iterator[Bench]:
    """A scale in virtual time, enrolled, its adjustment switch on, and the tool at its RS-232 port."""
    with tempfile.TemporaryDirectory() as folder, SimulatedScale(Path(folder) / "scale") as scale:
        scale.advance(5)
        scale.console("enrol maker=Q model=ACS-15 serial=S-1 code=P-1")
        scale.console("time 1800000000")
        scale.adjustment_switch(True)
        scale.advance(2)
        yield Bench(scale)


class Bench:
    """One scale that is asked over a line that is good or bad."""

    def __init__(self, scale: SimulatedScale) -> None:
        self.scale, self.line, self.seed = scale, VirtualLine(scale), 0
        self.value = 9_790_000

    def play(self, command: str, rate: float, change: bool) -> str:
        """One command over the bad line; what came of it: done, failed, or of a change that failed what was said."""
        self.seed += 1
        console = SerialConsole(self.line, "the line")
        console.greet()
        if change:
            return self._change(console, command, rate)
        truth = console.ask(command)
        with self._noise(rate):
            try:
                said = console.ask(command)
            except (Garbled, NoAnswer):
                return "failed"
        assert same(command, said, truth), (said, truth)
        return "done"

    def _change(self, console: SerialConsole, command: str, rate: float) -> str:
        before, events = status_of(console), self.log()
        self.value += 1
        words = f"{command} {self.value}" if command.endswith(FIELD) else command
        words = f"time {1_800_000_000 + self.seed * 10_000}" if command == "time" else words
        result = "done"
        with self._noise(rate):
            try:
                console.change(words)
            except Refused:
                result = "refused"
            except (Garbled, NoAnswer):
                result = "failed"
        told = find_out(console, before) if result == "failed" else ""
        self.check(words, result, told, [one for one in self.log() if one not in events])
        return told.split(":")[0].split(".")[0] if told else result

    def check(self, words: str, result: str, told: str, events: list[dict[str, Any]]) -> None:
        """What the scale's own record has since then is what was sent, once at most, and what was said of it."""
        kinds = Counter(one["event"] for one in events)
        expected = EVENTS["permit" if "permit" in words else words.split()[0]]
        assert set(kinds) <= expected, (words, events)
        deeds = kinds["parameter change"]
        assert deeds <= 1, (words, events)
        assert (words.startswith("adjust set") and str(self.value) in str(events)) or not deeds, events
        assert max(kinds.values(), default=0) <= 1, "once"
        if words.startswith("adjust set"):
            assert result != "done" or deeds == 1, events
            assert CHANGED not in told or deeds == 1, (told, events)
        if result == "refused" or told.startswith(NOTHING):
            assert deeds == 0, (told, events)

    def log(self) -> list[dict[str, Any]]:
        """The scale's own record, by its USB console."""
        found: list[dict[str, Any]] = self.scale.console_json("log 100")
        return found

    @contextmanager
    def _noise(self, rate: float) -> Iterator[None]:
        self.line.to_scale, self.line.to_tool = Noise(self.seed, rate), Noise(~self.seed, rate)
        try:
            yield
        finally:
            self.line.to_scale = self.line.to_tool = lambda data: data


def same(command: str, said: str, truth: str) -> bool:
    """Whether two answers say the same, but for what goes on by itself: time, noise, temperature."""
    if command == "status json":
        console = SerialConsole.__new__(SerialConsole)
        console.port = ""
        found, true = (console.parse(command, one) for one in (said, truth))
        return found.keys() == true.keys() and all(found[name] == true[name] for name in STABLE)
    if command == "watch 2 json":
        return [line.count('"net": 0') for line in said.splitlines()] == [1, 1]
    if command == "time":
        return 0 <= int(said.split()[1]) - int(truth.split()[1]) < 200
    return said == truth


def main(times: int) -> None:
    """Play each command so many times at each rate, and print what came of it."""
    with bench() as one:
        for commands, change in ((READS, False), (CHANGES, True)):
            for command in commands:
                for rate in RATES:
                    results = Counter(one.play(command, rate, change) for _ in range(times))
                    print(f"{command:32} {rate:5.0%}  {dict(results)}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
