"""Why a demo cannot go on; each class's docstring is its message."""

import inspect


class DemoError(Exception):
    """The demo cannot go on."""

    def __init__(self, **facts: object) -> None:
        super().__init__((inspect.getdoc(type(self)) or "").format(**facts))


class ProgramFailed(DemoError):
    """`{command}` failed with exit code {code}: {output}"""


class CloudNotUp(DemoError):
    """The cloud did not answer at {url} within {timeout_s:g} s; its last words: {output}"""


class ScaleRefused(DemoError):
    """The scale {serial} refused `{command}` ({code}): {message}"""

    def __init__(self, serial: str, command: str, code: str, message: str) -> None:
        super().__init__(serial=serial, command=command, code=code, message=message)
        self.code = code


class NotInTime(DemoError):
    """{what} did not happen within {timeout_s:g} s."""
