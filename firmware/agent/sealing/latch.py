"""The case latch: the clock chip that records an opening of the case also while the scale is off.

It fails towards safety. A chip that does not answer, or that lost a battery which had held before, counts as an opening
at an unknown time, because whoever wants no record would begin with exactly that.
"""

from micropython import const

from agent.port import clock

_FILE = "latch"
_POWER_ON = const(1)
_UNKNOWN_TIME = const(0)


class CaseLatch:
    """`chip` has the methods of `chips.rv3028.RV3028`; `store` remembers that its battery has been seen to hold."""

    def __init__(self, chip, store):
        self._chip = chip
        self._store = store
        self.silent = False  # the chip did not answer at the start

    async def start(self, reset_cause):
        """Set the clock by the chip; return when the case was opened (Unix seconds, 0 unknown), None if it was not.

        From the first start on at which the chip kept its time while the power was off, its battery is known to hold.
        """
        try:
            await self._chip.start()
            opened_s = self._chip.opened()
            has_kept_time = clock.follow(self._chip)
        except OSError:
            self.silent = True
            return _UNKNOWN_TIME
        has_held_before = self._store.read(_FILE)
        if has_kept_time and reset_cause == _POWER_ON and not has_held_before:
            self._store.write(_FILE, True)
        if has_held_before and not has_kept_time and opened_s is None:
            return _UNKNOWN_TIME
        return opened_s

    def forget(self):
        """The opening is stated, or there is nobody to state it to: wait for the next."""
        try:
            self._chip.forget()
        except OSError:
            pass  # it is stated again at the next start: twice is better than never
