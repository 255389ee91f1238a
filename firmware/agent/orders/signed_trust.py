"""Reads what the platform signs for a scale to keep: key sets, and the answer to its enrolment. Loaded when used."""

from micropython import const

from agent.errors import AgentError
from agent.orders.keyset import AUTHORITY, MANUFACTURER, ONLINE, UNLOCK, KeySet, KeySetError
from agent.wire import cbor, cose, identity

_KEY_SET = const(3)  # kind of order
_PAYLOAD = const(3)  # its place in a decoded message
_EXTERNAL = b"steelyard/1 enrol"

_MAX_BYTES = const(1024)
_MAX_KEYS = const(8)
_POINT_BYTES = const(65)
_MAX_PERIOD_S = const(86400)
_MAX_HOST_BYTES = const(253)
_MAX_PASSWORD_BYTES = const(64)


class AnswerError(AgentError):
    """The answer to the enrolment is refused."""

    code = "answer-error"
    message = "The answer to the enrolment is refused: %s; ask the platform for it again"


def key_set(message):
    """Return the KeySet in a signed message without verifying it: for what was verified before it was stored."""
    if len(message) > _MAX_BYTES:
        raise KeySetError("it has %d bytes, more than %d" % (len(message), _MAX_BYTES))
    try:
        order = cbor.decode(cose.decode_sign1(message)[_PAYLOAD])
    except AgentError as error:
        raise KeySetError("its bytes are malformed, %s" % error) from None
    if not isinstance(order, list) or len(order) != 3 or order[0] != _KEY_SET:
        raise KeySetError("it is a message of another kind")
    _, number, keys = order
    if not isinstance(number, int) or not 0 < number <= 0xFFFFFFFF:
        raise KeySetError("its number is out of range")
    if not isinstance(keys, list) or not 0 < len(keys) <= _MAX_KEYS:
        raise KeySetError("it has no key or more than %d" % _MAX_KEYS)
    for key in keys:
        if not _is_key(key):
            raise KeySetError("one of its keys is malformed")
    made = KeySet(number, keys, bytes(message))
    if len(made.with_role(ONLINE | AUTHORITY | MANUFACTURER | UNLOCK)) != len(keys):
        raise KeySetError("one key is in it twice")
    return made


def key_set_steps(message, root):
    """Verify a key set in steps against the root, a 65-byte SEC 1 point or None; return the KeySet.

    KeySetError if it is not the root's, or not a key set.
    """
    if root is None:
        raise KeySetError("this scale got no root key at the factory")
    verified = key_set(message)
    yield
    try:
        yield from cose.verify_down_steps(message, {identity.kid(root): root})
    except cose.CoseError as error:
        raise KeySetError("the root has not signed it (%s)" % error.reason) from None
    return verified


def _is_key(key):
    if not isinstance(key, list) or len(key) != 2:
        return False
    point, roles = key
    if not isinstance(point, bytes) or len(point) != _POINT_BYTES or point[0] != 4:
        return False
    return isinstance(roles, int) and 0 < roles <= 15


def answer_steps(answer, kid, root):
    """Verify an `enrol-answer` for `kid` in steps; return (KeySet, broker, period in s). AnswerError, KeySetError."""
    message, broker, period_s = _read_answer(answer, kid)
    keys = yield from key_set_steps(message, root)
    try:
        yield from cose.verify_down_steps(answer, keys.with_role(AUTHORITY), _EXTERNAL)
    except cose.CoseError as error:
        raise AnswerError("the platform's authority has not signed it (%s)" % error.reason) from None
    return keys, broker, period_s


def _read_answer(answer, kid):
    """Return (key set message, broker, period in s) of an `enrol-answer` for `kid`; AnswerError says what is wrong."""
    try:
        item = cbor.decode(cose.decode_sign1(answer)[_PAYLOAD])
    except AgentError as error:
        raise AnswerError("it is not a signed message, %s" % error) from None
    if not isinstance(item, list) or len(item) != 4:
        raise AnswerError("it is not an array of identity, key set, broker and period")
    addressee, message, broker, period_s = item
    if addressee != kid:
        raise AnswerError("it is for another scale")
    if not isinstance(message, bytes):
        raise AnswerError("the key set is not a byte string")
    if not isinstance(broker, list) or len(broker) != 4:
        raise AnswerError("the broker is not [host, port, tls, password]")
    host, port, tls, password = broker
    if not _is_text(host, _MAX_HOST_BYTES):
        raise AnswerError("the broker's host is not a text of 1 to %d bytes" % _MAX_HOST_BYTES)
    if not _is_number(port, 65535):
        raise AnswerError("the broker's port is not 1 to 65535")
    if tls is not True and tls is not False:
        raise AnswerError("it does not say whether the broker wants TLS")
    if password is not None and not _is_text(password, _MAX_PASSWORD_BYTES):
        raise AnswerError("the password is not a text of 1 to %d bytes" % _MAX_PASSWORD_BYTES)
    if not _is_number(period_s, _MAX_PERIOD_S):
        raise AnswerError("the period is not 1 to %d s" % _MAX_PERIOD_S)
    return message, broker, period_s


def _is_text(value, most):
    return isinstance(value, str) and 0 < len(value.encode()) <= most


def _is_number(value, most):
    return isinstance(value, int) and 0 < value <= most
