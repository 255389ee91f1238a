"""A witness at the broker: it sees what passes in both directions, and looks every receipt up at that very moment."""

import threading
import time
from dataclasses import dataclass

from paho.mqtt.client import Client as MqttClient
from paho.mqtt.client import MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy import func, select
from sqlalchemy.exc import InterfaceError, OperationalError
from steelyard_cloud.db import database
from steelyard_cloud.db.schema import identities, statements
from steelyard_protocol import downlink, identity, questions, statement

DATABASE_PATIENCE_S = 30


@dataclass(frozen=True)
class ReceiptSeen:
    """A receipt on its way to a scale, and how many of the statements it covers were committed at that moment."""

    receipt: downlink.Receipt
    committed: int
    named_is_held: bool

    @property
    def true(self) -> bool:
        """Whether everything that it covers was held."""
        return self.named_is_held and self.committed == self.receipt.number


class Witness:
    """Sees all that passes the broker, through its restarts: statements up, receipts down, each looked up at once."""

    def __init__(self, port: int, database_url: str, online_public_key: bytes) -> None:
        self.engine = database.connect(database_url)
        self.up: dict[bytes, dict[int, set[bytes]]] = {}  # kid → number → all contents seen
        self.receipts: list[ReceiptSeen] = []
        self.failures: list[Exception] = []
        self.connected = threading.Event()
        self._online_public_key = online_public_key
        self._client = MqttClient(CallbackAPIVersion.VERSION2, client_id="witness")
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = lambda client, *_: client.subscribe([("sy/1/+/+/up", 1), ("sy/1/+/+/down", 1)])
        self._client.on_subscribe = lambda *_: self.connected.set()
        self._client.on_disconnect = lambda *_: self.connected.clear()
        self._client.on_message = lambda _client, _data, message: self._see(message)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        if not self.connected.wait(20):
            raise TimeoutError("the broker did not take the witness's subscription")

    def close(self) -> None:
        """Stop listening; what went wrong in the listener's thread is raised."""
        self._client.disconnect()
        self._client.loop_stop()
        self.engine.dispose()
        if self.failures:
            raise self.failures[0]

    def seen_of(self, kid: bytes) -> list[bytes]:
        """Every content of the identity that passed."""
        return [raw for contents in self.up.get(kid, {}).values() for raw in contents]

    def second_contents(self) -> list[tuple[str, int]]:
        """Numbers under which more than one content passed."""
        return [
            (identity.to_text(kid), number)
            for kid, numbers in self.up.items()
            for number, contents in numbers.items()
            if len(contents) > 1
        ]

    def _see(self, message: MQTTMessage) -> None:
        try:
            if message.topic.endswith("/up"):
                if questions.read(bytes(message.payload)) is not None:
                    return  # no statement: what a scale asks beside its chain
                for raw in statement.decode_message(bytes(message.payload)):
                    one = statement.parse(raw)
                    self.up.setdefault(one.kid, {}).setdefault(one.number, set()).add(raw)
            else:
                order = downlink.open_order(bytes(message.payload), self._online_public_key)
                if isinstance(order, downlink.Receipt):
                    self.receipts.append(self._look_up(order))
        except Exception as error:
            self.failures.append(error)

    def _look_up(self, receipt: downlink.Receipt) -> ReceiptSeen:
        """Ask the database; one that was killed meanwhile is asked as soon as it answers again."""
        deadline_s = time.monotonic() + DATABASE_PATIENCE_S
        while True:
            try:
                return self._ask(receipt)
            except (OperationalError, InterfaceError):
                if time.monotonic() > deadline_s:
                    raise

    def _ask(self, receipt: downlink.Receipt) -> ReceiptSeen:
        c = statements.c
        of_identity = select(identities.c.id).where(identities.c.kid == receipt.identity).scalar_subquery()
        covered = select(func.count(c.number.distinct())).where(
            c.identity_id == of_identity, c.number <= receipt.number
        )
        named = select(func.count()).where(
            c.identity_id == of_identity, c.number == receipt.number, c.hash == receipt.hash
        )
        with database.reading(self.engine) as connection:
            return ReceiptSeen(receipt, connection.scalar(covered) or 0, bool(connection.scalar(named)))
