"""The scale's status as its console gives it, checked where it comes in: whoever uses it finds what it needs."""

from typing import Any

from steelyard_gateway.errors import Garbled
from steelyard_gateway.serial.console import SerialConsole

Status = dict[str, Any]

_WHOLE = ("tare", "calibration_counter", "configuration_counter", "number", "receipted", "journal_free", "period_s")
_COUNTED = ("gross", "filtered_counts", "zero_counts", "noise_counts", "temperature_cdeg", "supply_mv")
_NEEDED: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("stable", "locked", "session", "switch"), (bool,)),
    **dict.fromkeys((*_WHOLE, "e_mg", "time", "clock_quality"), (int,)),
    **dict.fromkeys(_COUNTED, (int, type(None))),
    **dict.fromkeys(("identity", "serial", "indication"), (str, type(None))),
    **dict.fromkeys(("digest", "uplink"), (str,)),
    "software": (dict,),
}


def read(console: SerialConsole) -> Status:
    """The status now; raises Garbled where a fact is missing or of another type."""
    facts = console.json("status")
    wrong = [name for name, kinds in _NEEDED.items() if type(facts.get(name)) not in kinds]
    unit_mg = facts.setdefault("unit_mg", facts.get("e_mg"))  # older scales count in e
    if not wrong and not (type(unit_mg) is int and 0 < unit_mg <= facts["e_mg"]):
        wrong = ["unit_mg" if facts["e_mg"] > 0 else "e_mg"]
    if wrong:
        name = wrong[0]
        raise Garbled(command="status", port=console.port, said=f"{name}: {facts.get(name)!r}"[:80])
    return facts
