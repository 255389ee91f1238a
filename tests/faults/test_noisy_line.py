"""The tool over a line that drops, garbles, doubles, splits and holds back bytes; breaks at every frame."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from kit.cli import Ended, steelyard
from kit.frames import split
from kit.virtual_line import VirtualLine
from noisy_line import CHANGED, CHANGES, FIELD, NOTHING, RATES, READS, Bench, bench
from steelyard_gateway.serial import finding

UNKNOWN, SET = "unknown:", f"adjust set {FIELD}"
LONG_AGO_S = 2_000_000_000
SHORT = {"status json", "export 1 2", "watch 2 json", SET, "time", "unlock 1234"}
COMMANDS = [
    (command, change)
    for commands, change in ((READS, False), (CHANGES, True))
    for command in commands
    if command in SHORT
]


@pytest.fixture(scope="module")
def noisy() -> Iterator[Bench]:
    with bench() as one:
        yield one


@pytest.mark.parametrize(("command", "change"), COMMANDS)
def test_on_a_bad_line_nothing_false_is_said_and_nothing_else_is_done(noisy: Bench, command: str, change: bool) -> None:
    results = [noisy.play(command, rate, change) for rate in RATES]
    assert results


# ---- a break at every frame -----------------------------------------------------------------------------------------


class Killed(BaseException):
    """What SIGKILL is to a program: nothing of it goes on."""


class Breaking(VirtualLine):
    """The line of a tool to which something happens at its `at`-th frame, before that goes on or after."""

    name = "line"

    def __init__(self, one: Bench, at: int, what: Callable[[VirtualLine], None], before: bool) -> None:
        super().__init__(one.scale)
        self.left, self.what, self.before, self.passed = at, what, before, 0
        self.to_scale = self.to_tool = self._pass

    def _pass(self, data: bytes) -> bytes:
        for frame in split(data)[0]:
            self.passed += 1
            self.left -= 1
            if self.left == 0:
                if not self.before and data in frame:
                    self.scale.rs232.write(data)
                self.what(self)
        return data

    def reopen(self, timeout_s: float, /) -> None:
        """Somebody plugs it in again."""
        self.pulled = False

    def close(self) -> None:
        """Give the port back."""


def ctrl_c(_: VirtualLine) -> None:
    raise KeyboardInterrupt


def kill(_: VirtualLine) -> None:
    raise Killed


def pull(line: VirtualLine) -> None:
    line.pulled = True


def call(monkeypatch: pytest.MonkeyPatch, line: VirtualLine, *words: str) -> Ended:
    monkeypatch.setattr(finding, "Port", lambda name: line)
    return steelyard("scale", *words, "--port", "line")


@pytest.mark.parametrize(
    ("command", "what", "before"),
    [(SET, ctrl_c, True), (SET, kill, False), (SET, kill, True), (SET, pull, False), ("time --set", kill, False)],
)
def test_after_a_break_the_scale_is_as_before_or_after_and_it_is_said_which(
    noisy: Bench, monkeypatch: pytest.MonkeyPatch, command: str, what: Callable[[VirtualLine], None], before: bool
) -> None:
    """Of all frames every sixth."""
    whole = Breaking(noisy, 0, ctrl_c, True)
    assert call(monkeypatch, whole, *words_of(noisy, command)).exit_code == 0
    for at in range(1 + before, whole.passed + 1, 6):
        break_at(noisy, monkeypatch, command, what, before, at)


def words_of(noisy: Bench, command: str) -> list[str]:
    noisy.value += 1
    return [*command.split(), str(noisy.value)] if command.endswith(FIELD) else command.split()


def break_at(
    noisy: Bench,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    what: Callable[[VirtualLine], None],
    before: bool,
    at: int,
) -> None:
    """One call that breaks at that frame, and the next one."""
    noisy.scale.console(f"time {LONG_AGO_S}")
    events = noisy.log()
    first = call(monkeypatch, Breaking(noisy, at, what, before), *words_of(noisy, command))
    second = call(monkeypatch, Breaking(noisy, 0, what, before), "network")
    assert second.exit_code == 0, second.stderr
    third = call(monkeypatch, Breaking(noisy, 0, what, before), "network")
    assert "An earlier call" not in third.stderr, "it is said once"
    new = [one for one in noisy.log() if one not in events]
    deeds = len([one for one in new if one["event"] == "parameter change"])
    assert deeds <= 1, new
    if command.startswith("time"):  # its events are one an hour
        deeds = noisy.scale.console_json("time")["time"] < LONG_AGO_S
    told = first.stderr + second.stderr
    if first.exit_code == 0:
        return
    assert "Traceback" not in told
    assert (CHANGED in told) <= bool(deeds), (told, new)
    assert (NOTHING in told) <= (not deeds), (told, new)
    if deeds:
        assert CHANGED in told or UNKNOWN in told, (told, at)
