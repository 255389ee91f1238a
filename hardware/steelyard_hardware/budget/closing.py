"""The tables of docs/hardware.md that say how a microcontroller's ports are closed, from closing.toml."""

from __future__ import annotations

from steelyard_hardware.chips import chips
from steelyard_hardware.closing import Closing, closings

BEGIN, END = "<!-- closing: made by `make budget` -->", "<!-- end of closing -->"


def text() -> str:
    """Return the generated part: a table for each microcontroller that can be closed."""
    tables = ["\n".join(_table(chip, closing)) for chip, closing in sorted(closings().items())]
    return "\n".join([BEGIN, "\n\n".join([*tables, _cannot_be_closed()]), END])


def _table(chip: str, closing: Closing) -> list[str]:
    return [
        f"### {chip}",
        f"Burnt with {closing.with_}. Before it: {closing.first}. In this order:",
        "",
        "| | burn | effect | the agent reads it at |",
        "| --- | --- | --- | --- |",
        *(
            f"| {number} | {fuse.name} | {fuse.effect} | "
            + ("–" if fuse.address is None else f"0x{fuse.address:08X}, 0x{fuse.bits:08X}")
            + " |"
            for number, fuse in enumerate(closing.fuses, 1)
        ),
        "",
        closing.limits.strip(),
    ]


def _cannot_be_closed() -> str:
    open_chips = ", ".join(sorted(set(chips().microcontrollers) - set(closings())))
    return f"Nothing closes the {open_chips}: it checks no signature, and is for a bench only."
