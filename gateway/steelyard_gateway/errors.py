"""What can go wrong in the gateway: with the scale at the other end of the line, with the platform, with a file.

`exit_code` is what `steelyard scale` ends with, `code` is what it says with `--json`.
"""

from steelyard_protocol.errors import SteelyardError


class GatewayError(SteelyardError):
    """The gateway cannot do this."""

    code, noun = "gateway", "gateway"


class RequestFailed(GatewayError):
    """The cloud refused {method} {path} with {answer} ({problem}): {detail}"""

    code, noun = "request-failed", "platform"

    @property
    def problem(self) -> str:
        """The platform's code for the problem."""
        return str(self.values["problem"])


class PlatformAway(GatewayError):
    """The platform at {url} cannot be reached: {why}."""

    code, noun = "platform-away", "platform"


class NoUpdate(GatewayError):
    """No update can be read from {file}: {why}."""

    code, noun = "no-update", "update"


class CannotBuild(GatewayError):
    """The software cannot be built: {why}"""

    code, noun = "cannot-build", "software"


class NoSigningKey(GatewayError):
    """{file} is no key that signs updates: {why}. `steelyard update key` makes one."""

    code, noun = "no-signing-key", "key file"


class NoPermit(GatewayError):
    """No permit can be read from {file}: {why}."""

    code, noun = "no-permit", "permit"


class NoCode(GatewayError):
    """There is no unlock code in {file}: it is nothing but digits."""

    code, noun = "no-code", "unlock code"


class NoSheet(GatewayError):
    """No test can be gone on with from {file}: {why}."""

    code, noun = "no-sheet", "test sheet"


class ConsoleError(GatewayError):
    """Talking to the scale failed."""

    code, noun = "console", "scale"


class NoPort(ConsoleError):
    """No port with a scale was found: connect the scale by USB, or give its port with --port or STEELYARD_PORT."""

    code, noun, exit_code = "no-port", "port", 3


class SeveralPorts(ConsoleError):
    """Several serial ports have a scale ({ports}): name one with --port."""

    code, noun, exit_code = "several-ports", "port", 3


class PortAbsent(ConsoleError):
    """There is no port {port} ({reason}): check the cable and the name; `--port` takes a path such as /dev/ttyACM0."""

    code, noun, exit_code = "port-absent", "port", 3


class PortForbidden(ConsoleError):
    """You may not open {port}: join the group that owns it (often dialout), then log in again."""

    code, noun, exit_code = "port-forbidden", "port", 4


class PortBusy(ConsoleError):
    """Another program has {port} open{who}: close it, then try again."""

    code, noun, exit_code = "port-busy", "port", 4


class PortWrong(ConsoleError):
    """{port} is not the name of a port ({reason}): give a path, socket://HOST:PORT, rfc2217://HOST:PORT or VID:PID."""

    code, noun, exit_code = "port-wrong", "port", 2


class PortLost(ConsoleError):
    """The connection to {port} was lost ({reason}): check the cable and the scale's power."""

    code, noun, exit_code = "port-lost", "port", 5


class UpdateStopped(ConsoleError):
    """The update is not complete: {why}. What the scale has it keeps; the software that runs goes on weighing."""

    code, noun, exit_code = "update-stopped", "update", 9


class NoAnswer(ConsoleError):
    """Nothing at {port} answered within {timeout_s:g} s: is the scale switched on, and is this its port?"""

    code, exit_code = "no-answer", 5


class Gone(ConsoleError):
    """The scale knows this question or its answer no more: it has restarted, or somebody else spoke to it."""

    code, exit_code = "gone", 7


class NotAScale(ConsoleError):
    """What answers at {port} is not a scale's service console; it said {said!r}."""

    code, exit_code = "not-a-scale", 6


class Garbled(ConsoleError):
    """The answer to `{command}` from {port} is not whole or makes no sense ({said!r}): check the cable, try again."""

    code, exit_code = "garbled", 7


class Refused(ConsoleError):
    """The scale refuses `{command}`: {message}"""

    code, exit_code = "refused", 8


class Unsupported(Refused):
    """This scale's software cannot do it: its console has no command `{command}`."""

    code = "unsupported"


class NoNote(GatewayError):
    """A change is sent only once it is noted, so that after a break it can be found out; {file}: {why}."""

    code, noun = "no-note", "folder"


class NotReached(ConsoleError):
    """Timed out after {timeout_s:g} s waiting for this: {step}. Nothing was adjusted."""

    code, noun, exit_code = "not-reached", "step", 9
