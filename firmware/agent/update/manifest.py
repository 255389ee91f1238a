"""The manifest of an update, as a manufacturer's key has signed it, and what the scale keeps of updates."""

import board
from micropython import const

from agent.orders.downlink import (
    MALFORMED,
    NO_PLACE,
    OTHER_HARDWARE,
    UPDATE,
    UPDATE_NOT_NEWER,
    MessageRefused,
    is_number,
)
from agent.port import slots
from agent.record import software
from agent.wire import cbor, cose

COMING = const(1)
INSTALLED = const(2)

FILE = "update"
"""[highest number that was committed, None or [signed manifest, COMING or INSTALLED, hash of the software before]]."""

_PAYLOAD = const(3)  # its place in a decoded message
_LARGEST = const(47 * 4096)
_HASH_BYTES = const(32)
_SECTOR_HASH_BYTES = const(8)


class Manifest:
    """What an update's order says."""

    def __init__(self, order):
        _, self.hardware, self.number, self.version, self.software, self.length, self.image, self.sectors = order

    def sector_hash(self, sector):
        """The first bytes of the hash of one sector."""
        return self.sectors[_SECTOR_HASH_BYTES * sector : _SECTOR_HASH_BYTES * (sector + 1)]


def read(message):
    """Return the Manifest in a signed message that was verified before it was kept."""
    return Manifest(cbor.decode(cose.decode_sign1(message)[_PAYLOAD]))


def kept(store):
    """Return what is in FILE."""
    return store.read(FILE) or [0, None]


def look(order, store):
    """Raise MessageRefused for a manifest that this scale cannot take: malformed, for others, older, too large."""
    made = Manifest(order)
    for value in (made.software, made.image):
        if not isinstance(value, bytes) or len(value) != _HASH_BYTES:
            raise MessageRefused(MALFORMED, UPDATE)
    if not (is_number(made.number) and is_number(made.length) and isinstance(made.sectors, bytes)):
        raise MessageRefused(MALFORMED, UPDATE)
    sectors = (made.length + slots.SECTOR_BYTES - 1) // slots.SECTOR_BYTES
    if len(made.sectors) != _SECTOR_HASH_BYTES * sectors or not isinstance(made.version, str):
        raise MessageRefused(MALFORMED, UPDATE)
    if made.hardware != board.HARDWARE:
        raise MessageRefused(OTHER_HARDWARE, UPDATE)
    running = slots.running(software.slot())
    on_trial = running is not None and not running.committed()  # then the other slot is the way back
    if not slots.fitted() or made.length > _LARGEST or on_trial:
        raise MessageRefused(NO_PLACE, UPDATE)
    if made.number <= max(software.NUMBER, kept(store)[0]):
        raise MessageRefused(UPDATE_NOT_NEWER, UPDATE)
