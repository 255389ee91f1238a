"""Statements through a real broker into a real database: held, judged, receipted. On SQLite and on PostgreSQL."""

from collections.abc import Iterator

import pytest
from kit.cloud_desk import Desk, Wire, wait_for
from kit.servers import Server
from kit.signing_scale import SigningScale
from steelyard_cloud.ingest.process import Ingest
from steelyard_protocol.statement import encode_batch, hash_of


@pytest.fixture
def ingest(desk: Desk, mosquitto: Server) -> Iterator[Ingest]:
    """Ingest for all shards."""
    ingest = desk.ingest(mosquitto.port)
    yield ingest
    ingest.stop()


def test_statement_is_committed_then_receipted(desk: Desk, ingest: Ingest, mosquitto: Server) -> None:
    scale = SigningScale()
    desk.register(scale)
    wire = Wire(mosquitto.port, scale)
    raws = [scale.enrol(), scale.boot(), *(scale.snapshot() for _ in range(3))]
    wire.send(scale, raws[0], raws[1], encode_batch(raws[2:]))
    wait_for(lambda: any(one.number == 5 for one in wire.receipts(scale, desk.online)), "the receipt for number 5")
    (receipt,) = [one for one in wire.receipts(scale, desk.online) if one.number == 5][:1]
    assert receipt.hash == hash_of(raws[4])
    assert receipt.identity == scale.kid
    assert desk.held(scale) == raws
    assert desk.alerts() == []
    wire.close()


def test_cheat_becomes_an_alert_and_the_honest_scale_stays_silent(
    desk: Desk, ingest: Ingest, mosquitto: Server
) -> None:
    honest, cheat = SigningScale(1), SigningScale(2)
    desk.register(honest, cheat)
    wire = Wire(mosquitto.port, honest, cheat)
    for scale in (honest, cheat):
        wire.send(scale, scale.enrol(), scale.boot(), scale.snapshot())
        wait_for(lambda scale=scale: desk.receipted(scale) == 3, "three statements")
        desk.verify(scale, 2)
    wire.send(honest, honest.snapshot())
    wire.send(cheat, cheat.raise_span())
    wait_for(lambda: desk.alerts(cheat) != [], "the alert")
    (alert,) = desk.alerts()
    assert (alert["rule"], alert["status"], alert["severity"]) == ("parameter_change", "open", 3)
    assert alert["values"]["changes"] == [[40, 1_530_000, 1_390_909]]
    wire.close()


def test_permit_is_sent_after_it_is_recorded_and_explains_the_change(
    desk: Desk, ingest: Ingest, mosquitto: Server
) -> None:
    scale = SigningScale()
    desk.register(scale)
    wire = Wire(mosquitto.port, scale)
    wire.send(scale, scale.enrol(), scale.boot())
    wait_for(lambda: desk.receipted(scale) == 2, "two statements")
    desk.verify(scale, 2)
    permit_hash = desk.permit(scale, [40])
    wait_for(lambda: permit_hash in {hash_of(raw) for _, raw in wire.down}, "the permit on its way down")
    wire.send(scale, scale.raise_span(permit=permit_hash), scale.parameters(), scale.snapshot())
    wait_for(lambda: desk.receipted(scale) == 5, "five statements")
    assert desk.alerts() == []
    wire.close()


def test_one_session_for_all_shards_serves_them_too(desk: Desk, mosquitto: Server) -> None:
    ingest = desk.ingest(mosquitto.port, session_per_shard=False)
    some = [SigningScale(seed) for seed in range(1, 9)]
    desk.register(*some)
    wire = Wire(mosquitto.port, *some)
    for scale in some:
        wire.send(scale, scale.enrol(), scale.boot())
    wait_for(lambda: all(desk.receipted(scale) == 2 for scale in some), "two statements of each")
    ingest.stop()
    wire.close()
