"""A whole scale, from pan to receipt: the real agent on its simulated board, a real broker, a small receiver."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from kit.chain import faults_of_chain
from kit.platform_side import Key, Platform, Receiver, receiving
from kit.servers import Server, wait_until
from steelyard_protocol import cbor, downlink, statement
from steelyard_protocol.enrolment import from_base64url, to_base64url
from steelyard_protocol.statement import Statement
from steelyard_simulator.flashing import factory_file
from steelyard_simulator.scale import SimulatedScale

PERIOD_S = 1
ENROL, BOOT, SNAPSHOT, PARAMETERS, EVENT = 1, 2, 3, 4, 5
WIFI = 3
SESSION_OPENED, DOWNLINK_REFUSED = 12, 9


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
def receiver(mosquitto: Server, platform: Platform) -> Iterator[Receiver]:
    with receiving(mosquitto.port, platform) as receiver:
        yield receiver


@pytest.fixture
def scale(
    simulate: Callable[..., SimulatedScale], platform: Platform, mosquitto: Server, receiver: Receiver
) -> SimulatedScale:
    """A scale that was enrolled through its console and reports every second."""
    factory = {**cbor.decode(factory_file(platform.root.point)), WIFI: ["market", "password"]}
    scale = simulate(virtual=False, factory=cbor.encode(factory))
    enrolment = scale.console_json("enrol maker=M model=one serial=1 code=P-1")
    scale.console(f"enrol accept {platform.answer(scale, mosquitto.port, period_s=PERIOD_S)}")
    # What is on the pan before the first zero would become the zero.
    wait_until(lambda: 1 in receiver.held and scale.console_json("status")["stable"], 20, "a scale that is ready")
    assert receiver.held[1] == from_base64url(enrolment["statement"])
    return scale


def status(scale: SimulatedScale) -> dict[str, Any]:
    return scale.console_json("status")


def held(receiver: Receiver, kind: int) -> list[Statement]:
    """What the receiver has of one kind, in order, once it has something."""
    receiver.check()
    parsed = [statement.parse(receiver.held[number]) for number in sorted(receiver.held)]
    return [one for one in parsed if one.kind == kind]


def events(receiver: Receiver, kind: int) -> list[Statement]:
    return [one for one in held(receiver, EVENT) if one.body.kind == kind]


def assert_whole(receiver: Receiver) -> None:
    """Every number is held, and each links to the one before."""
    assert faults_of_chain([receiver.held[number] for number in sorted(receiver.held)], len(receiver.held)) == []


def wait_receipted(scale: SimulatedScale, least: int) -> None:
    wait_until(lambda: status(scale)["receipted"] >= least, 30, f"a receipt for {least}")


def test_load_on_the_pan_becomes_a_receipted_statement(scale: SimulatedScale, receiver: Receiver) -> None:
    scale.place(kg=1.0)
    wait_until(lambda: held(receiver, SNAPSHOT)[-1:] and held(receiver, SNAPSHOT)[-1].body.gross == 200, 20, "1 kg")
    wait_receipted(scale, held(receiver, SNAPSHOT)[-1].number)
    boots = held(receiver, BOOT)
    assert [one.number for one in boots] == [2]
    assert status(scale)["uplink"] == "online"
    assert_whole(receiver)


def test_network_outage_is_caught_up(scale: SimulatedScale, receiver: Receiver) -> None:
    wait_receipted(scale, 2)
    scale.cut_network()
    before = status(scale)
    wait_until(lambda: status(scale)["number"] >= before["number"] + 4, 20, "statements during the outage")
    assert status(scale)["receipted"] <= before["number"]
    scale.restore_network()
    wait_receipted(scale, before["number"] + 4)
    assert_whole(receiver)


def test_power_cut_while_catching_up_loses_nothing(
    scale: SimulatedScale, receiver: Receiver, mosquitto: Server
) -> None:
    wait_receipted(scale, 2)
    receiver.receipts = False
    for second in range(1_800_000_000, 1_800_000_020):
        scale.console(f"time {second}")
    head = status(scale)["number"]
    scale.cut_network()
    scale.cut_power()
    receiver.receipts = True
    scale.power_on()
    scale.restore_network()
    wait_receipted(scale, head + 1)
    assert len(held(receiver, BOOT)) == 2
    assert_whole(receiver)


def test_forged_messages_change_nothing_and_are_told(scale: SimulatedScale, receiver: Receiver) -> None:
    wait_receipted(scale, 2)
    receiver.receipts = False
    receiver.send(receiver.platform.receipt(receiver.held[1], key=Key()))
    receiver.send(receiver.platform.receipt(receiver.newest_held(), hash=bytes(32)))
    receiver.send(bytes(3000))
    wait_until(lambda: bool(events(receiver, DOWNLINK_REFUSED)), 20, "the event of the refusal")
    receipted = status(scale)["receipted"]
    assert events(receiver, DOWNLINK_REFUSED)[0].number > receipted
    receiver.receipts = True
    wait_receipted(scale, events(receiver, DOWNLINK_REFUSED)[0].number)
    assert_whole(receiver)


def adjust_span(scale: SimulatedScale) -> None:
    """Adjust by what is on the pan, again where a busy machine let too many conversions pass for it to rest."""
    answers: list[Any] = []

    def adjusted() -> bool:
        answers.append(scale.console_json("adjust span 1.1 kg"))
        return "error" not in answers[-1] or answers[-1]["error"] != "weighing-refused"

    wait_until(adjusted, 90, "a load at rest")
    assert "error" not in answers[-1], answers


@pytest.mark.parametrize("way", ["downlink", "console"])
def test_permit_opens_the_session_that_it_is_for(scale: SimulatedScale, receiver: Receiver, way: str) -> None:
    wait_receipted(scale, 2)
    kid = statement.parse(receiver.held[1]).kid
    permit = receiver.platform.authority.sign(downlink.Permit(kid, 2, 1, 7, 0, 4_000_000_000, 0, 0, None, (40, 41)))
    if way == "downlink":
        receiver.send(permit)
        # The second receipt from now was sent after the permit was judged: a statement a second.
        wait_receipted(scale, status(scale)["number"] + 2)
    else:
        scale.console(f"adjust permit {to_base64url(permit)}")
    scale.place(kg=1.0)
    assert scale.console_json("adjust span 1.1 kg")["error"] == "switch-off"
    scale.adjustment_switch(on=True)
    wait_until(lambda: status(scale)["switch"], 5, "the switch being seen")
    adjust_span(scale)
    wait_until(lambda: bool(events(receiver, SESSION_OPENED)), 20, "the event of the session")
    opened = events(receiver, SESSION_OPENED)[0]
    assert opened.body.facts[0] == statement.hash_of(permit)
    assert status(scale)["calibration_counter"] == 1


def test_a_spent_permit_opens_nothing_again(scale: SimulatedScale, receiver: Receiver) -> None:
    wait_receipted(scale, 2)
    kid = statement.parse(receiver.held[1]).kid
    permit = receiver.platform.authority.sign(downlink.Permit(kid, 2, 1, 7, 0, 4_000_000_000, 0, 0, None, (40, 41)))
    scale.console(f"adjust permit {to_base64url(permit)}")
    scale.place(kg=1.0)
    scale.adjustment_switch(on=True)
    wait_until(lambda: status(scale)["switch"], 5, "the switch being seen")
    adjust_span(scale)
    scale.adjustment_switch(on=False)
    receiver.send(permit)
    wait_until(lambda: bool(events(receiver, DOWNLINK_REFUSED)), 20, "the event of the refusal")
    assert events(receiver, DOWNLINK_REFUSED)[0].body.facts == (9, 2, 1), "permit refused, kind permit, once"
    assert scale.console_json(f"adjust permit {to_base64url(permit)}")["error"] == "message-refused"
    assert len(events(receiver, SESSION_OPENED)) == 1
