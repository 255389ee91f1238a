"""One persistent MQTT session: its connection, what it has to send, and what it hands over.

Everything here is done without waiting, but for the connection itself; the broker's thread is the only caller.
"""

import contextlib
import logging
import socket
import ssl
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
READ_BYTES = 262_144
RETRY_S = (0.2, 5.0)  # first and longest pause before connecting again
_SUBSCRIPTION = 1  # packet identifier; publications have the others


class Ack(NamedTuple):
    """What acknowledges a message: a session, the connection of that session that it came on, a packet identifier."""

    session: int
    connection: int
    packet: int


class Message(NamedTuple):
    """One PUBLISH; without an `ack` it comes from elsewhere, and the broker waits for nothing."""

    topic: str
    payload: bytes
    ack: Ack | None


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

    def __init__(self, index: int, shards: str, address: Address, received: Callable[[Message], None]) -> None:
        self.index, self.shards, self.address = index, shards, address
        self.name = f"{address.client_prefix}-{shards if len(shards) == 1 else 'all'}"
        self.connection = 0
        self.socket: socket.socket | None = None
        self.subscribed_s: float | None = None  # by a clock that nobody sets
        self.retry_at_s = 0.0
        self._received = received
        self._pause_s = RETRY_S[0]
        self._granted = False  # the broker took the session: publications may go
        self._packets = mqtt_packets.Packets()
        self._out = bytearray()
        self._heard_s = self._spoke_s = 0.0
        self._waiting: deque[tuple[str, bytes]] = deque()
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
        self.socket, self.subscribed_s, self._granted = None, None, False
        self._out.clear()

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
        self._granted = True
        self._out += mqtt_packets.subscribe(_SUBSCRIPTION, [f"sy/1/{shard}/+/up" for shard in self.shards])
        for published in self._in_flight.values():
            self._out += mqtt_packets.again(published)
        self._send_waiting()

    def publish(self, topic: str, payload: bytes) -> None:
        """Send it, now or when the broker is there and has taken what went before."""
        self._waiting.append((topic, payload))
        self._send_waiting()

    def _send_waiting(self) -> None:
        while self._waiting and self._granted and len(self._in_flight) < IN_FLIGHT:
            self._identifier = self._identifier + 1 if self._identifier < 0xFFFF else _SUBSCRIPTION + 1
            if self._identifier not in self._in_flight:
                packet = mqtt_packets.publish(*self._waiting.popleft(), self._identifier)
                self._in_flight[self._identifier] = packet
                self._out += packet

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
