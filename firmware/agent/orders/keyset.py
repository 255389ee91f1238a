"""The platform's keys and what each may sign. The root, fixed at the factory, signs numbered sets of them.

A message counts only if its key has the role that the kind of message demands; the highest numbered set wins.
"""

from micropython import const

from agent.errors import AgentError
from agent.wire import cbor, cose, identity

ONLINE = const(1)
AUTHORITY = const(2)
MANUFACTURER = const(4)
UNLOCK = const(8)

_KIND = const(3)
_PAYLOAD = const(3)  # its place in a decoded message

_MAX_BYTES = const(1024)
_MAX_KEYS = const(8)
_POINT_BYTES = const(65)


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


def read(message):
    """Return the KeySet in a signed message without verifying it: for what was verified before it was stored."""
    if len(message) > _MAX_BYTES:
        raise KeySetError("it has %d bytes, more than %d" % (len(message), _MAX_BYTES))
    try:
        order = cbor.decode(cose.decode_sign1(message)[_PAYLOAD])
    except AgentError as error:
        raise KeySetError("its bytes are malformed, %s" % error) from None
    if not isinstance(order, list) or len(order) != 3 or order[0] != _KIND:
        raise KeySetError("it is a message of another kind")
    _, number, keys = order
    if not isinstance(number, int) or not 0 < number <= 0xFFFFFFFF:
        raise KeySetError("its number is out of range")
    if not isinstance(keys, list) or not 0 < len(keys) <= _MAX_KEYS:
        raise KeySetError("it has no key or more than %d" % _MAX_KEYS)
    for key in keys:
        if not _is_key(key):
            raise KeySetError("one of its keys is malformed")
    key_set = KeySet(number, keys, bytes(message))
    if len(key_set.with_role(ONLINE | AUTHORITY | MANUFACTURER | UNLOCK)) != len(keys):
        raise KeySetError("one key is in it twice")
    return key_set


def verify_steps(message, root):
    """Verify a key set in steps against the root, a 65-byte SEC 1 point or None; return the KeySet.

    KeySetError if it is not the root's, or not a key set.
    """
    if root is None:
        raise KeySetError("this scale got no root key at the factory")
    key_set = read(message)
    yield
    try:
        yield from cose.verify_down_steps(message, {identity.kid(root): root})
    except cose.CoseError as error:
        raise KeySetError("the root has not signed it (%s)" % error.reason) from None
    return key_set


def _is_key(key):
    if not isinstance(key, list) or len(key) != 2:
        return False
    point, roles = key
    if not isinstance(point, bytes) or len(point) != _POINT_BYTES or point[0] != 4:
        return False
    return isinstance(roles, int) and 0 < roles <= 15
