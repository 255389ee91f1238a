"""The MQTT side of a receiver, behind a small interface; the client is paho.

One thread drives the sockets of all sessions with a selector. Messages are handed over in batches and acknowledged only
when the caller says so; with a persistent session the broker delivers again what was not.
"""

import contextlib
import logging
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from paho.mqtt.client import Client, MQTTMessage, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from steelyard_cloud.clock import now_ms

log = logging.getLogger(__name__)

KEEPALIVE_S = 30
MOST_WAITING = 20_000  # messages read ahead of the worker; beyond it the sockets are left alone
READ_AT_ONCE = 500
RETRY_S = (0.2, 5.0)  # first and longest pause before connecting again
MISC_S = 1.0


class Message(NamedTuple):
    """One PUBLISH; `receipt` tells the broker which to acknowledge."""

    topic: str
    payload: bytes
    receipt: tuple[int, int, int]  # session, connection of that session, packet identifier


class Broker(Protocol):
    """What a receiver needs of a broker."""

    def receive(self, limit: int, timeout_s: float) -> list[Message]:
        """Up to `limit` messages, waiting at most `timeout_s` for the first."""

    def acknowledge(self, messages: Iterable[Message]) -> None:
        """These are committed: the broker may forget them."""

    def publish(self, outgoing: Sequence[tuple[str, bytes]]) -> None:
        """Send (topic, payload) with QoS 1."""

    def connected_since_ms(self, shard: str) -> int | None:
        """Since when the shard has been heard without a break; None while it is not."""

    def close(self) -> None:
        """Disconnect and stop; sessions stay on the broker."""


@dataclass(frozen=True)
class Address:
    """Where the broker is and who we are to it."""

    host: str
    port: int
    user: str = ""
    password: str = ""
    tls: bool = False
    client_prefix: str = "steelyard-ingest"


class _Session:
    """One persistent MQTT session for some shards; only the broker's thread touches it."""

    def __init__(self, index: int, shards: str, address: Address, received: Callable[[Message], None]) -> None:
        self.index, self.shards, self.address = index, shards, address
        self.connection = 0
        self.subscribed_ms: int | None = None
        self.retry_at_s = 0.0
        self.pause_s = RETRY_S[0]
        name = shards if len(shards) == 1 else "all"
        self.client = client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"{address.client_prefix}-{name}",
            clean_session=False,
            protocol=MQTTv311,
            manual_ack=True,
            reconnect_on_failure=False,
        )
        client.max_inflight_messages_set(1000)
        client.max_queued_messages_set(0)
        if address.user:
            client.username_pw_set(address.user, address.password)
        if address.tls:
            client.tls_set()
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_disconnect = self._on_disconnect
        # With this hook set, paho queues what it sends until `loop_write`, instead of one system call here and there.
        client.on_socket_register_write = lambda *_: None

        def on_message(_client: Client, _userdata: Any, message: MQTTMessage) -> None:
            received(Message(message.topic, bytes(message.payload), (index, self.connection, message.mid)))

        client.on_message = on_message

    def connect(self, now_s: float) -> bool:
        """Try once; False where nobody listens, and not before the pause is over."""
        if now_s < self.retry_at_s:
            return False
        self.retry_at_s = now_s + self.pause_s
        self.pause_s = min(self.pause_s * 2, RETRY_S[1])
        try:
            self.client.connect(self.address.host, self.address.port, KEEPALIVE_S)
        except OSError as error:
            log.warning("broker %s:%d: %s; trying again", self.address.host, self.address.port, error)
            return False
        return True

    def _on_connect(self, client: Client, _userdata: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            log.error("broker %s:%d refused the session: %s", self.address.host, self.address.port, reason)
            return
        self.connection += 1
        self.pause_s = RETRY_S[0]
        client.subscribe([(f"sy/1/{shard}/+/up", 1) for shard in self.shards])

    def _on_subscribe(self, _client: Client, _userdata: Any, _mid: int, codes: Any, _properties: Any) -> None:
        if any(code.is_failure for code in codes):
            log.error("the broker refused the subscription to the shards %s: check its access list", self.shards)
            return
        self.subscribed_ms = now_ms()

    def _on_disconnect(self, *_: Any) -> None:
        self.subscribed_ms = None


class PahoBroker:
    """See `Broker`; one session for each shard, or one for all of them."""

    def __init__(self, address: Address, shards: str, *, session_per_shard: bool = True) -> None:
        self._waiting: deque[Message] = deque()
        self._arrived = threading.Condition()
        self._commands: deque[Callable[[], None]] = deque()
        self._stopping = False
        self._wake_here, self._wake_there = socket.socketpair()
        for end in (self._wake_here, self._wake_there):
            end.setblocking(False)
        groups = list(shards) if session_per_shard else [shards]
        self._sessions = [_Session(at, group, address, self._waiting.append) for at, group in enumerate(groups)]
        self._session_of = {shard: session for session in self._sessions for shard in session.shards}
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)
        self._thread.start()

    def receive(self, limit: int, timeout_s: float) -> list[Message]:
        """See Broker."""
        waiting = self._waiting
        if not waiting:
            with self._arrived:
                if not waiting:
                    self._arrived.wait(timeout_s)
        return [waiting.popleft() for _ in range(min(limit, len(waiting)))]

    def acknowledge(self, messages: Iterable[Message]) -> None:
        """See Broker."""
        receipts = [message.receipt for message in messages]
        self._command(lambda: self._acknowledge(receipts))

    def publish(self, outgoing: Sequence[tuple[str, bytes]]) -> None:
        """See Broker; what cannot be sent now waits in the client's queue."""
        self._command(lambda: self._publish(outgoing))

    def connected_since_ms(self, shard: str) -> int | None:
        """See Broker."""
        return self._session_of[shard].subscribed_ms

    def close(self) -> None:
        """See Broker."""
        self._stopping = True
        self._wake()
        self._thread.join(timeout=10)

    def _command(self, command: Callable[[], None]) -> None:
        self._commands.append(command)
        self._wake()

    def _wake(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._wake_there.send(b"\0")

    def _acknowledge(self, receipts: Iterable[tuple[int, int, int]]) -> None:
        sessions = self._sessions
        for index, connection, packet in receipts:
            session = sessions[index]
            if session.connection == connection:  # else the broker delivers it again, and that copy is acknowledged
                session.client.ack(packet, 1)

    def _publish(self, outgoing: Sequence[tuple[str, bytes]]) -> None:
        for topic, payload in outgoing:
            session = self._session_of.get(topic[5:6], self._sessions[0])
            session.client.publish(topic, payload, qos=1)

    def _run(self) -> None:
        selector = selectors.DefaultSelector()
        selector.register(self._wake_here, selectors.EVENT_READ, None)
        watched: dict[int, tuple[Any, int]] = {}
        misc_at_s = 0.0
        while not self._stopping:
            now_s = time.monotonic()
            if now_s >= misc_at_s:
                misc_at_s = now_s + MISC_S
                for session in self._sessions:
                    session.client.loop_misc()
            for session in self._sessions:
                if session.client.socket() is None:
                    session.connect(now_s)
            try:
                self._turn(selector, watched)
            except Exception:
                # paho raises on what a broker should never send; the sessions start anew and nothing is lost.
                log.exception("the MQTT sessions failed; connecting again")
                for session in self._sessions:
                    session.client.disconnect()
                    session.client.loop_write()
        for session in self._sessions:
            session.client.disconnect()
            session.client.loop_write()
        selector.close()
        self._wake_here.close()
        self._wake_there.close()

    def _turn(self, selector: selectors.BaseSelector, watched: dict[int, tuple[Any, int]]) -> None:
        """Wait for the sockets once, and do what they and the other threads ask for."""
        full = len(self._waiting) > MOST_WAITING
        self._watch(selector, watched, full)
        for key, mask in selector.select(0.05 if full else 0.2):
            if key.data is None:
                with contextlib.suppress(BlockingIOError):
                    self._wake_here.recv(4096)
            elif mask & selectors.EVENT_READ:
                self._read(key.data)
        while self._commands:
            self._commands.popleft()()
        for session in self._sessions:
            if session.client.want_write():
                session.client.loop_write()
        if self._waiting:
            with self._arrived:
                self._arrived.notify_all()

    def _watch(self, selector: selectors.BaseSelector, watched: dict[int, tuple[Any, int]], full: bool) -> None:
        """Bring the selector in line with the sessions' sockets, which come and go."""
        for session in self._sessions:
            now = session.client.socket()
            events = (0 if full else selectors.EVENT_READ) | (
                selectors.EVENT_WRITE if now is not None and session.client.want_write() else 0
            )
            before = watched.get(session.index)
            if before == (now, events):
                continue
            if before is not None:
                with contextlib.suppress(KeyError, ValueError):  # a closed socket is no longer known to it
                    selector.unregister(before[0])
                del watched[session.index]
            if now is not None and events:
                selector.register(now, events, session)
                watched[session.index] = (now, events)

    def _read(self, session: _Session) -> None:
        waiting, client = self._waiting, session.client
        for _ in range(READ_AT_ONCE):
            before = len(waiting)
            if client.loop_read() != MQTTErrorCode.MQTT_ERR_SUCCESS or len(waiting) == before:
                return
