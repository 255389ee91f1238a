"""How far the branches of forked identities were followed, so that a receipt need not follow them from their start."""

from collections.abc import Iterable

from steelyard_cloud.ingest.cache.recent import Recent
from steelyard_cloud.ingest.receipts import Followed

IDENTITIES_KEPT = 1000
LINKS_KEPT = 10_000  # for each identity


class Branches:
    """By identity id."""

    def __init__(self) -> None:
        self._followed: Recent[int, Followed] = Recent(IDENTITIES_KEPT)

    def of(self, identity_id: int) -> Followed:
        """What is known of a forked identity, for the caller to add to."""
        followed = self._followed.get(identity_id)
        if followed is None or len(followed) > LINKS_KEPT:
            followed = {}
            self._followed.put(identity_id, followed)
        return followed

    def forget(self, identity_ids: Iterable[int]) -> None:
        """Follow these from their start the next time."""
        for identity_id in identity_ids:
            self._followed.pop(identity_id, None)

    def clear(self) -> None:
        """Forget all of them."""
        self._followed.clear()
