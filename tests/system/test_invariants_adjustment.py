"""Invariant 8 at the service console of a real agent: without switch, session and permit no parameter ever changes.

A hostile client types whatever the closed list of commands allows, and more. With the switch on, a change is in the
journal before it acts, and its counter rises once a session.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from kit.chain import exported
from kit.platform_side import Key, Platform
from steelyard_protocol import identity, statement
from steelyard_protocol.downlink import KeySet, Permit, PermitFor, Role
from steelyard_protocol.enrolment import from_base64url, to_base64url
from steelyard_protocol.events import Event, ParameterChange
from steelyard_protocol.parameters import FIELDS, KEYS
from steelyard_protocol.statement import Statement
from steelyard_simulator.errors import ScaleIsOff
from steelyard_simulator.flashing import PARAMETERS, factory_file
from steelyard_simulator.scale import SimulatedScale

Simulate = Callable[..., SimulatedScale]

ENROL = "enrol maker=M model=X serial=1 code=C"
GRAVITY = KEYS["gravity_use_um_s2"]
SESSION_S = 15 * 60
FAR_S = 0xFFFFFFFF

PLATFORM = Platform()
STRANGER = Platform()

State = tuple[dict[str, int], str, int, int]


def scale_on_record(simulate: Simulate, **changed: int) -> SimulatedScale:
    """A scale of the platform, enrolled, with the switch off and an empty pan; `changed` are factory parameters."""
    named = {KEYS[name]: value for name, value in changed.items()}
    scale = simulate(factory=factory_file(PLATFORM.root.point, {**PARAMETERS, **named}))
    scale.advance(5)
    scale.console(ENROL)
    scale.console(f"enrol accept {PLATFORM.answer(scale, 1883)}")
    return scale


def state(scale: SimulatedScale) -> State:
    """Parameters, their digest and both counters, as the scale uses them."""
    told = scale.console_json("parameters")
    return told["parameters"], told["digest"], told["calibration_counter"], told["configuration_counter"]


def statements(scale: SimulatedScale) -> list[Statement]:
    return [statement.parse(raw) for raw in exported(scale)]


def changes(scale: SimulatedScale) -> list[Statement]:
    return [
        one for one in statements(scale) if isinstance(one.body, Event) and isinstance(one.body.facts, ParameterChange)
    ]


def kid_of(scale: SimulatedScale) -> bytes:
    return identity.from_text(scale.console_json("status")["identity"])


def switch(scale: SimulatedScale, on: bool) -> None:
    scale.adjustment_switch(on)
    scale.advance(0.1)  # contacts bounce: the agent looks again after 30 ms
    assert scale.console_json("status")["switch"] == on


def permit_for(scale: SimulatedScale) -> Permit:
    """A good permit for the gravity at the place of use."""
    return Permit(kid_of(scale), PermitFor.ADJUST, 1, 7, 0, FAR_S, 0, 0, None, (GRAVITY,))


def bad_permits(scale: SimulatedScale) -> dict[str, bytes]:
    """Permits that open nothing, by what is wrong with them."""
    good = permit_for(scale)
    authority, online, stranger = PLATFORM.authority, PLATFORM.online, Key()
    return {
        "another scale's": authority.sign(replace(good, identity=identity.kid(stranger.point))),
        "wrong role": online.sign(good),
        "root itself": PLATFORM.root.sign(good),
        "a stranger's": stranger.sign(good),
        "another platform's": STRANGER.authority.sign(good),
        "spent, calibration": authority.sign(replace(good, calibration_counter=3)),
        "spent, configuration": authority.sign(replace(good, configuration_counter=1)),
        "to unlock": authority.sign(replace(good, what=PermitFor.UNLOCK)),
        "to update": authority.sign(replace(good, what=PermitFor.UPDATE)),
        "changed": authority.sign(good)[:-1] + b"\x00",
        "cut short": authority.sign(good)[:-8],
        "a key set": PLATFORM.key_set(2),
        "garbage": b"garbage",
    }


# ---- what a hostile client types -------------------------------------------------------------------------------------

NUMBER = st.one_of(st.integers(-(2**70), 2**70), st.integers(-10, 100), st.sampled_from([0, 1, 9_799_000, 2**32]))
NAME = st.one_of(st.sampled_from(sorted(KEYS)), st.text("abcz_0", max_size=12))
MASS = st.builds("{} {}".format, st.one_of(NUMBER, st.floats(allow_nan=True)), st.sampled_from(["kg", "g", "lb", ""]))
BLOB = st.one_of(
    st.binary(max_size=200).map(to_base64url),
    st.sampled_from(["A-STRANGERS-ANSWER", "A-KEY-SET-WITHOUT-NUMBER", "NO-PERIOD", "A-STRANGERS-KEYS"]),
)


def bad_answers(scale: SimulatedScale) -> dict[str, str]:
    """Answers to the enrolment that are not the platform's, by the words that stand for them."""
    strangers = STRANGER.root.sign(KeySet(9, ((STRANGER.online.point, Role.AUTHORITY),)))
    return {
        "A-STRANGERS-ANSWER": STRANGER.answer(scale, 1),
        "A-KEY-SET-WITHOUT-NUMBER": PLATFORM.answer(scale, 1, PLATFORM.key_set(0)),
        "NO-PERIOD": PLATFORM.answer(scale, 1, period_s=0),
        "A-STRANGERS-KEYS": PLATFORM.answer(scale, 1883, strangers),
    }


TYPEABLE = st.text(st.characters(min_codepoint=0x20, exclude_categories=("Cs", "Cc")), max_size=60)
COMMAND = st.one_of(
    st.builds("adjust set {} {}".format, NAME, st.one_of(NUMBER.map(str), st.just("none"), TYPEABLE)),
    st.builds("adjust span {}".format, MASS),
    st.builds("adjust permit {}".format, BLOB),
    st.builds("enrol accept {}".format, BLOB),
    st.builds("enrol maker={} model=Y serial=2 code=D".format, st.text("MN", min_size=1, max_size=40)),
    st.builds("time {}".format, NUMBER),
    st.builds("log {}".format, st.integers(-1, 5)),
    st.builds("export {} {}".format, st.integers(1, 2), st.integers(0, 3)),
    st.sampled_from(
        ["adjust", "adjust zero", "adjust close", "zero", "tare", "tare clear", "enrol", "help", "watch 2"]
    ),
    st.sampled_from(
        ["adjust set", "adjust open", "adjust session", "parameters digest 00", "unlock 1", "reset", "import os"]
    ),
    TYPEABLE.filter(lambda text: text.strip() not in ("", "watch", "watch json")),
)


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],  # one scale takes all of them: nothing can be tried again
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def _hostile_examples(scale: SimulatedScale, before: State, answers: dict[str, str], data: st.DataObject) -> None:
    for command in data.draw(st.lists(COMMAND, min_size=1, max_size=6)):
        *words, last = command.split(" ")
        if command.strip():
            scale.console(" ".join([*words, answers.get(last, last)]))
    scale.place(data.draw(st.sampled_from([0, 0, 1.0, 14.9])))
    scale.advance(data.draw(st.sampled_from([0.1, 3])))
    assert state(scale) == before


@pytest.mark.parametrize("permit_required", [0, 1])
def test_nothing_typed_without_the_switch_changes_a_parameter(simulate: Simulate, permit_required: int) -> None:
    scale = scale_on_record(simulate, permit_required=permit_required)
    before = state(scale)
    _hostile_examples(scale, before, bad_answers(scale))
    assert changes(scale) == []
    assert {one.digest.hex() for one in statements(scale)} == {before[1]}
    assert not scale.console_json("status")["session"]


def test_what_the_hostile_client_types_would_do_harm_if_it_were_let(simulate: Simulate) -> None:
    scale = scale_on_record(simulate)
    switch(scale, True)
    before = state(scale)
    with pytest.raises(AssertionError):
        _hostile_examples(scale, before, bad_answers(scale))
    assert changes(scale)


def test_with_the_switch_alone_nothing_changes_where_a_permit_is_required(simulate: Simulate) -> None:
    scale = scale_on_record(simulate, permit_required=1)
    switch(scale, True)
    before = state(scale)
    _hostile_examples(scale, before, bad_answers(scale))
    for name, field in ((field.name, field) for field in FIELDS.values()):
        answer = scale.console_json(f"adjust set {name} {field.maximum}")
        assert answer["error"] in ("permit-required", "invalid"), (name, answer)
    for name, raw in bad_permits(scale).items():
        answer = scale.console_json(f"adjust permit {to_base64url(raw)}")
        assert "error" in answer, f"a permit was taken: {name}"
        assert scale.console_json("adjust set gravity_use_um_s2 9799000")["error"] == "permit-required", name
    assert state(scale) == before
    assert changes(scale) == []


def test_permit_covers_its_fields_for_one_session_and_is_spent_by_its_change(simulate: Simulate) -> None:
    scale = scale_on_record(simulate, permit_required=1)
    permit = to_base64url(PLATFORM.authority.sign(permit_for(scale)))
    before = state(scale)
    assert scale.console_json(f"adjust permit {permit}")["waiting"], "it waits for the switch"
    assert scale.console_json("adjust set gravity_use_um_s2 9799000")["error"] == "switch-off"
    switch(scale, True)
    for name in ("filter_samples 12", "permit_required 0", "zero_counts 1"):
        assert scale.console_json(f"adjust set {name}")["error"] == "not-in-permit"
    assert state(scale) == before
    for value in (9_799_000, 9_798_000):
        assert "error" not in scale.console_json(f"adjust set gravity_use_um_s2 {value}")
    assert state(scale)[2:] == (1, 0), "once a session"
    scale.advance(SESSION_S + 10)
    assert not scale.console_json("status")["session"], "it ends by itself"
    after = state(scale)
    for command in (
        "adjust set gravity_use_um_s2 9797000",
        f"adjust permit {permit}",
        "adjust zero",
        "adjust span 1 kg",
    ):
        assert "error" in scale.console_json(command), command
    assert state(scale) == after
    assert [one.body.facts.permit for one in changes(scale)] == [statement.hash_of(from_base64url(permit))] * 2


def test_counter_rises_once_a_session_and_the_switch_ends_it(simulate: Simulate) -> None:
    scale = scale_on_record(simulate)
    switch(scale, True)
    for value in (9_799_000, 9_798_000, 9_797_000):
        scale.console(f"adjust set gravity_use_um_s2 {value}")
    assert state(scale)[2:] == (1, 0)
    scale.console("adjust set filter_samples 12")
    assert state(scale)[2:] == (1, 1)
    switch(scale, False)
    assert scale.console_json("adjust set filter_samples 13")["error"] == "switch-off"
    switch(scale, True)
    scale.console("adjust set filter_samples 13")
    assert state(scale)[2:] == (1, 2)
    scale.advance(SESSION_S + 10)
    scale.console("adjust set filter_samples 14")
    assert state(scale)[2:] == (1, 3), "a new session, as the switch is on and this type asks for no permit"
    assert [one.calibration_counter for one in changes(scale)] == [0, 1, 1, 1, 1, 1], "an event's header shows what was"


def test_open_case_ends_the_session_and_locks(simulate: Simulate) -> None:
    scale = scale_on_record(simulate)
    switch(scale, True)
    scale.console("adjust set filter_samples 12")
    before = state(scale)
    scale.open_case()
    scale.advance(2)
    for _ in range(2):
        assert scale.console_json("adjust set filter_samples 13")["error"] == "locked"
        scale.close_case()
        scale.power_off()
        scale.power_on()
        scale.advance(5)
    assert state(scale) == before


def type_and_wait(scale: SimulatedScale, command: str) -> None:
    """Type a command and wait for an hour, or until the power fails: then ScaleIsOff is raised."""
    scale.console(command)
    scale.advance(3600)
    scale.console("status")


def test_change_is_journalled_before_it_acts(simulate: Simulate) -> None:
    scale = scale_on_record(simulate)
    switch(scale, True)
    made = 0
    for at in range(1, 9):
        scale.console("adjust set filter_samples 12")  # opens a session, so that the next commit comes first
        before, known = state(scale), len(changes(scale))
        scale.cut_power(at=at, how=("none", "prefix", "scattered", "all")[at % 4], seed=at)
        with pytest.raises(ScaleIsOff):
            type_and_wait(scale, f"adjust set filter_samples {12 + at}")
        scale.power_on()
        scale.advance(3)
        told, now = changes(scale), state(scale)
        made += len(told) > known
        if len(told) == known:
            assert now == before, "no event, no change"
        else:
            facts = told[-1].body.facts
            assert now[1:] == (facts.digest.hex(), facts.calibration_counter, facts.configuration_counter)
            assert now[0]["filter_samples"] == 12 + at
        assert not scale.console_json("status")["session"]
    assert 0 < made < 8, "some cuts came before the event was synced and some after"
