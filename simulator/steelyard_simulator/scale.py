"""One simulated scale: flash image, powered lives of its board, serial port, network cable, and the world around it.

In virtual time nothing happens except during `advance`, `run_until` and `console`, and hours take seconds; there is no
network. In real time the scale runs by itself, with a network that can be cut.
"""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from steelyard_protocol import assets

from steelyard_simulator.board import EXIT_POWER_CUT, EXIT_RESET, Board, BoardEnded, State
from steelyard_simulator.console import ConsolePort
from steelyard_simulator.errors import AgentEnded, NoAnswer, NoStandstill, ScaleIsOff, ScaleRestarted
from steelyard_simulator.flashing import flash_image
from steelyard_simulator.link import Link
from steelyard_simulator.world import EPOCH_S, Cell, World

Torn = Literal["none", "prefix", "scattered", "all"]

_PROMPT = b"\n> "
_BOOT_S = 30.0
_FIRST_STEP_US = 1_000
_LONGEST_STEP_US = 50_000
_ADVANCE_PATIENCE_S = 3600.0


class SimulatedScale:
    """A scale on the bench, off until `power_on` (or `with`). `folder` keeps its flash image and its log.

    `cell`: "ideal" (exactly 100,000 counts and 102 counts per gram), "class_iii" or "cheap". The same `seed` gives the
    same scale, and where `repeatable` (default: in virtual time) also the same random bytes, hence the same key.
    `speed` is that of real time. `factory` is the contents of `/factory.cbor` (default: that of
    `flashing.factory_file`); an `image.bin` already in `folder` is used as it is. `firmware` is a folder with another
    program than the agent (`boot.py`, `main.py`). With `rtc_battery` the clocks go on while the scale is off, and the
    clock chip's case latch works.
    """

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
    ) -> None:
        self.image = folder / "image.bin"
        self.log = folder / "agent.log"
        self.virtual = virtual
        self.outcome = "never started"
        self._world = World(cell, seed, virtual if repeatable is None else repeatable)
        self._speed = speed
        self._firmware = firmware or assets.folder("firmware")
        self._rtc_battery = rtc_battery
        self._world.battery = rtc_battery
        self._earlier_us = 0
        self._off_us = 0
        self._rtc_ahead_us = 0
        self._state: State | None = None
        self._board: Board | None = None
        self._prompted = False
        self._changing = threading.RLock()
        if not self.image.exists():
            folder.mkdir(parents=True, exist_ok=True)
            flash_image(self.image, factory)
        self._console = ConsolePort()
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
        return self._console.path

    def power_on(self) -> None:
        """Switch on; nothing happens if it is on already."""
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
        """Switch off and take everything down; the flash image stays."""
        self.power_off()
        self._console.close()
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
        if at == "now":
            self.power_off()
            self.outcome = "power cut"
        else:
            self._ask("cut_power", at=at, how=how, seed=seed)

    # The world

    def place(self, kg: float) -> None:
        """Have `kg` on the pan, in place of what was there."""
        self._world.load_kg = kg
        self._tell("place", kg=kg)

    def temperature(self, celsius: float, over_s: float = 0.0) -> None:
        """Bring cell and sensor to `celsius`, steadily within `over_s` seconds."""
        self._world.temperature_c = celsius
        self._tell("temperature", c=celsius, over_s=over_s)

    def supply(self, volts: float) -> None:
        """Supply the board with `volts`."""
        self._world.supply_v = volts
        self._tell("supply", v=volts)

    def open_case(self) -> None:
        """Open the case; while the scale is off its clock chip alone notices."""
        if not self.powered and not self._world.case_open:
            self._world.case_openings_s.append(int(self._true_us() / 1e6))
        self._world.case_open = True
        self._tell("case", open=True)

    def close_case(self) -> None:
        """Close the case."""
        self._world.case_open = False
        self._tell("case", open=False)

    def clock_battery(self, fitted: bool) -> None:
        """Put the battery of the clock chip in, or take it out; without it the chip dies with the supply."""
        self._world.battery = fitted
        if not fitted and not self.powered:
            self._world.battery_held = False

    def adjustment_switch(self, on: bool) -> None:
        """Move the adjustment switch under the seal."""
        self._world.switch_on = on
        self._tell("switch", on=on)

    def cut_network(self) -> None:
        """Pull the network cable: nothing passes, open connections hang."""
        self._world.network_up = False
        if self._link:
            self._link.cut()
            self._tell("network", up=False)

    def restore_network(self) -> None:
        """Plug the cable in again; connections from before are reset."""
        self._world.network_up = True
        if self._link:
            self._link.restore()
            self._tell("network", up=True)

    def fraud(self, name: str, on: bool = True, **arguments: float) -> None:
        """Start or end a fraud at the hardware (`hal_frauds`): "counts added" (counts), "line gain" (percent), …"""
        if on:
            self._world.frauds[name] = arguments
        else:
            self._world.frauds.pop(name, None)
        self._tell("fraud", name=name, on=on, **arguments)

    def glitch(self, samples: int) -> None:
        """Make the next `samples` conversions lie near a rail."""
        self._ask("glitch", samples=samples)

    def stretch_pulses(self, chance: float, us: int) -> None:
        """Make each clock pulse at the converter last `us` µs longer with probability `chance`, until a restart."""
        self._ask("stretch", chance=chance, us=us)

    def copy_flash(self, to: Path) -> None:
        """Copy the flash contents, as somebody with a reader on the board would."""
        shutil.copyfile(self.image, to)

    def replace_flash(self, source: Path) -> None:
        """Write flash contents taken earlier or elsewhere. The scale must be off."""
        if self.powered:
            raise ValueError("switch the scale off before its flash is replaced")
        shutil.copyfile(source, self.image)

    # Time

    @property
    def now_s(self) -> float:
        """Seconds for which the scale has been on, all its lives together, as of the last answer."""
        return self._now_us / 1e6

    def state(self) -> State:
        """Return counters of the board: `time_us`, `flash_operations`, `conversions`, `wrong_pulse_counts`, …"""
        return self._ask("state")

    def rest(self, seconds: float) -> None:
        """Let virtual time pass while the scale is off."""
        if self.powered:
            raise ValueError("the scale is on: use `advance`, or switch it off before it rests")
        self._off_us += round(seconds * 1e6)

    def advance(self, seconds: float) -> bool:
        """Let virtual time pass; False if the power failed meanwhile, as it was told to.

        A board that resets itself starts again. Raises AgentEnded if the program stops, NoStandstill in real time.
        """
        end_us = self._now_us + round(seconds * 1e6)
        while True:
            try:
                self._advance(max(0, end_us - self._now_us))
            except ScaleIsOff:
                if self.outcome == "power cut":
                    return False
                raise
            if self._now_us >= end_us:
                return True

    def run_until(self, true: Callable[[], bool], timeout_s: float = 600.0, step_s: float = 0.1) -> bool:
        """Advance by steps until `true()`; False if that takes more than `timeout_s`, or if the power failed."""
        end_s = self.now_s + timeout_s
        while not true():
            if self.now_s >= end_s or not self.advance(step_s):
                return False
        return True

    # Service console

    def console(self, command: str, timeout: float = 60.0) -> str:
        """Type `command` at the service console and return the answer, without echo and prompt.

        Lines end with a line feed. Raises NoAnswer after `timeout` seconds (virtual ones in virtual time), ScaleIsOff,
        ScaleRestarted.
        """
        self._console.quiet(True)
        try:
            if not self._prompted:
                self._await_prompt("start", _BOOT_S)
                self._prompted = True
            life = self._world.life
            self._console.forget()
            self._console.write(command.encode() + b"\r")
            self._await_prompt(command, timeout)
            if self._world.life != life:
                raise ScaleRestarted(command=command)
            text = self._console.output().decode(errors="replace").replace("\r\n", "\n")
        finally:
            self._console.quiet(False)
        return text.partition("\n")[2].removesuffix("\n> ").strip("\n")

    def console_json(self, command: str, timeout: float = 60.0) -> Any:
        """Type `command` with `json` after it and return the decoded answer."""
        answer = self.console(command + " json", timeout)
        try:
            return json.loads(answer)
        except ValueError:
            raise NoAnswer(command=command, seconds=timeout, output=answer) from None

    # Inside

    def _await_prompt(self, command: str, timeout: float) -> None:
        if not self.virtual:
            board = self._running()
            deadline_s = time.monotonic() + timeout
            while not self._console.wait_for(_PROMPT, deadline_s - time.monotonic()):
                if not self._console.hung_up:
                    raise NoAnswer(command=command, seconds=timeout, output=self._tail())
                board.join()
                board = self._running()
            return
        self._ask("state")  # a board that has just started has then come as far as it comes without time
        end_s, step_us = self.now_s + timeout, _FIRST_STEP_US
        while not self._console.output().replace(b"\r", b"").endswith(_PROMPT):
            if self.now_s >= end_s:
                raise NoAnswer(command=command, seconds=timeout, output=self._tail())
            self._advance(step_us)
            step_us = min(2 * step_us, _LONGEST_STEP_US)

    def _tail(self) -> str:
        return self._console.output()[-2000:].decode(errors="replace")

    @property
    def _now_us(self) -> int:
        return self._earlier_us + (self._state["time_us"] if self._state else 0)

    def _advance(self, us: int) -> None:
        if not self.virtual:
            raise NoStandstill()
        self._ask("advance", _ADVANCE_PATIENCE_S, us=us)

    def _running(self) -> Board:
        """The board. Raises AgentEnded if its program failed, ScaleIsOff if it is off for another reason."""
        with self._changing:
            if self._board:
                return self._board
        if self.outcome.startswith("ended"):
            raise AgentEnded(code=self.outcome.removeprefix("ended "), output=self._last_lines())
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
            "virtual": self.virtual,
            "speed": self._speed,
            "network_up": world.network_up and self._link is not None,
            "link_port": self._link.port if self._link else None,
            "rtc_s": rtc_s,
            "reset": reset,
        }
        with self._console.connect() as line, self.log.open("ab") as log:
            self._board = Board(configuration, line.fileno(), log, self._on_connect, self._on_end)
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
