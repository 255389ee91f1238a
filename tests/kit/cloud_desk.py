"""A cloud for tests: a migrated database, platform keys, a registry, and ingest on a real broker."""

import threading
from collections.abc import Callable, Iterable
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy import Engine, func, select
from steelyard_cloud.db import database
from steelyard_cloud.db.schema import alerts, identities, quarantine_counts, scales, statements, summaries
from steelyard_cloud.ingest.listening import Listening
from steelyard_cloud.ingest.mqtt.broker import Address, MqttBroker
from steelyard_cloud.ingest.process import Ingest
from steelyard_cloud.ingest.receiver import Receiver
from steelyard_cloud.ingest.timers import judge_due
from steelyard_cloud.keys import PlatformKey
from steelyard_cloud.settings import SHARDS
from steelyard_protocol import downlink, p256
from steelyard_protocol.statement import hash_of

from kit.migrated import migrated
from kit.registry import KnownScale, Registry
from kit.servers import wait_until
from kit.signing_scale import SigningScale


class Desk:
    """The registry's side: what people would do through the API, and what they would see."""

    def __init__(self, url: str) -> None:
        migrated(url)
        self.url = url
        self.engine: Engine = database.connect(url)
        self.online = PlatformKey.of(p256.make_private_key())
        self.authority = PlatformKey.of(p256.make_private_key())
        self.registry = Registry(self.engine)
        self.registry.add_type()

    def close(self) -> None:
        """Close the database's connections."""
        self.engine.dispose()

    def register(self, *some: KnownScale) -> None:
        """Put scales on record."""
        self.registry.enrol(*some)

    def verify(self, scale: KnownScale, number: int) -> None:
        """A verification institution fixes the baseline at a statement; NotStoredYet where it is not held."""
        self.registry.verify(scale, number)

    def permit(self, scale: KnownScale, fields: Iterable[int]) -> bytes:
        """Record a permit to adjust the scale as it is; returns its hash."""
        return hash_of(self.registry.permit(self.authority, scale, fields))

    def approve(self, software_hash: bytes) -> None:
        """A program with this hash becomes approved for the type of all scales."""
        self.registry.approve(software_hash)

    def receiver(self, shards: str = SHARDS, listening: Listening | None = None) -> Receiver:
        """A receiver without a broker."""
        return Receiver(self.engine, shards, self.online, listening or Listening())

    def work_off(self, now_ms: int) -> None:
        """What waits to be read again is read: a receiver that has just started finds it by the scales' timers."""
        later = self.receiver()
        while judge_due(later, now_ms) or later.read_again(now_ms):
            pass
        later.close()

    def ingest(self, port: int, *, shards: str = SHARDS, session_per_shard: bool = True) -> Ingest:
        """Ingest on the broker at `port`, started."""
        broker = MqttBroker(Address("127.0.0.1", port), shards, session_per_shard=session_per_shard)
        ingest = Ingest(broker, self.receiver(shards, Listening(broker.connected_since_ms)))
        ingest.start()
        wait_until(lambda: all(broker.connected_since_ms(shard) for shard in shards), 20, "subscription of all shards")
        return ingest

    def held(self, scale: SigningScale) -> list[bytes]:
        """The scale's evidence by number."""
        c = statements.c
        query = select(c.raw).join(identities, identities.c.id == c.identity_id).where(identities.c.kid == scale.kid)
        with database.reading(self.engine) as connection:
            return list(connection.scalars(query.order_by(c.number, c.hash)))

    def count(self, scale: SigningScale) -> int:
        """How many statements of the scale are held."""
        query = select(func.count(statements.c.number)).join(identities, identities.c.id == statements.c.identity_id)
        with database.reading(self.engine) as connection:
            return connection.scalar(query.where(identities.c.kid == scale.kid)) or 0

    def alerts(self, scale: SigningScale | None = None) -> list[dict[str, Any]]:
        """Alerts of a scale, or all."""
        query = select(alerts, scales.c.public_code).join(scales).order_by(alerts.c.rule, alerts.c.what)
        with database.reading(self.engine) as connection:
            rows = [dict(row) for row in connection.execute(query).mappings()]
        return [row for row in rows if scale is None or row["public_code"] == scale.code]

    def quarantined(self) -> dict[str, int]:
        """Counts by reason."""
        with database.reading(self.engine) as connection:
            counts: dict[str, int] = {}
            for row in connection.execute(select(quarantine_counts)).mappings():
                counts[row["reason"]] = counts.get(row["reason"], 0) + row["count"]
        return counts

    def receipted(self, scale: SigningScale) -> int:
        """Up to which number receipts were sent, as the database says."""
        query = (
            select(summaries.c.receipt_sent)
            .join(identities, identities.c.id == summaries.c.identity_id)
            .where(identities.c.kid == scale.kid)
        )
        with database.reading(self.engine) as connection:
            return connection.scalar(query) or 0


class Wire:
    """The scales' side of a broker: publishes what they sign and collects what comes down to them."""

    def __init__(self, port: int, *some: SigningScale) -> None:
        self.down: list[tuple[str, bytes]] = []
        self._ready = threading.Event()
        self._arrived = threading.Condition()
        self.client = Client(CallbackAPIVersion.VERSION2)
        self.client.max_inflight_messages_set(0)
        self.client.on_message = self._came
        self.client.on_subscribe = lambda *_: self._ready.set()
        self.client.on_connect = lambda client, *_: client.subscribe([(scale.down, 1) for scale in some])
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        if not self._ready.wait(10):
            raise TimeoutError("the broker did not take the subscription")

    def _came(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        with self._arrived:
            self.down.append((message.topic, bytes(message.payload)))
            self._arrived.notify_all()

    def await_down(self, wanted: Callable[[str, bytes], bool], timeout_s: float) -> None:
        """Wait until a message (topic, payload) comes down that is wanted, and forget all that came until then."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: any(wanted(*one) for one in self.down), timeout_s):
                raise TimeoutError(f"what was awaited did not come down within {timeout_s} s")
            self.down.clear()

    def send(self, scale: SigningScale, *payloads: bytes, topic: str | None = None) -> None:
        """Publish messages of a scale with QoS 1."""
        for payload in payloads:
            self.client.publish(topic or scale.up, payload, qos=1)

    def receipts(self, scale: SigningScale, key: PlatformKey) -> list[downlink.Receipt]:
        """The receipts that came down to a scale, each verified."""
        orders = [downlink.open_order(raw, key.public_key) for topic, raw in list(self.down) if topic == scale.down]
        return [order for order in orders if isinstance(order, downlink.Receipt)]

    def close(self) -> None:
        """Disconnect."""
        self.client.disconnect()
        self.client.loop_stop()


def wait_for(condition: Callable[[], bool], what: str, timeout_s: float = 20) -> None:
    """Wait until a condition holds."""
    wait_until(condition, timeout_s, what)
