"""How long the battery takes to fill beside a scale that works, and what the charger's timer leaves of that."""

from __future__ import annotations

from dataclasses import dataclass

from steelyard_hardware import circuit
from steelyard_hardware.budget.figures import figures
from steelyard_hardware.budget.model import milliamperes


@dataclass(frozen=True)
class Charge:
    """Hours until what is used of a battery is back, and how much of it is when the timer ends the charge."""

    hours: float
    timer_h: float

    @property
    def share(self) -> float:
        """The part of what is used that the timer lets back, 1 for all."""
        return min(1.0, self.timer_h / self.hours)


def charge(board: str, case: int) -> Charge:
    """Return the charge of a board, typical (0) or at the worst case (1): the least current, the shortest timer."""
    (charger,) = (part.kind.charger for part in circuit.load(board).parts.values() if part.kind.charger)
    low_ma, high_ma = charger.input_ma
    low_h, high_h = charger.timer_h
    given_ma, timer_h = ((low_ma + high_ma) / 2, (low_h + high_h) / 2) if case == 0 else (low_ma, low_h)
    wanted_mah = figures().power.battery_mah * figures().power.usable
    return Charge(wanted_mah / (given_ma - milliamperes(board)), timer_h)
