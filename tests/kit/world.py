"""A small world for the tests of the web: a real database, the real receiver and judge, and the real web server.

Only the broker is a queue in memory: messages reach the receiver exactly as MQTT would hand them over.
"""

import queue
import socket
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from sqlalchemy import Engine, select
from steelyard_cloud import keys
from steelyard_cloud.db import database
from steelyard_cloud.db.schema import feed_entries, scales, summaries
from steelyard_cloud.ingest.listening import Listening
from steelyard_cloud.ingest.mqtt.session import Message
from steelyard_cloud.ingest.process import Ingest
from steelyard_cloud.ingest.receiver import Receiver
from steelyard_cloud.people import access, organisations
from steelyard_cloud.people.audit import Actor
from steelyard_cloud.people.roles import Role
from steelyard_cloud.settings import SHARDS, Settings
from steelyard_cloud.web.app import create_app
from steelyard_protocol import parameters
from steelyard_protocol.enrolment import to_base64url

from kit.played import MAKER, MODEL, PARAMETERS, SOFTWARE, PlayedScale
from kit.servers import wait_until

SETTLE_S = 10
NAMES = {field.key: field.name for field in parameters.FIELDS.values()}


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


class World:
    """Everything started on a folder and a database; `client(role)` talks to the API."""

    def __init__(self, folder: Path, url: str = "") -> None:
        # asyncio turns Nagle's delay off only for a socket that says it is TCP, as the server's own do
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.listen()
        self.port = self._socket.getsockname()[1]
        self.settings = Settings(data_dir=folder, database_url=url, listen_port=self.port, period_s=600)
        database.migrate(self.settings.database)
        self.engine: Engine = database.connect(self.settings.database)
        keys.create(self.settings.keys, self.settings.root)
        self.now = time.time_ns() // 1_000_000
        self.broker = QueueBroker()
        online, listening = keys.read_online(self.settings.keys), Listening(self.broker.connected_since_ms, self.now_ms)
        self.ingest = Ingest(self.broker, Receiver(self.engine, SHARDS, online, listening), self.now_ms)
        self.app = create_app(self.settings, self.engine, now_ms=self.now_ms, wake=lambda _shard: self.ingest.wake())
        self.tokens: dict[Role, str] = {}
        self.organisations: dict[str, int] = {}
        self.users: dict[Role, int] = {}
        self._people()
        self.server = uvicorn.Server(uvicorn.Config(self.app, port=self.port, log_level="warning", loop="asyncio"))
        self._thread = threading.Thread(target=self.server.run, args=([self._socket],), name="web")
        self._clients: list[httpx.Client] = []

    def now_ms(self) -> int:
        """The world's clock; tests move `now`."""
        return self.now

    def start(self) -> None:
        self.ingest.start()
        self._thread.start()
        wait_until(lambda: self.server.started, SETTLE_S, "the web server")

    def stop(self) -> None:
        for client in self._clients:
            client.close()
        self.app.state.context.hub.stop()
        self.server.should_exit = True
        self._thread.join(timeout=20)
        self.ingest.stop()
        self.engine.dispose()
        assert not self._thread.is_alive()

    def discard(self) -> None:
        """For a world that was never started."""
        self._socket.close()
        self.ingest.receiver.close()
        self.engine.dispose()

    # ---- people ----------------------------------------------------------------------------------------------------

    def _people(self) -> None:
        actor = Actor("process:test", 0, None, None)
        with database.writing(self.engine) as connection:
            for name, kind, division, role, person in (
                ("Platform", "platform", "000000", Role.ADMIN, "Root"),
                ("Hengtai Scales", "manufacturer", "330700", Role.MANUFACTURER, "Line 1"),
                ("Hangzhou Metrology Institute", "verification", "330100", Role.VERIFICATION, "Chen Min"),
                ("Hangzhou Market Supervision", "regulator", "330100", Role.REGULATOR, "Wang Li"),
                ("Xihu Repairs", "repair", "330106", Role.TECHNICIAN, "Zhou"),
            ):
                organisation = organisations.add_organisation(
                    connection, actor, name=name, kind=kind, division_code=division, now_ms=self.now
                )
                self.organisations[name] = organisation
                self.tokens[role] = access.create_token(
                    connection, name=f"{name} token", role=role, organisation_id=organisation, now_ms=self.now
                )
                self.users[role] = organisations.add_user(
                    connection, actor, organisation_id=organisation, name=person, role=role.value, now_ms=self.now
                )

    def token_for(self, name: str, kind: str, division: str, role: Role) -> str:
        """A token of a new organisation."""
        with database.writing(self.engine) as connection:
            organisation = organisations.add_organisation(
                connection,
                Actor("process:test", 0, None, None),
                name=name,
                kind=kind,
                division_code=division,
                now_ms=self.now,
            )
            return access.create_token(connection, name=name, role=role, organisation_id=organisation, now_ms=self.now)

    def client(self, role: Role | None, *, token: str | None = None) -> httpx.Client:
        """A client of the API with the role's token; None for the public."""
        secret = token or (self.tokens[role] if role else None)
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        client = httpx.Client(base_url=self.settings.url, headers=headers, timeout=20)
        self._clients.append(client)
        return client

    def sign_in_link(self, role: Role) -> str:
        """A one-time link for the role's person."""
        with database.writing(self.engine) as connection:
            secret = access.create_sign_in_link(connection, self.users[role], self.now)
        return f"{self.settings.url}/sign-in?token={secret}"

    # ---- scales ----------------------------------------------------------------------------------------------------

    def prepare(self, quantity: int = 20, number: str = "ORDER-1", division: str = "330106") -> None:
        """A scale type and a factory order, by the API."""
        admin = self.client(Role.ADMIN)
        names = {NAMES[key]: value for key, value in PARAMETERS.items() if key < 32}
        made = admin.post(
            "/api/v1/scale-types",
            json={
                "organisation": self.organisations["Hengtai Scales"],
                "maker": MAKER,
                "model": MODEL,
                "type_approval": "PA-2026-0417",
                "parameters": names,
                "software": [{"name": SOFTWARE[0], "version": SOFTWARE[1], "hash": SOFTWARE[2].hex()}],
            },
        )
        assert made.status_code == 201, made.text
        self.order(number, made.json()["scale_type"], quantity, division)

    def order(self, number: str, scale_type: int, quantity: int, division: str) -> None:
        """A factory order, by the API."""
        body = {"number": number, "scale_type": scale_type, "quantity": quantity, "division_code": division}
        answer = self.client(Role.MANUFACTURER).post("/api/v1/factory-orders", json=body)
        assert answer.status_code == 201, answer.text

    def scale(self, serial_number: str, **played: Any) -> PlayedScale:
        """A played scale, not enrolled."""
        root = keys.read_root_public(self.settings.keys)
        return PlayedScale(serial_number, root, played.pop("clock_s", self.now // 1000 - 86_400), **played)

    def enrol(self, scale: PlayedScale, order: str = "ORDER-1", place: str = "") -> httpx.Response:
        """Enrol by the API, and send statement 1 and 2 as the scale would."""
        body = {"order": order, "statement": to_base64url(scale.enrol()), "place": place}
        answer = self.client(Role.MANUFACTURER).post("/api/v1/enrolments", json=body)
        if answer.status_code == 201:
            self.send(scale, [scale.chain[0], scale.boot()])
        return answer

    def send(self, scale: PlayedScale, statements: Sequence[bytes], *, held: bool = True) -> None:
        """Hand statements to the receiver; wait until the newest is committed unless told otherwise."""
        for raw in statements:
            self.broker.messages.put(Message(scale.topic, raw, (0, 0, 0)))
        if held:
            wait_until(lambda: self.head(scale) >= scale.number, SETTLE_S, f"statement {scale.number} held")

    def head(self, scale: PlayedScale) -> int:
        """The highest number held."""
        query = select(summaries.c.head).join(scales, scales.c.id == summaries.c.scale_id)
        with database.reading(self.engine) as connection:
            return connection.scalar(query.where(scales.c.public_code == scale.code)) or 0

    def verify(self, scale: PlayedScale, number: int = 2, until: str = "2029-11-30") -> httpx.Response:
        """Record a verification by the API."""
        body = {"number": number, "valid_until": until, "kind": "initial", "seal": "浙A 204418"}
        return self.client(Role.VERIFICATION).post(f"/api/v1/scales/{scale.code}/verifications", json=body)

    def in_use(self, serial_number: str, place: str = "", **played: Any) -> PlayedScale:
        """A scale that is enrolled, verified and reporting."""
        scale = self.scale(serial_number, **played)
        enrolled = self.enrol(scale, place=place)
        assert enrolled.status_code == 201, enrolled.text
        verified = self.verify(scale)
        assert verified.status_code == 201, verified.text
        self.until(lambda: self.one(scale)["standing"].get("baseline_number") == 2, "the baseline in effect")
        return scale

    def one(self, scale: PlayedScale) -> dict[str, Any]:
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
