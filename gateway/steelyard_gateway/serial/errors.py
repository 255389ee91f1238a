"""What can go wrong between a technician's laptop and a scale; each class's docstring is its message.

`exit_code` is what `steelyard scale` ends with, `code` is what it says with `--json`.
"""

import inspect
from typing import ClassVar


class ConsoleError(Exception):
    """Talking to the scale failed."""

    code: ClassVar[str] = "console"
    exit_code: ClassVar[int] = 1

    def __init__(self, **facts: object) -> None:
        super().__init__(" ".join(inspect.getdoc(type(self)).format(**facts).split()))  # type: ignore[union-attr] # each has one


class NoPort(ConsoleError):
    """No serial port with a scale was found: connect the scale by USB, or name its port by --port or STEELYARD_PORT."""

    code, exit_code = "no-port", 3


class SeveralPorts(ConsoleError):
    """Several serial ports have a scale ({ports}): name one with --port."""

    code, exit_code = "several-ports", 3


class PortAbsent(ConsoleError):
    """There is no port {port} ({reason}): check the cable and the name; `--port` takes a path such as /dev/ttyACM0."""

    code, exit_code = "port-absent", 3


class PortForbidden(ConsoleError):
    """You may not open {port}: join the group that owns it (often dialout), then log in again."""

    code, exit_code = "port-forbidden", 4


class PortBusy(ConsoleError):
    """Another program has {port} open: close it, then try again."""

    code, exit_code = "port-busy", 4


class PortLost(ConsoleError):
    """{port} went away while we talked to it ({reason}): check the cable and the scale's power."""

    code, exit_code = "port-lost", 5


class NoAnswer(ConsoleError):
    """Nothing at {port} answers within {timeout_s:g} s: is the scale switched on, and is this its port?"""

    code, exit_code = "no-answer", 5


class NotAScale(ConsoleError):
    """What answers at {port} is not the service console of a scale; it said {said!r}."""

    code, exit_code = "not-a-scale", 6


class Garbled(ConsoleError):
    """The answer to `{command}` from {port} makes no sense ({said!r}): check cable and speed, then try again."""

    code, exit_code = "garbled", 7


class Refused(ConsoleError):
    """The scale refuses `{command}`: {message}"""

    code, exit_code = "refused", 8

    def __init__(self, command: str, code: str, message: str) -> None:
        super().__init__(command=command, message=message)
        self.reason = code


class NotReached(ConsoleError):
    """Waited {timeout_s:g} s in vain for this: {step}. Nothing was adjusted."""

    code, exit_code = "not-reached", 9
