"""What the scale knows of its platform: root key, key set, broker and snapshot period, and how it comes to know them.

The root comes from the factory and stays. The rest comes as the platform's signed answer to the enrolment, through the
service console, and is kept in one value, so that a power cut leaves all of it or nothing.
"""

import asyncio

from micropython import const

from agent.errors import AgentError
from agent.orders import keyset
from agent.steps import finish, spread
from agent.wire import cbor, cose

DEFAULT_PERIOD_S = const(600)

_FILE = "platform"
_EXTERNAL = b"steelyard/1 enrol"
_PAYLOAD = const(3)  # its place in a decoded message
_MAX_PERIOD_S = const(86400)
_MAX_HOST_BYTES = const(253)
_MAX_PASSWORD_BYTES = const(64)


class AnswerError(AgentError):
    """The answer to the enrolment is refused."""

    code = "answer-error"
    message = "The answer to the enrolment is refused: %s; ask the platform for it again"


class Trust:
    """`root` is a 65-byte SEC 1 point or None, `keys` a KeySet, `broker` [host, port, tls, password] or None.

    `period_s` is that of snapshots. `on_change` are functions without arguments, called when something new was stored.
    """

    def __init__(self, store, root):
        self.root = root
        self.keys = keyset.KeySet()
        self.broker = None
        self.period_s = DEFAULT_PERIOD_S
        self.on_change = []
        self._store = store
        self._keeping = asyncio.Lock()
        stored = store.read(_FILE)
        if stored is not None:
            message, self.broker, self.period_s = stored
            self.keys = keyset.read(message)

    async def accept(self, answer, kid):
        """Take the platform's `enrol-answer`, signed; AnswerError or KeySetError leave everything as it was.

        It is for the scale `kid`. The root has signed its key set, an authority key of that the whole. A key set with
        the scale's own number must be the same one; a lower number is refused.
        """
        message, broker, period_s = _read_answer(answer, kid)
        keys = await finish(keyset.verify_steps(message, self.root))
        try:
            await finish(cose.verify_down_steps(answer, keys.with_role(keyset.AUTHORITY), _EXTERNAL))
        except cose.CoseError as error:
            raise AnswerError("the platform's authority has not signed it (%s)" % error.reason) from None
        async with self._keeping:
            held = self.keys
            if keys.number < held.number or (keys.number == held.number and keys.message != held.message):
                raise keyset.KeySetError("its number is %d, the scale has %d" % (keys.number, held.number))
            await self._keep(keys, broker, period_s)

    async def renew_keys(self, keys):
        """Take a KeySet whose signature by the root was verified; KeySetError unless it is newer than the scale's."""
        async with self._keeping:
            if keys.number <= self.keys.number:
                raise keyset.KeySetError("its number is %d, the scale has %d" % (keys.number, self.keys.number))
            await self._keep(keys, self.broker, self.period_s)

    async def use_period(self, period_s):
        """Take another period of snapshots, seconds."""
        async with self._keeping:
            await self._keep(self.keys, self.broker, period_s)

    async def _keep(self, keys, broker, period_s):
        await spread(self._store.write_steps(_FILE, [keys.message, broker, period_s]))
        self.keys, self.broker, self.period_s = keys, broker, period_s
        for call in self.on_change:
            call()


def _read_answer(answer, kid):
    """Return (key set message, broker, period in s) of an `enrol-answer` for `kid`; AnswerError says what is wrong."""
    try:
        item = cbor.decode(cose.decode_sign1(answer)[_PAYLOAD])
    except AgentError as error:
        raise AnswerError("it is not a signed message, %s" % error) from None
    if not isinstance(item, list) or len(item) != 4:
        raise AnswerError("it is not an array of identity, key set, broker and period")
    identity, message, broker, period_s = item
    if identity != kid:
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
