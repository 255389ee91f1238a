"""How far the branches of forked identities were followed, so that a receipt need not follow them from their start."""

from collections.abc import Iterable

from steelyard_cloud.ingest.receipts import Followed

IDENTITIES_KEPT = 1000
LINKS_KEPT = 10_000  # for each identity
LINKS_IN_ALL = 60_000  # about 24 MiB


class Branches:
    """By identity id."""

    def __init__(self) -> None:
        self._followed: dict[int, Followed] = {}

    def of(self, identity_id: int) -> Followed:
        """What is known of a forked identity, for the caller to add to."""
        followed = self._followed.pop(identity_id, {})
        if len(followed) > LINKS_KEPT:
            followed = {}
        self._make_room()
        self._followed[identity_id] = followed
        return followed

    def forget(self, identity_ids: Iterable[int]) -> None:
        """Follow these from their start the next time."""
        for identity_id in identity_ids:
            self._followed.pop(identity_id, None)

    def clear(self) -> None:
        """Forget all of them."""
        self._followed.clear()

    def _make_room(self) -> None:
        """Forget those asked for longest ago, as callers have added to the others."""
        links = sum(map(len, self._followed.values()))
        while links > LINKS_IN_ALL - LINKS_KEPT or len(self._followed) >= IDENTITIES_KEPT:
            links -= len(self._followed.pop(next(iter(self._followed))))
