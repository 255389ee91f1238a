"""What the ATECC608 does once it is awake: its commands, and the configuration that says what each key may be used for.

Section numbers are those of the ATECC508A's complete data sheet (DS20005927), which the 608 keeps to.
"""

import hashlib

import hal_p256

OK, PARSE_ERROR, ECC_FAULT, FAILED, WOKEN, CRC_ERROR = 0x00, 0x03, 0x05, 0x0F, 0x11, 0xFF

_REVISION = b"\x00\x00\x60\x02"
_SLOT_CONFIG, _KEY_CONFIG = 20, 96
_LOCK_VALUE, _LOCK_CONFIG, _SLOT_LOCKED = 86, 87, 88
_UNLOCKED = 0x55
_FIRST_WRITABLE, _LOCK_WORD = 16, 84
# SlotConfig of a private key: what it may do, and that GenKey may make it. KeyConfig: what it is. (2.2.1, 2.2.5)
_EXTERNAL, _ECDH, _ECDH_HIDDEN, _GENERATE = 1 << 0, 1 << 2, 1 << 3, 1 << 13
_PRIVATE, _PUBLIC_INFO, _LOCKABLE, _RANDOM_NEEDED = 1 << 0, 1 << 1, 1 << 5, 1 << 6
_TYPE, _P256 = 7 << 2, 4 << 2
# As delivered: three slots for P-256 keys, the rest for other things.
_SLOTS = bytes.fromhex("832087208f20") + b"\x8f\x8f" * 13
_KINDS = b"\x33\x00" * 3 + b"\x1c\x00" * 5 + b"\x3c\x00" * 8


def crc16(data):
    """The chip's CRC-16: polynomial 0x8005, the bits of a byte from the lowest on; two bytes, the lower one first."""
    crc = 0
    for byte in data:
        for bit in range(8):
            high = crc >> 15
            crc = crc << 1 & 0xFFFF
            if byte >> bit & 1 != high:
                crc ^= 0x8005
    return bytes((crc & 0xFF, crc >> 8))


class Refused(Exception):
    """A command that is answered with a status byte."""


class Commands:
    """EEPROM and volatile memory of one chip; `changed` tells that the EEPROM is to be kept."""

    def __init__(self, random):
        self._random = random
        self.config = bytearray(128)
        self.config[:4] = b"\x01\x23" + random(2)
        self.config[4:8] = _REVISION
        self.config[8:20] = random(4) + b"\xee\x00\x01\x00\xc0\x00\x00\x00"
        self.config[_SLOT_CONFIG : _SLOT_CONFIG + 32] = _SLOTS
        self.config[_LOCK_VALUE : _SLOT_LOCKED + 2] = bytes((_UNLOCKED, _UNLOCKED, 0xFF, 0xFF))
        self.config[_KEY_CONFIG:] = _KINDS
        self.keys = {}
        self.counters = [0, 0]
        self.signatures = 0
        self.changed = False
        self.forget()

    def forget(self):
        """Lose what sleep loses: TempKey and the hash that was begun."""
        self._message = None
        self._random_message = False
        self._hash = None

    def kept(self):
        """The EEPROM as an object for JSON."""
        keys = {str(slot): "%064x" % key for slot, key in self.keys.items()}
        return {"config": self.config.hex(), "keys": keys, "counters": self.counters}

    def load(self, kept):
        """Take an EEPROM as `kept` gave it."""
        self.config = bytearray(bytes.fromhex(kept["config"]))
        self.keys = {int(slot): int(key, 16) for slot, key in kept["keys"].items()}
        self.counters = kept["counters"]

    def execute(self, opcode, mode, word, data):
        """Carry out a command; returns the bytes of its answer and how long it takes, in microseconds."""
        if opcode not in _COMMANDS:
            return bytes((PARSE_ERROR,)), 1_000
        command, us = _COMMANDS[opcode]
        try:
            return command(self, mode, word, data), us
        except Refused as refusal:
            return bytes((refusal.args[0],)), 1_000

    # What the configuration says

    def _is_locked(self, place):
        return self.config[place] != _UNLOCKED

    def _word(self, place, slot):
        return self.config[place + 2 * slot] | self.config[place + 2 * slot + 1] << 8

    def _slot_is_locked(self, slot):
        return not self._word(_SLOT_LOCKED, 0) >> slot & 1

    def _key(self, slot, needed):
        """The private key of a slot, of both locked zones, whose SlotConfig has the bit `needed`."""
        _require(self._is_locked(_LOCK_CONFIG) and self._is_locked(_LOCK_VALUE))
        self._require_private(slot)
        _require(self._word(_SLOT_CONFIG, slot) & needed and slot in self.keys)
        return self.keys[slot]

    def _require_private(self, slot):
        _require(slot < 16, PARSE_ERROR)
        _require(self._word(_KEY_CONFIG, slot) & (_TYPE | _PRIVATE) == _P256 | _PRIVATE)

    # The commands (9.1 to 9.21)

    def _info(self, mode, word, data):
        _require(mode <= 2 and not data, PARSE_ERROR)
        if mode == 1:
            return bytes((word in self.keys, 0, 0, 0))
        return _REVISION if mode == 0 else bytes((0x80 if self._message else 0, 0, 0, 0))

    def _read(self, mode, word, data):
        _require(mode in (0, 0x80) and not data, FAILED if mode & 3 else PARSE_ERROR)
        start, count = (word >> 3) * 32 if mode else word * 4, 32 if mode else 4
        _require(start + count <= 128, PARSE_ERROR)
        return bytes(self.config[start : start + count])

    def _write(self, mode, word, data):
        start, count = (word >> 3) * 32 if mode & 0x80 else word * 4, len(data)
        _require(mode in (0, 0x80) and count == (32 if mode else 4) and start + count <= 128, PARSE_ERROR)
        _require(not self._is_locked(_LOCK_CONFIG) and start >= _FIRST_WRITABLE)
        _require(not start <= _LOCK_WORD < start + count)
        self.config[start : start + count] = data
        self.changed = True
        return bytes((OK,))

    def _lock(self, mode, word, data):
        zone, slot = mode & 3, mode >> 2 & 15
        if zone == 0:
            _require(not self._is_locked(_LOCK_CONFIG))
            _require(mode & 0x80 or word.to_bytes(2, "little") == crc16(self.config))
            self.config[_LOCK_CONFIG] = 0
        elif zone == 1:
            _require(self._is_locked(_LOCK_CONFIG) and not self._is_locked(_LOCK_VALUE) and mode & 0x80)
            self.config[_LOCK_VALUE] = 0
        else:
            _require(zone == 2, PARSE_ERROR)
            _require(self._is_locked(_LOCK_CONFIG) and self._word(_KEY_CONFIG, slot) & _LOCKABLE)
            _require(not self._slot_is_locked(slot))
            self.config[_SLOT_LOCKED + slot // 8] &= ~(1 << slot % 8)
        self.changed = True
        return bytes((OK,))

    def _gen_key(self, mode, slot, data):
        _require(mode in (0, 4) and not data, PARSE_ERROR)
        _require(self._is_locked(_LOCK_CONFIG))
        self._require_private(slot)
        if mode == 4:
            _require(self._word(_SLOT_CONFIG, slot) & _GENERATE and not self._slot_is_locked(slot))
            self.keys[slot] = hal_p256.scalar(self._random)
            self.changed = True
        else:
            _require(self._word(_KEY_CONFIG, slot) & _PUBLIC_INFO and slot in self.keys)
        return hal_p256.public_key(self.keys[slot])

    def _nonce(self, mode, word, data):
        if mode == 3:
            _require(len(data) == 32, PARSE_ERROR)
            self._message, self._random_message = data, False
            return bytes((OK,))
        _require(mode in (0, 1) and len(data) == 20 and not word, PARSE_ERROR)
        out = self._give_random(mode, word, b"")
        self._message = hashlib.sha256(out + data + bytes((0x16, mode, 0))).digest()
        self._random_message = True
        return out

    def _sign(self, mode, slot, data):
        _require(mode == 0x80 and not data, PARSE_ERROR)
        key = self._key(slot, _EXTERNAL)
        _require(self._message is not None)
        _require(self._random_message or not self._word(_KEY_CONFIG, slot) & _RANDOM_NEEDED)
        self.signatures += 1
        return hal_p256.sign(key, self._message, self._random)

    def _ecdh(self, mode, slot, data):
        _require(mode in (0, 0x0C) and len(data) == 64, PARSE_ERROR)
        secret = hal_p256.agree(self._key(slot, _ECDH), data)
        _require(secret is not None, ECC_FAULT)
        hidden = not mode and self._word(_SLOT_CONFIG, slot) & _ECDH_HIDDEN
        return bytes((OK,)) if hidden else secret

    def _give_random(self, mode, word, data):
        _require(mode in (0, 1) and not data, PARSE_ERROR)
        return self._random(32) if self._is_locked(_LOCK_CONFIG) else b"\xff\xff\x00\x00" * 8

    def _sha(self, mode, word, data):
        _require(mode <= 2, PARSE_ERROR)
        if mode == 0:
            self._hash = hashlib.sha256()
            return bytes((OK,))
        _require(self._hash is not None)
        _require(word == len(data) and (word == 64 if mode == 1 else word < 64), PARSE_ERROR)
        self._hash.update(data)
        if mode == 1:
            return bytes((OK,))
        digest, self._hash = self._hash.digest(), None
        return digest

    def _counter(self, mode, word, data):
        _require(mode <= 1 and word <= 1, PARSE_ERROR)
        _require(self._is_locked(_LOCK_CONFIG))
        self.counters[word] += mode
        self.changed = self.changed or bool(mode)
        return self.counters[word].to_bytes(4, "little")


def _require(true, status=FAILED):
    if not true:
        raise Refused(status)


# By opcode: what it does, and for how many microseconds.
_COMMANDS = {
    0x02: (Commands._read, 800),
    0x12: (Commands._write, 15_000),
    0x16: (Commands._nonce, 4_000),
    0x17: (Commands._lock, 20_000),
    0x1B: (Commands._give_random, 15_000),
    0x24: (Commands._counter, 12_000),
    0x30: (Commands._info, 500),
    0x40: (Commands._gen_key, 80_000),
    0x41: (Commands._sign, 55_000),
    0x43: (Commands._ecdh, 60_000),
    0x47: (Commands._sha, 15_000),
}
