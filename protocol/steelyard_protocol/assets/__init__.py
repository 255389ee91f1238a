"""Where the files are that are not Python packages of the host: firmware, simulated board, board profiles, schemas.

In a checkout they lie in the project's folders, in the wheel beside this module; everybody finds them by `folder`.
"""

from pathlib import Path
from typing import Literal

from steelyard_protocol.errors import ProtocolError

Name = Literal["firmware", "hal", "boards", "schemas"]

_HERE = Path(__file__).parent
_CHECKOUT = _HERE.parents[2]
_IN_CHECKOUT = {"firmware": "firmware", "hal": "simulator/hal", "boards": "hardware/boards", "schemas": "protocol"}


class AssetsMissing(ProtocolError):
    """The files of '{name}' are neither in {in_wheel} nor in {in_checkout}: install steelyard again."""

    code, noun = "assets", "installation"


def folder(name: Name) -> Path:
    """Return the folder of the firmware, the simulated board's modules ("hal"), the board profiles, or the schemas.

    Raises AssetsMissing if this installation has lost it.
    """
    in_wheel, in_checkout = _HERE / name, _CHECKOUT / _IN_CHECKOUT[name]
    for path in (in_wheel, in_checkout):
        if path.exists():
            return path
    raise AssetsMissing(name=name, in_wheel=in_wheel, in_checkout=in_checkout)
