"""Boot numbers, which never repeat, and when a start deserves a boot statement of its own.

Of quick restarts, more than six an hour, one an hour is stated; the boot number tells how many there were. The hour is
counted in powered time, because a scale without a battery clock knows no other across its starts.
"""

from micropython import const

_FILE = "use/boot"
_HOUR_S = const(3600)
_STATEMENT_S = const(600)  # a boot statement uses up a sixth of an hour's credit
_SAVE_EVERY_S = const(120)


class Boots:
    """Counts this start when it is made: `number` is synced before anything can be stated with it.

    Credit grows by a second per powered second up to an hour, and a boot statement costs ten minutes of it. Once it has
    run out, a statement waits for the full hour and costs all of it, until the scale has stayed on for an hour.
    """

    def __init__(self, store):
        self._store = store
        number, self._credit_s, self._exhausted, self._identification = store.read(_FILE) or [0, _HOUR_S, False, None]
        self.number = number + 1
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
        return identification != self._identification or self._credit_s >= (
            _HOUR_S if self._exhausted else _STATEMENT_S
        )

    def stated(self, identification):
        """Take note, in steps, that the boot statement of this start was made."""
        self._stated = True
        self._credit_s = 0 if self._exhausted else max(0, self._credit_s - _STATEMENT_S)
        self._exhausted = self._credit_s < _STATEMENT_S
        self._identification = identification
        return self._save()

    def tick(self, uptime_s):
        """Count powered time, in steps; every minute or so. Until the credit is full it writes every two minutes."""
        gained_s = uptime_s - self._counted_s
        if self._credit_s + gained_s < _HOUR_S and gained_s < _SAVE_EVERY_S:
            return ()
        self._counted_s = uptime_s
        steady = uptime_s >= _HOUR_S
        if self._credit_s < _HOUR_S or steady and self._exhausted:
            self._credit_s = min(_HOUR_S, self._credit_s + gained_s)
            self._exhausted = self._exhausted and not steady
            return self._save()
        return ()

    def _save(self):
        value = [self.number, self._credit_s, self._exhausted, self._identification]
        return self._store.write_steps(_FILE, value)
