"""The world around one simulated scale: what its board is told at every start, and what stays when the power fails."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Cell = Literal["ideal", "class_iii", "cheap"]

# Where virtual time begins for a real-time clock with a battery: 2026-12-01 08:00 UTC.
EPOCH_S = 1_796_112_000


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
    life: int = 0
