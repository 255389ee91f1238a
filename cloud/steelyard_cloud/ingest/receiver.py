"""One batch of messages, from bytes to a committed transaction and the receipts that follow from it.

A receiver owns shards and keeps the keys, summaries and facts of their scales at hand. What another receiver commits
meanwhile shows as a conflict of versions: the batch is then taken in again from what the database says.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import Connection, Engine
from steelyard_protocol import identity
from steelyard_protocol.statement import LINK_BYTES, Statement, StatementError, decode_message, hash_of, parse

from steelyard_cloud.db.database import reading, writing
from steelyard_cloud.ingest.authenticate import Candidate, authenticate
from steelyard_cloud.ingest.batch import Batch, Taken, misfit, shard_of
from steelyard_cloud.ingest.cache.keyring import Keyring
from steelyard_cloud.ingest.cache.recent import Recent
from steelyard_cloud.ingest.cache.summaries import AtHand
from steelyard_cloud.ingest.judging import Judging
from steelyard_cloud.ingest.limits import FailureBudget
from steelyard_cloud.ingest.mqtt.broker import Message
from steelyard_cloud.ingest.receipts import Due, Followed, Outgoing, due_receipts, signed_all
from steelyard_cloud.ingest.unchecked import check_some
from steelyard_cloud.judge.chain import Outcome, note_signatures
from steelyard_cloud.judge.intake import take_in
from steelyard_cloud.judge.summary import add_range
from steelyard_cloud.keys import PlatformKey
from steelyard_cloud.statements import quarantine
from steelyard_cloud.statements import store as statement_store
from steelyard_cloud.statements.quarantine import Suspect
from steelyard_cloud.statements.store import (
    BY_LINK,
    BY_LINK_BAD_SIGNATURE,
    Conflict,
    ConflictAgain,
    Held,
    HeldInDatabase,
    Key,
    Row,
)

FOLLOWED_KEPT = 10_000  # links of followed branches, per forked identity
CONFLICTS = 20
BAD = "signature"  # reason in the quarantine of what a link may still vouch for


@dataclass(slots=True)
class Begun:
    """A batch that is sorted, and whose signatures are being checked."""

    batch: Batch
    authenticated: Future[None]


class Receiver:
    """Takes in messages for the shards that it owns; not for use by several threads at once."""

    def __init__(self, engine: Engine, shards: str, online: PlatformKey, workers: int = 2) -> None:
        self.engine, self.shards, self.online = engine, shards, online
        self._held = AtHand()
        self.judging = Judging(shards, self._held.of_ids)
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="verify")
        self._ahead = ThreadPoolExecutor(1, thread_name_prefix="authenticate")  # gives the pool its tasks, and waits
        self._keys = Keyring(engine)
        self._branches: Recent[int, Followed] = Recent(1000)
        self._budget = FailureBudget()

    @cached_property
    def _links(self) -> Recent[tuple[bytes, bytes], None]:
        """Links that could vouch for what waits in the quarantine; read late, as a database may start after us."""
        links: Recent[tuple[bytes, bytes], None] = Recent(quarantine.IN_ALL)
        with reading(self.engine) as connection:
            for waiting in quarantine.links(connection, self.shards, BAD):
                links.put(waiting, None)
        return links

    def close(self) -> None:
        """Stop the threads."""
        self._ahead.shutdown()
        self._pool.shutdown()

    def handle(self, messages: Sequence[Message], now_ms: int) -> list[Outgoing]:
        """Take in a batch; returns what to publish. When it returns, everything is committed; it raises otherwise."""
        return signed_all(self.finish(self.begin(messages, now_ms), now_ms), self.online)

    def begin(self, messages: Sequence[Message], now_ms: int) -> Begun:
        """Sort a batch and start checking its signatures, in other threads; `finish` is to follow in the same order."""
        batch = self._sort(messages, now_ms)
        return Begun(batch, self._ahead.submit(authenticate, batch.candidates, self._pool))

    def finish(self, begun: Begun, now_ms: int) -> list[Due]:
        """Take in what was begun; returns the receipts to sign and send. When it returns, everything is committed."""
        batch = begun.batch
        begun.authenticated.result()
        self._vouch(batch, now_ms)
        for _ in range(CONFLICTS):
            try:
                return self._commit(batch, now_ms)
            except Conflict:
                self._forget(one.key.identity_id for one in batch.candidates)
        raise ConflictAgain(shards=self.shards)

    def identity_registered(self, connection: Connection, text: str) -> list[Message]:
        """An identity became known: what of it waits in the quarantine is to be handled as messages again."""
        kid = identity.from_text(text)
        self._keys.registered(kid)
        waiting = quarantine.of_kid(connection, kid)
        quarantine.release(connection, [id_ for id_, _, _ in waiting])
        return [Message(topic, raw, (-1, 0, 0)) for _, topic, raw in waiting]

    def check_signatures(self, now_ms: int) -> bool:
        """Check some signatures that a link had vouched for; False when there are none."""
        return check_some(self.engine, self._held, self.judging, self._pool, now_ms)

    def forget(self) -> None:
        """Drop what is at hand of the database, after an error that leaves it in doubt."""
        self._held.clear()
        self._branches.clear()
        self.judging.forget_all()

    # ---- before the database ---------------------------------------------------------------------------------------

    def _sort(self, messages: Sequence[Message], now_ms: int) -> Batch:
        """Decode, and find the keys."""
        batch = Batch()
        parsed: list[tuple[str, Statement]] = []
        offered: Counter[str] = Counter()
        for topic, payload, _ in messages:
            offered[topic] += 1
            if not self._budget.allows(topic, now_ms, offered[topic]):
                batch.counted[shard_of(topic), "limited"] += 1
                continue
            try:
                raws = decode_message(payload)
            except StatementError as error:
                self._refuse(batch, topic, None, error.code, payload, now_ms)
                continue
            for raw in raws:
                try:
                    parsed.append((topic, parse(raw)))
                except StatementError as error:
                    self._refuse(batch, topic, None, error.code, raw, now_ms)
        keys = self._keys.find({statement.kid for _, statement in parsed})
        for topic, statement in parsed:
            key = keys.get(statement.kid)
            if key is not None and topic == key.up:
                batch.candidates.append(Candidate(statement, key, topic))
            else:
                self._refuse(batch, topic, statement.kid, misfit(topic, statement.kid), statement.raw, now_ms)
        return batch

    def _refuse(self, batch: Batch, topic: str, kid: bytes | None, reason: str, raw: bytes, now_ms: int) -> None:
        self._budget.fail(topic, now_ms)
        batch.suspect(topic, kid, reason, raw)

    def _vouch(self, batch: Batch, now_ms: int) -> None:
        """Drop what is not authentic, unless what is held links to it; take in what authentic statements link to."""
        doubtful = [one for one in batch.candidates if not one.authentic_by]
        if doubtful:
            self._vouch_within(batch, doubtful)
        batch.candidates, offered = [], batch.candidates
        for one in offered:
            if one.authentic_by or self._successor_links_to(one):
                batch.candidates.append(one)
            else:
                statement = one.statement
                self._refuse(batch, one.topic, statement.kid, BAD, statement.raw, now_ms)
        if self._links:
            self._vouch_for_quarantined(batch)

    def _vouch_within(self, batch: Batch, doubtful: Sequence[Candidate]) -> None:
        """What an authentic statement of the same batch links to, in whatever order they stand in it."""
        links = {(one.key.kid, one.statement.link) for one in batch.candidates if one.authentic_by}
        for one in sorted(doubtful, key=lambda one: -one.statement.number):
            if (one.key.kid, one.statement.hash[:LINK_BYTES]) in links:
                one.authentic_by = BY_LINK_BAD_SIGNATURE
                links.add((one.key.kid, one.statement.link))

    def _successor_links_to(self, one: Candidate) -> bool:
        statement, key = one.statement, one.key
        with reading(self.engine) as connection:
            held = HeldInDatabase(connection, key)
            after = [parse(raw) for raw in held.between(statement.number + 1, statement.number + 1)]
        if any(later.link == statement.hash[:LINK_BYTES] for later in after):
            one.authentic_by = BY_LINK_BAD_SIGNATURE
        return one.authentic_by != 0

    def _vouch_for_quarantined(self, batch: Batch) -> None:
        """What an authentic statement links to is authentic too, also when its own signature was refused before."""
        links = self._links
        wanted = [one for one in batch.candidates if (one.key.kid, one.statement.link) in links]
        while wanted:
            later = wanted.pop()
            kid, link = later.key.kid, later.statement.link
            if (kid, link) not in links or (kid, link) in batch.vouched:
                continue
            batch.vouched.add((kid, link))
            with reading(self.engine) as connection:
                waiting = [(id_, raw) for id_, _, raw in quarantine.of_kid(connection, kid)]
            for id_, raw in waiting:
                if hash_of(raw)[:LINK_BYTES] == link:
                    earlier = Candidate(parse(raw), later.key, later.topic, BY_LINK_BAD_SIGNATURE, failed=True)
                    batch.candidates.append(earlier)
                    batch.released.append(id_)
                    wanted.append(earlier)

    # ---- the transaction -------------------------------------------------------------------------------------------

    def _commit(self, batch: Batch, now_ms: int) -> list[Due]:
        keys: dict[int, Key] = {}
        offered: dict[int, list[Candidate]] = {}
        for one in batch.candidates:
            identity_id = one.key.identity_id
            keys[identity_id] = one.key
            offered.setdefault(identity_id, []).append(one)
        try:
            with writing(self.engine) as connection:
                helds = self._held.of(connection, list(keys.values()))
                taken = [self._take_in(connection, held, offered[held.key.identity_id], now_ms) for held in helds]
                moved = [one for one in taken if one.rows]
                statement_store.write_statements(connection, [row for one in moved for row in one.rows])
                numbers = {part.held.key.identity_id: [row.number for row in part.rows] for part in moved}
                self.judging.arrived(connection, [part.held for part in moved], numbers, now_ms)
                statement_store.write_summaries(connection, [part.held for part in moved])
                receipts = [(part.held.key.down, receipt) for part in taken for receipt in part.receipts]
                self._keep_suspects(connection, batch, taken, now_ms)
        except BaseException:
            self._forget(keys)
            self.judging.forget({key.scale_id for key in keys.values()})
            raise
        for part in moved:
            part.held.version += 1
        self._held.trim()
        for vouched in batch.vouched:
            self._links.pop(vouched, None)
        for suspect in batch.suspects:
            if suspect.kid and suspect.reason == BAD:
                self._links.put((suspect.kid, suspect.hash[:LINK_BYTES]), None)
        return receipts

    def _keep_suspects(self, connection: Connection, batch: Batch, taken: Iterable[Taken], now_ms: int) -> None:
        refused = [suspect for one in taken for suspect in one.refused]
        quarantine.release(connection, batch.released)
        if batch.suspects or refused:
            quarantine.add(connection, [*batch.suspects, *refused], now_ms)
        counted = batch.counted + Counter((suspect.shard, suspect.reason) for suspect in refused)
        if counted:
            quarantine.count(connection, counted)

    def _forget(self, identity_ids: Iterable[int]) -> None:
        ids = list(identity_ids)
        self._held.forget(ids)
        for identity_id in ids:
            self._branches.pop(identity_id, None)  # they tell of statements that were not committed

    def _take_in(self, connection: Connection, held: Held, candidates: Sequence[Candidate], now_ms: int) -> Taken:
        key, summary = held.key, held.summary
        in_order = sorted(candidates, key=lambda one: one.statement.number)
        here = HeldInDatabase(connection, key)
        taken = Taken(held)
        outcomes = take_in(summary, [one.statement for one in in_order], here, now_ms)
        arrived: list[Statement] = []
        for one, (statement, outcome) in zip(in_order, outcomes, strict=True):
            if outcome is Outcome.REFUSED:
                reason = outcome.value
                suspect = Suspect(key.shard, one.topic, None, reason, statement.hash, statement.raw)
                taken.refused.append(suspect)
                continue
            arrived.append(statement)
            if outcome is Outcome.DUPLICATE:
                continue
            number = statement.number
            if one.authentic_by == BY_LINK:
                summary.unchecked = add_range(summary.unchecked, number, number)
                self._held.unchecked[key.identity_id] = key
            elif one.authentic_by == BY_LINK_BAD_SIGNATURE:
                note_signatures(summary, number, number, [number])
            taken.rows.append(
                Row(
                    key.scale_id,
                    key.identity_id,
                    number,
                    statement.hash,
                    statement.content_hash,
                    statement.kind,
                    statement.time or None,
                    now_ms,
                    one.authentic_by,
                    statement.raw,
                )
            )
        if arrived:
            followed = self._followed(key.identity_id) if summary.first_branch else {}
            taken.receipts = due_receipts(summary, arrived, here, followed, now_ms // 1000)
        return taken

    def _followed(self, identity_id: int) -> Followed:
        """How far the branches of a forked identity were followed before."""
        followed = self._branches.get(identity_id)
        if followed is None or len(followed) > FOLLOWED_KEPT:
            followed = {}
            self._branches.put(identity_id, followed)
        return followed
