"""What can go wrong with simulated scales; each class's docstring is its message. Those of the demo are in `demo`."""

from steelyard_protocol.errors import SteelyardError


class SimulatorError(SteelyardError):
    """The simulated scale failed."""

    code, noun = "simulator", "simulated scale"


class NoMicroPython(SimulatorError):
    """There is no MicroPython at {path}: install steelyard[sim], or set MICROPYTHON to its path."""

    code, noun = "no-micropython", "MicroPython"


class FlashingFailed(SimulatorError):
    """MicroPython could not write the flash image {image}: {output}"""

    code, noun = "flashing-failed", "flash image"


class WrongOption(SimulatorError):
    """A simulated scale has no {option}: it has {known}."""

    code, noun = "wrong-option", "option"


class WrongNumber(SimulatorError):
    """{what} must be a number from {least} to {most}, not {value}."""

    code, noun = "wrong-number", "number"


class ScaleIsOff(SimulatorError):
    """The scale has no power ({why}): call power_on() first."""

    code = "scale-is-off"


class ScaleIsOn(SimulatorError):
    """The scale is on: switch it off before {what}."""

    code = "scale-is-on"


class ScaleStopped(SimulatorError):
    """This scale was stopped for good: make another one with the same folder, which has its flash image."""

    code = "scale-stopped"


class AgentEnded(SimulatorError):
    """The scale's program ended by itself with exit code {exit}: {output}"""

    code = "agent-ended"


class BoardEnded(SimulatorError):
    """The board's process has ended while, or before, it was asked something."""

    code, noun = "board-ended", "board"


class RequestRefused(SimulatorError):
    """The simulated board refused '{request}': {reason}"""

    code, noun = "request-refused", "board"


class NoAnswer(SimulatorError):
    """The scale did not answer '{command}' within {seconds} s; it said: {output!r}"""

    code = "no-answer"


class ScaleRestarted(SimulatorError):
    """The scale restarted by itself instead of answering '{command}'."""

    code = "scale-restarted"


class NoStandstill(SimulatorError):
    """The scale runs in real time, so that nobody can advance it: wait for what you expect instead."""

    code = "no-standstill"
