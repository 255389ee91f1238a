"""closing.toml as types: the fuses that close a microcontroller's ports, and where the agent reads whether they do."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import Field, RootModel, model_validator
from pydantic import Strict as Strictness

from steelyard_hardware.files import Strict, read_table

CLOSING = Path(__file__).parent / "closing.toml"

Word = Annotated[int, Field(ge=0, lt=1 << 32)]


class Fuse(Strict):
    """One step of closing: what is burnt, its effect, and the bits of a register that are set afterwards."""

    name: str
    effect: str
    address: Word | None = None
    bits: Word | None = None

    @model_validator(mode="after")
    def _address_with_bits(self) -> Fuse:
        if (self.address is None) != (self.bits is None):
            raise ValueError("write both address and bits, or neither")
        return self


class Closing(Strict):
    """How one microcontroller is closed: the tool, what comes first, the fuses in order, and what they cannot do."""

    with_: Annotated[str, Field(alias="with")]
    first: str
    limits: str
    fuses: Annotated[tuple[Fuse, ...], Strictness(False)]

    def registers(self) -> dict[int, int]:
        """Return by register the bits that are set in a closed chip."""
        found: dict[int, int] = {}
        for fuse in self.fuses:
            if fuse.address is not None and fuse.bits is not None:
                found[fuse.address] = found.get(fuse.address, 0) | fuse.bits
        return found


class Closings(RootModel[dict[str, Closing]]):
    """The whole file, by microcontroller."""


@cache
def closings() -> dict[str, Closing]:
    """Return closing.toml by microcontroller; one without fuses is not in it. Raises HardwareError."""
    return read_table(CLOSING, Closings).root
