"""What a batch of messages is sorted into on its way to the database."""

from collections import Counter
from dataclasses import dataclass, field

from steelyard_protocol import identity
from steelyard_protocol.downlink import Receipt

from steelyard_cloud.ingest.authenticate import Candidate
from steelyard_cloud.statements.quarantine import Suspect, of_message
from steelyard_cloud.statements.store import Held, Row


@dataclass(slots=True)
class Batch:
    """What one batch of messages came to before the database was asked."""

    candidates: list[Candidate] = field(default_factory=list)
    suspects: list[Suspect] = field(default_factory=list)
    counted: Counter[tuple[str, str]] = field(default_factory=Counter)
    vouched: set[tuple[bytes, bytes]] = field(default_factory=set)  # kid and link of what was quarantined
    released: list[int] = field(default_factory=list)  # quarantine rows that are statements after all

    def suspect(self, topic: str, kid: bytes | None, reason: str, raw: bytes) -> None:
        """Put bytes into the quarantine and count them."""
        suspect = of_message(topic, raw, reason, kid)
        self.counted[suspect.shard, reason] += 1
        self.suspects.append(suspect)


@dataclass(slots=True)
class Taken:
    """What taking in the statements of one identity came to."""

    held: Held
    rows: list[Row] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    refused: list[Suspect] = field(default_factory=list)


def shard_of(topic: str) -> str:
    """The shard in a topic `sy/1/<shard>/<identity>/up`."""
    return topic[5:6] or "?"


def misfit(topic: str, kid: bytes) -> str:
    """Why a statement of this identity is not taken from this topic: the reason that is counted."""
    text = identity.to_text(kid)
    if topic == f"sy/1/{text[0]}/{text}/up":
        return "unknown-identity"
    return "wrong-shard" if topic[6:] == f"/{text}/up" else "topic"
