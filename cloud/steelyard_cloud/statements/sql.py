"""What the stores of statements and summaries share: when a statement counts as committed, and who was faster."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from steelyard_cloud.db.schema import identities, set_backs, statements
from steelyard_cloud.errors import CloudError
from steelyard_cloud.judge.stored import NEVER_MS

IN_LIST = 500  # values in one IN (…): far below SQLite's bound on variables

_SET_BACK_TO = (
    select(func.min(set_backs.c.to_ms))
    .join_from(set_backs, identities, set_backs.c.shard == identities.c.shard)
    .where(
        identities.c.id == statements.c.identity_id,
        set_backs.c.number > statements.c.set_backs,
        set_backs.c.to_ms < statements.c.received_ms,
    )
    .correlate(statements)
    .scalar_subquery()
)
COMMITTED_MS = func.coalesce(_SET_BACK_TO, statements.c.received_ms).label("received_ms")
"""When a statement was committed, Unix ms: not later than what the platform's clock was set back to afterwards."""
LATEST_MS = func.coalesce(_SET_BACK_TO, NEVER_MS)
"""No date of a statement is later: see `judge.stored.Committed`."""


class Conflict(CloudError):
    """Another receiver has committed statements of the same identity; read its summary again."""

    code, noun = "conflict", "summary"


class ConflictAgain(Conflict):
    """Another receiver keeps committing statements of the same identities, in the shards {shards}."""

    code = "conflict-again"


@contextmanager
def conflicts() -> Iterator[None]:
    """Raise Conflict for a row that is there already."""
    try:
        yield
    except IntegrityError as error:
        raise Conflict from error
