"""The line that every batch of messages takes, from bytes to a commit and the receipts that follow from it.

A receiver owns shards and keeps the keys, summaries and facts of their scales in memory. What another receiver commits
meanwhile shows as a conflict of versions: the batch is then stored again by what the database says.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

from steelyard_protocol import identity
from steelyard_protocol.verifiers import Verifier, openssl

from steelyard_cloud.db.database import Connection, Engine
from steelyard_cloud.ingest.authenticate import Signatures, authenticate
from steelyard_cloud.ingest.batch import Accepted, Batch
from steelyard_cloud.ingest.cache.branches import Branches
from steelyard_cloud.ingest.cache.keyring import Keyring
from steelyard_cloud.ingest.cache.links import QuarantinedLinks
from steelyard_cloud.ingest.cache.summaries import Summaries
from steelyard_cloud.ingest.commits import Commits
from steelyard_cloud.ingest.decode import decode
from steelyard_cloud.ingest.judging import Judging
from steelyard_cloud.ingest.later import check_some, read_some_again
from steelyard_cloud.ingest.limits import FailureBudget
from steelyard_cloud.ingest.listening import Listening
from steelyard_cloud.ingest.mqtt.session import Message
from steelyard_cloud.ingest.questions import Questions
from steelyard_cloud.ingest.receipts import Due, Outgoing, signed_all
from steelyard_cloud.ingest.store import store
from steelyard_cloud.ingest.vouch import vouch
from steelyard_cloud.keys import PlatformKey
from steelyard_cloud.statements import quarantine
from steelyard_cloud.statements import summaries as summary_store
from steelyard_cloud.statements.keys import Key
from steelyard_cloud.statements.sql import Conflict, ConflictAgain

CONFLICTS = 20


@dataclass(slots=True)
class Begun:
    """A batch that is decoded, and whose signatures are being checked."""

    batch: Batch
    authenticated: Future[None]


class Receiver:
    """Accepts messages for the shards that it owns; not for use by several threads at once."""

    def __init__(
        self,
        engine: Engine,
        shards: str,
        online: PlatformKey,
        listening: Listening,
        verify: Verifier = openssl,
        workers: int = 2,
    ) -> None:
        self.engine, self.shards, self.online, self.listening = engine, shards, online, listening
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="signatures")
        self._signatures = Signatures(self._pool, verify)
        self._ahead = ThreadPoolExecutor(1, thread_name_prefix="authenticate")  # gives the pool its tasks, and waits
        self._keyring = Keyring(engine)
        self._budget = FailureBudget()
        self._questions = Questions()
        self._links = QuarantinedLinks(engine, shards)
        self.summaries = Summaries()
        self._branches = Branches()
        self.judging = Judging(shards, self.summaries.of_ids, listening.since_ms)
        self.commits = Commits(engine, shards, self.forget)

    def close(self) -> None:
        """Stop the threads."""
        self._ahead.shutdown()
        self._pool.shutdown()

    def handle(self, messages: Sequence[Message], now_ms: int) -> list[Outgoing]:
        """The whole line for one batch; gives what to publish. When it returns, all is committed; it raises else."""
        return signed_all(self.finish(self.begin(messages, now_ms), now_ms), self.online)

    def begin(self, messages: Sequence[Message], now_ms: int) -> Begun:
        """Decode; start to authenticate, in other threads. `finish` is to follow in the same order."""
        batch = decode(messages, self._keyring, self._budget, now_ms)
        return Begun(batch, self._ahead.submit(authenticate, batch.candidates, self._signatures))

    def finish(self, begun: Begun, now_ms: int) -> list[Due]:
        """Store, judge, commit; gives what is to be signed and sent. When it returns, everything is committed."""
        batch = begun.batch
        begun.authenticated.result()
        vouch(batch, self.engine, self._links, self._budget, now_ms)
        for _ in range(CONFLICTS):
            with suppress(Conflict):
                return self._commit(batch, now_ms)
        raise ConflictAgain(shards=self.shards)

    def _commit(self, batch: Batch, now_ms: int) -> list[Due]:
        """The one transaction of a batch. What is kept in memory follows its commit, or is forgotten."""
        try:
            with self.commits.at(now_ms) as connection:
                accepted = store(connection, batch, self.summaries, self._branches, now_ms)
                new = [one for one in accepted if one.rows]
                summaries = [one.stored for one in new]
                numbers = {one.stored.key.identity_id: [row.number for row in one.rows] for one in new}
                self.judging.arrived(connection, summaries, numbers, now_ms)
                summary_store.write_summaries(connection, summaries)
                _quarantine(connection, batch, accepted, now_ms)
                answers = self._questions.answer(connection, batch.questions, now_ms)
        except BaseException:
            self._forget({one.key for one in batch.candidates})
            raise
        self.summaries.committed(summaries)
        self._links.committed(batch.suspects, batch.vouched)
        return answers + [Due(one.stored.key.down, receipt) for one in accepted for receipt in one.receipts]

    def identity_registered(self, connection: Connection, text: str) -> list[Message]:
        """An identity became known: what of it waits in the quarantine is to be handled as messages again.

        It leaves the quarantine in the transaction that stores it.
        """
        self._keyring.registered(identity.from_text(text))
        topic = f"sy/1/{text[0]}/{text}/up"
        return [Message(topic, raw, None, id_) for id_, raw in quarantine.waiting(connection, topic)]

    def check_signatures(self, now_ms: int) -> bool:
        """Check some signatures that a link had vouched for; False when there are none."""
        return check_some(self.commits, self.summaries, self.judging, self._signatures, now_ms)

    def read_again(self, now_ms: int) -> bool:
        """Read some statements again that a later one gives a meaning; False when there are none."""
        return read_some_again(self.commits, self.summaries, self.judging, now_ms)

    def forget(self) -> None:
        """Forget what is kept of the database, after an error that leaves it in doubt."""
        self.summaries.clear()
        self._branches.clear()
        self.judging.forget_all()

    def _forget(self, keys: Collection[Key]) -> None:
        """Forget what is kept of these identities: a transaction about them failed."""
        identity_ids = [key.identity_id for key in keys]
        self.summaries.forget(identity_ids)
        self._branches.forget(identity_ids)  # they know of statements that were not committed
        self.judging.forget({key.scale_id for key in keys})


def _quarantine(connection: Connection, batch: Batch, accepted: Collection[Accepted], now_ms: int) -> None:
    """Put away what was refused, and count it; let go what turned out to be authentic."""
    refused = [suspect for one in accepted for suspect in one.refused]
    quarantine.release(connection, batch.released)
    if batch.suspects or refused:
        quarantine.add(connection, [*batch.suspects, *refused], now_ms)
    counted = batch.counted + Counter((suspect.shard, suspect.reason) for suspect in refused)
    if counted:
        quarantine.count(connection, counted)
