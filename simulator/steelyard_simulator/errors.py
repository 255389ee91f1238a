"""What can go wrong with a simulated scale, as a small tree: each class's docstring is its message."""


class SimulatorError(Exception):
    """The simulated scale failed."""

    def __init__(self, **facts: object) -> None:
        super().__init__((self.__doc__ or "").format(**facts))


class NoMicroPython(SimulatorError):
    """There is no MicroPython at {path}: install steelyard[sim], or set MICROPYTHON to its path."""


class FlashingFailed(SimulatorError):
    """MicroPython could not write the flash image {image}: {output}"""


class ScaleIsOff(SimulatorError):
    """The scale has no power ({why}): call power_on() first."""


class AgentEnded(SimulatorError):
    """The scale's program ended by itself with exit code {code}: {output}"""


class RequestRefused(SimulatorError):
    """The simulated board refused '{request}': {reason}"""


class NoAnswer(SimulatorError):
    """The scale did not answer '{command}' within {seconds} s; it said: {output!r}"""


class ScaleRestarted(SimulatorError):
    """The scale restarted by itself instead of answering '{command}'."""


class NoStandstill(SimulatorError):
    """The scale runs in real time, so that nobody can advance it: wait for what you expect instead."""
