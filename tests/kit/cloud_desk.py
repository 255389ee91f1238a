"""A cloud for tests: a migrated database, platform keys, a registry filled by hand, and ingest on a real broker."""

import datetime
import threading
from collections.abc import Callable, Iterable
from typing import Any

import cbor2
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy import Engine, insert, select
from steelyard_cloud.clock import now_ms
from steelyard_cloud.db import database, feeds
from steelyard_cloud.db.schema import (
    alerts,
    approved_software,
    identities,
    organisations,
    permits,
    quarantine_counts,
    scale_types,
    scales,
    statements,
    summaries,
    verifications,
)
from steelyard_cloud.ingest.listening import Listening
from steelyard_cloud.ingest.mqtt.broker import Address, MqttBroker
from steelyard_cloud.ingest.process import Ingest
from steelyard_cloud.ingest.receiver import Receiver
from steelyard_cloud.keys import PlatformKey
from steelyard_cloud.settings import SHARDS
from steelyard_protocol import downlink, p256
from steelyard_protocol.statement import hash_of

from kit.servers import wait_until
from kit.signing_scale import SOFTWARE, SigningScale

DIVISION = "310101"


class Desk:
    """The registry's side: what people would do through the API, and what they would see."""

    def __init__(self, url: str) -> None:
        database.migrate(url)
        self.url = url
        self.engine: Engine = database.connect(url)
        self.online = PlatformKey.of(p256.make_private_key())
        self.authority = PlatformKey.of(p256.make_private_key())
        self.orders = 0
        with database.writing(self.engine) as connection:
            organisation = {"name": "Maker", "kind": "manufacturer", "division_code": DIVISION, "created_ms": now_ms()}
            self.organisation_id = connection.execute(insert(organisations).values(organisation)).inserted_primary_key[
                0
            ]
            kind = {
                "organisation_id": self.organisation_id,
                "maker": "Maker",
                "model": "Model",
                "type_approval": "TA-1",
                "parameters": {},
                "created_ms": now_ms(),
            }
            self.scale_type_id = connection.execute(insert(scale_types).values(kind)).inserted_primary_key[0]
            connection.execute(
                insert(approved_software).values(
                    scale_type_id=self.scale_type_id,
                    software_hash=SOFTWARE,
                    name="agent",
                    version="0.1.0",
                    recorded_ms=now_ms(),
                )
            )

    def close(self) -> None:
        """Close the database's connections."""
        self.engine.dispose()

    def register(self, *some: SigningScale) -> None:
        """Put scales on record, as enrolment does."""
        with database.writing(self.engine) as connection:
            for scale in some:
                row = {
                    "public_code": scale.text,
                    "shard": scale.text[0],
                    "maker": "Maker",
                    "model": "Model",
                    "serial_number": scale.serial_number,
                    "production_code": "P-1",
                    "scale_type_id": self.scale_type_id,
                    "organisation_id": self.organisation_id,
                    "division_code": DIVISION,
                    "place": "Stall 7",
                    "state": "produced",
                    "enrolled_ms": now_ms(),
                }
                scale_id = connection.execute(insert(scales).values(row)).inserted_primary_key[0]
                key = {
                    "scale_id": scale_id,
                    "kid": scale.kid,
                    "text": scale.text,
                    "shard": scale.text[0],
                    "thumbprint": scale.thumbprint,
                    "public_key": scale.public_key,
                    "agreement_key": scale.agreement_key,
                    "key_store_class": 0,
                    "enrolment": b"",
                    "active": True,
                    "enrolled_ms": now_ms(),
                }
                connection.execute(insert(identities).values(key))
                self._tell(connection, scale, "identity", scale_id, {"identity": scale.text})

    def verify(self, scale: SigningScale, number: int) -> None:
        """A verification institution fixes the baseline at a statement."""
        with database.writing(self.engine) as connection:
            scale_id, identity_id = self._ids(connection, scale)
            connection.execute(
                insert(verifications).values(
                    scale_id=scale_id,
                    identity_id=identity_id,
                    number=number,
                    kind="initial",
                    valid_until=datetime.date(2030, 1, 1),
                    seal="S-1",
                    organisation_id=self.organisation_id,
                    division_code=DIVISION,
                    recorded_ms=now_ms(),
                )
            )
            self._tell(connection, scale, "verification", scale_id, {})

    def permit(self, scale: SigningScale, fields: Iterable[int], *, seconds: tuple[int, int] = (0, 1 << 32)) -> bytes:
        """Record a permit to adjust; returns its hash."""
        self.orders += 1
        _, calibration, configuration = scale.state()
        last = min(seconds[1], 0xFFFFFFFF)
        order = downlink.Permit(
            scale.kid, 2, self.orders, 1, seconds[0], last, calibration, configuration, None, tuple(fields)
        )
        raw = downlink.sign(order, self.authority.private_key, self.authority.kid)
        permit_hash = hash_of(raw)
        with database.writing(self.engine) as connection:
            scale_id, identity_id = self._ids(connection, scale)
            row = {
                "scale_id": scale_id,
                "identity_id": identity_id,
                "permit_hash": permit_hash,
                "what": 2,
                "order_number": self.orders,
                "by_number": 1,
                "not_before_s": seconds[0],
                "not_after_s": last,
                "calibration_counter": calibration,
                "configuration_counter": configuration,
                "fields": list(fields),
                "raw": raw,
                "organisation_id": self.organisation_id,
                "division_code": DIVISION,
                "recorded_ms": now_ms(),
            }
            permit_id = connection.execute(insert(permits).values(row)).inserted_primary_key[0]
            self._tell(connection, scale, "permit", scale_id, {"permit_id": permit_id})
        return permit_hash

    def approve(self, software: bytes) -> None:
        """A program with this hash becomes approved for the type of all scales."""
        row = {
            "scale_type_id": self.scale_type_id,
            "software_hash": software,
            "name": "agent",
            "version": "0.2.0",
            "recorded_ms": now_ms(),
        }
        with database.writing(self.engine) as connection:
            connection.execute(insert(approved_software).values(row))
            body = {"scale_type_id": self.scale_type_id}
            for shard in SHARDS:
                feeds.append(connection, feeds.CHANGES, shard, "scale-type", None, body, now_ms())

    def receiver(self, shards: str = SHARDS, listening: Listening | None = None) -> Receiver:
        """A receiver without a broker."""
        return Receiver(self.engine, shards, self.online, listening or Listening())

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

    def alerts(self, scale: SigningScale | None = None) -> list[dict[str, Any]]:
        """Alerts of a scale, or all."""
        query = select(alerts, scales.c.public_code).join(scales).order_by(alerts.c.rule, alerts.c.what)
        with database.reading(self.engine) as connection:
            rows = [dict(row) for row in connection.execute(query).mappings()]
        return [row for row in rows if scale is None or row["public_code"] == scale.text]

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
            select(summaries.c.receipted)
            .join(identities, identities.c.id == summaries.c.identity_id)
            .where(identities.c.kid == scale.kid)
        )
        with database.reading(self.engine) as connection:
            return connection.scalar(query) or 0

    def _ids(self, connection: Any, scale: SigningScale) -> tuple[int, int]:
        row = connection.execute(
            select(identities.c.scale_id, identities.c.id).where(identities.c.kid == scale.kid)
        ).one()
        return row.scale_id, row.id

    def _tell(self, connection: Any, scale: SigningScale, topic: str, scale_id: int, body: dict[str, Any]) -> None:
        feeds.append(connection, feeds.CHANGES, scale.text[0], topic, scale_id, body, now_ms())


def in_format(number: int, dump: bytes) -> bytes:
    """A dumped summary as it was before it kept the openings of the case (1), and the sessions (2)."""
    _, *values, seldom = cbor2.loads(dump)
    return cbor2.dumps([number, *values, cbor2.dumps(cbor2.loads(seldom)[: {1: 9, 2: 11}[number]])])


class Wire:
    """The scales' side of a broker: publishes what they sign and collects what comes down to them."""

    def __init__(self, port: int, *some: SigningScale) -> None:
        self.down: list[tuple[str, bytes]] = []
        self._ready = threading.Event()
        self.client = Client(CallbackAPIVersion.VERSION2)
        self.client.max_inflight_messages_set(0)
        self.client.on_message = lambda _client, _data, message: self.down.append((message.topic, message.payload))
        self.client.on_subscribe = lambda *_: self._ready.set()
        self.client.on_connect = lambda client, *_: client.subscribe([(scale.down, 1) for scale in some])
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        if not self._ready.wait(10):
            raise TimeoutError("the broker did not take the subscription")

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
