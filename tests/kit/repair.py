"""A scale and its permits to repair: what the platform signs, and what a technician does with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from steelyard_protocol import identity, statement
from steelyard_protocol.downlink import Permit, PermitFor
from steelyard_protocol.enrolment import to_base64url
from steelyard_protocol.events import Event
from steelyard_protocol.parameters import KEYS
from steelyard_simulator.flashing import PARAMETERS, factory_file
from steelyard_simulator.scale import SimulatedScale

from kit.chain import exported
from kit.platform_side import Platform

FAR_S = 0xFFFFFFFF
EACH_STATED = 2
SILENT_PORT = 9


def scale_on_record(simulate: Callable[..., SimulatedScale], platform: Platform, **given: Any) -> SimulatedScale:
    """An enrolled scale that knows its platform's keys and computes prices; `given` are parameters and options."""
    changed = {KEYS[name]: given.pop(name) for name in list(given) if name in KEYS}
    parameters = PARAMETERS | {KEYS["sales"]: EACH_STATED} | changed
    scale = simulate(factory=factory_file(platform.root.point, parameters), **given)
    if scale.virtual:
        scale.advance(5)
    scale.console("enrol maker=M model=one serial=1 code=P-1")
    scale.console("enrol accept " + platform.answer(scale, SILENT_PORT))
    return scale


def kid_of(scale: SimulatedScale) -> bytes:
    """The scale's identity."""
    return identity.from_text(scale.console_json("status")["identity"])


def permit(scale: SimulatedScale, number: int = 1, locked_at: int | None = None) -> Permit:
    """The order to repair of that number, for the counters of this moment."""
    told = scale.console_json("parameters")
    counters = told["calibration_counter"], told["configuration_counter"]
    return Permit(kid_of(scale), PermitFor.REPAIR, number, 7, 0, FAR_S, *counters, locked_at, ())


def unlock_permit(platform: Platform, scale: SimulatedScale, number: int = 1, locked_at: int | None = None) -> str:
    """A permit to unlock, signed."""
    order = replace(permit(scale, number, locked_at), what=PermitFor.UNLOCK)
    return to_base64url(platform.authority.sign(order))


def repair_permit(platform: Platform, scale: SimulatedScale, number: int = 1, locked_at: int | None = None) -> str:
    """The same, signed, as a technician carries it to the console."""
    return to_base64url(platform.authority.sign(permit(scale, number, locked_at)))


def opened(scale: SimulatedScale) -> None:
    """The case is opened, and the scale has time to notice."""
    scale.open_case()
    scale.advance(1)


def closed(scale: SimulatedScale) -> None:
    """The case is closed again."""
    scale.close_case()
    scale.advance(1)


def locked(scale: SimulatedScale) -> bool:
    """Whether it says that it is locked."""
    return bool(scale.console_json("status")["locked"])


def repairing(scale: SimulatedScale) -> bool:
    """Whether it says that it is under repair."""
    return bool(scale.console_json("status")["repair"])


def events(scale: SimulatedScale) -> list[tuple[int, tuple[Any, ...]]]:
    """Kind and facts of each event that its journal has; of a parameter change no facts."""
    bodies = [statement.parse(raw).body for raw in exported(scale)]
    return [
        (body.kind, body.facts if isinstance(body.facts, tuple) else ()) for body in bodies if isinstance(body, Event)
    ]
