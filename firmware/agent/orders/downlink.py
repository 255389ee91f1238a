"""What the platform sends to the scale, orders of six kinds. Nothing is acted on before its signature verifies.

Messages are looked at as they come, without any arithmetic: what is not for this scale, not signed by a key with the
role, or names a foreign statement falls here. What remains waits for its verification, one at a time; of receipts only
the newest waits, as it says what the older ones said. Whatever is refused becomes an event.
"""

import asyncio
import hashlib

from micropython import const

from agent.adjustment.parameters import PermitRefused
from agent.errors import AgentError, NotStated
from agent.orders import keyset
from agent.record import chain
from agent.record.journal import NotInJournal
from agent.steps import finish
from agent.wire import cbor, cose, identity

_RECEIPT = const(1)
PERMIT = const(2)
_KEY_SET = const(3)
TIME = const(4)
ASK = const(5)
UPDATE = const(6)

# Why a message is refused: the `why` of the event "downlink refused" (docs/wire.md).
MALFORMED = const(1)
_TOO_LARGE = const(2)
_KEY_UNKNOWN = const(3)
_ROLE = const(4)
_SIGNATURE = const(5)
_OTHER_IDENTITY = const(6)
_KIND_UNKNOWN = const(7)
_FOREIGN_HASH = const(8)
PERMIT_REFUSED = const(9)
_KEY_SET_NOT_NEWER = const(10)
NOT_ASKED = const(11)
OLD_ASK = const(12)
OTHER_HARDWARE = const(13)
UPDATE_NOT_NEWER = const(14)
NO_PLACE = const(15)
NOT_DONE = const(16)

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
    "it answers no question that is open, or came too late",
    "its number is not above the last one's",
    "it is for another model",
    "the scale has this software, or newer",
    "this scale has no place for it, or not while its new software is on trial",
    "this scale cannot do it just now: its flash fails, or there is no room in memory",
)
_LENGTHS = (5, 11, 3, 4, 5, 8)  # of the orders, by their kind

# Places in an order: [1, identity, number, hash, time] is a receipt's; kind comes first in all of them.
_KIND = const(0)
_IDENTITY = const(1)
_NUMBER = const(2)
_HASH = const(3)
_KID = const(4)  # label of a header

_MAX_NUMBER = const(0xFFFFFFFF)
_PIECE = b"\x84\x06"  # of an image: no message of the profile begins like that


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

    `trust` gives root and key set; `chain` acts on receipts. What the scale itself does goes to `acts`: its
    `look(order)` looks at a time, an ask or an update before the signature, `await act(order, message)` takes those and
    permits, verified, as array and signed bytes; both raise MessageRefused or PermitRefused. its
    `piece(message)` takes what comes of an image. `refused(why, order)` is called for every refusal.
    """

    def __init__(self, keystore, trust, chain_, acts, refused):
        self.refusals = 0
        self.error = None  # what last kept a message from being judged
        self.repeated = 0  # receipts and key sets that said nothing new
        self._keystore = keystore
        self._trust = trust
        self._chain = chain_
        self._acts = acts
        self._refused = refused
        self._receipt = None  # newest receipt for a statement of this scale: (message, order)
        self._unchecked = None  # newest receipt for a number that is not in the journal: lost, or beyond the head
        self._order = None  # the first of any other kind
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

        Waits while another order is being judged; receipts never wait.
        """
        try:
            if payload is None:
                raise MessageRefused(_TOO_LARGE)
            message = bytes(payload)
            if message[:2] == _PIECE:
                self._acts.piece(message)
                return
            order = self._look(message)
            if order[_KIND] == _RECEIPT:
                self._keep_receipt(message, order)
            elif message == self._trust.keys.message:
                self.repeated += 1
            else:
                while self._order is not None:
                    self._taken.clear()
                    await self._taken.wait()
                self._order = (message, order)
            self._arrived.set()
        except MessageRefused as refusal:
            self._refuse(refusal)
        except MemoryError as error:
            self.error = error  # or the broker would bring it again, for ever

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
        """Judge one message that was brought to the scale by hand; MessageRefused says why not, and is an event too."""
        try:
            await self._judge(message, self._look(message))
        except MessageRefused as refusal:
            self._refuse(refusal)
            raise

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
            raise MessageRefused(MALFORMED) from None
        if not isinstance(order, list) or not order or not isinstance(order[_KIND], int):
            raise MessageRefused(MALFORMED)
        kind = order[_KIND]
        if not _RECEIPT <= kind <= UPDATE:
            raise MessageRefused(_KIND_UNKNOWN, kind if 0 <= kind <= 255 else 0)
        _check_shape(order)
        if kind != _KEY_SET and kind != UPDATE and order[_IDENTITY] != self._keystore.kid:
            raise MessageRefused(_OTHER_IDENTITY, kind)
        kid = protected.get(_KID)
        if kid not in self._keys(kind):
            known = kind != _KEY_SET and isinstance(kid, bytes) and self._trust.keys.roles(kid)
            raise MessageRefused(_ROLE if known else _KEY_UNKNOWN, kind)
        if kind >= TIME:
            self._acts.look(order)
        return order

    def _keys(self, kind):
        """Return {kid: point} of the keys that may sign orders of a kind."""
        if kind == _KEY_SET:
            root = self._trust.root
            return {} if root is None else {identity.kid(root): root}
        role = keyset.AUTHORITY if kind == PERMIT else keyset.MANUFACTURER if kind == UPDATE else keyset.ONLINE
        return self._trust.keys.with_role(role)

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
                    _SIGNATURE if error.reason == "signature" else _KEY_UNKNOWN if error.reason == "key" else MALFORMED
                )
                raise MessageRefused(why, kind) from None
            if kind == _RECEIPT:
                await self._take_receipt(order[_NUMBER], order[_HASH])
            elif kind == _KEY_SET:
                await self._renew_keys(message)
            else:
                try:
                    await self._acts.act(order, message)
                except PermitRefused as error:
                    raise MessageRefused(PERMIT_REFUSED, kind, str(error)) from None

    async def _take_receipt(self, number, statement_hash):
        try:
            if await self._chain.receipt(number, statement_hash) == chain.FOREIGN:
                raise MessageRefused(_FOREIGN_HASH, _RECEIPT)
        except NotStated:
            pass  # no room to tell of being rolled back: the platform's next receipt asks for it again

    async def _renew_keys(self, message):
        try:
            await self._trust.renew_keys(message)
        except keyset.KeySetError as error:
            raise MessageRefused(_KEY_SET_NOT_NEWER, _KEY_SET, str(error)) from None


def _check_shape(order):
    """Hold an order to the definition: number and types of its fields, as far as this module relies on them."""
    kind = order[_KIND]
    right = len(order) == _LENGTHS[kind - 1] and (kind == _KEY_SET or kind == UPDATE or _is_bytes(order[_IDENTITY], 10))
    if kind == _RECEIPT:
        right = right and is_number(order[_NUMBER]) and _is_bytes(order[_HASH], 32)
    if not right:
        raise MessageRefused(MALFORMED, kind)


def _number(waiting):
    """The statement's number in a receipt that waits, (message, order)."""
    _, order = waiting
    return order[_NUMBER]


def _is_bytes(value, length):
    return isinstance(value, bytes) and len(value) == length


def is_number(value, most=_MAX_NUMBER):
    """Whether a decoded value is an integer from 1 to `most`."""
    return type(value) is int and 0 < value <= most
