"""The platform's keys and what each may sign. The root, fixed at the factory, signs numbered sets of them.

A message counts only if its key has the role that the kind of message demands; the highest numbered set wins.
"""

from micropython import const

from agent.errors import AgentError
from agent.wire import identity

ONLINE = const(1)
AUTHORITY = const(2)
MANUFACTURER = const(4)
UNLOCK = const(8)


class KeySetError(AgentError):
    """The key set is refused."""

    code = "key-set-error"
    message = "The key set is refused: %s"


class KeySet:
    """One set: `number` (0 for none), `message` (its signed bytes, None for none)."""

    def __init__(self, number=0, keys=(), message=None):
        self.number = number
        self.message = message
        self._keys = {identity.kid(point): (point, roles) for point, roles in keys}

    def roles(self, kid):
        """Return the roles of the key with that 10-byte kid, 0 for a key that is not in the set."""
        return self._keys[kid][1] if kid in self._keys else 0

    def with_role(self, role):
        """Return {kid: 65-byte point} of the keys that have `role`."""
        return {kid: point for kid, (point, roles) in self._keys.items() if roles & role}
