"""The registered identities that statements name, as authentication needs them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from steelyard_cloud.db.schema import identities
from steelyard_cloud.statements.sql import IN_LIST


@dataclass(frozen=True, slots=True)
class Key:
    """A registered identity, as authentication needs it."""

    identity_id: int
    scale_id: int
    kid: bytes
    text: str
    shard: str
    public_key: bytes

    @property
    def up(self) -> str:
        """Topic of its statements."""
        return f"sy/1/{self.shard}/{self.text}/up"

    @property
    def down(self) -> str:
        """Topic of what the platform sends it."""
        return f"sy/1/{self.shard}/{self.text}/down"


_COLUMNS = tuple(identities.c[name] for name in ("id", "scale_id", "kid", "text", "shard", "public_key"))


def load_keys(connection: Connection, kids: Sequence[bytes]) -> dict[bytes, Key]:
    """The registered identities among `kids`."""
    found: dict[bytes, Key] = {}
    for start in range(0, len(kids), IN_LIST):
        some = identities.c.kid.in_(kids[start : start + IN_LIST])
        found.update({row.kid: Key(*row) for row in connection.execute(select(*_COLUMNS).where(some))})
    return found


def load_keys_of(connection: Connection, identity_ids: Iterable[int]) -> dict[int, Key]:
    """The registered identities with these ids."""
    rows = connection.execute(select(*_COLUMNS).where(identities.c.id.in_(list(identity_ids))))
    return {row.id: Key(*row) for row in rows}
