"""The links that could still vouch for what waits in the quarantine with a bad signature."""

from collections.abc import Iterable
from functools import cached_property

from steelyard_protocol.statement import LINK_BYTES

from steelyard_cloud.db.database import Engine, reading
from steelyard_cloud.ingest.cache.recent import Recent
from steelyard_cloud.statements import quarantine
from steelyard_cloud.statements.quarantine import Suspect

Link = tuple[bytes, bytes]  # kid, and the first bytes of the hash of what waits


class QuarantinedLinks:
    """A bounded set of links, as it is in the database."""

    def __init__(self, engine: Engine, shards: str) -> None:
        self._engine, self._shards = engine, shards

    @property
    def empty(self) -> bool:
        """Whether nothing waits: nearly always."""
        return not self._links

    def __contains__(self, link: Link) -> bool:
        return link in self._links

    def committed(self, suspects: Iterable[Suspect], vouched: Iterable[Link]) -> None:
        """These came into the quarantine, and those left it."""
        for link in vouched:
            self._links.pop(link)
        for suspect in suspects:
            if suspect.kid and suspect.reason == quarantine.BAD_SIGNATURE:
                self._links.put((suspect.kid, suspect.hash[:LINK_BYTES]), None)

    @cached_property
    def _links(self) -> Recent[Link, None]:
        """Read late, as a database may start after us."""
        links: Recent[Link, None] = Recent(quarantine.PER_SHARD * len(self._shards))
        with reading(self._engine) as connection:
            for waiting in quarantine.links(connection, self._shards):
                links.put(waiting, None)
        return links
