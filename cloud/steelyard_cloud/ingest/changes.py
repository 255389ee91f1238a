"""The registry's changes, read from their feed: identities, permits, approved software, and whatever moves a verdict.

What a change leads to is committed together with how far the feed was read.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from steelyard_cloud.db import feeds
from steelyard_cloud.db.database import Connection, reading
from steelyard_cloud.db.feeds import Entry
from steelyard_cloud.ingest.pending import PendingBatches
from steelyard_cloud.ingest.receipts import Outgoing, signed
from steelyard_cloud.ingest.receiver import Receiver
from steelyard_cloud.scales import asks, updates
from steelyard_cloud.scales import store as scale_store
from steelyard_cloud.statements.keys import load_keys_of

CONSUMER = "ingest"


@dataclass(slots=True)
class Effects:
    """What is to be done once some changes are committed."""

    outgoing: list[Outgoing] = field(default_factory=list)  # permits, asks, updates
    made_due: bool = False  # scales of a type wait for the timers


class Changes:
    """Reads the feed for a receiver's shards, on from where its last transaction stopped."""

    def __init__(self, receiver: Receiver, pending: PendingBatches, clock: Callable[[], int]) -> None:
        self._receiver, self._pending, self._clock = receiver, pending, clock
        self._cursor: dict[str, int] | None = None

    def read(self) -> bool:
        """Apply what is new; whether the timers have something to do at once."""
        with reading(self._receiver.engine) as connection:
            if self._cursor is None:
                self._cursor = feeds.load_cursor(connection, CONSUMER, feeds.CHANGES, self._receiver.shards)
            entries = feeds.read(connection, feeds.CHANGES, self._cursor)
        if not entries:
            return False
        self._pending.commit_all()  # begun by what the registry said before
        self._judge_what_waited(entries)
        moved = {entry.shard: entry.position for entry in entries}
        effects = self._commit(entries, moved)
        self._cursor |= moved
        self._pending.sender.publish(effects.outgoing)
        return effects.made_due

    def _judge_what_waited(self, entries: list[Entry]) -> None:
        """Handle what waits for identities that are registered now; where that fails, the entries are read again."""
        for entry in entries:
            if entry.topic == "identity":
                with reading(self._receiver.engine) as connection:
                    waited = self._receiver.identity_registered(connection, entry.body["identity"])
                if waited:
                    self._pending.commit_now(waited)

    def _commit(self, entries: list[Entry], moved: dict[str, int]) -> Effects:
        """Apply the entries, judge their scales and save the cursor, in one transaction."""
        effects, judging = Effects(), self._receiver.judging
        scale_ids = {entry.scale_id for entry in entries if entry.scale_id is not None}
        judging.forget(scale_ids)
        try:
            with self._receiver.commits.at(self._clock()) as connection:
                for entry in entries:
                    self._apply(connection, entry, effects)
                judging.judge(connection, scale_ids, self._clock())
                feeds.save_cursor(connection, CONSUMER, feeds.CHANGES, moved)
        except BaseException:
            judging.forget(scale_ids)
            raise
        return effects

    def _apply(self, connection: Connection, entry: Entry, effects: Effects) -> None:
        if entry.topic == "permit":  # it is recorded: only now it may be sent
            identity_id, raw = scale_store.permit_to_send(connection, entry.body["permit_id"], self._clock())
            effects.outgoing.append((load_keys_of(connection, [identity_id])[identity_id].down, raw))
        elif entry.topic == "ask":
            identity_id, ask = asks.ask_to_send(connection, entry.body["ask_id"], self._clock())
            down = load_keys_of(connection, [identity_id])[identity_id].down
            effects.outgoing.append((down, signed(ask, self._receiver.online)))
        elif entry.topic == "update":
            made = updates.update_to_send(connection, entry.body["update_id"], self._clock())
            down = load_keys_of(connection, [made.identity_id])[made.identity_id].down
            effects.outgoing += [(down, made.key_set), (down, made.manifest)]
        elif entry.topic == "scale-type":
            self._receiver.judging.judge_type(connection, entry.body["scale_type_id"], entry.shard, self._clock())
            effects.made_due = True
