"""Store: authentic statements go into the summary of their identity, and those that are new into the evidence.

All within the transaction of the batch. What comes of it is a value for each identity; the summaries themselves are
written when the scale was judged, just before the commit.
"""

from collections.abc import Sequence

from steelyard_protocol.events import Event, EventKind
from steelyard_protocol.statement import Statement

from steelyard_cloud.db.database import Connection
from steelyard_cloud.ingest.batch import Accepted, Batch, Candidate
from steelyard_cloud.ingest.cache.branches import Branches
from steelyard_cloud.ingest.cache.summaries import Summaries
from steelyard_cloud.ingest.receipts import due_receipts
from steelyard_cloud.judge.chain import Outcome, note_signatures, note_unchecked
from steelyard_cloud.judge.intake import accept
from steelyard_cloud.judge.rereads import read_again
from steelyard_cloud.statements.quarantine import Suspect
from steelyard_cloud.statements.stored import (
    BY_LINK,
    BY_LINK_BAD_SIGNATURE,
    StatementRow,
    StoredStatements,
    write_statements,
)
from steelyard_cloud.statements.summaries import StoredSummary


def store(
    connection: Connection, batch: Batch, summaries: Summaries, branches: Branches, now_ms: int
) -> list[Accepted]:
    """Store the candidates of a batch; Conflict when another receiver has stored one of them."""
    offered: dict[int, list[Candidate]] = {}
    for one in batch.candidates:
        offered.setdefault(one.key.identity_id, []).append(one)
    accepted = []
    loaded = summaries.of(connection, [some[0].key for some in offered.values()])
    waited = {stored.key.identity_id for stored in loaded if stored.summary.rereads}
    for stored in loaded:
        accepted.append(_accept(connection, stored, offered[stored.key.identity_id], branches, now_ms))
        summaries.noted(stored)
    write_statements(connection, [row for one in accepted for row in one.rows])
    for stored in (one.stored for one in accepted):
        if stored.summary.rereads and stored.key.identity_id not in waited:  # those are read when there is time
            read_again(stored.summary, StoredStatements(connection, stored.key))
            summaries.noted(stored)
    return accepted


def _accept(
    connection: Connection, stored: StoredSummary, candidates: Sequence[Candidate], branches: Branches, now_ms: int
) -> Accepted:
    """Take the candidates of one identity into its summary."""
    key, summary = stored.key, stored.summary
    in_order = sorted(candidates, key=_number) if len(candidates) > 1 else candidates
    evidence = StoredStatements(connection, key)
    accepted = Accepted(stored)
    arrived: list[Statement] = []
    new: list[Statement] = []
    copied: set[int] = set()
    arrival = summary.stored
    outcomes = accept(summary, [one.statement for one in in_order], evidence, now_ms)
    for one, (statement, outcome) in zip(in_order, outcomes, strict=True):
        if outcome is Outcome.REFUSED:
            refused = Suspect(key.shard, one.topic, None, outcome.value, statement.hash, statement.raw)
            accepted.refused.append(refused)
            continue
        arrived.append(statement)
        if outcome is Outcome.DUPLICATE:
            continue
        number = statement.number
        arrival += 1
        new.append(statement)
        if outcome is not Outcome.NEW:
            copied.add(number)
        if one.authentic_by == BY_LINK:
            note_unchecked(summary, number, arrival)
        elif one.authentic_by == BY_LINK_BAD_SIGNATURE:
            note_signatures(summary, number, number, [(number, arrival)])
        accepted.rows.append(_row(stored, statement, arrival, one.authentic_by, now_ms))
    if copied:
        evidence.note_copies([statement for statement in new if statement.number in copied])
    if arrived:
        followed = branches.of(key.identity_id) if summary.first_branch else {}
        accepted.receipts = due_receipts(summary, arrived, evidence, followed, now_ms)
    return accepted


_EVENTS = frozenset(EventKind)


def _number(candidate: Candidate) -> int:
    return candidate.statement.number


def _row(stored: StoredSummary, statement: Statement, arrival: int, authentic_by: int, now_ms: int) -> StatementRow:
    body, key = statement.body, stored.key
    return StatementRow(
        key.scale_id,
        key.identity_id,
        statement.number,
        statement.hash,
        statement.content_hash,
        statement.kind,
        statement.time or None,
        now_ms,
        stored.summary.set_backs,
        arrival,
        authentic_by,
        statement.raw,
        body.kind if isinstance(body, Event) and body.kind in _EVENTS else None,
    )
