"""A small world for the tests of the web: a real database, the real receiver and judge, and the real web server.

Only the broker is a queue in memory: messages reach the receiver exactly as MQTT would hand them over.
"""

import queue
import ssl
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Engine, select
from steelyard_cloud import keys
from steelyard_cloud.db import database
from steelyard_cloud.db.schema import feed_entries, scales, summaries
from steelyard_cloud.ingest.listening import Listening
from steelyard_cloud.ingest.mqtt.broker import Broker
from steelyard_cloud.ingest.mqtt.session import Message
from steelyard_cloud.ingest.process import Ingest
from steelyard_cloud.ingest.receiver import Receiver
from steelyard_cloud.people.roles import Role
from steelyard_cloud.settings import SHARDS, Settings
from steelyard_cloud.statements.queries import summaries_of
from steelyard_cloud.web.app import create_app
from steelyard_protocol.enrolment import to_base64url

from kit.migrated import migrated
from kit.registry import ORDER, Registry
from kit.servers import wait_until
from kit.sheet import right_sheet
from kit.signing_scale import SigningScale
from kit.web_server import WebServer

SETTLE_S = 10
SEAL = "浙A 204418"


class QueueBroker:
    """A broker in memory."""

    def __init__(self) -> None:
        self.messages: queue.Queue[Message] = queue.Queue()
        self.published: list[tuple[str, bytes]] = []
        self.acknowledged = 0

    def receive(self, limit: int, timeout_s: float) -> list[Message]:
        try:
            found = [self.messages.get(timeout=timeout_s)]
        except queue.Empty:
            return []
        while len(found) < limit and not self.messages.empty():
            found.append(self.messages.get_nowait())
        return found

    def acknowledge(self, messages: Iterable[Message]) -> None:
        self.acknowledged += len(list(messages))

    def publish(self, outgoing: Sequence[tuple[str, bytes]]) -> None:
        self.published += outgoing

    def connected_since_ms(self, _shard: str) -> int | None:
        return 0

    def close(self) -> None:
        """Nothing is open."""


FORGETFUL = httpx.Limits(keepalive_expiry=2)
"""The server closes an idle connection after five seconds: who would use it again just then finds it gone."""
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Trusts nobody: reading the authorities anew for each client of a page without TLS took a third of the time."""


class World:
    """Everything started on a folder and a database; `client(role)` talks to the API."""

    def __init__(self, folder: Path, url: str = "", broker: Broker | None = None, host: str = "127.0.0.1") -> None:
        self.server = WebServer()
        port = self.server.port
        base_url = f"http://{host}:{port}"
        self.settings = Settings(data_dir=folder, database_url=url, listen_port=port, base_url=base_url, period_s=600)
        migrated(self.settings.database)
        self.engine: Engine = database.connect(self.settings.database)
        keys.create(self.settings.keys, self.settings.root)
        self.now = time.time_ns() // 1_000_000
        self.broker = QueueBroker()
        used = broker or self.broker
        online, listening = keys.read_online(self.settings.keys), Listening(used.connected_since_ms)
        self.ingest = Ingest(used, Receiver(self.engine, SHARDS, online, listening), self.now_ms)
        self.app = create_app(self.settings, self.engine, now_ms=self.now_ms, wake=lambda _shard: self.ingest.wake())
        self.registry = Registry(self.engine, self.now_ms)
        self.tokens, self.users = self.registry.tokens, self.registry.users
        self.organisations = self.registry.organisations
        self._clients: list[httpx.Client] = []

    def now_ms(self) -> int:
        """The world's clock; tests move `now`."""
        return self.now

    def start(self) -> None:
        """Start what receives and what answers."""
        self.ingest.start()
        self.server.start(self.app)

    def stop(self) -> None:
        """Stop both."""
        for client in self._clients:
            client.close()
        self.server.stop()
        self.ingest.stop()
        self.engine.dispose()

    def discard(self) -> None:
        """For a world that was never started."""
        self.server.close()
        self.ingest.receiver.close()
        self.engine.dispose()

    # ---- people ----------------------------------------------------------------------------------------------------

    def token_for(self, name: str, kind: str, division: str, role: Role) -> str:
        """A token of a new organisation."""
        return self.registry.token_for(name, kind, division, role)

    def client(self, role: Role | None, *, token: str | None = None) -> httpx.Client:
        """A client of the API with the role's token; None for the public."""
        secret = token or (self.tokens[role] if role else None)
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        client = httpx.Client(base_url=self.settings.url, headers=headers, timeout=20, verify=NO_TLS, limits=FORGETFUL)
        self._clients.append(client)
        return client

    def sign_in_link(self, role: Role) -> str:
        """A one-time link for the role's person."""
        return f"{self.settings.url}/sign-in?token={self.registry.sign_in_secret(role)}"

    def signed_in(self, role: Role) -> httpx.Client:
        """A client with a session of the role's person instead of a token."""
        client = self.client(None)
        secret = self.sign_in_link(role).split("token=")[1]
        answer = client.post("/sign-in", data={"token": secret})
        assert answer.status_code == 303
        return client

    # ---- scales ----------------------------------------------------------------------------------------------------

    def order(self, number: str, scale_type: int, quantity: int, division: str) -> None:
        """A factory order, by the API."""
        body = {"number": number, "scale_type": scale_type, "quantity": quantity, "division_code": division}
        answer = self.client(Role.MANUFACTURER).post("/api/v1/factory-orders", json=body)
        assert answer.status_code == 201, answer.text

    def scale(self, serial_number: str, start_s: int | None = None) -> SigningScale:
        """A signing scale, not enrolled. Its clock starts at `start_s` (Unix seconds) and goes by its period.

        Without that it starts some minutes ago and signs every few seconds, so that what it says is always recent.
        """
        root = keys.read_root_public(self.settings.keys)
        if start_s is not None:
            return SigningScale.called(serial_number, root=root, start_s=start_s)
        return SigningScale.called(serial_number, root=root, start_s=self.now // 1000 - 900, step_s=5)

    def enrol(self, scale: SigningScale, order: str = ORDER, place: str = "", sends: bool = True) -> httpx.Response:
        """Enrol by the API, and send statement 1 and 2 as the scale would."""
        body = {"order": order, "statement": to_base64url(scale.enrol()), "place": place}
        answer = self.client(Role.MANUFACTURER).post("/api/v1/enrolments", json=body)
        if sends and answer.status_code == 201:
            self.send(scale, [scale.enrol(), scale.boot()])
        return answer

    def send(self, scale: SigningScale, statements: Sequence[bytes], *, held: bool = True) -> None:
        """Hand statements to the receiver; wait until the newest is committed and judged unless told otherwise."""
        for raw in statements:
            self.broker.messages.put(Message(scale.up, raw, (0, 0, 0)))
        if held:
            wait_until(lambda: self.head(scale) >= scale.number, SETTLE_S, f"statement {scale.number} held")
            wait_until(lambda: not self.waits(scale), SETTLE_S, "the signatures that a link had vouched for")

    def waits(self, scale: SigningScale) -> bool:
        """Whether something that is stored is not judged yet."""
        query = select(scales.c.id).where(scales.c.public_code == scale.code)
        with database.reading(self.engine) as connection:
            scale_id = connection.scalar(query)
            found = summaries_of(connection, scale_id)[1] if scale_id else []
        return any(one.unchecked or one.rereads for one in found)

    def head(self, scale: SigningScale) -> int:
        """The highest number held."""
        query = select(summaries.c.head).join(scales, scales.c.id == summaries.c.scale_id)
        with database.reading(self.engine) as connection:
            return connection.scalar(query.where(scales.c.public_code == scale.code)) or 0

    def verify(self, scale: SigningScale, number: int = 2, until: str = "2029-11-30") -> httpx.Response:
        """Record a verification by the API."""
        body = self.right(scale) | {"number": number, "valid_until": until, "kind": "initial", "seal": SEAL}
        return self.client(Role.VERIFICATION).post(f"/api/v1/scales/{scale.code}/verifications", json=body)

    def right(self, scale: SigningScale) -> dict[str, Any]:
        """What a verification says of a scale that weighs right today."""
        day = datetime.fromtimestamp(self.now / 1000, UTC).date()
        return {"sheet": right_sheet(scale.code, day, scale.map)}

    def in_use(self, serial_number: str, place: str = "", start_s: int | None = None) -> SigningScale:
        """A scale that is enrolled, verified and reporting."""
        scale = self.scale(serial_number, start_s)
        enrolled = self.enrol(scale, place=place)
        assert enrolled.status_code == 201, enrolled.text
        if start_s is None:
            verified = self.verify(scale)
            assert verified.status_code == 201, verified.text
        else:  # what it has reported so far is not recent any more
            self.registry.verify(scale, 2, SEAL)
            self.ingest.wake()
        self.until(lambda: self.one(scale)["standing"].get("baseline_number") == 2, "the baseline in effect")
        return scale

    def one(self, scale: SigningScale) -> dict[str, Any]:
        """The scale as the regulator's API gives it."""
        answer = self.client(Role.ADMIN).get(f"/api/v1/scales/{scale.code}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def alerts(self, **query: Any) -> list[dict[str, Any]]:
        """Alerts as the regulator sees them."""
        answer = self.client(Role.REGULATOR).get("/api/v1/alerts", params=query)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["alerts"]
        return found

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait for something that the receiver brings about."""
        wait_until(condition, SETTLE_S, what)

    def entries(self, feed: str) -> list[Any]:
        """All rows of a feed."""
        with database.reading(self.engine) as connection:
            return list(connection.execute(select(feed_entries).where(feed_entries.c.feed == feed)))
