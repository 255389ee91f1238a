"""One persistent MQTT session: its connection, what it has to send, and what it hands over.

Everything here is done without waiting, but for the connection itself; the broker's thread is the only caller.
"""

import contextlib
import logging
import random
import socket
import ssl
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from steelyard_cloud.clock import awake_s
from steelyard_cloud.ingest.mqtt import packets as mqtt_packets

log = logging.getLogger(__name__)

KEEPALIVE_S = 30
CONNECT_S = 5.0  # longest wait for the peer to take a connection, and for its TLS handshake
IN_FLIGHT = 1000  # publications that the broker has not acknowledged; the others wait
WAITING_BYTES = 4 * 1024 * 1024  # of publications that wait; beyond it the oldest are dropped: receipts are made again
READ_BYTES = 262_144
RETRY_S = (0.2, 5.0)  # first and longest pause before connecting again
STEADY_S = 30.0  # a session that ends sooner, again and again, is probably taken over by another receiver
TAKEN_OVER_S = (5.0, 60.0)  # first and longest pause then
_SUBSCRIPTION = 1  # packet identifier; publications have the others


class Ack(NamedTuple):
    """What acknowledges a message: a session, the connection of that session that it came on, a packet identifier."""

    session: int
    connection: int
    packet: int


class Message(NamedTuple):
    """One PUBLISH; without an `ack` it comes from elsewhere, and the broker waits for nothing.

    `waited` is the row of the quarantine in which it waited, for whoever stores it to release. A `skipped` one
    came when too much of its topic waited: its payload is gone, it is only counted, and comes again, as no receipt
    covers it.
    """

    topic: str
    payload: bytes
    ack: Ack | None
    waited: int | None = None
    skipped: bool = False


@dataclass(frozen=True)
class Address:
    """Where the broker is and who we are to it."""

    host: str
    port: int
    user: str = ""
    password: str = ""
    tls: bool = False
    client_prefix: str = "steelyard-ingest"


class Session:
    """One persistent MQTT session for some shards; only the broker's thread touches it."""

    def __init__(
        self,
        index: int,
        shards: str,
        address: Address,
        received: Callable[[Message], None],
        taken_over: Callable[[str], None],
    ) -> None:
        self.index, self.shards, self.address = index, shards, address
        self.name = f"{address.client_prefix}-{shards if len(shards) == 1 else 'all'}"
        self.connection = 0
        self.socket: socket.socket | None = None
        self.subscribed_s: float | None = None  # by a clock that nobody sets
        self.retry_at_s = 0.0
        self._received, self._taken_over = received, taken_over
        self._pause_s = RETRY_S[0]
        self._granted_s = 0.0
        self._short_lives = 0  # sessions in a row that the broker granted and that did not last
        self._granted = False  # the broker took the session: publications may go
        self._packets = mqtt_packets.Packets()
        self._out = bytearray()
        self._heard_s = self._spoke_s = 0.0
        self._waiting: deque[tuple[str, bytes]] = deque()
        self._waiting_bytes = 0
        self._in_flight: dict[int, bytes] = {}
        self._identifier = _SUBSCRIPTION

    @property
    def wants_write(self) -> bool:
        """Whether there is something that the socket did not take yet."""
        return bool(self._out)

    def connect(self, now_s: float) -> None:
        """Try once; the next pause is longer until the broker takes the session."""
        self.retry_at_s = now_s + self._pause_s
        self._pause_s = min(self._pause_s * 2, RETRY_S[1])
        to = self.address
        try:
            end = socket.create_connection((to.host, to.port), CONNECT_S)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if to.tls:
                end = ssl.create_default_context().wrap_socket(end, server_hostname=to.host)
        except OSError as error:
            log.warning("broker %s:%d: %s; trying again", to.host, to.port, error)
            self._short_lives = 0  # it was away: nobody took the session over
            return
        end.setblocking(False)
        self.socket, self._packets = end, mqtt_packets.Packets()
        self._out = bytearray(mqtt_packets.connect(self.name, KEEPALIVE_S, to.user, to.password))
        self._heard_s = self._spoke_s = now_s

    def drop(self, why: object) -> None:
        """Close the connection; the session stays on the broker."""
        if self.socket is not None:
            log.warning("broker %s:%d, shards %s: %s", self.address.host, self.address.port, self.shards, why)
            self.socket.close()
            if self._granted and isinstance(why, OSError):
                self._ended()
        self.socket, self.subscribed_s, self._granted = None, None, False
        self._out.clear()

    def _ended(self) -> None:
        """The broker has ended a session. Whoever takes it over and is taken over in turn waits longer each time."""
        now_s = time.monotonic()
        self._short_lives = self._short_lives + 1 if now_s - self._granted_s < STEADY_S else 0
        if self._short_lives > 1:
            first_s, longest_s = TAKEN_OVER_S
            pause_s = min(first_s * 2 ** min(self._short_lives - 2, 10), longest_s)
            self.retry_at_s = now_s + pause_s * random.uniform(0.5, 1)  # noqa: S311  # no secret
            self._taken_over(self.name)

    def read(self, now_s: float) -> None:
        """Take what the socket has; raises OSError and MqttError."""
        assert self.socket is not None
        with contextlib.suppress(BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            data = self.socket.recv(READ_BYTES)
            if not data:
                raise ConnectionError("closed by the broker")
            while isinstance(self.socket, ssl.SSLSocket) and (pending := self.socket.pending()):
                data += self.socket.recv(pending)
            self._heard_s = now_s
            for first, body in self._packets.feed(data):
                self._take(first, body)

    def _take(self, first: int, body: bytes) -> None:
        if first & 0xF0 == mqtt_packets.PUBLISH:
            topic, payload, packet = mqtt_packets.read_publish(first, body)
            self._received(Message(topic, payload, Ack(self.index, self.connection, packet)))
        elif first == mqtt_packets.PUBACK:
            self._in_flight.pop(mqtt_packets.read_identifier(body), None)
            self._send_waiting()
        elif first in (mqtt_packets.CONNACK, mqtt_packets.SUBACK):
            if code := mqtt_packets.refusal(first, body):
                what = "session" if first == mqtt_packets.CONNACK else "subscription: check its access list"
                raise mqtt_packets.MqttRefused(what=what, return_code=code)
            if first == mqtt_packets.CONNACK:
                self._begin()
            else:
                self.subscribed_s, self._pause_s = awake_s(), RETRY_S[0]
        elif first != mqtt_packets.PINGRESP:
            raise mqtt_packets.MqttError(why=f"a packet {first:#04x}")

    def _begin(self) -> None:
        self.connection += 1
        self._granted, self._granted_s = True, time.monotonic()
        self._out += mqtt_packets.subscribe(_SUBSCRIPTION, [f"sy/1/{shard}/+/up" for shard in self.shards])
        for published in self._in_flight.values():
            self._out += mqtt_packets.again(published)
        self._send_waiting()

    def publish(self, topic: str, payload: bytes) -> None:
        """Send it, now or when the broker is there and has taken what went before."""
        self._waiting.append((topic, payload))
        self._waiting_bytes += len(payload)
        self._send_waiting()
        while self._waiting_bytes > WAITING_BYTES:
            self._next_waiting()

    def _send_waiting(self) -> None:
        while self._waiting and self._granted and len(self._in_flight) < IN_FLIGHT:
            self._identifier = self._identifier + 1 if self._identifier < 0xFFFF else _SUBSCRIPTION + 1
            if self._identifier not in self._in_flight:
                packet = mqtt_packets.publish(*self._next_waiting(), self._identifier)
                self._in_flight[self._identifier] = packet
                self._out += packet

    def _next_waiting(self) -> tuple[str, bytes]:
        topic, payload = self._waiting.popleft()
        self._waiting_bytes -= len(payload)
        return topic, payload

    def acknowledge(self, connection: int, packets: Iterable[int]) -> None:
        """Acknowledge what came on a connection; after its end the broker delivers again, and that copy counts."""
        if self._granted and connection == self.connection:
            self._out += mqtt_packets.acknowledgements(packets)

    def write(self, now_s: float) -> None:
        """Send what the socket takes; raises OSError."""
        assert self.socket is not None
        with contextlib.suppress(BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            while self._out:
                del self._out[: self.socket.send(self._out)]
                self._spoke_s = now_s

    def tick(self, now_s: float) -> None:
        """Keep the connection alive; raises ConnectionError when the broker has gone silent."""
        if now_s - self._heard_s > 1.5 * KEEPALIVE_S:
            raise ConnectionError(f"nothing heard for {1.5 * KEEPALIVE_S:.0f} s")
        if self._granted and now_s - min(self._heard_s, self._spoke_s) > KEEPALIVE_S / 2:
            self._spoke_s = now_s
            self._out += mqtt_packets.PINGREQ

    def close(self) -> None:
        """Take leave as far as the socket allows, and close it."""
        if self.socket is not None:
            with contextlib.suppress(OSError):
                self._out += mqtt_packets.DISCONNECT
                self.write(0)
            self.socket.close()
