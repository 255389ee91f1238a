"""The way up in real MicroPython, against real brokers: nothing leaves the journal before a receipt, whatever fails."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import iotcore
import pytest
from kit.chain import faults_of_chain
from kit.micropython import MicroPython
from kit.platform_side import Platform, Receiver, receiving
from kit.scale_process import ScaleProcess, scale_process
from kit.servers import Server, free_port, wait_until
from steelyard_protocol import downlink, statement


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
def scale(micropython: MicroPython, tmp_path: Path, platform: Platform) -> Iterator[ScaleProcess]:
    """An enrolled scale that has not been told of a broker."""
    with scale_process(micropython, tmp_path, platform) as scale:
        scale.enrolment = scale.enrol()
        yield scale


@pytest.fixture
def receiver(mosquitto: Server, platform: Platform) -> Iterator[Receiver]:
    with receiving(mosquitto.port, platform) as receiver:
        yield receiver


def wait_for(scale: ScaleProcess, *, faster: bool = False, **values: object) -> None:
    """Wait until the scale's status has these values; `faster` lets its clock run ahead meanwhile."""

    def reached() -> bool:
        if faster:
            scale.call("put_forward", 100)
        status = scale.status
        return all(status[name] == value for name, value in values.items())

    wait_until(reached, 20, f"{values}")


def accept(scale: ScaleProcess, platform: Platform, port: int) -> None:
    assert scale.call("accept", platform.answer(scale.enrol(), port)) is None


def test_statements_are_sent_in_order_and_trimmed_by_receipts(
    scale: ScaleProcess, platform: Platform, mosquitto: Server, receiver: Receiver
) -> None:
    assert scale.status["state"] == "off"
    accept(scale, platform, mosquitto.port)
    wait_for(scale, state="online", receipted=1)
    for number in range(2, 8):
        scale.call("append", 1)
        wait_for(scale, receipted=number)
    assert receiver.messages == [[number] for number in range(1, 8)], "live, each statement travels alone"
    assert scale.status["trimmed"] == 7
    assert faults_of_chain([receiver.held[number] for number in sorted(receiver.held)], 7) == []


def test_catching_up_goes_in_batches_within_the_bounds(
    scale: ScaleProcess, platform: Platform, mosquitto: Server, receiver: Receiver
) -> None:
    scale.call("append", 399, timeout=60)
    accept(scale, platform, mosquitto.port)
    wait_for(scale, receipted=400)
    assert sorted(receiver.held) == list(range(1, 401))
    assert [number for message in receiver.messages for number in message] == list(range(1, 401)), "once each, in order"
    assert max(receiver.sizes) <= 8192
    assert max(len(message) for message in receiver.messages) <= 40
    assert len(receiver.messages) <= 12


def test_without_receipts_nothing_is_trimmed_and_all_is_sent_again(
    scale: ScaleProcess, platform: Platform, mosquitto: Server, receiver: Receiver
) -> None:
    receiver.receipts = False
    scale.call("append", 4)
    accept(scale, platform, mosquitto.port)
    wait_until(lambda: len(receiver.held) == 5, 10, "delivery")
    status = scale.status
    assert (status["receipted"], status["trimmed"], status["resends"]) == (0, 0, 0)
    scale.call("put_forward", 31_000)
    wait_until(lambda: receiver.messages == [[1, 2, 3, 4, 5]] * 2, 10, "sending again")
    scale.call("put_forward", 31_000)
    scale.call("append", 1)
    wait_until(lambda: receiver.messages[-1] == [6], 10, "the new statement")
    assert scale.status["resends"] == 1, "the second time comes later than the first"
    receiver.receipts = True
    scale.call("put_forward", 30_000)
    wait_for(scale, receipted=6, trimmed=6)


def test_a_silent_platform_bounds_what_a_broker_must_keep(
    scale: ScaleProcess, platform: Platform, mosquitto: Server, receiver: Receiver
) -> None:
    receiver.receipts = False
    scale.call("append", 599, timeout=60)
    accept(scale, platform, mosquitto.port)
    wait_until(lambda: len(receiver.messages) == 8, 10, "eight batches")
    assert len(receiver.held) <= 8 * 40
    scale.call("append", 5)
    assert len(receiver.messages) == 8
    receiver.receipts = True
    receiver.send(platform.receipt(receiver.newest_held()))
    wait_for(scale, receipted=605)
    assert sorted(receiver.held) == list(range(1, 606))


def test_receipt_with_a_foreign_hash_trims_nothing(
    scale: ScaleProcess, platform: Platform, mosquitto: Server, receiver: Receiver
) -> None:
    receiver.receipts = False
    accept(scale, platform, mosquitto.port)
    wait_until(lambda: 1 in receiver.held, 10, "delivery")
    receiver.send(platform.receipt(receiver.held[1], hash=bytes(32)))
    wait_until(lambda: scale.status["refused"] == [[8, 1]], 10, "refusal")
    assert scale.status["receipted"] == 0
    receiver.send(bytes(5000))
    wait_until(lambda: scale.status["refused"] == [[8, 1], [2, 0]], 10, "refusal")
    receiver.send(platform.receipt(receiver.held[1]))
    wait_for(scale, receipted=1)
    assert scale.status["connections"] == 1


def test_broker_killed_under_traffic_loses_nothing(
    scale: ScaleProcess, platform: Platform, mosquitto: Server, receiver: Receiver
) -> None:
    accept(scale, platform, mosquitto.port)
    wait_for(scale, receipted=1)
    receiver.receipts = False
    scale.call("append", 50)
    for _ in range(3):
        scale.call("append", 10)
        mosquitto.kill()
        scale.call("append", 10)
        mosquitto.restart()
    receiver.receipts = True
    head = scale.call("append", 1)
    # What was published while nobody was subscribed is lost in the broker: only the missing receipt tells.
    wait_for(scale, faster=True, receipted=head)
    assert sorted(receiver.held) == list(range(1, head + 1))
    assert scale.status["connections"] >= 2


def test_network_outage_is_caught_up(
    scale: ScaleProcess, platform: Platform, mosquitto: Server, receiver: Receiver
) -> None:
    accept(scale, platform, mosquitto.port)
    wait_for(scale, receipted=1)
    scale.call("unplug")
    receiver.subscribed.clear()
    mosquitto.restart()
    wait_for(scale, state="connecting")
    assert receiver.subscribed.wait(10)
    scale.call("append", 100)
    assert scale.status["receipted"] == 1
    scale.call("plug_in")
    wait_for(scale, receipted=101, connections=2)
    assert sorted(receiver.held) == list(range(1, 102))


def test_restarted_scale_goes_on_where_receipts_left_it(
    micropython: MicroPython, tmp_path: Path, platform: Platform, mosquitto: Server, receiver: Receiver
) -> None:
    with scale_process(micropython, tmp_path, platform) as scale:
        scale.enrol()
        scale.call("append", 60)
        receiver.receipts = False
        accept(scale, platform, mosquitto.port)
        wait_until(lambda: len(receiver.held) == 61, 10, "delivery")
    receiver.receipts = True
    with scale_process(micropython, tmp_path, platform) as scale:
        wait_for(scale, receipted=61)
        scale.call("append", 1)
        wait_for(scale, receipted=62)
    assert sorted(receiver.held) == list(range(1, 63))


def test_a_pan_that_is_never_empty_does_not_keep_the_scale_off_line_for_ever(
    scale: ScaleProcess, platform: Platform, mosquitto: Server, receiver: Receiver
) -> None:
    """With TLS the scale waits for a calm moment; something that always lies on the pan must not hide it."""
    scale.call("occupy")
    assert scale.call("accept", platform.answer(scale.enrolment, mosquitto.port, tls=True)) is None
    wait_for(scale, state="connecting")
    scale.call("put_forward", 500_000)
    assert scale.status["connections"] == 0
    scale.call("put_forward", 150_000)
    wait_for(scale, receipted=1)


def test_the_clock_is_set_by_the_platforms_answer(
    scale: ScaleProcess, platform: Platform, mosquitto: Server, receiver: Receiver
) -> None:
    receiver.time_s = 1_800_000_000
    accept(scale, platform, mosquitto.port)
    wait_until(lambda: scale.call("time")[1] == 3, 10, "signed network time")
    wait_for(scale, receipted=2)
    assert len(receiver.questions) == 1
    assert statement.parse(receiver.held[2]).body.facts[2] == 3


def test_statements_are_sent_again_when_the_platform_asks(
    scale: ScaleProcess, platform: Platform, mosquitto: Server, receiver: Receiver
) -> None:
    scale.call("append", 99)
    accept(scale, platform, mosquitto.port)
    wait_for(scale, receipted=100)
    receiver.messages.clear()
    kid = statement.parse(scale.enrolment).kid
    receiver.send(platform.online.sign(downlink.Ask(kid, 1, downlink.Asked.RESEND, 20)))
    wait_until(lambda: sum(map(len, receiver.messages)) >= 81, 20, "all from 20 on")
    assert [number for message in receiver.messages for number in message] == list(range(20, 101))
    scale.call("append", 1)
    wait_for(scale, receipted=101)
    assert receiver.messages[-1] == [101], "then it goes on"


def test_an_address_is_doubted_once_a_connection_to_it_failed_and_not_before(
    scale: ScaleProcess, platform: Platform, mosquitto: Server, receiver: Receiver
) -> None:
    accept(scale, platform, mosquitto.port)
    wait_for(scale, receipted=1)
    scale.call("hang_up")
    wait_for(scale, state="connecting")
    assert scale.status["doubted"] == [], "the network failed, not the address"
    with socket.create_server(("127.0.0.1", 0)) as rude:
        port = rude.getsockname()[1]
        accept(scale, platform, port)
        scale.call("plug_in")
        rude.settimeout(20)
        rude.accept()[0].close()
        wait_until(lambda: bool(scale.status["doubted"]), 20, "the doubt")
        assert scale.status["doubted"][0] == ["127.0.0.1", port]


def test_embedded_broker_serves_the_same(scale: ScaleProcess, platform: Platform) -> None:
    with iotcore.Broker(port=free_port(), listen="127.0.0.1") as broker, receiving(broker.port, platform) as receiver:
        scale.call("append", 99)
        accept(scale, platform, broker.port)
        wait_for(scale, receipted=100)
        scale.call("append", 1)
        wait_for(scale, receipted=101)
        assert sorted(receiver.held) == list(range(1, 102))


def test_receipts_that_came_meanwhile_save_sending_again(
    scale: ScaleProcess, platform: Platform, mosquitto: Server, receiver: Receiver
) -> None:
    receiver.receipts = False
    scale.call("append", 9)
    accept(scale, platform, mosquitto.port)
    wait_until(lambda: len(receiver.held) == 10, 10, "delivery")
    scale.call("hang_up")
    wait_for(scale, state="connecting")
    receiver.send(platform.receipt(receiver.held[10]))
    scale.call("plug_in")
    wait_for(scale, receipted=10, connections=2)
    assert receiver.messages == [[*range(1, 11)]]
