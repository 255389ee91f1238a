"""What somebody does to a simulated scale from outside: load, climate, case, switches, cable, frauds, its flash."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from steelyard_simulator.errors import ScaleIsOn, WrongOption
from steelyard_simulator.powered import PoweredScale
from steelyard_simulator.world import number

KEYPAD = "123C456T789Z.0P+-=R#"
"""The keys row by row: digits, point, C clear, T tare, Z zero, P price list, + sell, - cancel, = total, R repeat,
# print."""
KEYPAD_COLUMNS = 4


class ScaleInItsWorld(PoweredScale):
    """A scale with what is around it; a change that comes while it is off is there when it is switched on."""

    def place(self, kg: float) -> None:
        """Have `kg` on the pan, in place of what was there."""
        self._world.load_kg = number("kg", kg, -1e5, 1e5)
        self._tell("place", kg=kg)

    def temperature(self, celsius: float, over_s: float = 0.0) -> None:
        """Bring cell and sensor to `celsius`, steadily within `over_s` seconds."""
        number("over_s", over_s, 0)
        self._world.temperature_c = number("celsius", celsius, -273.15, 1000)
        self._tell("temperature", c=celsius, over_s=over_s)

    def supply(self, volts: float) -> None:
        """Supply the board with `volts`."""
        self._world.supply_v = number("volts", volts, 0, 100)
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
        self._usable()
        self._world.network_up = False
        if self._link:
            self._link.cut()
            self._tell("network", up=False)

    def restore_network(self) -> None:
        """Plug the cable in again; connections from before are reset."""
        self._usable()
        self._world.network_up = True
        if self._link:
            self._link.restore()
            self._tell("network", up=True)

    def fraud(self, name: str, on: bool = True, **arguments: float) -> None:
        """Start or end a fraud at the hardware (`hal_frauds`): "counts added" (counts), "line gain" (percent), …"""
        for what, value in arguments.items():
            number(what, value)
        if on:
            self._world.frauds[name] = arguments
        else:
            self._world.frauds.pop(name, None)
        self._tell("fraud", name=name, on=on, **arguments)

    def glitch(self, samples: int, counts: float | None = None) -> None:
        """Make the next `samples` conversions give `counts`, or lie near a rail."""
        wrong = {} if counts is None else {"counts": number("counts", counts)}
        self._ask("glitch", samples=number("samples", samples, 0), **wrong)

    def freeze_converter(self, on: bool = True) -> None:
        """Have the converter (ADC) give the same word for ever, until it is told to go on, or a restart."""
        self._ask("freeze", on=on)

    def stretch_pulses(self, chance: float, us: int) -> None:
        """Make each clock pulse at the converter last `us` µs longer with probability `chance`, until a restart."""
        self._ask("stretch", chance=number("chance", chance, 0, 1), us=number("us", us, 0))

    def cut_element(self, away: bool = True) -> None:
        """Cut the secure element off its bus, or solder it on again; on a board that has one."""
        self._world.element_away = away
        self._tell("element", away=away)

    def disturb_element(self, garbled: int = 0, naps: int = 0, refusals: Sequence[int] = ()) -> None:
        """Have the secure element's next answers damaged, the chip fall asleep after its next commands, or refuse them
        with these status bytes."""
        self._ask("element", garbled=garbled, naps=naps, refusals=list(refusals))

    def swap_element(self) -> None:
        """Fit another secure element, as it is delivered; raises ScaleIsOn."""
        self._usable()
        if self.powered:
            raise ScaleIsOn(what="its secure element is swapped")
        self.image.with_name(self.image.name + ".element").unlink(missing_ok=True)

    def press(self, key: str, down: bool = True) -> None:
        """Press a key of the keypad by its name, or let go of it; keys are named as on `KEYPAD`."""
        place = KEYPAD.find(key)
        if len(key) != 1 or place < 0:
            raise WrongOption(option=f"key {key!r}", known=" ".join(KEYPAD))
        self._ask("key", row=place // KEYPAD_COLUMNS, column=place % KEYPAD_COLUMNS, down=down)

    def displays(self) -> list[bytes | None]:
        """What the vendor's and the customer's display show: 1,024 bytes each, eight pixels below one another in a
        byte, the topmost in bit 0; None while a display shows nothing."""
        return [bytes.fromhex(shown) if shown else None for shown in self._ask("displays")["displays"]]

    def stand_still(self, dns_s: float = 0.0, tls_s: float = 0.0) -> None:
        """Have each look-up of a name, and each TLS handshake, stop the processor for so many seconds.

        In virtual time the board has a network meanwhile, in which there is no name.
        """
        if self.virtual:
            self._ask("network", up=bool(dns_s or tls_s))
        self._ask("stand_still", dns=number("dns_s", dns_s, 0), tls=number("tls_s", tls_s, 0))

    def shown_standing_still(self) -> list[bytes | None]:
        """What the vendor's display showed each time the processor stood still like that, as `displays` gives it."""
        return [bytes.fromhex(shown) if shown else None for shown in self._ask("stood_still")["stood_still"]]

    def copy_flash(self, to: Path) -> None:
        """Copy the flash contents, as somebody with a reader on the board would."""
        shutil.copyfile(self.image, to)

    def replace_flash(self, source: Path) -> None:
        """Write flash contents taken earlier or elsewhere; raises ScaleIsOn."""
        self._usable()
        if self.powered:
            raise ScaleIsOn(what="its flash is replaced")
        shutil.copyfile(source, self.image)
