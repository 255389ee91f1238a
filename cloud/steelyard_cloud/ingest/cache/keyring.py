"""The registered keys that statements name, kept in memory; identities that nobody registered are remembered too."""

from collections.abc import Iterable

from steelyard_cloud.db.database import Engine, reading
from steelyard_cloud.ingest.cache.recent import Recent
from steelyard_cloud.statements.keys import Key, load_keys

KEYS_BYTES = 96 * 1024 * 1024
KEY_BYTES = 480  # of one in memory, measured: all are alike, so that 200,000 have room
UNKNOWN_KEPT = 100_000  # about 20 MiB


class Keyring:
    """Keys by kid."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._keys: Recent[bytes, Key] = Recent(KEYS_BYTES, lambda _: KEY_BYTES)
        self._unknown: Recent[bytes, None] = Recent(UNKNOWN_KEPT)

    def find(self, kids: Iterable[bytes]) -> dict[bytes, Key]:
        """The registered ones among `kids`; the database is asked only for those never seen."""
        known = self._keys
        missing = [kid for kid in kids if kid not in known and kid not in self._unknown]
        found = {kid: key for kid in kids if (key := known.get(kid)) is not None}
        if missing:
            with reading(self._engine) as connection:
                loaded = load_keys(connection, missing)
            for kid in missing:
                if kid in loaded:
                    known.put(kid, loaded[kid])
                else:
                    self._unknown.put(kid, None)
            found |= loaded
        return found

    def registered(self, kid: bytes) -> None:
        """The registry says that this identity is known from now on."""
        self._unknown.pop(kid)
