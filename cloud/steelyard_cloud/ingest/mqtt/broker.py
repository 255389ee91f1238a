"""The MQTT side of a receiver, behind a small interface; the protocol is in `packets`, a connection in `session`.

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
from typing import Protocol

from steelyard_cloud import clock
from steelyard_cloud.ingest.mqtt.inbox import Inbox
from steelyard_cloud.ingest.mqtt.packets import MqttError
from steelyard_cloud.ingest.mqtt.session import Ack, Address, Message, Session

__all__ = ["Ack", "Address", "Broker", "Message", "MqttBroker"]

log = logging.getLogger(__name__)

TICK_S = 1.0


class Broker(Protocol):
    """What a receiver needs of a broker."""

    def receive(self, limit: int, timeout_s: float) -> list[Message]:
        """Up to `limit` messages, fewer where they are large, waiting at most `timeout_s` for the first."""

    def acknowledge(self, messages: Iterable[Message]) -> None:
        """These are committed: the broker may forget them."""

    def publish(self, outgoing: Sequence[tuple[str, bytes]]) -> None:
        """Send (topic, payload) with QoS 1."""

    def connected_since_ms(self, shard: str) -> int | None:
        """Since when the shard has been heard without a break; None while it is not."""

    def close(self) -> None:
        """Disconnect and stop; sessions stay on the broker."""


class MqttBroker:
    """See `Broker`; one session for each shard, or one for all of them."""

    def __init__(self, address: Address, shards: str, *, session_per_shard: bool = True) -> None:
        self._inbox = Inbox()
        self._commands: deque[Callable[[], None]] = deque()
        self._stopping = False
        self._wake_here, self._wake_there = socket.socketpair()
        for end in (self._wake_here, self._wake_there):
            end.setblocking(False)
        groups = list(shards) if session_per_shard else [shards]
        self._sessions = [
            Session(at, group, address, self._inbox.add, self._taken_over) for at, group in enumerate(groups)
        ]
        self._said = False
        self._session_of = {shard: session for session in self._sessions for shard in session.shards}
        self._selector = selectors.DefaultSelector()
        self._watched: dict[int, tuple[socket.socket, int]] = {}  # session → its socket and what is waited for
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)
        self._thread.start()

    def receive(self, limit: int, timeout_s: float) -> list[Message]:
        """See Broker."""
        return self._inbox.take(limit, timeout_s)

    def acknowledge(self, messages: Iterable[Message]) -> None:
        """See Broker."""
        acks = [message.ack for message in messages if message.ack is not None]
        self._command(lambda: self._acknowledge(acks))

    def publish(self, outgoing: Sequence[tuple[str, bytes]]) -> None:
        """See Broker; what cannot be sent now waits in its session."""
        self._command(lambda: self._publish(outgoing))

    def connected_since_ms(self, shard: str) -> int | None:
        """See Broker."""
        subscribed_s = self._session_of[shard].subscribed_s
        return None if subscribed_s is None else clock.since_ms(subscribed_s, clock.now_ms())

    def close(self) -> None:
        """See Broker."""
        self._stopping = True
        with contextlib.suppress(OSError):  # the thread may have seen it by itself, and closed its end
            self._wake()
        self._thread.join(timeout=10)

    def _command(self, command: Callable[[], None]) -> None:
        self._commands.append(command)
        self._wake()

    def _wake(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._wake_there.send(b"\0")

    def _acknowledge(self, acks: Iterable[Ack]) -> None:
        packets: dict[tuple[int, int], list[int]] = {}
        for index, connection, packet in acks:
            if packet:
                packets.setdefault((index, connection), []).append(packet)
        for (index, connection), some in packets.items():
            self._sessions[index].acknowledge(connection, some)

    def _publish(self, outgoing: Iterable[tuple[str, bytes]]) -> None:
        for topic, payload in outgoing:
            self._session_of.get(topic[5:6], self._sessions[0]).publish(topic, payload)

    def _run(self) -> None:
        self._selector.register(self._wake_here, selectors.EVENT_READ, None)
        tick_at_s = 0.0
        while not self._stopping:
            now_s = time.monotonic()
            ticks = now_s >= tick_at_s
            if ticks:
                tick_at_s = now_s + TICK_S
            for session in self._sessions:
                if session.socket is None and now_s >= session.retry_at_s:
                    session.connect(now_s)
                elif ticks and session.socket is not None:
                    self._guarded(session, session.tick, now_s)
            try:
                self._turn(now_s)
            except Exception as error:
                log.exception("the MQTT sessions failed; connecting again")
                for session in self._sessions:
                    self._drop(session, error)
        for session in self._sessions:
            session.close()
        self._selector.close()
        self._wake_here.close()
        self._wake_there.close()

    def _turn(self, now_s: float) -> None:
        """Wait for the sockets once, and do what they and the other threads ask for."""
        for session in self._sessions:
            self._watch(session, self._inbox.blocks(session.index))
        for key, mask in self._selector.select(0.05 if self._inbox.full else 0.2):
            if key.data is None:
                with contextlib.suppress(BlockingIOError):
                    self._wake_here.recv(4096)
            elif mask & selectors.EVENT_READ:
                self._guarded(key.data, key.data.read, now_s)
        while self._commands:
            self._commands.popleft()()
        for session in self._sessions:
            if session.wants_write and session.socket is not None:
                self._guarded(session, session.write, now_s)
        self._inbox.tell()

    def _taken_over(self, client_id: str) -> None:
        if not self._said:
            log.error(
                "the broker ended the session %s again shortly after it began: probably another ingest runs with the "
                "same client id and shards; stop one of them, or give each its own shards (sessions wait longer now)",
                client_id,
            )
        self._said = True

    def _guarded(self, session: Session, act: Callable[[float], None], now_s: float) -> None:
        """What fails on one connection ends that connection: it is made again, and nothing is lost."""
        try:
            act(now_s)
        except (OSError, MqttError) as error:
            self._drop(session, error)

    def _drop(self, session: Session, why: Exception) -> None:
        self._unwatch(session)
        session.drop(why)

    def _watch(self, session: Session, full: bool) -> None:
        """Bring the selector in line with the session's socket, which comes and goes."""
        now = session.socket
        if now is None:
            return
        events = (0 if full else selectors.EVENT_READ) | (selectors.EVENT_WRITE if session.wants_write else 0)
        before = self._watched.get(session.index)
        if before == (now, events):
            return
        self._unwatch(session)
        if events:
            self._selector.register(now, events, session)
            self._watched[session.index] = (now, events)

    def _unwatch(self, session: Session) -> None:
        before = self._watched.pop(session.index, None)
        if before is not None:
            self._selector.unregister(before[0])
