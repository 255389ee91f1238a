"""The whole agent on the emulated board, with its technician at the console and its platform at the other end.

The board's second serial line is its network: `Link` carries it to a real broker, behind which a receiver plays the
platform. What the agent's watch (`target/whole_agent.py`) saw comes back as an `Account`.
"""

from __future__ import annotations

import array
import contextlib
import fcntl
import json
import select
import socket
import tempfile
import termios
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kit import servers
from kit.emulated_board import BoardError, EmulatedBoard, script, wait_until_exists
from kit.platform_side import Platform, Receiver, receiving
from steelyard_protocol.enrolment import from_base64url
from steelyard_simulator.flashing import PARAMETERS, factory_file

PERIOD_S = 6
PRICING = PARAMETERS | {13: 2}  # each sale is stated
EMPTY_COUNTS = 100_000
KILOGRAM_COUNTS = 102_000
# The phases of a scale in service, in which statements are signed, sent and receipted, and nobody is at the console.
STATEMENT_PHASES = ("weighing", "online", "outage", "catching up")
MOST_JUMPS = 2
WATCH = "tests/bench/mcu/target/whole_agent.py"


class Link:
    """The network's other end: a TCP connection to the broker whenever the board asks for one and the link is up."""

    def __init__(self, sockets: Path, port: int) -> None:
        self.up = True
        self._port = port
        for name in ("link", "carrier"):
            wait_until_exists(sockets / name)
        self._line, self._carrier = (self._connect(sockets / name) for name in ("link", "carrier"))
        self._broker: socket.socket | None = None
        self._wake, self._waker = socket.socketpair()
        self._thread = threading.Thread(target=self._carry, daemon=True)
        self._thread.start()

    @staticmethod
    def _connect(path: Path) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(str(path))
        return connection

    def cut(self) -> None:
        """Lose the connection, and refuse new ones."""
        self.up = False
        self._waker.send(b".")

    def restore(self) -> None:
        """Let the next attempt succeed."""
        self.up = True

    def close(self) -> None:
        """End it."""
        self._waker.close()
        self._thread.join(5)
        for one in (self._line, self._carrier, self._wake):
            one.close()

    def _carry(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                sources = [self._line, self._carrier, self._wake] + ([self._broker] if self._broker else [])
                ready, _, _ = select.select(sources, [], [])
                if self._wake in ready:
                    if not self._wake.recv(16):
                        break
                    self._drop()
                if self._line in ready and (data := self._line.recv(4096)) and self._broker:
                    self._broker.sendall(data)
                if self._carrier in ready and self._carrier.recv(16):
                    self._open()
                elif self._broker in ready and self._broker:
                    data = self._broker.recv(4096)
                    if data:
                        self._line.sendall(data)
                    else:
                        self._drop()
        if self._broker:
            self._broker.close()

    def _open(self) -> None:
        if self._broker:
            self._broker.close()
            self._broker = None
        while unread_bytes(self._line):
            time.sleep(0.001)
        if self.up:
            self._broker = socket.create_connection(("127.0.0.1", self._port))
            self._carrier.sendall(b"C")
        else:
            self._carrier.sendall(b"D")

    def _drop(self) -> None:
        if self._broker:
            self._broker.close()
            self._broker = None
            self._carrier.sendall(b"D")


def unread_bytes(connection: socket.socket) -> int:
    """How many bytes sent on a Unix socket its other end has not read yet."""
    count = array.array("i", [0])
    fcntl.ioctl(connection, termios.TIOCOUTQ, count)
    return count[0]


@dataclass(frozen=True)
class Seen:
    """What was seen in one phase; `gaps` counts those between two weights by tens of ms, the last one longer too,
    `longest_till_ms` is the longest time from a till's question to the beginning of the answer."""

    weights: int
    longest_gap_ms: int
    longest_stretch: int
    highest_bytes: int
    longest_till_ms: int
    gaps: list[int]

    def trace(self) -> str:
        """How many weights came how long after the one before."""
        return ", ".join(f"{10 * tens} ms: {count}" for tens, count in enumerate(self.gaps) if count)


@dataclass(frozen=True)
class Account:
    """What the watch saw. `live_bytes` is taken twice, at rest and connected; `watch_bytes` is what itself takes.

    `longest_key_ms` is the longest time from the contact of a key to the picture that answers it; `jumps` counts gaps
    that count for none, as the emulator's clock jumped while the processor waited.
    """

    watch_bytes: int
    boot_instructions: int
    live_bytes: tuple[int, int]
    pages_programmed: int
    sectors_erased: int
    statements: int
    longest_key_ms: int
    jumps: int
    phases: dict[str, Seen]

    @property
    def longest_stretch(self) -> int:
        """The most instructions between two visits of the event loop, once the agent runs."""
        return max(seen.longest_stretch for name, seen in self.phases.items() if name != "boot")

    @property
    def longest_gap_ms(self) -> int:
        """The longest time between two weights."""
        return max(seen.longest_gap_ms for name, seen in self.phases.items() if name != "boot")

    @property
    def highest_bytes(self) -> int:
        """The most that was allocated at any visit of the event loop."""
        return max(seen.highest_bytes for seen in self.phases.values())


class Technician:
    """Somebody at the board's console."""

    def __init__(self, board: EmulatedBoard) -> None:
        self._board = board

    def ask(self, line: str, timeout_s: float = 60) -> str:
        """Type a line, return the answer: what comes after the echo, without prompt."""
        self._board.write(line.encode() + b"\r")
        self._board.read_until(b"\n", timeout_s)
        return self._board.read_until(b"\r\n> ", timeout_s).decode().removesuffix("> ").replace("\r\n", "\n").strip()

    def json(self, line: str, timeout_s: float = 60) -> dict[str, Any]:
        """Ask for one line of JSON; raises BoardError where the scale refuses."""
        text = self.ask(f"{line} json" if not line.startswith("!") else line, timeout_s)
        try:
            answer: dict[str, Any] = json.loads(text)
        except ValueError as error:
            raise BoardError(f"{line}: {text}") from error
        if "error" in answer:
            raise BoardError(f"{line}: {text}")
        return answer

    def wait(self, condition: Callable[[dict[str, Any]], bool], what: str, timeout_s: float = 60) -> dict[str, Any]:
        """Ask for the state until `condition(state)` holds; return it."""
        deadline = time.monotonic() + timeout_s
        while not condition(state := self.json("!state")):
            if time.monotonic() > deadline:
                raise BoardError(f"{what} did not happen within {timeout_s} s: {state}")
            time.sleep(0.5)
        return state

    def report(self, timeout_s: float = 60) -> dict[str, Any]:
        """Return what the watch saw, and what is alive at a moment at which nothing is signed or verified."""
        deadline = time.monotonic() + timeout_s
        while (seen := self.json("!report"))["busy"]:
            if time.monotonic() > deadline:
                raise BoardError(f"the scale was not at rest within {timeout_s} s")
            time.sleep(0.5)  # asking is work that keeps it from coming to rest
        return seen


@contextlib.contextmanager
def running(
    firmware: Path, heap_bytes: int, measure_heap: bool, from_slot: bool
) -> Iterator[tuple[Technician, Link, Platform, Receiver, servers.Server]]:
    """A board with the agent running and weighing, its link to a broker of its own, and the platform behind that."""
    platform = Platform()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="steelyard-mcu-")))
        broker = servers.mosquitto(folder)
        stack.callback(broker.stop)
        receiver = stack.enter_context(receiving(broker.port, platform))
        board = stack.enter_context(EmulatedBoard(firmware, heap_bytes, real_time=True, sockets=folder))
        link = Link(folder, broker.port)
        stack.callback(link.close)
        board.start(
            script(
                *(WATCH, factory_file(platform.root.point, PRICING).hex(), *(["heap"] if measure_heap else [])),
                from_slot=from_slot,
            )
        )
        board.read_until(b"> ")
        yield Technician(board), link, platform, receiver, broker


def account(firmware: Path, heap_bytes: int, *, measure_heap: bool = False, from_slot: bool = False) -> Account:
    """Let the agent do everything that it has to do in its life, watched; raises BoardError where it fails."""
    with running(firmware, heap_bytes, measure_heap, from_slot) as (technician, link, platform, receiver, broker):

        def caught_up(state: dict[str, Any]) -> bool:
            return bool(state["receipted"] and state["receipted"] >= state["number"] - 1)

        technician.ask("!phase weighing")
        technician.wait(lambda state: state["stable"], "rest")
        technician.ask("!phase enrolling")
        technician.ask("time 1790000000")
        made = technician.json("enrol maker=Maker model=Model serial=SN-1 code=PC-1", 120)
        technician.ask("!phase accepting")
        answer = platform.answer(from_base64url(made["statement"]), broker.port, period_s=PERIOD_S)
        technician.json(f"enrol accept {answer}", 120)
        technician.ask("!phase online")
        technician.ask("!keys 12.99C0.05TC7.5C17P")
        technician.wait(lambda state: state["number"] >= 5 and caught_up(state), "delivery", 120)
        technician.ask("!phase outage")
        link.cut()
        gone = technician.json("!state")["number"]
        technician.ask(f"!place {EMPTY_COUNTS + KILOGRAM_COUNTS}")
        technician.wait(lambda state: state["number"] >= gone + 2 and state["stable"], "rest without network", 120)
        technician.ask("!keys 12.99+=R#C")
        technician.wait(lambda state: state["number"] >= gone + 6, "snapshots and a sale without network", 120)
        technician.ask("!phase catching up")
        link.restore()
        technician.ask("!keys 9999.99C1.25TC")
        technician.wait(caught_up, "catching up", 120)
        technician.ask("!phase adjusting")
        technician.ask("!switch 1")
        technician.wait(lambda state: state["switch"] and state["stable"], "switch and rest")
        technician.json("adjust span 1.1 kg", 120)
        technician.json("adjust close")
        technician.ask("!switch 0")
        technician.wait(caught_up, "delivery of the adjustment", 120)
        technician.ask("!phase end")
        reports = [technician.report() for _ in range(2)]
        technician.wait(caught_up, "the last receipt", 120)
        receiver.check()
    if reports[1]["jumps"] > MOST_JUMPS:
        raise BoardError(
            f"{reports[1]['jumps']} readings did not wake the scale: no clock of an emulator jumps so often"
        )
    return Account(
        reports[0]["own"],
        reports[0]["boot"],
        (reports[0]["live"], reports[1]["live"]),
        *reports[1]["flash"],
        len(receiver.held),
        reports[1]["key"],
        reports[1]["jumps"],
        {name: Seen(*numbers) for name, numbers in reports[1]["phases"].items()},
    )
