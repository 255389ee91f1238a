"""The keys of a scale with a secure element, behind the same attributes as `keystore.SoftKeyStore`.

The store knows which chip has the keys, so that neither another chip nor one that was used before is taken for it. A
chip that fails takes the signatures away and nothing else: the scale weighs, says so, and signs again once it can.
"""

import hashlib

from micropython import const

from agent.chips import atecc608
from agent.errors import NotStated
from agent.port import clock, system
from agent.steps import finish, spread
from agent.wire import identity, p256_curve

SECURE_ELEMENT = const(1)

# Why it cannot sign: the `why` of the event "key fault" (docs/wire.md).
FAILS = const(1)
OTHER = const(2)
UNFIT = const(3)

_FILE = "element"
_REST_MS = const(2000)  # whoever wants a signature so soon after a fault hears of it at once
_SLOTS = (atecc608.SIGNING, atecc608.AGREEING)


class KeyFault(NotStated):
    """The secure element does not give a signature, or may not have this scale's key."""

    code = "key-fault"
    message = "nothing can be signed: %s"
    short = "KEY FAULT: CALL SERVICE"


class ElementKeyStore:
    """Two keys in `chip` (`agent.chips.atecc608`): one signs statements, one agrees on unlock codes.

    As in `SoftKeyStore` the public keys and `kid` are None until `make`; `trouble` says why nothing can be signed just
    now, None while it can.
    """

    store_class = SECURE_ELEMENT

    def __init__(self, store, chip):
        self._store = store
        self._chip = chip
        self._confirmed = False  # that the key in the chip is the one in the store; asked after each fault
        self._stirred = False
        self._failed_ms = clock.ticks_ms()
        self._fault = None  # [why, count] since it was last taken
        self.trouble = None
        self.kid = None
        self._take(store.read(_FILE) or [None, None, None])

    def _take(self, known):
        self._serial, self.public_key, self.agreement_public_key = known
        if self.public_key is not None:
            self.kid = identity.kid(self.public_key)

    # Making the keys

    async def configure(self):
        """Configure and lock a chip as it was delivered, once and for all. Raises KeyFault."""
        await finish(self._watched(self._configure_steps()))

    def _configure_steps(self):
        yield from self._chip.configure_steps()
        yield from self._fit_steps()

    async def make(self):
        """Have both keys made and locked once and for all; what a power cut left undone goes on. Raises KeyFault."""
        if self.kid is not None:
            return
        zone, serial = await finish(self._watched(self._begin_steps()))
        # Known before there is a key: whoever finds one in a chip that is not known here did not make it.
        await spread(self._store.write_steps(_FILE, [serial, None, None]))
        self._serial = serial
        points = []
        for slot in _SLOTS:
            points.append(await finish(self._watched(self._key_steps(slot, atecc608.is_made(zone, slot)))))
        known = [serial] + points
        await spread(self._store.write_steps(_FILE, known))
        self._take(known)

    def _begin_steps(self):
        zone = yield from self._fit_steps()
        serial = yield from self._chip.serial_steps()
        if serial != self._serial and (atecc608.is_made(zone, _SLOTS[0]) or atecc608.is_made(zone, _SLOTS[1])):
            raise self._failed(
                UNFIT,
                "the secure element has the key of another scale, or of this one before its flash was erased: "
                "fit a new one",
            )
        return zone, serial

    def _fit_steps(self):
        zone = yield from self._chip.configuration_steps()
        why = atecc608.unfit(zone)
        if why:
            raise self._failed(UNFIT, "the secure element is of no use: " + why)
        return zone

    def _key_steps(self, slot, is_made):
        if is_made:
            return (yield from self._chip.public_key_steps(slot))
        point = yield from self._chip.make_key_steps(slot)
        yield from self._chip.lock_slot_steps(slot)
        return point

    # Using them

    def sign_steps(self, message):
        """Sign `message` in steps; a generator that returns 64 bytes, r‖s, or raises KeyFault."""
        return (yield from self._watched(self._sign_steps(hashlib.sha256(message).digest())))

    def _sign_steps(self, digest):
        yield from self._confirm_steps()
        return (yield from self._chip.sign_steps(atecc608.SIGNING, digest))

    def agree_steps(self, public_key):
        """Agree with a 65-byte SEC 1 point in steps; a generator that returns the 32 bytes that both sides get.

        ValueError for what is no point of the curve, KeyFault.
        """
        x, y = int.from_bytes(public_key[1:33], "big"), int.from_bytes(public_key[33:], "big")
        if len(public_key) != 65 or public_key[0] != 4 or not p256_curve.on_curve(x, y):
            raise ValueError("the other key is no point of P-256")
        return (yield from self._watched(self._agree_steps(public_key)))

    def _agree_steps(self, public_key):
        yield from self._confirm_steps()
        return (yield from self._chip.agree_steps(atecc608.AGREEING, public_key))

    # Watching the chip

    async def check(self):
        """Ask the chip who it is, so that `trouble` is known before something is to be signed; every minute or so."""
        if self.kid is not None:
            try:
                await finish(self._watched(self._confirm_steps()))
            except KeyFault:
                pass  # `trouble` says it

    def take_fault(self):
        """Return (why, how often) since the last time, to be stated once that is possible again; None for nothing."""
        fault, self._fault = self._fault, None
        return fault

    def _confirm_steps(self):
        """Make sure that the chip has this scale's key: by its number, after a start or a fault by the key."""
        if self.trouble and clock.ticks_diff(clock.ticks_ms(), self._failed_ms) < _REST_MS:
            raise KeyFault(self.trouble)
        if (yield from self._chip.serial_steps()) != self._serial or not (yield from self._has_key_steps()):
            raise self._failed(OTHER, "the secure element is another one, without this scale's key")
        if not self._stirred:
            system.stir((yield from self._chip.random_steps()))
            self._stirred = True

    def _has_key_steps(self):
        if not self._confirmed:
            self._confirmed = (yield from self._chip.public_key_steps(atecc608.SIGNING)) == self.public_key
        return self._confirmed

    def _watched(self, steps):
        try:
            value = yield from steps
        except OSError as error:
            raise self._failed(FAILS, str(error)) from None
        self.trouble = None
        return value

    def _failed(self, why, text):
        self.trouble = text
        self._failed_ms = clock.ticks_ms()
        self._confirmed = False
        self._fault = [why, (self._fault[1] if self._fault else 0) + 1]
        return KeyFault(text)
