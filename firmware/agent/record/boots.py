"""Boot numbers, which never repeat, and when a start deserves a boot statement of its own.

Of quick restarts, more than six an hour, one an hour is stated; the boot number tells how many there were. The hour is
counted in powered time, because a scale without a battery clock knows no other across its starts. So is the time since
the last snapshot: a scale that is started again before its period is over makes snapshots all the same.
"""

from micropython import const

_FILE = "use/boot"
_UNSEEN = const(4)  # its place in the file, which older software did not have
_HOUR_S = const(3600)
_STATEMENT_S = const(600)  # a boot statement uses up a sixth of an hour's credit
_SAVE_EVERY_S = const(120)
_FIRST_SAVE_S = const(20)  # then twice as late each time, so that at least half of a short start counts


class Boots:
    """Counts this start when it is made: `number` is synced before anything can be stated with it.

    Credit grows by a second per powered second up to an hour, and a boot statement costs ten minutes of it. Once it has
    run out, a statement waits for the full hour and costs all of it, until the scale has stayed on for an hour.
    """

    def __init__(self, store):
        self._store = store
        kept = store.read(_FILE) or [0, _HOUR_S, False, None, 0]
        number, self._credit_s, self.exhausted, self._identification = kept[:_UNSEEN]
        self.number = number + 1
        # Uptime at the last snapshot; below 0 where that was in an earlier start.
        self._seen_s = -kept[_UNSEEN] if len(kept) > _UNSEEN else 0
        self._stated = False
        self._counted_s = 0  # uptime up to which credit was given
        for _ in self._save():
            pass

    def due(self, identification):
        """Return whether the boot statement of this start is to be made now.

        `identification` (bytes) stands for what it says of software and configuration: if that is not what the last
        boot statement said, one is due at once.
        """
        if self._stated:
            return False
        return identification != self._identification or self._credit_s >= (_HOUR_S if self.exhausted else _STATEMENT_S)

    def stated(self, identification):
        """Take note, in steps, that the boot statement of this start was made."""
        self._stated = True
        self._credit_s = 0 if self.exhausted else max(0, self._credit_s - _STATEMENT_S)
        self.exhausted = self._credit_s < _STATEMENT_S
        self._identification = identification
        return self._save()

    def tick(self, uptime_s):
        """Count powered time, in steps; every 20 s or so. Until the credit is full it writes every two minutes."""
        gained_s = uptime_s - self._counted_s
        least_s = min(_SAVE_EVERY_S, max(_FIRST_SAVE_S, self._counted_s))
        if self._credit_s + gained_s < _HOUR_S and gained_s < least_s:
            return ()
        self._counted_s = uptime_s
        steady = uptime_s >= _HOUR_S
        if self._credit_s < _HOUR_S or steady and self.exhausted:
            self._credit_s = min(_HOUR_S, self._credit_s + gained_s)
            self.exhausted = self.exhausted and not steady
            return self._save()
        return ()

    def unseen_s(self, uptime_s):
        """Powered seconds since the last snapshot, those of earlier starts included."""
        return uptime_s - self._seen_s

    def seen(self, uptime_s):
        """Take note, in steps, that a snapshot was made; it writes where it makes an end of earlier starts' time."""
        before_s, self._seen_s = self._seen_s, uptime_s
        return self._save() if before_s < 0 else ()

    def _save(self):
        unseen_s = max(0, self.unseen_s(self._counted_s))
        value = [self.number, self._credit_s, self.exhausted, self._identification, unseen_s]
        return self._store.write_steps(_FILE, value)
