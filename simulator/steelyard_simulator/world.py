"""The world around one simulated scale: what its board gets at every start, and what stays when the power fails."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from steelyard_simulator.errors import WrongNumber, WrongOption

Cell = Literal["ideal", "noiseless", "class_iii", "class_iii_multi", "cheap"]

# Where virtual time begins for a real-time clock with a battery: 2026-12-01 08:00 UTC.
EPOCH_S = 1_796_112_000


def number(what: str, value: float, least: float = -1e9, most: float = 1e9) -> float:
    """`value` if it lies from `least` to `most`, which infinities and NaN do not; raises WrongNumber."""
    if not least <= value <= most:
        raise WrongNumber(what=what, least=f"{least:g}", most=f"{most:g}", value=value)
    return value


@dataclass
class World:
    """Load, climate, switches and network; change it through the methods of `SimulatedScale`, which tell the board."""

    cell: Cell
    seed: int
    repeatable: bool
    load_kg: float = 0.0
    temperature_c: float = 20.0
    supply_v: float = 5.0
    case_open: bool = False
    switch_on: bool = False
    network_up: bool = True
    rtc_s: int | None = None
    battery: bool = False
    battery_held: bool = True
    case_openings_s: list[int] = field(default_factory=list)
    frauds: dict[str, dict[str, Any]] = field(default_factory=dict)
    element_away: bool = False
    life: int = 0

    def __post_init__(self) -> None:
        if self.cell not in get_args(Cell):
            raise WrongOption(option=f"cell {self.cell!r}", known=", ".join(get_args(Cell)))
