"""What a rule about limits finds: how far a figure of the circuit is from its limit. Beyond it is a fault."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from steelyard_hardware.circuit import Circuit
from steelyard_hardware.fault import Fault


@dataclass(frozen=True)
class Margin:
    """One figure beside its limit: `what` names the figure, `advice` says what to do where it is beyond."""

    rule: str
    where: str
    what: str
    value: float
    limit: float
    unit: str
    advice: str
    at_most: bool = True

    @property
    def room(self) -> float:
        """How far the figure is on the right side of its limit, in `unit`; negative beyond."""
        return self.limit - self.value if self.at_most else self.value - self.limit

    @property
    def share(self) -> float:
        """The same as a share of the limit; of a unit where the limit is zero."""
        return self.room / (abs(self.limit) or 1.0)

    def __str__(self) -> str:
        word = "at most" if self.at_most else "at least"
        return (
            f"{self.rule}: {self.where}: {self.what} {self.value:.4g} {self.unit}, {word} {self.limit:.4g}: "
            f"room {self.room:.3g} {self.unit}"
        )

    def fault(self) -> Fault | None:
        """Return what is wrong, None where the limit is kept."""
        if self.room >= 0:
            return None
        word = "at most" if self.at_most else "at least"
        what = f"{self.what} {self.value:.4g} {self.unit}, may be {word} {self.limit:.4g}: {self.advice}"
        return Fault(self.rule, self.where, what)


LimitRule = Callable[[Circuit], Iterator[Margin | Fault]]
