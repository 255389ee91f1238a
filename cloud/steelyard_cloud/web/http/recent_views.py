"""Who viewed what recently: a page that reloads itself is one line in the audit log, not one every five seconds."""

import threading
from collections import OrderedDict

AGAIN_MS = 15 * 60 * 1000
"""Whoever still views it after this is in the log once more."""
MOST = 20_000


class RecentViews:
    """The newest views of one process; may be used by several threads."""

    def __init__(self) -> None:
        self._at_ms: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._lock = threading.Lock()

    def recently(self, actor: str, object_: str, now_ms: int) -> bool:
        """Whether this view is in the log already."""
        with self._lock:
            at_ms = self._at_ms.get((actor, object_))
        return at_ms is not None and abs(now_ms - at_ms) < AGAIN_MS

    def note(self, actor: str, object_: str, now_ms: int) -> None:
        """It is in the log now."""
        with self._lock:
            self._at_ms[actor, object_] = now_ms
            self._at_ms.move_to_end((actor, object_))
            while len(self._at_ms) > MOST:
                self._at_ms.popitem(last=False)
