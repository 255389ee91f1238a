"""Decode: messages become statements with the keys that they name. What has no such key goes to the quarantine."""

from collections import Counter
from collections.abc import Callable, Sequence

from steelyard_protocol import identity, questions
from steelyard_protocol.questions import Question
from steelyard_protocol.statement import Statement, StatementError, decode_message, parse

from steelyard_cloud.ingest.batch import Batch, Candidate
from steelyard_cloud.ingest.cache.keyring import Keyring
from steelyard_cloud.ingest.limits import FailureBudget
from steelyard_cloud.ingest.mqtt.session import Message
from steelyard_cloud.statements import quarantine

Refuse = Callable[[str, bytes | None, str, bytes], None]


def decode(messages: Sequence[Message], keyring: Keyring, budget: FailureBudget, now_ms: int) -> Batch:
    """The candidates of a batch of messages, and the suspects; a topic without `budget` is only counted.

    A message of an identity that nobody has registered is kept as it came: all of it is judged once that is done.
    """
    batch, offered = Batch(), Counter[str]()
    parsed: list[tuple[Message, Statement]] = []
    asked: list[tuple[str, Question]] = []

    def refuse(topic: str, kid: bytes | None, reason: str, raw: bytes) -> None:
        budget.fail(topic, now_ms)
        batch.suspect(topic, kid, reason, raw)

    for message in messages:
        topic, payload, _, waited, skipped = message
        if skipped:
            batch.counted[shard_of(topic), "limited"] += 1
            continue
        if waited is not None:
            batch.released.append(waited)
        else:
            offered[topic] += 1
            if not budget.allows(topic, now_ms, offered[topic]):
                batch.counted[shard_of(topic), "limited"] += 1
                continue
        if waited is None and (question := questions.read(payload)):
            asked.append((topic, question))
            continue
        try:
            raws = decode_message(payload)
        except StatementError as error:
            refuse(topic, None, error.code, payload)
            continue
        for raw in raws:
            try:
                parsed.append((message, parse(raw)))
            except StatementError as error:
                refuse(topic, None, error.code, raw)
    _place(batch, parsed, keyring, refuse)
    return _place_questions(batch, asked, keyring)


def _place(batch: Batch, parsed: Sequence[tuple[Message, Statement]], keyring: Keyring, refuse: Refuse) -> None:
    """Candidates are those with a registered key, on its topic; of one that nobody knows the message is kept whole."""
    keys = keyring.find({statement.kid for _, statement in parsed})
    kept: Message | None = None
    for message, statement in parsed:
        topic, kid = message.topic, statement.kid
        key = keys.get(kid)
        if key is not None and topic == key.up:
            batch.candidates.append(Candidate(statement, key, topic))
        elif (reason := misfit(topic, kid)) != quarantine.UNKNOWN_IDENTITY:
            refuse(topic, kid, reason, statement.raw)
        elif message is kept:
            batch.counted[shard_of(topic), reason] += 1
        else:
            refuse(topic, kid, reason, message.payload)
            kept = message


def _place_questions(batch: Batch, asked: Sequence[tuple[str, Question]], keyring: Keyring) -> Batch:
    """Those of a registered key on its topic. Others are no evidence: counted, and forgotten."""
    keys = keyring.find({question.identity for _, question in asked}) if asked else {}
    for topic, question in asked:
        key = keys.get(question.identity)
        if key is not None and topic == key.up:
            batch.questions.append((key, question))
        else:
            batch.counted[shard_of(topic), misfit(topic, question.identity)] += 1
    return batch


def shard_of(topic: str) -> str:
    """The shard in a topic `sy/1/<shard>/<identity>/up`."""
    return topic[5:6] or "?"


def misfit(topic: str, kid: bytes) -> str:
    """Why a statement of this identity is not accepted from this topic: the reason that is counted."""
    text = identity.to_text(kid)
    if topic == f"sy/1/{text[0]}/{text}/up":
        return quarantine.UNKNOWN_IDENTITY
    return "wrong-shard" if topic[6:] == f"/{text}/up" else "topic"
