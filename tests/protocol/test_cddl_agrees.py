"""The host's reader of payloads and an independent CDDL validator draw the same line, on both sides of every range."""

import copy
import logging
import re
from pathlib import Path
from typing import Any

import cddl_verifier
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kit.parameters import MAP
from steelyard_definition.definition import Definition
from steelyard_protocol import bodies, cbor, cose, identity, p256, parameters, statement
from steelyard_protocol.bodies import Kind
from steelyard_protocol.events import Event, EventKind

SCHEMA = Path(__file__).parents[2] / "protocol" / "steelyard.cddl"
VALIDATOR = cddl_verifier.Validator(SCHEMA)
BOUNDS = sorted({int(bound) + step for bound in re.findall(r"-?\b\d+\b", SCHEMA.read_text()) for step in (-1, 0, 1)})
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
BODIES[Kind.SALE] = [[7, 0, 1, 0, 0, 1, 0, 0, None], [8, 1_800_000_000, 247, 10, 2, 1_299, 1_604, 100, 7]]
BODIES[Kind.SALE_BATCH] = [[7, 8, 1, 247, 1_604, 1, 247, 1_604, [bytes(16), b"\1" * 16]], [1, 9, *[0] * 6, []]]
EVENTS = [(Kind.EVENT, body) for body in BODIES[Kind.EVENT][1:]]
PERMITTED = [(kind, BODIES[kind][1]) for kind in (Kind.ENROL, Kind.PARAMETERS, Kind.SALE)]
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
    return valid([int(kind), *HEAD, body], "payload")


def valid(payload: Any, rule: str) -> bool:
    """What the validator says of a payload."""
    return bool(VALIDATOR.validate(cbor.encode(payload), rule, require_deterministic=True).valid)


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


def sizes_of(value: Any) -> list[Any]:
    """A number, text or byte string in every size around which a range may end; nothing for what has no size."""
    if type(value) is int:
        return [bound for bound in BOUNDS if -(1 << 64) <= bound < 1 << 64]
    lengths = [bound for bound in BOUNDS if 0 <= bound <= 1100]
    return [value[:0] + (b"x" if type(value) is bytes else "x") * length for length in lengths]


@pytest.mark.parametrize(("kind", "body"), [(kind, some[0]) for kind, some in BODIES.items()] + [*EVENTS, *PERMITTED])
def test_every_range_ends_where_the_schema_ends_it(kind: int, body: list[Any]) -> None:
    """The host's ends are found among all numbers of the schema; there and one step beyond the validator is asked."""
    for path in places(body)[1:]:
        value = body
        for step in path:
            value = value[step]
        unlimited = path == (0,) if kind == Kind.EVENT else kind == Kind.ENROL and path[0] < 2  # a point of the curve
        if type(value) not in (int, str, bytes) or unlimited:
            continue
        sizes = [changed(body, path, "replace", size) for size in sizes_of(value)]
        accepted = [read_accepts(kind, one) for one in sizes]
        low, high = accepted.index(True), len(accepted) - 1 - accepted[::-1].index(True)
        for at in {max(low - 1, 0), low, high, min(high + 1, len(sizes) - 1)}:
            assert cddl_accepts(kind, sizes[at]) == accepted[at] or not follows_rules_beyond_cddl(kind, sizes[at]), path


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


def read(payload: Any) -> statement.Statement:
    """What the host reads of a payload that a scale has signed."""
    return statement.parse(statement.build((7).to_bytes(32, "big"), identity.kid(identity.point(KEY)), payload))


def test_an_enrolment_is_read_with_its_keys_and_what_it_succeeds() -> None:
    other = p256.public_key((8).to_bytes(32, "big"))
    before = [b"\1" * 10, 4, b"\2" * 32, 5, 6]
    body = read([1, 1, *HEAD[1:], [KEY, identity.cose_key(other), 2, "Maker", "Model", "S1", "P-1", before]]).body
    assert isinstance(body, bodies.Enrol)
    assert (body.signing_point, body.agreement_point) == (p256.public_key((7).to_bytes(32, "big")), other)
    assert body.predecessor == bodies.Predecessor(b"\1" * 10, 4, b"\2" * 32, 5, 6)
    assert isinstance(body.predecessor, bodies.Predecessor)


# Every head: what a field may be, what it may not be, and what then stands in its place.
HEAD_VALUES: dict[str, tuple[list[Any], list[Any], Any]] = {
    "kind": ([3, 8, 99, 0xFFFFFFFF], [0, -1, 0x100000000, None, True, 3.0, "3", [3]], 0),
    "number": ([2, 0xFFFFFFFF], [], 0),
    "link": ([bytes(16), b"\xff" * 16], [b"", bytes(15), bytes(17), "x" * 16, None, 0], bytes(16)),
    "time": ([1, 0xFFFFFFFF], [0, -1, 0x100000000, True, 1.5, "1", None], 0),
    "uptime": ([0, 0xFFFFFFFF], [-1, 0x100000000, True, None, [1]], 0),
    "flags": ([1, 2, 3, 1023, 1025, 1 << 14 | 2, 0xFFFF], [0, 4, -1, 0x10000, 1 << 70, True, None, b""], 0),
    "boot": ([1, 0xFFFFFFFF], [0, -1, 0x100000000, None, True], 0),
    "digest": ([bytes(16)], [b"", bytes(17), 0, None], bytes(16)),
    "calibration counter": ([0, 0xFFFF], [-1, 0x10000, None, True, 0.0], 0),
    "configuration counter": ([0, 0xFFFF], [-1, 0x10000, None, True, {}], 0),
}
WHOLE = [3, *HEAD, BODIES[Kind.SNAPSHOT][0]]


@pytest.mark.parametrize(
    ("at", "value"), [(at, value) for at, (good, _, _) in enumerate(HEAD_VALUES.values()) for value in good], ids=repr
)
def test_a_head_in_its_ranges_is_read_whole(at: int, value: Any) -> None:
    payload = [*WHOLE[:at], value, *WHOLE[at + 1 :]]
    one = read(payload)
    assert (one.breaches, one.unread, one.has_state) == ((), (), True)
    assert valid(payload, "later-payload")
    assert one[6 + at] == value


@pytest.mark.parametrize(
    ("at", "value"), [(at, value) for at, (_, bad, _) in enumerate(HEAD_VALUES.values()) for value in bad], ids=repr
)
def test_a_head_out_of_its_ranges_keeps_its_number_and_all_else_that_can_be_read(at: int, value: Any) -> None:
    name, (_, _, absent) = list(HEAD_VALUES.items())[at]
    payload = [*WHOLE[:at], value, *WHOLE[at + 1 :]]
    one = read(payload)
    assert one.number == 2
    assert len(one.breaches) == 1
    if name == "flags" and value in (0, 4):  # in range, but then there is no clock
        assert (one.unread, one.time, one.flags, one.clock_quality) == (("time",), 0, value, 0)
    else:
        assert not valid(payload, "later-payload") or name == "time"
        assert one.unread == (("time", "flags") if name == "flags" else (name,))
        assert one[6 + at] == absent
        assert (one.clock_quality > 0) == (name not in ("time", "flags"))
        assert name in one.breaches[0]
    kept = [field for there, field in enumerate(one[6:16]) if there not in (at, 3)]
    assert kept == [field for there, field in enumerate(WHOLE[:10]) if there not in (at, 3)]
    assert one.has_state == (at < 7)
    assert (one.body is None) == (name == "kind")


@pytest.mark.parametrize("number", [0, -1, 0x100000000, None, True, 2.0, "2", b"2", [2], {}])
def test_without_a_readable_number_no_head_is_read(number: Any) -> None:
    one = read([3, number, *HEAD[1:], WHOLE[10]])
    assert one[6:16] == (0, 0, bytes(16), 0, 0, 0, 0, bytes(16), 0, 0)
    assert (one.body, len(one.unread), len(one.breaches), one.has_state) == (None, 10, 1, False)


@pytest.mark.parametrize("payload", [[], [3], {3: 2}, "text", 7, None, [[3, 2]]], ids=repr)
def test_what_is_no_array_with_a_number_has_none(payload: Any) -> None:
    one = cbor_signed(payload)
    assert (one.number, one.body, len(one.unread)) == (0, None, 10)
    assert "the payload is not an array of 11 elements" in one.breaches


def cbor_signed(payload: Any) -> statement.Statement:
    """The same for a payload that is no array."""
    header = {cose.HEADER_ALG: cose.ESP256, cose.HEADER_KID: identity.kid(identity.point(KEY))}
    encoded = cbor.encode(payload)
    return statement.parse(cose.encode_sign1(header, encoded, (7).to_bytes(32, "big"), statement.EXTERNAL))


@pytest.mark.parametrize("length", range(2, 11))
def test_a_head_that_ends_early_is_kept_as_far_as_it_goes(length: int) -> None:
    one = read(WHOLE[:length])
    assert one.number == 2
    assert "the payload is not an array of 11 elements" in one.breaches
    assert list(one[6:9]) == [*WHOLE[:length], bytes(16)][:3]
    missing = list(HEAD_VALUES)[length:]
    assert one.unread == tuple(name for name in HEAD_VALUES if name in missing or (name == "time" and length < 6))


@pytest.mark.parametrize("extra", [[1], [-1, "x"], [b"", None, True, {"a": [1]}, cbor.Tag(99, [1])]], ids=repr)
@pytest.mark.parametrize("rest", [[], ["x"], [[1], {}]], ids=repr)
@pytest.mark.parametrize(
    ("kind", "body"), [(99, []), *[(kind, body) for kind, some in BODIES.items() for body in some]]
)
def test_a_longer_head_and_payload_of_any_kind_leave_the_body_readable(
    extra: list[Any], rest: list[Any], kind: int, body: list[Any]
) -> None:
    number = 1 if kind == Kind.ENROL else 2
    payload = [int(kind), number, *HEAD[1:], *extra, [*body, "new"], *rest]
    one = read(payload)
    assert valid(payload, "later-payload")
    assert not valid(payload, "payload")
    assert (one.breaches, one.unread) == ((), ())
    assert cbor.encode(list(one.extra_head)) == cbor.encode(extra + rest)
    assert list(one.extra_body) == ([] if kind == 99 else ["new"])
    assert (one.body is None) == (kind == 99)
    alone = read([int(kind), number, *HEAD[1:], body])
    assert (one.body, one.extra_head) == (alone.body, alone.extra_head + one.extra_head)


@pytest.mark.parametrize("code", [max(EventKind) + 1, 1_000, 0xFFFFFFFF])
def test_an_unknown_event_keeps_its_facts(code: int) -> None:
    payload = [5, *HEAD, [code, [1, "x"]]]
    one = read(payload)
    assert (one.breaches, one.body) == ((), Event(code, (1, "x")))
    assert valid(payload, "later-payload")
    assert not valid(payload, "payload")


@pytest.mark.parametrize("code", [0, -1, 0x100000000, 1 << 80, True, None, "1"])
def test_a_code_out_of_range_is_no_event(code: Any) -> None:
    payload = [5, *HEAD, [code, []]]
    one = read(payload)
    assert (one.number, one.body, len(one.breaches)) == (2, None, 1)
    assert not valid(payload, "later-payload")
