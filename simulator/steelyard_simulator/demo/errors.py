"""Why a demo cannot go on; each class's docstring is its message."""

from steelyard_simulator.errors import SimulatorError


class DemoError(SimulatorError):
    """The demo cannot go on."""

    code, noun = "demo", "demo"


class ProgramFailed(DemoError):
    """`{command}` failed with exit code {exit}: {output}"""

    code, noun = "program-failed", "command"


class CloudNotUp(DemoError):
    """The cloud did not answer at {url} within {timeout_s:g} s; its last output: {output}"""

    code, noun = "cloud-not-up", "cloud"


class ScaleRefused(DemoError):
    """The scale {serial} refused `{command}` ({reason}): {message}"""

    code, noun = "scale-refused", "scale"


class NotInTime(DemoError):
    """{what} did not happen within {timeout_s:g} s."""

    code, noun = "not-in-time", "condition"
