"""What a statement may hide: one that is signed, but of which so much cannot be read that it may be the cheat's own.

Nobody can say that it is harmless, so it is trouble for the conditions that it may concern, which a verification ends.
A kind that only a later version knows hides nothing: it is kept and shown (`docs/wire.md`).
"""

from steelyard_protocol import cbor
from steelyard_protocol.bodies import Kind
from steelyard_protocol.events import EventKind
from steelyard_protocol.head import body_at
from steelyard_protocol.statement import Statement

PARAMETERS, DEVICE, CASE = "parameters", "device", "case"
_BY_KIND = {0: (PARAMETERS, DEVICE, CASE), Kind.BOOT: (PARAMETERS, DEVICE), Kind.PARAMETERS: (PARAMETERS,)}
_BY_EVENT = {EventKind.PARAMETER_CHANGE: (PARAMETERS,), EventKind.CASE_OPENED: (CASE,), EventKind.LOCKED: (CASE,)}
_ANY_EVENT = (PARAMETERS, CASE)
_EVENTS = frozenset(EventKind)


def hidden_by(statement: Statement) -> set[str]:
    """Names of the conditions that what is not readable in a statement may concern."""
    hidden: set[str] = set()
    if statement.unread:
        if not statement.has_state:
            hidden.add(PARAMETERS)
        if "flags" in statement.unread:
            hidden.add(CASE)
    if statement.body is None:
        hidden.update(_by_body(statement))
    return hidden


def _by_body(statement: Statement) -> tuple[str, ...]:
    """Of an event the kind may be readable although its facts are not; one that no version knows may be any."""
    if statement.kind != Kind.EVENT:
        return _BY_KIND.get(statement.kind, ())
    kind = _kind_of_event(statement)
    return _BY_EVENT.get(EventKind(kind), ()) if kind in _EVENTS else _ANY_EVENT


def _kind_of_event(statement: Statement) -> int:
    """0 where it cannot be read."""
    *_, payload = cbor.decode(statement.signed)
    elements = cbor.decode(payload)
    at = body_at(elements)
    kind = elements[at][0] if at < len(elements) and elements[at] else None
    return kind if type(kind) is int else 0
