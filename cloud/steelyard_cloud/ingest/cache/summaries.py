"""The summaries that a receiver keeps at hand, as they are in the database, and who has unchecked signatures.

What another receiver commits meanwhile shows as a conflict of versions when a summary is written; it is then forgotten
and read again.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from steelyard_cloud.statements import store as statement_store
from steelyard_cloud.statements.store import Held, Key

KEPT = 20_000


class AtHand:
    """Summaries by identity id; not for use by several threads at once."""

    def __init__(self) -> None:
        self.unchecked: dict[int, Key] = {}  # identities with signatures that a link vouched for
        self._held: dict[int, Held] = {}

    def of(self, connection: Connection, keys: Sequence[Key]) -> list[Held]:
        """The summaries of these identities, in their order."""
        self._load(connection, [key for key in keys if key.identity_id not in self._held])
        return [self._held[key.identity_id] for key in keys]

    def of_ids(self, connection: Connection, identity_ids: Sequence[int]) -> list[Held]:
        """The same by the ids, for judging a scale as a whole."""
        missing = [one for one in identity_ids if one not in self._held]
        if missing:
            self._load(connection, list(statement_store.load_keys_of(connection, missing).values()))
        return [self._held[one] for one in identity_ids]

    def forget(self, identity_ids: Iterable[int]) -> None:
        """Read these again the next time."""
        for identity_id in identity_ids:
            self._held.pop(identity_id, None)

    def clear(self) -> None:
        """Forget all of them."""
        self._held.clear()

    def trim(self) -> None:
        """Forget those read first, down to the bound; between transactions only, as within one each has one copy."""
        excess = len(self._held) - KEPT
        if excess > 0:
            for identity_id in list(self._held)[:excess]:
                del self._held[identity_id]

    def _load(self, connection: Connection, keys: Sequence[Key]) -> None:
        if not keys:
            return
        for identity_id, held in statement_store.load_summaries(connection, keys).items():
            self._held[identity_id] = held
            if held.summary.unchecked:
                self.unchecked[identity_id] = held.key
