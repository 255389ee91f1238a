"""The ingest process between broker and database: timers, the lives of alerts, failures. Broker and clock are ours."""

import itertools
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence

import pytest
from kit.cloud_desk import Desk, wait_for
from kit.signing_scale import SigningScale
from sqlalchemy import Connection, select, text
from sqlalchemy.exc import OperationalError
from steelyard_cloud import errors
from steelyard_cloud.alerts import store as alert_store
from steelyard_cloud.db import database, feeds
from steelyard_cloud.db import due as due_rows
from steelyard_cloud.db.schema import alert_events, due, feed_entries
from steelyard_cloud.errors import NotStoredYet
from steelyard_cloud.ingest import listening, process
from steelyard_cloud.ingest import receiver as receiver_module
from steelyard_cloud.ingest.listening import Listening
from steelyard_cloud.ingest.mqtt.broker import Message
from steelyard_cloud.ingest.process import Ingest
from steelyard_cloud.ingest.receiver import Begun
from steelyard_cloud.judge.chain import GRACE_MS
from steelyard_cloud.settings import SHARDS
from steelyard_cloud.statements import quarantine as quarantine_store
from steelyard_cloud.statements import summaries as summary_store
from steelyard_protocol import downlink
from steelyard_protocol.statement import encode_batch

START_MS = 1_800_000_000_000


class DeskBroker:
    """A broker that the test hands messages to; remembers what was acknowledged and published."""

    def __init__(self) -> None:
        self.waiting: list[Message] = []
        self.acknowledged: list[Message] = []
        self.published: list[tuple[str, bytes]] = []
        self.listening_ms: int | None = START_MS - 10**9
        self._packets = itertools.count(1)

    def deliver(self, scale: SigningScale, *payloads: bytes) -> None:
        """Messages of a scale arrive."""
        self.waiting += [Message(scale.up, payload, (0, 1, next(self._packets))) for payload in payloads]

    def receive(self, limit: int, timeout_s: float) -> list[Message]:
        """See Broker; a hundred looks a second leave some time to the others."""
        if not self.waiting:
            time.sleep(min(timeout_s, 0.01))
        taken, self.waiting = self.waiting[:limit], self.waiting[limit:]
        return taken

    def acknowledge(self, messages: Iterable[Message]) -> None:
        """See Broker."""
        self.acknowledged += messages

    def publish(self, outgoing: Sequence[tuple[str, bytes]]) -> None:
        """See Broker."""
        self.published += outgoing

    def connected_since_ms(self, shard: str) -> int | None:
        """See Broker."""
        return self.listening_ms

    def close(self) -> None:
        """See Broker."""


class Stage:
    """Ingest on such a broker, with a clock that the test moves."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.broker, self.now_ms = desk, DeskBroker(), START_MS
        listening = Listening(self.broker.connected_since_ms, self.clock)
        self.ingest = Ingest(self.broker, desk.receiver(listening=listening), self.clock)
        self.ingest.start()

    def clock(self) -> int:
        """The time that the test says it is."""
        return self.now_ms

    def report(self, scale: SigningScale, *payloads: bytes) -> None:
        """Deliver and wait until it is acknowledged."""
        target = len(self.broker.acknowledged) + len(payloads)
        self.broker.deliver(scale, *payloads)
        wait_for(lambda: len(self.broker.acknowledged) >= target, "the acknowledgement")

    def registry_is_read(self) -> bool:
        """Whether ingest has read all that the registry changed, and has nothing left to write of it."""
        with database.reading(self.desk.engine) as connection:
            cursor = feeds.load_cursor(connection, "ingest", feeds.CHANGES, SHARDS)
            return cursor == feeds.heads(connection, feeds.CHANGES, SHARDS)

    def state(self, scale: SigningScale, code: str) -> str | None:
        """State of the scale's alert with this code."""
        found = [row["status"] for row in self.desk.alerts(scale) if row["values"]["code"] == code]
        return found[0] if found else None

    def becomes(self, scale: SigningScale, code: str, state: str | None) -> None:
        """Wait until the alert is in the state."""
        wait_for(lambda: self.state(scale, code) == state, f"alert {code} being {state}")

    def decide(self, scale: SigningScale, code: str, *states: str) -> None:
        """A person moves the alert through states."""
        alert_id = next(row["id"] for row in self.desk.alerts(scale) if row["values"]["code"] == code)
        for state in states:
            with database.writing(self.desk.engine) as connection:
                alert_store.transition(connection, alert_id, state, "user:1", "seen on site", self.now_ms)

    def log(self) -> list[tuple[str, str | None, str, str | None]]:
        """Alert events as (actor, from, to, code)."""
        c = alert_events.c
        with database.reading(self.desk.engine) as connection:
            rows = connection.execute(select(c.actor, c.from_status, c.to_status, c["values"]).order_by(c.id))
            return [(actor, before, after, values.get("code")) for actor, before, after, values in rows]


@pytest.fixture
def stage(desk: Desk) -> Iterator[Stage]:
    """Ingest, running."""
    stage = Stage(desk)
    yield stage
    stage.ingest.stop()


def started(stage: Stage, seed: int = 1) -> SigningScale:
    scale = SigningScale(seed)
    stage.desk.register(scale)
    stage.report(scale, scale.enrol(), scale.boot())
    return scale


def test_hole_becomes_a_gap_by_the_clock_alone_and_closes_as_late(stage: Stage) -> None:
    scale = started(stage)
    missing = scale.snapshot()
    stage.report(scale, scale.snapshot())
    assert stage.desk.alerts() == []
    stage.now_ms += GRACE_MS
    stage.becomes(scale, "gap", "open")
    stage.report(scale, missing)
    stage.becomes(scale, "gap", "closed")
    assert ("process:ingest", "open", "closed", "late") in stage.log()


def test_silent_scale_is_alerted_resumes_and_regresses(stage: Stage) -> None:
    scale = started(stage)
    for expected in ("open", "regressed"):
        stage.now_ms += 3 * scale.period_s * 1000
        stage.becomes(scale, "silent", expected)
        stage.report(scale, scale.snapshot())
        stage.becomes(scale, "silent", "closed")
    assert stage.log()[-1] == ("process:ingest", "regressed", "closed", "resumed")


def test_silence_is_no_alert_while_the_receiver_hears_nobody(stage: Stage) -> None:
    scale = started(stage)
    stage.broker.listening_ms = None
    stage.now_ms += 3 * scale.period_s * 1000

    def judged_again() -> bool:
        with database.reading(stage.desk.engine) as connection:
            return (connection.scalar(select(due.c.due_ms)) or 0) > stage.now_ms

    wait_for(judged_again, "the next time of judging")
    assert stage.desk.alerts() == []


def fallen_silent(desk: Desk) -> tuple[Stage, SigningScale]:
    """A scale that has been alerted as silent, on a stage that the test stops."""
    stage = Stage(desk)
    scale = started(stage)
    stage.now_ms += 3 * scale.period_s * 1000
    stage.becomes(scale, "silent", "open")
    return stage, scale


def test_after_a_restart_a_silent_scale_resumes_at_its_first_statement(desk: Desk) -> None:
    first, scale = fallen_silent(desk)
    first.ingest.stop()
    second = Stage(desk)
    second.now_ms = first.now_ms
    second.report(scale, scale.snapshot())
    second.becomes(scale, "silent", "closed")
    second.ingest.stop()


@pytest.mark.parametrize("what", ["broker", "restart"])
def test_a_silent_scale_does_not_resume_because_the_cloud_heard_nobody(desk: Desk, what: str) -> None:
    stage, scale = fallen_silent(desk)
    if what == "restart":
        stage.ingest.stop()
        later_ms = stage.now_ms + scale.period_s * 1000
        stage = Stage(desk)
        stage.now_ms = later_ms
    stage.broker.listening_ms = None

    def judged_again() -> None:
        judgements = stage.ingest.receiver.judging
        with database.writing(desk.engine) as connection:
            judgements.forget_all()
            judgements.judge(connection, [1], stage.now_ms)

    stage.ingest.stop()  # from here on the test is the worker
    judged_again()
    stage.broker.listening_ms = stage.now_ms
    stage.now_ms += scale.period_s * 1000
    judged_again()
    assert stage.state(scale, "silent") == "open", "nothing came of it meanwhile"
    stage.now_ms += 3 * scale.period_s * 1000
    judged_again()
    assert [event[3] for event in stage.log()] == ["silent"], "one silence, never ended"


def test_a_scale_that_was_silent_resumes_also_before_silence_could_be_judged_again(desk: Desk) -> None:
    first, scale = fallen_silent(desk)
    first.ingest.stop()
    second = Stage(desk)
    second.now_ms = first.now_ms + 1000
    second.broker.listening_ms = second.now_ms
    desk.verify(scale, 2)  # has it judged, without a statement
    wait_for(lambda: bool(second.ingest.receiver.judging._judged), "the judgement")
    assert second.state(scale, "silent") == "open"
    second.report(scale, scale.snapshot())
    second.becomes(scale, "silent", "closed")
    assert second.log()[-1] == ("process:ingest", "open", "closed", "resumed")
    second.ingest.stop()


def test_what_waited_for_the_database_is_taken_before_anybody_is_called_silent(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "BREAK_S", 0.2)
    scale, other = started(stage), started(stage, 2)
    whole, down = stage.ingest.receiver.finish, threading.Event()
    refused = threading.Event()

    def finish(begun: Begun, now_ms: int) -> object:
        if down.is_set():
            refused.set()
            raise OperationalError("COMMIT", None, Exception("the database is away"))
        return whole(begun, now_ms)

    monkeypatch.setattr(stage.ingest.receiver, "finish", finish)
    down.set()
    stage.broker.deliver(scale, scale.snapshot())
    assert refused.wait(10)
    threading.Event().wait(0.5)  # the outage itself
    stage.now_ms += 3 * scale.period_s * 1000
    before = len(stage.broker.acknowledged)
    down.clear()
    wait_for(lambda: len(stage.broker.acknowledged) > before, "the acknowledgement")
    stage.report(scale, scale.snapshot())

    def judged_again() -> bool:
        with database.reading(stage.desk.engine) as connection:
            times = connection.scalars(select(due.c.due_ms)).all()
            return len(times) == 2 and min(times) > stage.now_ms

    wait_for(judged_again, "the next time of judging")
    assert stage.state(other, "silent") is None, "its statements may be in the queue behind"


def test_tamper_is_never_cleared_by_itself_and_comes_back_after_closing(stage: Stage) -> None:
    scale = started(stage)
    stage.desk.verify(scale, 2)
    stage.report(scale, scale.raise_span())
    stage.becomes(scale, "changed", "open")
    stage.decide(scale, "changed", "acknowledged", "investigating", "confirmed", "closed")
    stage.report(scale, scale.snapshot())
    assert stage.state(scale, "changed") == "closed"
    assert len(stage.desk.alerts(scale)) == 1
    stage.report(scale, scale.raise_span())
    wait_for(lambda: len(stage.desk.alerts(scale)) == 2, "the alert on the second change")


def test_states_that_people_cannot_choose_are_refused(stage: Stage) -> None:
    scale = started(stage)
    stage.desk.verify(scale, 2)
    stage.report(scale, scale.raise_span())
    stage.becomes(scale, "changed", "open")
    with pytest.raises(errors.WrongState, match="it can become: acknowledged, investigating"):
        stage.decide(scale, "changed", "closed")


def test_same_finding_again_raises_the_count_of_one_alert(stage: Stage) -> None:
    scale = started(stage)
    for count in range(1, 4):
        stage.report(scale, scale.snapshot(lie=5))
        (alert,) = stage.desk.alerts(scale)
        assert (alert["values"]["code"], alert["count"]) == ("not-recomputable", count)


def test_a_baseline_takes_effect_at_its_statement_not_when_it_is_recorded(stage: Stage) -> None:
    scale = SigningScale()
    stage.desk.register(scale)
    enrol, boot, snapshot, cheat = scale.enrol(), scale.boot(), scale.snapshot(), scale.raise_span()
    stage.report(scale, enrol, snapshot)
    with pytest.raises(NotStoredYet):
        stage.desk.verify(scale, 2)
    stage.report(scale, boot)
    stage.desk.verify(scale, 2)
    stage.report(scale, cheat)
    stage.ingest.wake()
    stage.becomes(scale, "changed", "open")


def test_approved_software_is_judged_for_every_scale_some_at_a_time(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(due_rows, "LEASED", 2)
    some = [SigningScale(seed) for seed in range(1, 6)]
    stage.desk.register(*some)
    for scale in some:
        stage.report(scale, scale.enrol(), scale.boot(software=bytes(32)))
        stage.becomes(scale, "not-approved", "open")

    wait_for(stage.registry_is_read, "the reading of the five registrations")
    judged: list[int] = []
    judge = stage.ingest.receiver.judging.judge

    def counted(connection: Connection, scale_ids: list[int], now_ms: int, *, timer: bool = False) -> None:
        if timer and scale_ids:
            judged.append(len(scale_ids))
        judge(connection, scale_ids, now_ms, timer=timer)

    monkeypatch.setattr(stage.ingest.receiver.judging, "judge", counted)
    stage.desk.approve(bytes(32))
    wait_for(lambda: not any(alert["still_found"] for alert in stage.desk.alerts()), "the judgement of every scale")
    assert judged == [2, 2, 1]


def test_every_alert_is_told_to_the_outbox_in_its_own_transaction(stage: Stage) -> None:
    scale = started(stage)
    stage.report(scale, scale.snapshot(lie=5))
    with database.reading(stage.desk.engine) as connection:
        query = select(feed_entries).where(feed_entries.c.feed == "outbox", feed_entries.c.topic == "alert")
        (entry,) = connection.execute(query).mappings()
    assert entry["shard"] == scale.code[0]
    assert (entry["body"]["rule"], entry["body"]["status"]) == ("weight", "open")


def test_no_receipt_and_no_acknowledgement_before_the_database_answers(desk: Desk) -> None:
    stage = Stage(desk)
    scale = started(stage)
    receipts = len(stage.broker.published)
    wait_for(stage.registry_is_read, "the reading of the registration, which writes")
    with holding(desk):
        stage.broker.deliver(scale, scale.snapshot())
        wait_for(lambda: not stage.broker.waiting, "the message being taken")
        threading.Event().wait(0.5)  # time enough for what must not happen
        assert len(stage.broker.acknowledged) == 2
        assert len(stage.broker.published) == receipts
    wait_for(lambda: len(stage.broker.acknowledged) == 3, "the acknowledgement")
    wait_for(lambda: len(stage.broker.published) == receipts + 1, "the receipt")
    assert len(desk.held(scale)) == 3
    stage.ingest.stop()


class holding:  # reads as a statement
    """Another writer that keeps the database from committing."""

    def __init__(self, desk: Desk) -> None:
        self.connection = desk.engine.connect()

    def __enter__(self) -> None:
        self.transaction = self.connection.begin()
        if self.connection.dialect.name == "postgresql":
            self.connection.execute(text("LOCK TABLE statements IN EXCLUSIVE MODE"))

    def __exit__(self, *_: object) -> None:
        self.transaction.rollback()
        self.connection.close()


def test_a_failure_of_sending_receipts_is_got_over(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    scale = started(stage)
    failed = threading.Event()

    def fail(_: object) -> None:
        monkeypatch.undo()
        failed.set()
        raise OSError("the socket is gone")

    monkeypatch.setattr(stage.broker, "publish", fail)
    stage.broker.deliver(scale, scale.snapshot())
    assert failed.wait(20)
    stage.report(scale, scale.snapshot())


def test_message_that_breaks_the_code_is_quarantined_and_the_others_go_on(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    scale = started(stage)
    whole: Callable[..., object] = receiver_module.decode

    def breaks(messages: Sequence[Message], *given: object) -> object:
        if any(message.payload == b"poison" for message in messages):
            raise ZeroDivisionError("a fault of ours")
        return whole(messages, *given)

    monkeypatch.setattr(receiver_module, "decode", breaks)
    stage.report(scale, scale.snapshot(), b"poison", scale.snapshot())
    assert len(stage.desk.held(scale)) == 4
    assert stage.desk.quarantined() == {"internal-error": 1}


def test_what_was_begun_before_its_identity_was_registered_does_not_stay_in_the_quarantine(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "BATCH", 1)  # so that one batch is at hand while the other is committed
    scale, late = started(stage), SigningScale(2)
    enrolment = late.enrol()
    whole = stage.ingest.receiver.finish
    finished: list[Begun] = []

    def finish(begun: Begun, now_ms: int) -> object:
        if not finished:
            stage.desk.register(late)
            stage.ingest.wake()
        finished.append(begun)
        return whole(begun, now_ms)

    monkeypatch.setattr(stage.ingest.receiver, "finish", finish)
    first, second = Message(scale.up, scale.snapshot(), (0, 1, 91)), Message(late.up, enrolment, (0, 1, 92))
    stage.broker.waiting += [first, second]
    wait_for(lambda: stage.desk.held(late) == [enrolment], "the statement that came just before the registration")
    assert [len(begun.batch.suspects) for begun in finished] == [0, 1, 0], "the second was begun too early"
    wait_for(lambda: stage.broker.acknowledged[-2:] == [first, second], "the acknowledgement")


def test_batches_at_hand_are_taken_in_their_order_when_the_database_comes_back(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "BATCH", 1)
    scale = started(stage)
    whole, away = stage.ingest.receiver.finish, [True, True, True]
    taken: list[int] = []

    def finish(begun: Begun, now_ms: int) -> object:
        if away:
            away.pop()
            raise OperationalError("COMMIT", None, Exception("the database is away"))
        taken.extend(one.statement.number for one in begun.batch.candidates)
        return whole(begun, now_ms)

    monkeypatch.setattr(stage.ingest.receiver, "finish", finish)
    stage.report(scale, *(scale.snapshot() for _ in range(4)))
    assert taken == [3, 4, 5, 6]
    assert len(stage.desk.held(scale)) == 6
    assert len(stage.broker.acknowledged) == 6


@pytest.mark.parametrize("broken", ["write_summaries", "release", "save_cursor"])
def test_what_waits_for_a_registration_outlives_a_failing_database(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    """It leaves the quarantine in the transaction that stores it: nothing has to be sent again."""
    scale = SigningScale()
    raws = [scale.enrol(), scale.boot(), *(scale.snapshot() for _ in range(30))]
    stage.report(scale, encode_batch(raws[:-1]), raws[-1])
    assert stage.desk.held(scale) == []
    failures = itertools.count(1)
    module = {"write_summaries": summary_store, "release": quarantine_store, "save_cursor": feeds}[broken]
    genuine = getattr(module, broken)

    def failing(*arguments: object) -> object:
        if next(failures) <= 2:
            raise OperationalError("COMMIT", None, Exception("the database went away"))
        return genuine(*arguments)

    monkeypatch.setattr(module, broken, failing)
    stage.desk.register(scale)
    wait_for(lambda: len(stage.desk.held(scale)) == len(raws), "all that waited to be stored")
    wait_for(stage.registry_is_read, "the registry to be read")
    assert stage.desk.held(scale) == raws
    assert next(failures) > 3
    wait_for(lambda: receipted_of(stage, scale) == len(raws), "the receipt, which follows the commit")
    with database.reading(stage.desk.engine) as connection:
        assert quarantine_store.waiting(connection, scale.up) == []


def receipted_of(stage: Stage, scale: SigningScale) -> int:
    """The highest number that a receipt was sent for."""
    online = stage.ingest.receiver.online.public_key
    orders = [downlink.open_order(raw, online) for topic, raw in stage.broker.published if topic == scale.down]
    return max((one.number for one in orders if isinstance(one, downlink.Receipt)), default=0)


def test_a_waiting_message_that_breaks_the_code_is_put_aside_and_the_others_are_stored(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    scale = SigningScale()
    raws = [scale.enrol(), scale.boot(), scale.snapshot()]
    stage.report(scale, *raws)
    begin = receiver_module.Receiver.begin

    def breaking(receiver: receiver_module.Receiver, messages: Sequence[Message], now_ms: int) -> Begun:
        if any(message.payload == raws[2] for message in messages):
            raise ZeroDivisionError
        return begin(receiver, messages, now_ms)

    monkeypatch.setattr(receiver_module.Receiver, "begin", breaking)
    stage.desk.register(scale)
    wait_for(stage.registry_is_read, "the registry to be read")
    assert stage.desk.held(scale) == raws[:2]
    assert stage.desk.quarantined()["internal-error"] == 1
    with database.reading(stage.desk.engine) as connection:
        assert quarantine_store.waiting(connection, scale.up) == []
