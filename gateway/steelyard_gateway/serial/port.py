"""Finding and opening the serial port of a scale.

Where none is named and several are there, each is asked who it is; one scale among them is enough.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

import serial
from serial.tools import list_ports

from steelyard_gateway.errors import (
    ConsoleError,
    NoPort,
    PortAbsent,
    PortBusy,
    PortForbidden,
    PortLost,
    SeveralPorts,
)
from steelyard_gateway.serial.console import SerialConsole

BAUD = 115200


class Port:
    """An open serial port that reads what is there, and tells a pulled cable from silence."""

    def __init__(self, name: str, timeout_s: float = 0.05) -> None:
        self.name = name
        try:
            self._serial = serial.Serial(name, BAUD, timeout=timeout_s, write_timeout=2, exclusive=True)
        except (serial.SerialException, OSError) as error:
            raise _refusal(name, error) from error

    def read(self, size: int = 1, /) -> bytes:
        """Up to `size` bytes: what is there, or the first that come within the time-out."""
        try:
            return bytes(self._serial.read(max(1, min(size, self._serial.in_waiting))))
        except (serial.SerialException, OSError) as error:
            raise PortLost(port=self.name, reason=error) from error

    def write(self, data: bytes, /) -> int | None:
        """Write all of `data`."""
        try:
            return int(self._serial.write(data) or 0)
        except (serial.SerialException, OSError) as error:
            raise PortLost(port=self.name, reason=error) from error

    def close(self) -> None:
        """Give the port back."""
        self._serial.close()


def _refusal(name: str, error: Exception) -> ConsoleError:
    number = getattr(error, "errno", None)
    if number in (errno.EBUSY, errno.EAGAIN) or "exclusively lock" in str(error):
        return PortBusy(port=name)
    if number in (errno.EACCES, errno.EPERM):
        return PortForbidden(port=name)
    return PortAbsent(port=name, reason=os.strerror(number) if number else error)


@contextmanager
def open_console(name: str | None) -> Iterator[SerialConsole]:
    """The console of the scale at the named port, or of the only scale there is."""
    port = Port(name or find())
    try:
        yield SerialConsole(port, port.name)
    finally:
        port.close()


def find() -> str:
    """Name of the one port with a scale; NoPort or SeveralPorts where that is not so."""
    candidates: list[str] = [port.device for port in list_ports.comports() if port.vid is not None]
    if len(candidates) > 1:
        candidates = [name for name in candidates if _is_scale(name)]
    if not candidates:
        raise NoPort
    if len(candidates) > 1:
        raise SeveralPorts(ports=", ".join(candidates))
    return candidates[0]


def _is_scale(name: str) -> bool:
    try:
        with open_console(name) as console:
            console.greet()
    except ConsoleError:
        return False
    return True
