"""Which port the scale is at: the one that was named, that with a USB id, or the only one where a scale answers."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from serial.tools import list_ports

from steelyard_gateway.errors import ConsoleError, NoPort, Refused, SeveralPorts
from steelyard_gateway.serial.console import SerialConsole
from steelyard_gateway.serial.port import Port

MAKERS = (0x2E8A, 0x303A)
"""USB's numbers of the makers of our boards' microcontrollers: Raspberry Pi and Espressif."""
_USB_ID = re.compile(r"([0-9a-f]{4}):([0-9a-f]{4})(?::(\S+))?", re.IGNORECASE)


@contextmanager
def open_console(name: str | None, say: Callable[[str], None] = lambda _: None) -> Iterator[SerialConsole]:
    """The console of the scale at the named port, or of the only scale there is; `say` shows what is waited for."""
    port = Port(find(name))
    try:
        yield SerialConsole(port, port.name, say)
    finally:
        port.close()


def find(name: str | None = None) -> str:
    """The port that `name` (a path, an address, VID:PID or VID:PID:SERIAL) means, or where the only scale is.

    NoPort or SeveralPorts where that is not one. A board's USB id is enough; where several have one, or none, each port
    is asked who it is, which is no more than bytes that no keyboard has.
    """
    present = list_ports.comports()
    if name is not None:
        if not (wanted := _USB_ID.fullmatch(name)):
            return name
        ids = int(wanted[1], 16), int(wanted[2], 16)
        found = [one for one in present if (one.vid, one.pid) == ids and wanted[3] in (None, one.serial_number)]
        return _only([str(one.device) for one in found])
    boards = [str(one.device) for one in present if one.vid in MAKERS]
    if len(boards) == 1:
        return boards[0]
    return _only(_asked(boards) or _asked([str(one.device) for one in present if one.vid not in MAKERS]))


def _only(names: list[str]) -> str:
    if not names:
        raise NoPort
    if len(names) > 1:
        raise SeveralPorts(ports=", ".join(names))
    return names[0]


def _asked(names: list[str]) -> list[str]:
    """Those of the ports where a scale answers; all are asked at once, as each may have to start first."""
    if not names:
        return []
    with ThreadPoolExecutor(len(names)) as asking:
        answers = list(asking.map(_is_scale, names))
    return [name for name, is_scale in zip(names, answers, strict=True) if is_scale]


def _is_scale(name: str) -> bool:
    port = None
    try:
        port = Port(name)
        SerialConsole(port, name).greet()
    except Refused:
        return True  # one that cannot start says so itself
    except ConsoleError:
        return False
    finally:
        if port:
            port.close()
    return True
