"""What the stores of statements and summaries share: both may find that another receiver was faster."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import IntegrityError

from steelyard_cloud.errors import CloudError

IN_LIST = 500  # values in one IN (…): far below SQLite's bound on variables


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
