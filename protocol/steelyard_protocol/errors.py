"""How every part tells what went wrong: one tree of errors a part, one class for each thing that can go wrong.

A class's docstring is its message. Its places are written `{name}` and filled by keyword arguments, which programs find
in `values`; a translation has the same places. A value is put in as it is, so braces in it mean nothing.
"""

from typing import ClassVar


class SteelyardError(Exception):
    """Something went wrong."""

    code: ClassVar[str] = "error"
    """What programs know it by: never changed, and given to one class of a part only."""
    noun: ClassVar[str] = "program"
    """What it is about, in a word or two."""
    status: ClassVar[int | None] = None
    """HTTP status, where it may be the answer to a request."""
    exit_code: ClassVar[int] = 1
    """What a command ends with."""

    def __init__(self, **values: object) -> None:
        self.values = values
        super().__init__(self.template().format(**values))

    @classmethod
    def template(cls) -> str:
        """The English message with its places, which is also the key of its translations."""
        return " ".join((cls.__doc__ or "").split())


class ProtocolError(SteelyardError, ValueError):
    """The bytes or values are not those of the wire."""

    code, noun = "protocol", "message"
