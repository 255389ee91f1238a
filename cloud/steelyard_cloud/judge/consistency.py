"""What a statement says that contradicts itself: its body and its own head do not go together.

The texts are counted and shown like breaches of the profile, so each is one fixed sentence.
"""

from collections.abc import Iterator

from steelyard_protocol import identity, parameters
from steelyard_protocol.bodies import Boot, Parameters
from steelyard_protocol.events import Event, EventKind, ParameterChange
from steelyard_protocol.parameters import FIRST_DEVICE_KEY
from steelyard_protocol.sales import Sale, SaleBatch
from steelyard_protocol.statement import Statement

MAP = "the parameter map is not the one that the header's digest names"
THUMBPRINT = "the thumbprint in the boot statement is not that of the identity"
HEAD_BEFORE = "the boot statement names a number before it that is not below its own"
LOSS = "what is reported lost is not below the statement's own number"
CANCELS = "a cancellation names no earlier sale"
BATCH = "the numbers, counts and hashes of a batch of sales do not go together"
COUNTERS = "the counters of a parameter change do not follow from its head and its fields"


def contradictions(statement: Statement) -> Iterator[str]:
    """What in the statement does not go together; nothing for a body that cannot be read."""
    body = statement.body
    if isinstance(body, Boot | Parameters) and parameters.digest(body.parameters) != statement.digest:
        yield MAP
    if isinstance(body, Boot):
        if body.thumbprint[: identity.KID_BYTES] != statement.kid:
            yield THUMBPRINT
        if body.head_before >= statement.number:
            yield HEAD_BEFORE
    elif isinstance(body, Event):
        yield from _of_event(statement, body)
    elif isinstance(body, Sale) and body.cancels is not None and body.cancels >= body.sale:
        yield CANCELS
    elif isinstance(body, SaleBatch) and not _goes_together(body):
        yield BATCH


def _goes_together(batch: SaleBatch) -> bool:
    """There are no more records than numbers, and a hash for each of them or none at all."""
    records = batch.sold_count + batch.cancelled_count
    return 0 < records <= batch.last - batch.first + 1 and len(batch.hashes) in (0, records)


def _of_event(statement: Statement, event: Event) -> Iterator[str]:
    facts, number = event.facts, statement.number
    if isinstance(facts, ParameterChange):
        if not _counts(statement, facts):
            yield COUNTERS
    elif event.kind == EventKind.STATEMENTS_LOST:
        if not facts[0] <= facts[1] < number:
            yield LOSS
    elif event.kind in (EventKind.JOURNAL_LOST, EventKind.ROLLED_BACK) and facts[0] >= number:
        yield LOSS


def _counts(statement: Statement, change: ParameterChange) -> bool:
    """A commit raises a counter by one, or not at all if an earlier commit of its session did."""
    fields = [one.field for one in change.changes]
    raised = (
        (change.calibration_counter - statement.calibration_counter, any(one >= FIRST_DEVICE_KEY for one in fields)),
        (change.configuration_counter - statement.configuration_counter, any(one < FIRST_DEVICE_KEY for one in fields)),
    )
    return all(by == 0 or (by == 1 and touched) for by, touched in raised)
