"""The RS-232 port is what it is set to, from the next start on; USB is a console whatever is set."""

from __future__ import annotations

from collections.abc import Callable

import serial
from steelyard_simulator.scale import SimulatedScale


def ask(scale: SimulatedScale, line: bytes) -> bytes:
    """What comes back at the RS-232 port within two seconds (virtual time)."""
    scale.rs232.forget()
    scale.rs232.write(line)
    scale.advance(2)
    return scale.rs232.output()


def test_the_port_is_a_console_beside_that_of_usb(scale: SimulatedScale) -> None:
    """Two people at once: each has the answer to the own question, whole, and nothing of the other's."""
    usb = scale.console("parameters")
    answer = ask(scale, b"parameters\r")
    assert answer.decode().replace("\r\n", "\n") == f"parameters\n{usb}\n\n> "
    scale.rs232.write(b"help\r")
    assert scale.console("parameters") == usb


def test_the_setting_counts_from_the_next_start_and_outlives_a_power_cut(scale: SimulatedScale) -> None:
    assert scale.console_json("serial") == {"serial": "console", "next_start": "console"}
    assert scale.console_json("serial printer") == {"serial": "console", "next_start": "printer"}
    assert b"there is no command" in ask(scale, b"nothing\r")
    scale.cut_power()
    scale.power_on()
    assert scale.console_json("serial") == {"serial": "printer", "next_start": "printer"}
    assert ask(scale, b"nothing\r") == b""
    assert scale.console("serial console") == "the RS-232 port is a printer; from the next start on a console"
    scale.power_off()
    scale.power_on()
    assert scale.console("serial") == "the RS-232 port is a console"
    assert b"there is no command" in ask(scale, b"nothing\r")


def test_a_terminal_of_another_speed_reads_and_writes_rubbish(simulate: Callable[..., SimulatedScale]) -> None:
    scale = simulate(virtual=False)
    scale.console("time")
    with serial.Serial(scale.rs232.path, 9600, timeout=0.5) as slow:
        slow.write(b"time\r")
        assert b"quality" not in slow.read(100)
    with serial.Serial(scale.rs232.path, 115200, timeout=5) as right:
        right.write(b"\x15time\r")
        assert b"quality" in right.read_until(b"> ") + right.read_until(b"> ")
