"""The powered lives of one simulated scale: its flash image, the board's process, its console and its cable."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from steelyard_protocol import assets

from steelyard_simulator.board import EXIT_POWER_CUT, EXIT_RESET, Board, State
from steelyard_simulator.errors import AgentEnded, BoardEnded, ScaleIsOff, ScaleStopped
from steelyard_simulator.flashing import flash_image
from steelyard_simulator.link import Link
from steelyard_simulator.port import SimulatedPort
from steelyard_simulator.world import EPOCH_S, Cell, World, number

Torn = Literal["none", "prefix", "scattered", "all"]


class PoweredScale:
    """A scale that is switched on and off, and asked; see `SimulatedScale` for its arguments."""

    def __init__(
        self,
        folder: Path,
        *,
        cell: Cell = "ideal",
        seed: int = 1,
        virtual: bool = True,
        speed: float = 1.0,
        repeatable: bool | None = None,
        rtc_battery: bool = False,
        factory: bytes | None = None,
        firmware: Path | None = None,
        board: str = "simulated",
    ) -> None:
        self.image = folder / "image.bin"
        self.log = folder / "agent.log"
        self.virtual = virtual
        self.outcome = "never started"
        self._world = World(cell, seed, virtual if repeatable is None else repeatable)
        self._speed = number("speed", speed, 1e-3, 1e3)
        self._firmware = firmware or assets.folder("firmware")
        self._profile = board
        self._rtc_battery = rtc_battery
        self._world.battery = rtc_battery
        self._earlier_us = 0
        self._off_us = 0
        self._rtc_ahead_us = 0
        self._state: State | None = None
        self._board: Board | None = None
        self._prompted = False
        self._stopped = False
        self._changing = threading.RLock()
        if not self.image.exists():
            folder.mkdir(parents=True, exist_ok=True)
            flash_image(self.image, factory)
        self._console = SimulatedPort()
        self.rs232 = SimulatedPort()
        self._link = None if virtual else Link()

    # Power

    def __enter__(self) -> Self:
        self.power_on()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def powered(self) -> bool:
        """True while the board runs."""
        return self._board is not None

    @property
    def path(self) -> str:
        """The serial port: a pseudo-terminal that stays the same through power cuts."""
        self._usable()
        return self._console.path

    @property
    def starts(self) -> int:
        """How often the board has been started, by its supply or by itself."""
        return self._world.life

    def power_on(self) -> None:
        """Switch on; nothing happens if it is on already."""
        self._usable()
        with self._changing:
            if self._board is None:
                self._start(reset=False)

    def power_off(self) -> None:
        """Switch off at this instant, between two flash operations."""
        with self._changing:
            board, self._board = self._board, None
            self.outcome = "switched off"
        if board:
            board.end()
            self._lose_connections()

    def stop(self) -> None:
        """Switch off and take everything down for good; the flash image stays. Doing it again does nothing."""
        if self._stopped:
            return
        self.power_off()
        self._stopped = True
        self._console.close()
        self.rs232.close()
        if self._link:
            self._link.close()

    def cut_power(
        self,
        at: int | Literal["now", "erase", "journal sync", "files sync"] = "now",
        how: Torn = "none",
        seed: int = 0,
    ) -> None:
        """Let the power fail: now, at the n-th flash operation from now, or at the next one of that kind.

        `how` much of the operation is done: nothing, a prefix, scattered bits (both by `seed`), or all of it. Unless it
        is now, the scale runs on: advance it, or wait, until `powered` is False.
        """
        self._usable()
        if at == "now":
            self.power_off()
            self.outcome = "power cut"
        else:
            self._ask("cut_power", at=at, how=how, seed=seed)

    # Inside

    def _usable(self) -> None:
        """Raise ScaleStopped where `stop` was called."""
        if self._stopped:
            raise ScaleStopped

    @property
    def _now_us(self) -> int:
        return self._earlier_us + (self._state["time_us"] if self._state else 0)

    def _running(self) -> Board:
        """The board. Raises AgentEnded if its program failed, ScaleIsOff if it is off for another reason."""
        self._usable()
        with self._changing:
            if self._board:
                return self._board
        if self.outcome.startswith("ended"):
            raise AgentEnded(exit=self.outcome.removeprefix("ended "), output=self._last_lines())
        raise ScaleIsOff(why=self.outcome)

    def _ask(self, request: str, timeout: float = 60.0, **arguments: Any) -> State:
        board = self._running()
        try:
            state = board.ask(request, timeout, **arguments)
        except BoardEnded:
            board.join()
            self._running()
            return {}
        self._state = state
        return state

    def _tell(self, request: str, **arguments: Any) -> None:
        """Change the running board; one that is off is told when it starts."""
        self._usable()
        if self.powered:
            self._ask(request, **arguments)

    def _start(self, reset: bool) -> None:
        world = self._world
        world.life += 1
        self._prompted = False
        self._state = None
        rtc_s = None
        if self._rtc_battery:
            rtc_s = int((self._true_us() + self._rtc_ahead_us) / 1e6)
        configuration = {
            **vars(world),
            "true_us": self._true_us(),
            "battery": world.battery and world.battery_held,
            "image": str(self.image),
            "firmware": str(self._firmware),
            "board": self._profile,
            "virtual": self.virtual,
            "speed": self._speed,
            "network_up": world.network_up and self._link is not None,
            "link_port": self._link.port if self._link else None,
            "rtc_s": rtc_s,
            "reset": reset,
        }
        with self._console.connect() as line, self.rs232.connect() as rs232, self.log.open("ab") as log:
            configuration["uart"] = rs232.fileno()
            self._board = Board(configuration, line.fileno(), log, self._on_connect, self._on_uart, self._on_end)
        self.outcome = "running"
        world.case_openings_s.clear()
        world.battery_held = True

    def _true_us(self) -> int:
        """Return microseconds since 1970 in the world, as of the last answer."""
        if self.virtual:
            return EPOCH_S * 1_000_000 + self._now_us + self._off_us
        return int(time.time() * 1e6)

    def _on_connect(self, host: str, port: int) -> None:
        if self._link:
            self._link.aim(host, port)

    def _on_uart(self, baudrate: int) -> None:
        self.rs232.baudrate = baudrate

    def _on_end(self, board: Board, code: int) -> None:
        with self._changing:
            last = board.last_state or self._state
            if last:
                self._earlier_us += last["time_us"]
                self._rtc_ahead_us += last["rtc_set_by_us"]
            self._state = None
            if self._board is not board:
                return
            self._board = None
            if code == EXIT_RESET:
                self._start(reset=True)
                return
            self.outcome = "power cut" if code == EXIT_POWER_CUT else f"ended {code}"
        self._lose_connections()

    def _lose_connections(self) -> None:
        if self._link:
            self._link.drop()

    def _last_lines(self) -> str:
        return self.log.read_text(errors="replace")[-2000:].strip() + self._tail()

    def _tail(self) -> str:
        return self._console.output()[-2000:].decode(errors="replace")
