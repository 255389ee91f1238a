"""After a power failure everything starts at once, in any order: ingest must not need a database that answers yet."""

from pathlib import Path

from kit.cloud_desk import Desk, Wire, wait_for
from kit.servers import Server
from kit.signing_scale import SigningScale
from steelyard_cloud.db import database
from steelyard_cloud.ingest.listening import Listening
from steelyard_cloud.ingest.mqtt.broker import Address, MqttBroker
from steelyard_cloud.ingest.process import Ingest
from steelyard_cloud.ingest.receiver import Receiver
from steelyard_cloud.keys import PlatformKey
from steelyard_cloud.settings import SHARDS
from steelyard_protocol import p256


def test_ingest_that_starts_before_its_database_waits_for_it(mosquitto: Server, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/not-there-yet/cloud.db"
    online = PlatformKey.of(p256.make_private_key())
    engine = database.connect(url)
    broker = MqttBroker(Address("127.0.0.1", mosquitto.port), SHARDS, session_per_shard=False)
    ingest = Ingest(broker, Receiver(engine, SHARDS, online, Listening(broker.connected_since_ms)))
    ingest.start()
    wait_for(lambda: broker.connected_since_ms("0") is not None, "the subscription")
    scale = SigningScale()
    wire = Wire(mosquitto.port, scale)
    wire.send(scale, scale.enrol())
    desk = Desk(url)
    desk.register(scale)
    wire.send(scale, scale.boot())
    wait_for(lambda: any(one.number == 2 for one in wire.receipts(scale, online)), "the receipt of both")
    assert len(desk.held(scale)) == 2
    wire.close()
    ingest.stop()
    desk.close()
    engine.dispose()
