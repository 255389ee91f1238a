"""The host's reader of payloads and an independent CDDL validator draw the same line, on both sides of every range."""

import copy
import logging
from pathlib import Path
from typing import Any

import cddl_verifier
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kit.parameters import MAP
from steelyard_definition.definition import Definition
from steelyard_protocol import bodies, cbor, identity, p256, parameters
from steelyard_protocol.bodies import Kind
from steelyard_protocol.events import EventKind

VALIDATOR = cddl_verifier.Validator(Path(__file__).parents[2] / "protocol" / "steelyard.cddl")
logging.getLogger("cddl_verifier").setLevel(logging.CRITICAL)  # it reports every refusal, and most are refused here
KEY = identity.cose_key(p256.public_key((7).to_bytes(32, "big")))
HEAD = [2, bytes(16), 1_800_000_000, 60, 2, 1, bytes(16), 0, 0]
PERMIT = bytes(90)

BODIES: dict[int, list[list[Any]]] = {
    Kind.ENROL: [
        [KEY, KEY, 0, "Maker", "Model", "S1", "P-1", None],
        [KEY, KEY, 3, "M", "M", "S" * 32, "秤", [bytes(10), 1, bytes(32), 0, 65_535]],
    ],
    Kind.BOOT: [
        [bytes(32), ["agent", "0.1.0", bytes(32)], "sim", "hx711", 1, False, 1, None, 0, 600, MAP, "P-1", None],
        [bytes(32), ["a", "1", bytes(32)], "h", "a", 15, True, 0, bytes(32), 0xFFFFFFFF, 86_400, MAP, "P", "R-1"],
    ],
    Kind.SNAPSHOT: [[110_000, 10_000, 600, 0, 2_000, 3_300, 12, 3, -2, 4, 1, 7, 96]],
    Kind.PARAMETERS: [[MAP, None], [{**MAP, 42: 1_600_000, 43: 16_000_000}, PERMIT]],
    Kind.EVENT: [
        [int(EventKind.PARAMETER_CHANGE), [[[40, 500_000, 450_000], [42, None, 1]], bytes(32), bytes(16), 1, 0]],
        *[event.example for event in Definition().events() if event.facts is not None],
    ],
}
EDGES = sorted({bound for field in parameters.FIELDS.values() for bound in (field.minimum, field.maximum)})
NUMBERS = sorted({0, 255, 65_535, 8_388_607, 16_777_215, 86_400, 0xFFFFFFFF, 2**31 - 1, 2**64, *EDGES})
STRANGE = [None, True, False, 1.0, "", "x" * 16, "x" * 17, "秤" * 11, b"", bytes(16), bytes(33), bytes(1025), [], {}]
values = st.one_of(
    st.sampled_from(NUMBERS).flatmap(lambda bound: st.sampled_from([bound - 1, bound, bound + 1, -bound, -bound - 1])),
    st.sampled_from(STRANGE),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Paths to everything inside a payload."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(deeper for key, item in inside for deeper in places(item, (*path, key)))]


def changed(value: Any, path: tuple[Any, ...], how: str, new: Any) -> Any:
    """A copy with one thing replaced, taken away, added to a map, or with a map's key replaced by one like it."""
    made = copy.deepcopy(value)
    inside = made
    for step in path[:-1]:
        inside = inside[step]
    if how == "take away":
        del inside[path[-1]]
    elif how == "respell key" and isinstance(inside, dict):
        old = inside.pop(path[-1])
        inside[{1: True}.get(path[-1], float(path[-1]))] = old
    elif isinstance(inside[path[-1]], dict) and how == "add" and type(new) in (int, str, bytes):
        inside[path[-1]][new] = 1
    else:
        inside[path[-1]] = new
    return made


def read_accepts(kind: int, body: Any) -> bool:
    """What the host's reader says of the decoded bytes."""
    typed, breach = bodies.read(kind, cbor.decode(cbor.encode(body)))
    return typed is not None and breach is None


def cddl_accepts(kind: int, body: Any) -> bool:
    """What the validator says of the same bytes."""
    encoded = cbor.encode([int(kind), *HEAD, body])
    return bool(VALIDATOR.validate(encoded, "payload", require_deterministic=True).valid)


@pytest.mark.parametrize(("kind", "body"), [(kind, body) for kind, some in BODIES.items() for body in some])
def test_what_the_schema_allows_is_read(kind: int, body: list[Any]) -> None:
    assert read_accepts(kind, body)
    assert cddl_accepts(kind, body)


def follows_rules_beyond_cddl(kind: int, body: Any) -> bool:
    """Whether what CDDL cannot say holds too: points in pairs, from the first, rising; keys on the curve."""
    maps = {Kind.BOOT: 10, Kind.PARAMETERS: 0}
    if kind in maps:
        return not parameters.breaches(body[maps[kind]])
    return kind != Kind.ENROL or all(p256.is_public_key(identity.point(key)) for key in body[:2])


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_one_step_aside_they_still_agree(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(sorted(BODIES)))
    body = data.draw(st.sampled_from(BODIES[kind]))
    unknown_event = [(0,)] if kind == Kind.EVENT else []  # read as far as it is known, so that old receivers survive
    path = data.draw(st.sampled_from([path for path in places(body)[1:] if path not in unknown_event]))
    how = data.draw(st.sampled_from(["replace", "replace", "take away", "add", "respell key"]))
    mutated = changed(body, path, how, data.draw(values))
    if read_accepts(kind, mutated):
        assert cddl_accepts(kind, mutated)
    elif cddl_accepts(kind, mutated):
        assert not follows_rules_beyond_cddl(kind, mutated)


def test_an_absent_calibration_point_is_absent_not_null() -> None:
    """With null in the place of a number nobody could recompute a weight."""
    null = {**MAP, 42: None, 43: None}
    assert not cddl_accepts(Kind.PARAMETERS, [null, None])
    assert not read_accepts(Kind.PARAMETERS, [null, None])


@pytest.mark.parametrize("key", [{**KEY, 1: 2.0}, {**KEY, -1: True}, {True: 2, -1: 1, -2: KEY[-2], -3: KEY[-3]}])
def test_a_key_has_one_spelling(key: dict[Any, Any]) -> None:
    """Python calls 1, 1.0 and True equal; the wire does not."""
    body = [key, KEY, 0, "Maker", "Model", "S1", "P-1", None]
    assert not cddl_accepts(Kind.ENROL, body)
    assert not read_accepts(Kind.ENROL, body)
