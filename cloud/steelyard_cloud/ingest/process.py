"""The ingest process: one worker that moves messages from the broker into the evidence, and does what time brings.

While a batch is committed, the signatures of the next are checked and the receipts of the one before are signed.
Between batches it reads the registry's changes (every 200 ms, or when woken), judges scales that are due, and checks
signatures that a link had vouched for. A failing database stops acknowledgements, never loses a message.
"""

import gc
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, select, update
from sqlalchemy.exc import InterfaceError, OperationalError

from steelyard_cloud.clock import now_ms
from steelyard_cloud.db import due, feeds
from steelyard_cloud.db.database import reading, writing
from steelyard_cloud.db.feeds import Entry
from steelyard_cloud.db.schema import permits
from steelyard_cloud.ingest.mqtt.broker import Address, Broker, Message, MqttBroker
from steelyard_cloud.ingest.receipts import Due, Outgoing, signed_all
from steelyard_cloud.ingest.receiver import Begun, Receiver
from steelyard_cloud.keys import read_online
from steelyard_cloud.settings import Settings
from steelyard_cloud.statements import quarantine
from steelyard_cloud.statements.store import Conflict, load_keys_of

log = logging.getLogger(__name__)

CONSUMER = "ingest"
BATCH = 1000
AHEAD = 2  # batches: the one that is being committed, and the next
WAIT_S = 0.05
POLL_S = 0.2
TIMERS_S = 1.0
BACKGROUND_S = 5.0  # signatures get a turn this often even while messages keep coming
RETRY_S = (0.1, 5.0)
BREAK_S = 10.0  # a worker that got nothing done for so long heard nobody meanwhile
COLLECTIONS = (50_000, 20, 50)  # a batch makes many objects and hardly a cycle: Python's own pace costs a tenth
AGAIN = (OperationalError, InterfaceError, Conflict)  # no fault of the messages: the same is tried again


@dataclass(slots=True)
class Taken:
    """A batch from the broker that is not committed yet; nothing is begun of it at first, or after an error."""

    messages: Sequence[Message]
    begun: Begun | None = None


class Ingest:
    """Runs a receiver against a broker until it is stopped."""

    def __init__(self, engine: Engine, broker: Broker, receiver: Receiver, clock: Callable[[], int] = now_ms) -> None:
        self.engine, self.broker, self.receiver, self.clock = engine, broker, receiver, clock
        self.on_news: Callable[[], None] = lambda: None  # called after a commit that the outbox tells of
        receiver.judging.listening_since_ms = self._listening_since_ms
        self._working_since_ms, self._worked_s = 0, _awake_s()
        self._stopping = threading.Event()
        self._woken = threading.Event()
        self._cursor: dict[str, int] | None = None
        self._unchecked = False  # there may be more signatures to check: nobody waits for messages then
        self._more_due = False  # the timers have a turn at once, not only when their period is over
        self._every = {period_s: Every(period_s) for period_s in (POLL_S, TIMERS_S, BACKGROUND_S)}
        self._thread: threading.Thread | None = None
        self._taken: deque[Taken] = deque()
        self._sender = ThreadPoolExecutor(1, thread_name_prefix="receipts")
        self._sent: Future[None] | None = None
        self._again: tuple[Sequence[Due], Sequence[Message]] = ((), ())  # what `_sent` sends, should it fail

    @classmethod
    def of(cls, settings: Settings, engine: Engine) -> "Ingest":
        """The ingest that the settings describe; connects to the broker at once."""
        address = Address(
            settings.mqtt_host,
            settings.mqtt_port,
            settings.mqtt_user,
            settings.mqtt_password,
            settings.mqtt_tls,
            settings.mqtt_client_prefix,
        )
        receiver = Receiver(engine, settings.shards, read_online(settings.keys))
        broker = MqttBroker(address, settings.shards, session_per_shard=settings.session_per_shard)
        return cls(engine, broker, receiver)

    def start(self) -> None:
        """Run in a thread of its own."""
        self._thread = threading.Thread(target=self.run, name="ingest", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish the batch at hand and stop; what is not acknowledged comes again at the next start."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout=30)
        self._sender.shutdown()
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
                log.error("ingest could not commit; trying again: %s", error, exc_info=not isinstance(error, AGAIN))
                self.receiver.forget()
                for taken in self._taken:
                    taken.begun = None
                self._stopping.wait(pause_s)
                pause_s = min(2 * pause_s, RETRY_S[1])

    def _turn(self) -> None:
        """Take what waits, as far as `AHEAD` lets it; commit the first of it; do what is due."""
        while len(self._taken) < AHEAD:
            messages = self.broker.receive(BATCH, 0 if self._taken or self._unchecked else WAIT_S)
            if not messages:
                break
            self._taken.append(Taken(messages))
        idle = not self._taken
        for taken in self._taken:
            self._begin(taken)
        if self._taken:
            self._finish(self._taken[0])
            self._taken.popleft()
        elif self._sent is not None and self._sent.done():
            self._be_sent()
        self._at_work()
        self._whatever_is_due(idle)
        if self.receiver.judging.has_news:
            self.receiver.judging.has_news = False
            self.on_news()

    def _at_work(self) -> None:
        """What was taken in is committed. After a break, much may wait that nobody has looked at yet."""
        now_s = _awake_s()
        if now_s - self._worked_s > BREAK_S:
            self._working_since_ms = self.clock()
        self._worked_s = now_s

    def _listening_since_ms(self, shard: str) -> int | None:
        """Since when what the shard's scales send has been heard and taken in without a break."""
        connected_ms = self.broker.connected_since_ms(shard)
        return None if connected_ms is None else max(connected_ms, self._working_since_ms)

    def _begin(self, taken: Taken) -> None:
        try:
            taken.begun = taken.begun or self.receiver.begin(taken.messages, self.clock())
        except AGAIN:
            raise
        except Exception:
            log.exception("a batch of %d messages cannot be begun as a whole", len(taken.messages))

    def _finish(self, taken: Taken) -> None:
        """Commit a batch; should one message break it, the others are handled without it."""
        try:
            due = self.receiver.finish(taken.begun, self.clock()) if taken.begun else self._one_by_one(taken.messages)
        except AGAIN:
            raise
        except Exception:
            log.exception("a batch of %d messages could not be handled; taking them one by one", len(taken.messages))
            due = self._one_by_one(taken.messages)
        self._send(due, taken.messages)

    def _one_by_one(self, messages: Sequence[Message]) -> list[Due]:
        due: list[Due] = []
        for message in messages:
            try:
                due += self.receiver.finish(self.receiver.begin([message], self.clock()), self.clock())
            except AGAIN:
                raise
            except Exception:
                log.exception("a message on %s could not be handled; it is quarantined", message.topic)
                self._quarantine(message)
        return due

    def _quarantine(self, message: Message) -> None:
        suspect = quarantine.of_message(message.topic, message.payload, "internal-error")
        with writing(self.engine) as connection:
            quarantine.add(connection, [suspect], self.clock())
            quarantine.count(connection, {(suspect.shard, suspect.reason): 1})

    def _send(self, due: Sequence[Due], messages: Sequence[Message]) -> None:
        """Sign and send receipts and acknowledge, of a batch that is committed; after those of the batch before."""
        self._be_sent()
        self._again = due, messages
        self._sent = self._sender.submit(self._send_now, due, messages)

    def _be_sent(self) -> None:
        """Wait until the batch before is sent; where that failed, have it sent again and raise why."""
        if self._sent is None:
            return
        try:
            self._sent.result()
        except Exception:
            self._sent = self._sender.submit(self._send_now, *self._again)
            raise
        self._sent = None

    def _send_now(self, due: Sequence[Due], messages: Sequence[Message]) -> None:
        self._publish(signed_all(due, self.receiver.online))
        self.broker.acknowledge([message for message in messages if message.receipt[0] >= 0])

    def _publish(self, outgoing: Sequence[Outgoing]) -> None:
        if outgoing:
            self.broker.publish(outgoing)

    def _whatever_is_due(self, idle: bool) -> None:
        if self._woken.is_set() or self._every[POLL_S].passed():
            self._woken.clear()
            self._changes()
        if self._more_due or self._every[TIMERS_S].passed():
            self._timers()
        if idle or self._every[BACKGROUND_S].passed():
            self._unchecked = self.receiver.check_signatures(self.clock())

    # ---- the registry's changes ------------------------------------------------------------------------------------

    def _changes(self) -> None:
        with reading(self.engine) as connection:
            if self._cursor is None:
                self._cursor = feeds.load_cursor(connection, CONSUMER, feeds.CHANGES, self.receiver.shards)
            entries = feeds.read(connection, feeds.CHANGES, self._cursor)
        if not entries:
            return
        while self._taken:  # begun by what the registry said before
            self._finish(self._taken[0])
            self._taken.popleft()
        moved = {entry.shard: entry.position for entry in entries}
        messages: list[Message] = []
        outgoing: list[Outgoing] = []
        scale_ids = {entry.scale_id for entry in entries if entry.scale_id is not None}
        judging = self.receiver.judging
        judging.forget(scale_ids)
        try:
            with writing(self.engine) as connection:
                for entry in entries:
                    if entry.topic == "identity":
                        messages += self.receiver.identity_registered(connection, entry.body["identity"])
                    elif entry.topic == "permit":
                        outgoing += self._permit(connection, entry)
                    elif entry.topic == "scale-type":
                        judging.judge_type(connection, entry.body["scale_type_id"], entry.shard, self.clock())
                for scale_id in sorted(scale_ids):
                    judging.judge(connection, scale_id, self.clock())
                feeds.save_cursor(connection, CONSUMER, feeds.CHANGES, moved)
        except BaseException:
            judging.forget(scale_ids)
            raise
        self._cursor |= moved
        self._more_due |= any(entry.topic == "scale-type" for entry in entries)
        self._publish(outgoing)
        if messages:
            self._finish(Taken(messages, self.receiver.begin(messages, self.clock())))

    def _permit(self, connection: Connection, entry: Entry) -> list[Outgoing]:
        """A permit was recorded: only now it may be sent."""
        row = connection.execute(
            select(permits.c.id, permits.c.identity_id, permits.c.raw).where(permits.c.id == entry.body["permit_id"])
        ).one()
        connection.execute(update(permits).where(permits.c.id == row.id).values(sent_ms=self.clock()))
        return [(load_keys_of(connection, [row.identity_id])[row.identity_id].down, row.raw)]

    # ---- what time brings ------------------------------------------------------------------------------------------

    def _timers(self) -> None:
        at_ms = self.clock()
        self._more_due = False
        with reading(self.engine) as connection:
            if not due.any_due(connection, self.receiver.shards, at_ms):
                return
        scale_ids: list[int] = []
        try:
            with writing(self.engine) as connection:
                scale_ids = due.lease(connection, self.receiver.shards, at_ms)
                for scale_id in scale_ids:
                    self.receiver.judging.judge(connection, scale_id, at_ms, timer=True)
        except BaseException:
            self.receiver.judging.forget(scale_ids)
            raise
        self._more_due = len(scale_ids) == due.LEASED


def _awake_s() -> float:
    """A clock that nobody sets; where the system has one that also runs while it sleeps, that."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class Every:
    """A period: `passed()` is true once in each."""

    def __init__(self, period_s: float) -> None:
        self.period_s, self._next_s = period_s, 0.0

    def passed(self) -> bool:
        """Whether the period is over; it then begins anew."""
        now_s = time.monotonic()
        if now_s < self._next_s:
            return False
        self._next_s = now_s + self.period_s
        return True
