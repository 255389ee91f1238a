"""The summaries that a receiver keeps, as they are in the database, and who has unchecked signatures.

What another receiver commits meanwhile shows as a conflict of versions when a summary is written; it is then forgotten
and read again.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence

from steelyard_cloud.db.database import Connection
from steelyard_cloud.statements.keys import Key, load_keys_of
from steelyard_cloud.statements.summaries import StoredSummary, load_summaries

KEPT_BYTES = 32 * 1024 * 1024  # as they are stored, of 50,000 scales; about thirteen times as much in memory
LEAST_BYTES = 512  # of any
LATER_KEPT = 100_000  # identities, about 60 MiB; the others are checked once they send something


class Summaries:
    """Summaries by identity id; not for use by several threads at once."""

    def __init__(self) -> None:
        self.unchecked: dict[int, Key] = {}  # identities with signatures that a link vouched for
        self.rereading: dict[int, Key] = {}  # identities with statements that wait to be read again
        self._stored: OrderedDict[int, StoredSummary] = OrderedDict()  # that used last at the end
        self._sizes: dict[int, int] = {}
        self._bytes = 0

    def of(self, connection: Connection, keys: Sequence[Key]) -> list[StoredSummary]:
        """The summaries of these identities, in their order."""
        self._load(connection, [key for key in keys if key.identity_id not in self._stored])
        return [self._used(key.identity_id) for key in keys]

    def of_ids(self, connection: Connection, identity_ids: Sequence[int]) -> list[StoredSummary]:
        """The same by the ids, for judging a scale as a whole."""
        missing = [one for one in identity_ids if one not in self._stored]
        if missing:
            self._load(connection, list(load_keys_of(connection, missing).values()))
        return [self._used(one) for one in identity_ids]

    def committed(self, moved: Iterable[StoredSummary]) -> None:
        """These were written and committed.

        Forgets those used least recently: between transactions only, as within one each has one copy.
        """
        for stored in moved:
            stored.version += 1
            stored.made_again = False
            if stored.key.identity_id in self._stored:
                self._measure(stored)
        while self._bytes > KEPT_BYTES:
            self._drop(next(iter(self._stored)))

    def made_again(self) -> list[StoredSummary]:
        """Those of an older format that were made again and are not written yet."""
        return [stored for stored in self._stored.values() if stored.made_again]

    def forget(self, identity_ids: Iterable[int]) -> None:
        """Read these again the next time."""
        for identity_id in identity_ids:
            self._drop(identity_id)

    def clear(self) -> None:
        """Forget all of them."""
        self._stored.clear()
        self._sizes.clear()
        self._bytes = 0

    def _used(self, identity_id: int) -> StoredSummary:
        self._stored.move_to_end(identity_id)
        return self._stored[identity_id]

    def _load(self, connection: Connection, keys: Sequence[Key]) -> None:
        if not keys:
            return
        for identity_id, stored in load_summaries(connection, keys).items():
            self._stored[identity_id] = stored
            self._measure(stored)
            self.noted(stored)

    def noted(self, stored: StoredSummary) -> None:
        """Remember what is left to do for an identity."""
        if stored.summary.unchecked and len(self.unchecked) < LATER_KEPT:
            self.unchecked[stored.key.identity_id] = stored.key
        if stored.summary.rereads and len(self.rereading) < LATER_KEPT:
            self.rereading[stored.key.identity_id] = stored.key

    def _measure(self, stored: StoredSummary) -> None:
        identity_id, size = stored.key.identity_id, max(stored.size, LEAST_BYTES)
        self._bytes += size - self._sizes.get(identity_id, 0)
        self._sizes[identity_id] = size

    def _drop(self, identity_id: int) -> None:
        self._stored.pop(identity_id, None)
        self._bytes -= self._sizes.pop(identity_id, 0)
