"""What the stores of statements and summaries share: both may find that another receiver was faster."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import IntegrityError

IN_LIST = 500  # values in one IN (…): far below SQLite's bound on variables


class Conflict(Exception):
    """Another receiver has committed statements of the same identity; read its summary again."""


@contextmanager
def conflicts() -> Iterator[None]:
    """Raise Conflict for a row that is there already."""
    try:
        yield
    except IntegrityError as error:
        raise Conflict from error
