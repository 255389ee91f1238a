"""The ingest process: one worker that moves messages from the broker into the evidence, and does what time brings.

Between batches it reads the registry's changes (every 200 ms, or when woken), judges scales that are due, and checks
signatures that a link had vouched for. A failing database stops acknowledgements, never loses a message.
"""

import gc
import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from steelyard_protocol.verifiers import Verifier, VerifierUnavailable, ifma, openssl

from steelyard_cloud.clock import now_ms
from steelyard_cloud.db import heartbeats
from steelyard_cloud.db.database import Engine, SQLAlchemyError, writing
from steelyard_cloud.db.outage import trouble_of
from steelyard_cloud.ingest.changes import Changes
from steelyard_cloud.ingest.listening import Listening
from steelyard_cloud.ingest.mqtt.broker import Address, Broker, MqttBroker
from steelyard_cloud.ingest.pending import AGAIN, PendingBatches
from steelyard_cloud.ingest.receiver import Receiver
from steelyard_cloud.ingest.sending import Sender
from steelyard_cloud.ingest.timers import judge_due
from steelyard_cloud.keys import read_online
from steelyard_cloud.settings import Settings

log = logging.getLogger(__name__)

BATCH = 1000
WAIT_S = 0.05
POLL_S = 0.2
TIMERS_S = 1.0
BEAT_S = 5.0  # who asks whether ingest lives waits six times as long
BACKGROUND_S = 5.0  # signatures get a turn this often even while messages keep coming
RETRY_S = (0.1, 5.0)
COLLECTIONS = (50_000, 20, 50)  # a batch makes many objects and hardly a cycle: Python's own pace costs a tenth


class Ingest:
    """Runs a receiver against a broker until it is stopped.

    `woken` is set by whoever has changed the registry; `on_news` is called after a commit that wrote to the outbox.
    """

    def __init__(
        self,
        broker: Broker,
        receiver: Receiver,
        clock: Callable[[], int] = now_ms,
        *,
        woken: threading.Event | None = None,
        on_news: Callable[[], None] = lambda: None,
    ) -> None:
        self.broker, self.receiver, self.clock = broker, receiver, clock
        self._woken, self._on_news = woken or threading.Event(), on_news
        self._sender = Sender(broker, receiver.online)
        self._pending = PendingBatches(receiver, self._sender, clock)
        self._changes = Changes(receiver, self._pending, clock)
        self._more_later = False  # there may be more to do later: nobody waits for messages then
        self._more_due = False  # the same for timers: they have a turn at once, not only when their period is over
        self._every = {period_s: Every(period_s) for period_s in (POLL_S, TIMERS_S, BACKGROUND_S)}
        self._beats = Every(BEAT_S)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self.run, name="ingest", daemon=True)

    @classmethod
    def of(
        cls,
        settings: Settings,
        engine: Engine,
        woken: threading.Event | None = None,
        on_news: Callable[[], None] = lambda: None,
    ) -> "Ingest":
        """The ingest that the settings describe; connects to the broker at once."""
        online = read_online(settings.keys)
        address = Address(
            host=settings.mqtt_host,
            port=settings.mqtt_port,
            user=settings.mqtt_user,
            password=settings.mqtt_password,
            tls=settings.mqtt_tls,
            client_prefix=settings.mqtt_client_prefix,
        )
        broker = MqttBroker(address, settings.shards, session_per_shard=settings.session_per_shard)
        verify = _verifier(settings.verifier)
        receiver = Receiver(engine, settings.shards, online, Listening(broker.connected_since_ms), verify)
        return cls(broker, receiver, woken=woken, on_news=on_news)

    def start(self) -> None:
        """Run in a thread of its own."""
        with suppress(SQLAlchemyError):  # the worker tries again
            self._beat()
        self._thread.start()

    def stop(self) -> None:
        """Finish the current batch and stop; what is not acknowledged comes again at the next start."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=30)
        self._sender.close()
        self.broker.close()
        self.receiver.close()

    def wake(self) -> None:
        """The registry has written a change."""
        self._woken.set()

    def run(self) -> None:
        """The worker; returns after `stop`."""
        gc.set_threshold(*COLLECTIONS)
        pause_s = RETRY_S[0]
        while not self._stopping.is_set():
            try:
                self._turn()
                pause_s = RETRY_S[0]
            except Exception as error:
                # Whatever it is, the worker goes on: nothing was acknowledged, and the same is tried again.
                if trouble_of(error) is None:  # else it is in the log already, once
                    log.error("ingest could not commit; trying again: %s", error, exc_info=not isinstance(error, AGAIN))
                self.receiver.forget()
                self._pending.begin_again()
                self._stopping.wait(pause_s)
                pause_s = min(2 * pause_s, RETRY_S[1])

    def _turn(self) -> None:
        """Receive what waits, as far as there is room; commit the first batch; do what is due."""
        self._receive()
        self.receiver.commits.look(self.clock())
        idle = not self._pending
        self._pending.begin()
        if self._pending:
            self._pending.commit_first()
        else:
            self._sender.look()
        self.receiver.listening.worked()
        self._whatever_is_due(idle)
        if self.receiver.judging.take_news():
            self._on_news()
        self._beat()

    def _beat(self) -> None:
        """Show that what comes is committed: the turn got so far."""
        if self._beats.passed():
            with writing(self.receiver.engine) as connection:
                heartbeats.beat(connection, self.receiver.shards)

    def _receive(self) -> None:
        while not self._pending.full:
            messages = self.broker.receive(BATCH, 0 if self._pending or self._more_later or self._more_due else WAIT_S)
            if not messages:
                return
            self._pending.add(messages)

    def _whatever_is_due(self, idle: bool) -> None:
        if self._woken.is_set() or self._every[POLL_S].passed():
            self._woken.clear()
            self._more_due |= self._changes.read()
        if self._more_due or self._every[TIMERS_S].passed():
            self._more_due = judge_due(self.receiver, self.clock())
        if idle or self._every[BACKGROUND_S].passed():
            self._more_later = self.receiver.check_signatures(self.clock())
            self._more_later |= self.receiver.read_again(self.clock())


def _verifier(name: str) -> Verifier:
    """What checks signatures: OpenSSL also where something faster is asked for and cannot be."""
    try:
        return ifma() if name == "ifma" else openssl
    except VerifierUnavailable as error:
        log.warning("%s", error)
        return openssl


class Every:
    """A period: `passed()` is true once in each."""

    def __init__(self, period_s: float) -> None:
        self.period_s, self._next_s = period_s, 0.0

    def passed(self) -> bool:
        """Whether the period is over; it then begins again."""
        now_s = time.monotonic()
        if now_s < self._next_s:
            return False
        self._next_s = now_s + self.period_s
        return True
