"""What goes along the line: a batch of statements that are to become evidence, and what became of each identity's."""

from collections import Counter
from dataclasses import dataclass, field

from steelyard_protocol.downlink import Receipt
from steelyard_protocol.questions import Question
from steelyard_protocol.statement import Statement

from steelyard_cloud.statements.keys import Key
from steelyard_cloud.statements.quarantine import Suspect, of_message
from steelyard_cloud.statements.stored import StatementRow
from steelyard_cloud.statements.summaries import StoredSummary

SUSPECT_TOPICS = 64
"""Of so many topics what cannot be authenticated is kept of a batch: each topic costs about a millisecond."""


@dataclass(slots=True)
class Candidate:
    """A statement with the registered key that it names; `authentic_by` is 0 while nothing vouches for it."""

    statement: Statement
    key: Key
    topic: str
    authentic_by: int = 0
    failed: bool = False  # its own signature was checked and is bad


@dataclass(slots=True)
class Batch:
    """What one batch of messages came to before it was stored."""

    candidates: list[Candidate] = field(default_factory=list)
    suspects: list[Suspect] = field(default_factory=list)
    counted: Counter[tuple[str, str]] = field(default_factory=Counter)  # (shard, reason) of what is not stored
    vouched: set[tuple[bytes, bytes]] = field(default_factory=set)  # kid and link of what was quarantined
    questions: list[tuple[Key, Question]] = field(default_factory=list)
    released: list[int] = field(default_factory=list)  # quarantine rows that are statements after all
    _topics: set[str] = field(default_factory=set)  # of suspects

    def suspect(self, topic: str, kid: bytes | None, reason: str, raw: bytes) -> None:
        """Count bytes, and put them into the quarantine unless there are too many topics; then they come again."""
        suspect = of_message(topic, raw, reason, kid)
        self.counted[suspect.shard, reason] += 1
        if suspect.topic in self._topics or len(self._topics) < SUSPECT_TOPICS:
            self._topics.add(suspect.topic)
            self.suspects.append(suspect)


@dataclass(slots=True)
class Accepted:
    """What became of the statements of one identity: rows to store, receipts that follow, copies that are refused."""

    stored: StoredSummary
    rows: list[StatementRow] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    refused: list[Suspect] = field(default_factory=list)
