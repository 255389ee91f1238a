"""Negative controls: a receiver and evidence that are broken on purpose must be caught by what judges the system."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from kit.chain import faults_of_chain, faults_of_evidence
from kit.cloud_desk import Desk, Wire, wait_for
from kit.servers import Server
from kit.signing_scale import SigningScale
from kit.witness import Witness
from steelyard_cloud.ingest.listening import Listening
from steelyard_cloud.ingest.mqtt.broker import Address, Message, MqttBroker
from steelyard_cloud.ingest.process import Ingest
from steelyard_cloud.ingest.receipts import Due, signed
from steelyard_cloud.ingest.receiver import Begun, Receiver
from steelyard_cloud.settings import SHARDS
from steelyard_protocol.downlink import Receipt
from steelyard_protocol.statement import parse


class HastyReceiver(Receiver):
    """Sends receipts first and commits once the witness has seen them."""

    broker: MqttBroker
    witness: Witness

    def begin(self, messages: Sequence[Message], now_ms: int) -> Begun:
        outgoing = []
        for message in messages:
            one = parse(message.payload)
            receipt = signed(Receipt(one.kid, one.number, one.hash, now_ms // 1000), self.online)
            outgoing.append((message.topic.removesuffix("up") + "down", receipt))
        before = len(self.witness.receipts)
        self.broker.publish(outgoing)
        wait_for(lambda: len(self.witness.receipts) >= before + len(outgoing), "the witness's look at the receipts")
        return super().begin(messages, now_ms)

    def finish(self, begun: Begun, now_ms: int) -> list[Due]:
        super().finish(begun, now_ms)
        return []


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(f"sqlite:///{tmp_path}/cloud.db")
    yield desk
    desk.close()


@pytest.mark.parametrize("kind", [Receiver, HastyReceiver])
def test_witness_knows_a_receipt_before_the_commit_from_one_after_it(
    kind: type[Receiver], desk: Desk, mosquitto: Server
) -> None:
    scale = SigningScale()
    desk.register(scale)
    witness = Witness(mosquitto.port, desk.url, desk.online.public_key)
    broker = MqttBroker(Address("127.0.0.1", mosquitto.port), SHARDS, session_per_shard=False)
    receiver = kind(desk.engine, SHARDS, desk.online, Listening(broker.connected_since_ms))
    if isinstance(receiver, HastyReceiver):
        receiver.broker, receiver.witness = broker, witness
    ingest = Ingest(broker, receiver)
    ingest.start()
    wire = Wire(mosquitto.port, scale)
    wait_for(lambda: broker.connected_since_ms("0") is not None, "the subscription")
    wire.send(scale, scale.enrol(), scale.boot(), scale.snapshot())
    wait_for(lambda: any(seen.receipt.number == 3 for seen in witness.receipts), "the receipt for number 3")
    wait_for(lambda: len(desk.held(scale)) == 3, "three statements held")
    wire.close()
    ingest.stop()
    witness.close()
    assert all(seen.true for seen in witness.receipts) == (kind is Receiver)


def test_evidence_that_lacks_doubles_or_changes_a_statement_is_not_whole() -> None:
    scale = SigningScale()
    raws = [scale.enrol(), scale.boot(), scale.snapshot()]
    thief = scale.branch()
    raws += [scale.snapshot(), scale.snapshot()]
    other = thief.snapshot(120_000)
    assert faults_of_chain(raws, 5) == []
    assert faults_of_evidence(raws, raws) == []
    for broken in (raws[:2] + raws[3:], raws[:-1], [*raws[:4], other, raws[4]], [*raws[:3], other, *raws[4:]], []):
        assert faults_of_chain(broken, 5)
    assert faults_of_evidence(raws, [other]) == ["statement 4 is not held as it was"]
