"""A scale's port: by its path, by USB id, or by a network address that pyserial knows; opened by one tool at a time."""

import errno
import os
import time
from contextlib import suppress
from urllib.parse import urlsplit

import serial

from steelyard_gateway.errors import ConsoleError, PortAbsent, PortBusy, PortForbidden, PortLost, PortWrong
from steelyard_gateway.serial.holder import Hold, who

BAUD = 115200
URLS = ("socket://", "rfc2217://")
_REOPEN_S = 0.2


class Port:
    """An open serial port that reads what is there, and tells a pulled cable from silence."""

    def __init__(self, name: str, timeout_s: float = 0.05) -> None:
        self.name, self.timeout_s = name, timeout_s
        self._hold: Hold | None = None
        self._serial = self._open()

    def _open(self) -> serial.SerialBase:
        is_url = "://" in self.name
        if is_url:
            _check_url(self.name)
        self._hold = Hold(self.name)
        of_files = {} if is_url else {"exclusive": True, "write_timeout": 2}
        try:
            return serial.serial_for_url(self.name, BAUD, timeout=self.timeout_s, **of_files)
        except (serial.SerialException, OSError, ValueError) as error:
            self._release()
            raise _refusal(self.name, error) from error

    def read(self, size: int = 1, /) -> bytes:
        """Up to `size` bytes: what is there, or the first that come within the time-out."""
        try:
            came: bytes = self._serial.read(1)
            while came and len(came) < size and (more := self._serial.in_waiting):  # of a socket never more than 1
                came += self._serial.read(min(size - len(came), more))
            return came
        except (serial.SerialException, OSError, TypeError, ValueError) as error:
            raise PortLost(port=self.name, reason=error) from error

    def write(self, data: bytes, /) -> int | None:
        """Write all of `data`."""
        try:
            return int(self._serial.write(data) or 0)
        except (serial.SerialException, OSError, ValueError) as error:
            raise PortLost(port=self.name, reason=error) from error

    def now_s(self) -> float:
        """Seconds of a clock that only goes forward."""
        return time.monotonic()

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
        with suppress(OSError, serial.SerialException):  # of a port that is gone
            self._serial.close()
        self._release()

    def _release(self) -> None:
        if self._hold:
            self._hold.release()
        self._hold = None


def _check_url(name: str) -> None:
    """Raise PortWrong for an address that is none, or of a kind that is not known."""
    try:
        parts = urlsplit(name)
        if f"{parts.scheme}://" not in URLS or not parts.hostname or not parts.port:
            raise ValueError("it has no host and port, or is of another kind")
    except ValueError as error:
        raise PortWrong(port=name, reason=error) from error


def _refusal(name: str, error: Exception) -> ConsoleError:
    number = getattr(error, "errno", None)
    if isinstance(error, ValueError) or "expected a string in the form" in str(error):
        return PortWrong(port=name, reason=error)
    if number in (errno.EBUSY, errno.EAGAIN) or "exclusively lock" in str(error):
        return PortBusy(port=name, who=who(name))
    if number in (errno.EACCES, errno.EPERM):
        return PortForbidden(port=name)
    return PortAbsent(port=name, reason=os.strerror(number) if number else error)
