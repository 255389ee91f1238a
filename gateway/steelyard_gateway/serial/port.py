"""Finding and opening the serial port of a scale.

Where none is named and several are there, each is asked who it is; one scale among them is enough.
"""

import errno
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

import serial
from serial.tools import list_ports

from steelyard_gateway.errors import (
    ConsoleError,
    NoPort,
    PortAbsent,
    PortBusy,
    PortForbidden,
    PortLost,
    Refused,
    SeveralPorts,
)
from steelyard_gateway.serial.console import SerialConsole

BAUD = 115200
_REOPEN_S = 0.2


class Port:
    """An open serial port that reads what is there, and tells a pulled cable from silence."""

    def __init__(self, name: str, timeout_s: float = 0.05) -> None:
        self.name, self.timeout_s = name, timeout_s
        self._serial = self._open()

    def _open(self) -> serial.Serial:
        try:
            return serial.Serial(self.name, BAUD, timeout=self.timeout_s, write_timeout=2, exclusive=True)
        except (serial.SerialException, OSError) as error:
            raise _refusal(self.name, error) from error

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

    def reopen(self, timeout_s: float, /) -> None:
        """Open the port anew, and wait for it where it vanished with the scale's power; raises as opening does."""
        self.close()
        deadline = time.monotonic() + timeout_s
        while True:
            try:
                self._serial = self._open()
                return
            except ConsoleError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(_REOPEN_S)

    def close(self) -> None:
        """Give the port back."""
        with suppress(OSError):  # of a port that is gone
            self._serial.close()


def _refusal(name: str, error: Exception) -> ConsoleError:
    number = getattr(error, "errno", None)
    if number in (errno.EBUSY, errno.EAGAIN) or "exclusively lock" in str(error):
        return PortBusy(port=name)
    if number in (errno.EACCES, errno.EPERM):
        return PortForbidden(port=name)
    return PortAbsent(port=name, reason=os.strerror(number) if number else error)


@contextmanager
def open_console(name: str | None, say: Callable[[str], None] = lambda _: None) -> Iterator[SerialConsole]:
    """The console of the scale at the named port, or of the only scale there is; `say` shows what is waited for."""
    port = Port(name or find())
    try:
        yield SerialConsole(port, port.name, say)
    finally:
        port.close()


def find() -> str:
    """Name of the one port with a scale; NoPort or SeveralPorts where that is not so."""
    candidates: list[str] = [port.device for port in list_ports.comports() if port.vid is not None]
    if len(candidates) > 1:
        with ThreadPoolExecutor(len(candidates)) as asking:  # at once, as each may have to start first
            answers = list(asking.map(_is_scale, candidates))
        candidates = [name for name, is_scale in zip(candidates, answers, strict=True) if is_scale]
    if not candidates:
        raise NoPort
    if len(candidates) > 1:
        raise SeveralPorts(ports=", ".join(candidates))
    return candidates[0]


def _is_scale(name: str) -> bool:
    try:
        with open_console(name) as console:
            console.greet()
    except Refused:
        return True  # one that cannot start says so itself
    except ConsoleError:
        return False
    return True
