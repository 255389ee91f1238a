"""What the platform sends to the scale: receipts, permits, key sets. Nothing is acted on before its signature verifies.

Messages are looked at as they come, without any arithmetic: what is not for this scale, not signed by a key with the
role, or names a foreign statement falls here. What remains waits for its verification, one at a time; of receipts only
the newest waits, as it says what the older ones said. Whatever is refused becomes an event.
"""

import asyncio
import hashlib

from micropython import const

from agent.adjustment.permits import PermitRefused
from agent.errors import AgentError, NotStated
from agent.orders import keyset
from agent.record import chain
from agent.record.journal import NotInJournal
from agent.steps import finish
from agent.wire import cbor, cose, identity

_RECEIPT = const(1)
_PERMIT = const(2)
_KEY_SET = const(3)

# Why a message is refused: the `why` of the event "downlink refused" (docs/wire.md).
_MALFORMED = const(1)
_TOO_LARGE = const(2)
_KEY_UNKNOWN = const(3)
_ROLE = const(4)
_SIGNATURE = const(5)
_OTHER_IDENTITY = const(6)
_KIND_UNKNOWN = const(7)
_FOREIGN_HASH = const(8)
_PERMIT_REFUSED = const(9)
_KEY_SET_NOT_NEWER = const(10)

_REASONS = (
    "it is malformed",
    "it is too large",
    "its key is not known to this scale",
    "its key may not sign messages of this kind",
    "its signature is wrong",
    "it is for another scale",
    "its kind is not known",
    "it names a statement that this scale did not make",
    "the permit does not apply",
    "the key set is not newer than the scale's",
)

# Places in an order: [1, identity, number, hash, time] is a receipt's; kind comes first in all of them.
_KIND = const(0)
_IDENTITY = const(1)
_NUMBER = const(2)
_HASH = const(3)
_KID = const(4)  # label of a header

_MAX_NUMBER = const(0xFFFFFFFF)


class MessageRefused(AgentError):
    """The platform's message is refused: `why` is one of the above, `order` the message's kind, 0 for none."""

    code = "message-refused"
    message = "The platform's message is refused: %s"

    def __init__(self, why, order=0, reason=None):
        super().__init__(reason or _REASONS[why - 1])
        self.why = why
        self.order = order


class Downlink:
    """Judges messages for the scale whose key is in `keystore`.

    `trust` gives root and key set; `chain` acts on receipts; `await open_permit(permit, message)` takes a verified
    permit's array and signed bytes and raises PermitRefused where it does not apply; `refused(why, order)` is called
    for every refusal.
    """

    def __init__(self, keystore, trust, chain_, open_permit, refused):
        self.refusals = 0
        self.error = None  # what last kept a message from being judged
        self.repeated = 0  # receipts that said nothing new
        self._keystore = keystore
        self._trust = trust
        self._chain = chain_
        self._open_permit = open_permit
        self._refused = refused
        self._receipt = None  # newest receipt for a statement of this scale: (message, order)
        self._unchecked = None  # newest receipt for a number that is not in the journal: lost, or beyond the head
        self._order = None  # permit or key set
        self._arrived = asyncio.Event()
        self._taken = asyncio.Event()
        self._verifying = asyncio.Lock()

    @property
    def busy(self):
        """Whether a message waits for its verification or is being judged."""
        waiting = self._receipt or self._unchecked or self._order
        return waiting is not None or self._verifying.locked() or self._arrived.is_set()

    async def offer(self, payload):
        """Look at a message (memoryview; None for one too large) and keep it for its verification, or refuse it.

        Waits while another permit or key set is being judged; receipts never wait.
        """
        try:
            if payload is None:
                raise MessageRefused(_TOO_LARGE)
            message = bytes(payload)
            order = self._look(message)
            if order[_KIND] == _RECEIPT:
                self._keep_receipt(message, order)
            else:
                while self._order is not None:
                    self._taken.clear()
                    await self._taken.wait()
                self._order = (message, order)
            self._arrived.set()
        except MessageRefused as refusal:
            self._refuse(refusal)

    async def run(self):
        """The task that judges what waits, without end."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while True:
                message, order = self._next()
                if message is None:
                    break
                try:
                    await self._judge(message, order)
                except MessageRefused as refusal:
                    self._refuse(refusal)
                except MemoryError as error:
                    self.error = error  # not judged: the platform sends again what still matters

    async def present(self, message):
        """Judge one message that was brought to the scale by hand; MessageRefused says why not, and is no event."""
        await self._judge(message, self._look(message))

    def _next(self):
        """Take the next message to judge, (None, None) for none. A receipt comes first: it frees the journal."""
        if self._receipt is not None:
            waiting, self._receipt = self._receipt, None
        elif self._unchecked is not None:
            waiting, self._unchecked = self._unchecked, None
        elif self._order is not None:
            waiting, self._order = self._order, None
            self._taken.set()
        else:
            return None, None
        return waiting

    def _refuse(self, refusal):
        self.refusals += 1
        self._refused(refusal.why, refusal.order)

    # ---- before the signature ----------------------------------------------------------------------------------

    def _look(self, message):
        """Return the order in a message after everything is checked that needs no arithmetic."""
        try:
            _, protected, _, payload, _ = cose.decode_sign1(message)
            order = cbor.decode(payload)
        except AgentError:
            raise MessageRefused(_MALFORMED) from None
        if not isinstance(order, list) or not order or not isinstance(order[_KIND], int):
            raise MessageRefused(_MALFORMED)
        kind = order[_KIND]
        if not _RECEIPT <= kind <= _KEY_SET:
            raise MessageRefused(_KIND_UNKNOWN, kind if 0 <= kind <= 255 else 0)
        _check_shape(order)
        if kind != _KEY_SET and order[_IDENTITY] != self._keystore.kid:
            raise MessageRefused(_OTHER_IDENTITY, kind)
        kid = protected.get(_KID)
        if kid not in self._keys(kind):
            known = kind != _KEY_SET and isinstance(kid, bytes) and self._trust.keys.roles(kid)
            raise MessageRefused(_ROLE if known else _KEY_UNKNOWN, kind)
        return order

    def _keys(self, kind):
        """Return {kid: point} of the keys that may sign orders of a kind."""
        if kind == _KEY_SET:
            root = self._trust.root
            return {} if root is None else {identity.kid(root): root}
        return self._trust.keys.with_role(keyset.ONLINE if kind == _RECEIPT else keyset.AUTHORITY)

    def _keep_receipt(self, message, order):
        _, _, number, statement_hash, _ = order
        if number <= self._chain.receipted:
            self.repeated += 1
            return
        try:
            statement = self._chain.journal.read(number)
        except NotInJournal:
            if self._unchecked is None or number > _number(self._unchecked):
                self._unchecked = (message, order)
            return
        # Cheap, and it keeps a forger who has not even seen our statements from costing us a verification each.
        if hashlib.sha256(statement).digest() != statement_hash:
            raise MessageRefused(_FOREIGN_HASH, _RECEIPT)
        if self._receipt is None or number > _number(self._receipt):
            self._receipt = (message, order)

    # ---- the signature, and after ------------------------------------------------------------------------------

    async def _judge(self, message, order):
        kind = order[_KIND]
        async with self._verifying:
            try:
                await finish(cose.verify_down_steps(message, self._keys(kind)))
            except cose.CoseError as error:
                why = (
                    _SIGNATURE if error.reason == "signature" else _KEY_UNKNOWN if error.reason == "key" else _MALFORMED
                )
                raise MessageRefused(why, kind) from None
            if kind == _RECEIPT:
                await self._take_receipt(order[_NUMBER], order[_HASH])
            elif kind == _PERMIT:
                try:
                    await self._open_permit(order, message)
                except PermitRefused as error:
                    raise MessageRefused(_PERMIT_REFUSED, kind, str(error)) from None
            else:
                await self._renew_keys(message)

    async def _take_receipt(self, number, statement_hash):
        try:
            if await self._chain.receipt(number, statement_hash) == chain.FOREIGN:
                raise MessageRefused(_FOREIGN_HASH, _RECEIPT)
        except NotStated:
            pass  # no room to tell of being rolled back: the platform's next receipt asks for it again

    async def _renew_keys(self, message):
        try:
            await self._trust.renew_keys(keyset.read(message))
        except keyset.KeySetError as error:
            raise MessageRefused(_KEY_SET_NOT_NEWER, _KEY_SET, str(error)) from None


def _check_shape(order):
    """Hold an order to the definition: number and types of its fields, as far as this module relies on them."""
    kind = order[_KIND]
    if kind == _RECEIPT:
        right = len(order) == 5 and _is_identity(order[_IDENTITY]) and _is_number(order[_NUMBER])
        right = right and isinstance(order[_HASH], bytes) and len(order[_HASH]) == 32
    elif kind == _PERMIT:
        right = len(order) == 11 and _is_identity(order[_IDENTITY])
    else:
        right = len(order) == 3
    if not right:
        raise MessageRefused(_MALFORMED, kind)


def _number(waiting):
    """The statement's number in a receipt that waits, (message, order)."""
    _, order = waiting
    return order[_NUMBER]


def _is_identity(value):
    return isinstance(value, bytes) and len(value) == 10


def _is_number(value):
    return isinstance(value, int) and 0 < value <= _MAX_NUMBER
