"""The whole system for tests: a cloud whose ingest is a process to be killed, and real scales.

Scales are put on record as their users do it: through the console, the API and the serial port.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from paho.mqtt.publish import multiple
from sqlalchemy import Engine, func, select
from steelyard_cloud import keys
from steelyard_cloud.db import database
from steelyard_cloud.db.schema import identities, statements
from steelyard_cloud.ingest.listening import Listening
from steelyard_cloud.ingest.mqtt.broker import Address, MqttBroker
from steelyard_cloud.ingest.process import Ingest
from steelyard_cloud.ingest.receiver import Receiver
from steelyard_cloud.people.roles import Role
from steelyard_cloud.settings import SHARDS, Settings
from steelyard_cloud.web.app import create_app
from steelyard_gateway.platform import Client
from steelyard_protocol import identity
from steelyard_protocol.enrolment import from_base64url
from steelyard_protocol.parameters import KEYS
from steelyard_simulator.demo import market
from steelyard_simulator.demo.market import Stall
from steelyard_simulator.flashing import PARAMETERS, factory_file
from steelyard_simulator.scale import SimulatedScale

from kit import registry
from kit.migrated import migrated
from kit.registry import KnownScale, Registry
from kit.servers import Server, wait_until
from kit.web_server import WebServer

STEELYARD = (sys.executable, "-m", "steelyard_gateway")
SPEED = 4.0
OFFICES = tuple(replace(one, name=market.MAKER) if one.role is Role.MANUFACTURER else one for one in registry.OFFICES)


class Clock:
    """The platform's clock; `ahead_ms` moves it."""

    def __init__(self) -> None:
        self.ahead_ms = 0

    def __call__(self) -> int:
        return time.time_ns() // 1_000_000 + self.ahead_ms


class Cloud:
    """Keys, registry and API on a database; ingest here (`ingest_here`) or as a process of its own (`start_ingest`)."""

    def __init__(self, folder: Path, broker_port: int, *, database_url: str = "", period_s: int = 1) -> None:
        self.clock = Clock()
        self._web = WebServer()
        self.log = folder / "ingest.log"
        self.settings = Settings(
            data_dir=folder,
            database_url=database_url,
            mqtt_port=broker_port,
            broker_port=broker_port,
            listen_port=self._web.port,
            period_s=period_s,
        )
        migrated(self.settings.database)
        keys.create(self.settings.keys, self.settings.root)
        self.engine: Engine = database.connect(self.settings.database)
        self.online = keys.read_online(self.settings.keys)
        self.authority = keys.read_authority(self.settings.keys)
        self.root = keys.read(self.settings.root / "root.pem")
        self.process: subprocess.Popen[bytes] | None = None
        self._stack = ExitStack()
        self._approving, self._approved = threading.Lock(), False
        self._ingest: Ingest | None = None
        self.registry = Registry(self.engine, self.clock, OFFICES)
        self._clients = {role: Client(self.settings.url, secret) for role, secret in self.registry.tokens.items()}
        self._web.start(create_app(self.settings, self.engine, now_ms=self.clock))

    def close(self) -> None:
        """Stop everything, scales included."""
        self._stack.close()
        self.kill_ingest()
        if self._ingest:
            self._ingest.stop()
        for client in self._clients.values():
            client.close()
        self._web.stop()
        self.engine.dispose()

    def api(self, role: Role) -> Client:
        """The API with a token of that role."""
        return self._clients[role]

    # ---- ingest

    def start_ingest(self) -> None:
        """Start `steelyard cloud ingest`; it connects when it can."""
        variables = {
            "STEELYARD_CLOUD_DATA_DIR": str(self.settings.data_dir),
            "STEELYARD_CLOUD_DATABASE_URL": self.settings.database_url,
            "STEELYARD_CLOUD_MQTT_PORT": str(self.settings.mqtt_port),
        }
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*STEELYARD, "cloud", "ingest"],
                env=os.environ | variables,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill_ingest(self) -> None:
        """SIGKILL: it finishes nothing."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def ingest_here(self) -> Ingest:
        """Start ingest in this process, by the movable clock."""
        settings = self.settings
        broker = MqttBroker(Address("127.0.0.1", settings.mqtt_port), SHARDS, session_per_shard=False)
        listening = Listening(broker.connected_since_ms, self.clock)
        self._ingest = Ingest(broker, Receiver(self.engine, SHARDS, self.online, listening), self.clock)
        self._ingest.start()
        wait_until(lambda: broker.connected_since_ms("0") is not None, 20, "the subscription of ingest")
        return self._ingest

    # ---- scales

    def put_on_record(self, *seeds: int, speed: float = SPEED, **parameters: int) -> list[Stall]:
        """New scales, one for each seed: switched on, enrolled at console and API, and verified by an institution.

        They report every second of their own time, which runs `speed` times as fast as ours. Ingest must run.
        `parameters` replace those of the factory, by name.
        """
        factory = self.factory(**parameters)
        scales = []
        for seed in seeds:
            folder = self.settings.data_dir / f"scale-{seed}"
            scale = SimulatedScale(folder, cell="class_iii", seed=seed, virtual=False, speed=speed, factory=factory)
            self._stack.callback(scale.stop)
            scale.power_on()
            scales.append(Stall(f"Stall {seed}", f"S-{seed:04}", scale))
        return market.together(self.enter, scales)

    def factory(self, **parameters: int) -> bytes:
        """The factory's file for a scale of this platform."""
        changed = {KEYS[name]: value for name, value in parameters.items()}
        return factory_file(self.root.public_key, {**PARAMETERS, **changed})

    def enter(self, stall: Stall, carry: Callable[[Stall], object] = lambda _stall: None) -> Stall:
        """Put a scale that is on on record; `carry` brings its statements where it has no network of its own."""
        # What is on the pan before the first zero would become the zero.
        wait_until(lambda: bool(status(stall)["stable"]), 30, "a stable zero")
        with self._approving:
            if not self._approved:
                self._approve(status(stall)["software"])
                self._approved = True
        market.enrol(stall, self.api(Role.MANUFACTURER))
        carry(stall)
        baseline = market.FIRST_BOOT
        if stall.scale.virtual:  # its time is not the platform's, so no report of it is ever fresh
            wait_until(lambda: len(self.held(stall.public_code)) >= baseline, 20, "the boot statement")
            known = cast(KnownScale, SimpleNamespace(kid=identity.from_text(stall.public_code)))
            self.registry.verify(known, baseline, f"S-{stall.serial}")
        else:
            market.verify(stall, self.api(Role.VERIFICATION))
        wait_until(lambda: self.standing(stall).get("baseline_number") == baseline, 30, "the baseline in effect")
        return stall

    def _approve(self, software: dict[str, str]) -> None:
        maker, admin = self.registry.organisations[market.MAKER], self.api(Role.ADMIN)
        listed = [{name: software[name] for name in ("name", "version", "hash")}]
        kind = {"maker": market.MAKER, "model": market.MODEL, "type_approval": market.TYPE_APPROVAL}
        made = admin.post("/scale-types", organisation=maker, software=listed, **kind)
        order = {"number": market.ORDER, "quantity": 100, "division_code": market.DIVISION}
        admin.post("/factory-orders", organisation=maker, scale_type=made["scale_type"], **order)

    # ---- what people see

    def alerts(self, stall: Stall | None = None) -> list[dict[str, Any]]:
        """All alerts, or a scale's, as the regulator's API gives them."""
        found: list[dict[str, Any]] = self.api(Role.REGULATOR).get("/alerts", status="all", limit=200)["alerts"]
        return [alert for alert in found if stall is None or alert["scale"] == stall.public_code]

    def standing(self, stall: Stall) -> dict[str, Any]:
        """Where a scale stands, as the regulator's API gives it."""
        found: dict[str, Any] = self.api(Role.REGULATOR).get(f"/scales/{stall.public_code}")["standing"]
        return found

    def statistics(self) -> dict[str, Any]:
        """GET /statistics, as the administrator sees it."""
        return self.api(Role.ADMIN).get("/statistics")

    def quarantined(self) -> dict[str, int]:
        """Counts by reason, as everybody with a token sees them."""
        counted: dict[str, int] = self.statistics()["quarantined"]
        return counted

    def held(self, public_code: str) -> list[bytes]:
        """The evidence of a scale by number, all copies of it."""
        return held(self.engine, identity.from_text(public_code))

    def newest(self, public_code: str) -> int:
        """The highest number that is committed of a scale."""
        c = statements.c
        query = select(func.max(c.number)).join(identities, identities.c.id == c.identity_id)
        with database.reading(self.engine) as connection:
            return connection.scalar(query.where(identities.c.text == public_code)) or 0

    def received(self, public_code: str, from_ms: int, to_ms: int) -> int:
        """How many statements of a scale were committed between two times of the platform's clock."""
        c = statements.c
        of_identity = select(identities.c.id).where(identities.c.text == public_code).scalar_subquery()
        query = select(func.count()).where(c.identity_id == of_identity, c.received_ms.between(from_ms, to_ms))
        with database.reading(self.engine) as connection:
            return connection.scalar(query) or 0


def held(engine: Engine, kid: bytes) -> list[bytes]:
    """What is committed of an identity, by number."""
    c = statements.c
    query = select(c.raw).join(identities, identities.c.id == c.identity_id).where(identities.c.kid == kid)
    with database.reading(engine) as connection:
        return [bytes(raw) for raw in connection.scalars(query.order_by(c.number, c.hash))]


def exported(stall: Stall) -> list[bytes]:
    """What the scale's journal still has, as its console gives it."""
    return [from_base64url(line) for line in stall.ask("export")]


def status(stall: Stall) -> dict[str, Any]:
    """The scale's own word."""
    return stall.ask("status")


def topic_of(public_code: str, way: str) -> str:
    """The topic of an identity; `way` is up or down."""
    return f"sy/1/{public_code[0]}/{public_code}/{way}"


def await_ingest(broker: Server) -> None:
    """Wait until ingest has subscribed to every shard, as the broker's log tells: what came before would be lost."""
    topics = [f" sy/1/{shard}/+/up\n" for shard in SHARDS]

    def subscribed() -> bool:
        told = broker.log.read_text(errors="replace")
        return all(topic in told for topic in topics)

    wait_until(subscribed, 60, "the subscriptions of ingest")


def publish(port: int, topic: str, *payloads: bytes) -> None:
    """Publish messages as anybody could who gets past the broker's access list; returns when the broker has them."""
    messages = [{"topic": topic, "payload": payload, "qos": 1} for payload in payloads]
    multiple(messages, hostname="127.0.0.1", port=port)
