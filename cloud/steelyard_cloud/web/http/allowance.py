"""How often somebody may do something who is not signed in: so many times an hour from one address.

An address is kept only in memory, only as a keyed hash, and only for the hour.
"""

import hashlib
import ipaddress
import secrets
import threading
from collections import OrderedDict

HOUR_MS = 60 * 60 * 1000
MOST_ADDRESSES = 20_000


class Allowance:
    """Counts of one process; may be used by several threads."""

    def __init__(self, an_hour: int) -> None:
        self.an_hour = an_hour
        self._key = secrets.token_bytes(32)
        self._times_ms: OrderedDict[bytes, list[int]] = OrderedDict()
        self._lock = threading.Lock()

    def spend(self, address: str, now_ms: int, of: str = "") -> bool:
        """Count one; False where the address has had its share of the last hour; each thing `of` which has its own.

        What was counted by a clock that was ahead is forgotten when that is set back.
        """
        key = self._key_of(address, of)
        with self._lock:
            times_ms = [at_ms for at_ms in self._times_ms.pop(key, ()) if abs(now_ms - at_ms) < HOUR_MS]
            allowed = len(times_ms) < self.an_hour
            self._times_ms[key] = [*times_ms, now_ms] if allowed else times_ms
            while len(self._times_ms) > MOST_ADDRESSES:
                self._times_ms.popitem(last=False)
        return allowed

    def _key_of(self, address: str, of: str) -> bytes:
        return hashlib.blake2b(f"{_network(address)} {of}".encode(), key=self._key, digest_size=16).digest()

    def refund(self, address: str, of: str = "") -> None:
        """Forget the newest that was counted: it turned out not to be what is limited."""
        with self._lock:
            if times_ms := self._times_ms.get(self._key_of(address, of)):
                times_ms.pop()


def _network(address: str) -> str:
    """Of IPv6 the first 64 bits: one subscriber has all the others."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else str(parsed)
