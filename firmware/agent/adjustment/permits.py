"""Permits: the platform's signed, one-use word that one scale may be unlocked, repaired, or adjusted in certain fields.

A permit names the values of both counters that it applies to; the first change raises a counter, and so it is spent
without clock or table. One to repair need not change anything: `agent.adjustment.repair` remembers its number; one to
unlock answers one lock (`agent.adjustment.unlocking`). The signature and its signer's role are checked before it comes
here (`agent.orders.downlink`).
"""

import hashlib

from micropython import const

from agent.adjustment.parameters import PermitRefused

_PERMIT = const(2)
_UNLOCK = const(1)
_ADJUST = const(2)
_REPAIR = const(3)

# Places in an order: kind, identity, then seven numbers and something to skip, then the keys that may change.
_KIND = const(0)
_IDENTITY = const(1)
_NUMBERS = const(2)
_NUMBERS_END = const(9)
_FIELDS = const(10)
_LOCKED_AT = const(9)
_ELEMENTS = const(11)
_MOST_FIELDS = const(64)
_SIGNED_NETWORK_TIME = const(3)


class Permit:
    """A permit to adjust or, where it `is_repair` or `is_unlock`, to repair or unlock.

    `raw` are its signed bytes, `hash` their SHA-256. `locked_at` is the number of the event *locked* that it answers,
    None for none.
    """

    def __init__(self, raw, order, kid):
        """Read the decoded order of the verified message `raw` for the scale `kid`; raises PermitRefused."""
        if not _well_formed(order):
            raise PermitRefused("malformed", "the permit is malformed")
        _, identity, what, number, _, not_before, not_after, calibration, configuration, locked_at, fields = order
        if identity != kid:
            raise PermitRefused("identity", "the permit is for another scale")
        if what not in (_UNLOCK, _ADJUST, _REPAIR):
            raise PermitRefused("purpose", "the permit is not for unlocking, adjusting or repairing")
        self.raw = raw
        self.hash = hashlib.sha256(raw).digest()
        self.order_number = number
        self.is_repair = what == _REPAIR
        self.is_unlock = what == _UNLOCK
        self.locked_at = locked_at
        self._fields = fields
        self._window = not_before, not_after
        self._counters = calibration, configuration

    def covers(self, key):
        """Whether the parameter with that key may change."""
        return self.is_repair or key in self._fields

    def check(self, parameters, clock):
        """Raise PermitRefused unless it applies now; the window only counts where the clock has signed network time."""
        if (parameters.calibration_counter, parameters.configuration_counter) != self._counters:
            raise PermitRefused("counters", "the permit is used up, or for other values of the counters")
        not_before, not_after = self._window
        if clock.quality() == _SIGNED_NETWORK_TIME and not not_before <= clock.stamp() <= not_after:
            raise PermitRefused("window", "the permit is not valid at this time")


def _well_formed(order):
    if not isinstance(order, list) or len(order) != _ELEMENTS or order[_KIND] != _PERMIT:
        return False
    if not isinstance(order[_IDENTITY], bytes):
        return False
    fields = order[_FIELDS]
    if not isinstance(fields, list) or len(fields) > _MOST_FIELDS:
        return False
    locked_at = order[_LOCKED_AT]
    numbers = order[_NUMBERS:_NUMBERS_END] + fields + ([] if locked_at is None else [locked_at])
    return all(type(number) is int and 0 <= number <= 0xFFFFFFFF for number in numbers)
