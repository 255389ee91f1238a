"""Every part is rated for the temperatures inside the scale."""

from __future__ import annotations

from collections.abc import Iterator

from steelyard_hardware.circuit import Circuit
from steelyard_hardware.fault import Fault
from steelyard_hardware.margin import Margin

# How much warmer it is inside the case than around it, while the pack is charged in the sun of a market.
_INSIDE_K = 15


def temperatures(circuit: Circuit) -> Iterator[Margin | Fault]:
    """A part bears the rated temperatures around the scale, and upwards what the case adds."""
    low_c, high_c = circuit.around_c
    kinds = {part.kind.key: part for part in reversed(circuit.parts.values())}
    for key, part in kinds.items():
        where, advice = f"{part.ref} ({key})", "take the part of another temperature range"
        least, most = part.kind.rated_c
        yield Margin("temperature", where, "gets as cold as", low_c, least, "°C", advice, at_most=False)
        yield Margin("temperature", where, "gets as warm as", high_c + _INSIDE_K, most, "°C", advice)
