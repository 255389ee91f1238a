"""The summaries that a receiver keeps, as they are in the database, and who has unchecked signatures.

What another receiver commits meanwhile shows as a conflict of versions when a summary is written; it is then forgotten
and read again.
"""

from collections.abc import Iterable, Sequence

from steelyard_cloud.db.database import Connection
from steelyard_cloud.statements.keys import Key, load_keys_of
from steelyard_cloud.statements.summaries import StoredSummary, load_summaries

KEPT = 20_000


class Summaries:
    """Summaries by identity id; not for use by several threads at once."""

    def __init__(self) -> None:
        self.unchecked: dict[int, Key] = {}  # identities with signatures that a link vouched for
        self.rereading: dict[int, Key] = {}  # identities with statements that wait to be read again
        self._stored: dict[int, StoredSummary] = {}

    def of(self, connection: Connection, keys: Sequence[Key]) -> list[StoredSummary]:
        """The summaries of these identities, in their order."""
        self._load(connection, [key for key in keys if key.identity_id not in self._stored])
        return [self._stored[key.identity_id] for key in keys]

    def of_ids(self, connection: Connection, identity_ids: Sequence[int]) -> list[StoredSummary]:
        """The same by the ids, for judging a scale as a whole."""
        missing = [one for one in identity_ids if one not in self._stored]
        if missing:
            self._load(connection, list(load_keys_of(connection, missing).values()))
        return [self._stored[one] for one in identity_ids]

    def committed(self, moved: Iterable[StoredSummary]) -> None:
        """These were written and committed.

        Forgets those read first, down to the bound: between transactions only, as within one each has one copy.
        """
        for stored in moved:
            stored.version += 1
            stored.made_again = False
        excess = len(self._stored) - KEPT
        if excess > 0:
            for identity_id in list(self._stored)[:excess]:
                del self._stored[identity_id]

    def made_again(self) -> list[StoredSummary]:
        """Those of an older format that were made again and are not written yet."""
        return [stored for stored in self._stored.values() if stored.made_again]

    def forget(self, identity_ids: Iterable[int]) -> None:
        """Read these again the next time."""
        for identity_id in identity_ids:
            self._stored.pop(identity_id, None)

    def clear(self) -> None:
        """Forget all of them."""
        self._stored.clear()

    def _load(self, connection: Connection, keys: Sequence[Key]) -> None:
        if not keys:
            return
        for identity_id, stored in load_summaries(connection, keys).items():
            self._stored[identity_id] = stored
            self.noted(stored)

    def noted(self, stored: StoredSummary) -> None:
        """Remember what is left to do for an identity."""
        if stored.summary.unchecked:
            self.unchecked[stored.key.identity_id] = stored.key
        if stored.summary.rereads:
            self.rereading[stored.key.identity_id] = stored.key
