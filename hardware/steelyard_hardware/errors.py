"""What can be wrong with the files of a board, as a small tree: each class's docstring is its message.

`code` names the error for programs. `python -m steelyard_hardware` turns every one of them into a sentence.
"""

from __future__ import annotations

import inspect
from typing import ClassVar


class HardwareError(Exception):
    """The hardware's files cannot be used."""

    code: ClassVar[str] = "hardware"

    def __init__(self, **facts: object) -> None:
        template = " ".join((inspect.getdoc(type(self)) or "").split())
        super().__init__(template.format(**facts))


class FileMissing(HardwareError):
    """{path} does not exist: write it, or correct the name."""

    code = "file-missing"


class FileUnreadable(HardwareError):
    """{path} cannot be read ({reason}): make it a file that you may read."""

    code = "file-unreadable"


class FileNotUtf8(HardwareError):
    """{path} is not UTF-8 text (byte {position} is 0x{byte:02X}): save it as UTF-8."""

    code = "file-not-utf-8"


class FileNotToml(HardwareError):
    """{path} is not valid TOML ({reason}): correct it there."""

    code = "file-not-toml"


class FileRefused(HardwareError):
    """{path} is refused; correct this:{faults}"""

    code = "file-refused"

    def __init__(self, *, path: str, faults: list[str]) -> None:
        super().__init__(path=path, faults="".join(f"\n  {fault}" for fault in faults))
        self.faults = faults


class FileNotWritten(HardwareError):
    """{path} cannot be written ({reason}): make room for it, or give yourself the right to write there."""

    code = "file-not-written"


class ImageUnreadable(HardwareError):
    """{path} is no image that can be measured: give the .uf2 or .bin that the build has made."""

    code = "image-unreadable"


class ImageWithoutPlace(HardwareError):
    """{board} has no region for an image: give its profile flash.regions.loader or code."""

    code = "image-without-place"


class ImageElsewhere(HardwareError):
    """{path} begins at {start}, where {board} has its image at {offset}: build it for this board."""

    code = "image-elsewhere"


class ImageTooLarge(HardwareError):
    """{path} has {taken} bytes, and flash.regions.{region} of {board} {room}: it would overlap what comes next; make
    the image smaller, or the region larger and `make boards`."""

    code = "image-too-large"


class BoardUnknown(HardwareError):
    """There is no board {board!r}: use one of {boards}."""

    code = "board-unknown"


class NameTaken(HardwareError):
    """{path}: {what} is also that of {other}: give each board its own."""

    code = "name-taken"


class NoBoards(HardwareError):
    """There is no board in {folder}: write a profile NAME.toml there."""

    code = "no-boards"


class PageWithoutMarks(HardwareError):
    """{path} lacks the lines {begin} and {end}: put them back, the tables go between them."""

    code = "page-without-marks"


class CircuitMissing(HardwareError):
    """{path} has no function circuit(): write the board's circuit there, or say `schematic = false` in its profile."""

    code = "circuit-missing"


class CircuitUnexpected(HardwareError):
    """{path} is a circuit, and the board's profile has `schematic = false`: correct that, or remove the file."""

    code = "circuit-unexpected"


class PartUnknown(HardwareError):
    """{circuit}: {ref} is a {kind!r}, which parts.toml does not have: correct the name, or add the part there."""

    code = "part-unknown"


class ReferenceMalformed(HardwareError):
    """{circuit}: the reference {ref!r} is not made of capital letters and a number: write one such as R12."""

    code = "reference-malformed"


class ReferenceTaken(HardwareError):
    """{circuit}: two parts are called {ref}: give one of them another reference."""

    code = "reference-taken"


class PinUnknown(HardwareError):
    """{part} has no pin {pin!r}: use one of {pins}."""

    code = "pin-unknown"


class ValueNotInOhms(HardwareError):
    """The resistor {part!r} has no value such as 4k7: put it into the family R of parts.toml."""

    code = "value-not-in-ohms"


class ValueNotInFarads(HardwareError):
    """The capacitor {part!r} has no value such as 100n: put it into the family C of parts.toml."""

    code = "value-not-in-farads"


class PinTaken(HardwareError):
    """{circuit}: pin {pin} of {ref} is connected twice: leave one of the two out."""

    code = "pin-taken"


class PartDoesNotFit(HardwareError):
    """{circuit}: no room for {ref} within 60 mm of {x}, {y}: enlarge the board, or place it in its layout."""

    code = "part-does-not-fit"


class KicadMissing(HardwareError):
    """{missing}"""

    code = "kicad-missing"


class KicadFailed(HardwareError):
    """KiCad failed at `{command}` ({reason}): run it by hand in build/hardware, and correct what it says."""

    code = "kicad-failed"
