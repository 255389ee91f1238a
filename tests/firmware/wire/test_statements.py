"""What the firmware states is what the definition says: for the host, for its key, for an independent validator."""

from __future__ import annotations

import cddl_verifier
import pytest
from kit.micropython import ROOT, TARGET, MicroPython
from steelyard_definition.definition import Definition
from steelyard_protocol import cbor, statement
from steelyard_protocol.bodies import Kind, Snapshot
from steelyard_protocol.events import Event, EventKind, ParameterChange

SCHEMA = ROOT / "protocol" / "steelyard.cddl"
# asyncio keeps the real clock: it is imported before the simulator's `time` comes into reach.
SOURCE = f"import asyncio, sys\nsys.path.append({str(ROOT / 'simulator' / 'hal')!r})\nimport every_statement"

TOLD_BY_THE_SESSION = ("parameter-change", "session-opened", "session-closed")  # which the target opens itself


@pytest.fixture(scope="module")
def made(micropython: MicroPython) -> tuple[bytes, list[bytes]]:
    """The public key of a scale, and a statement of every kind that it made."""
    others = [event for event in Definition().events() if event.name not in TOLD_BY_THE_SESSION]
    events = [cbor.encode(event.example).hex() for event in others]
    lines = micropython(SOURCE, *events, path=[TARGET], heap="2M").stdout.split()
    return bytes.fromhex(lines[0]), [bytes.fromhex(line) for line in lines[1:]]


def test_every_kind_of_statement_and_event_keeps_the_profile(made: tuple[bytes, list[bytes]]) -> None:
    public_key, messages = made
    kinds, events, link = set(), set(), statement.NO_LINK
    for number, raw in enumerate(messages, start=1):
        parsed = statement.parse(raw)
        assert parsed.breaches == ()
        assert (parsed.number, parsed.link) == (number, link)
        assert parsed.verifies(public_key)
        assert cddl_verifier.validate(SCHEMA, raw, root_type="statement", require_deterministic=True).valid
        kinds.add(parsed.kind)
        if isinstance(parsed.body, Event):
            events.add(parsed.body.kind)
        link = statement.link_of(parsed.hash)
    assert kinds == set(Kind)
    assert events == set(EventKind)


def test_counters_stand_before_a_commit_in_its_head_and_after_it_in_its_body(made: tuple[bytes, list[bytes]]) -> None:
    parsed = [statement.parse(raw) for raw in made[1]]
    [change] = [one for one in parsed if isinstance(one.body, Event) and isinstance(one.body.facts, ParameterChange)]
    after = change.body.facts
    assert (change.calibration_counter, change.configuration_counter) == (0, 0)
    assert (after.calibration_counter, after.configuration_counter) == (1, 1)
    following = parsed[change.number]
    assert (following.digest, following.calibration_counter, following.configuration_counter) == (after.digest, 1, 1)


def test_snapshots_are_small_even_at_every_bound(made: tuple[bytes, list[bytes]]) -> None:
    typical, extreme = made[1][-2:]
    assert len(typical) <= 190
    assert len(extreme) <= 212
    body = statement.parse(extreme).body
    assert isinstance(body, Snapshot)
    assert (body.filtered_counts, body.zero_minimum_counts, body.journal_free_percent) == (8388607, -16777216, 100)
