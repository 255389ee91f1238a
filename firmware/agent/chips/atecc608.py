"""Driver of the secure element ATECC608 (Microchip), as the ATECC508A's complete data sheet describes both.

Two P-256 keys are made in it and never leave it. It sleeps between its tasks, so that its watchdog never ends one. What
takes long is a generator that yields how many milliseconds to wait, and leaves the bus and the processor to others.
"""

from micropython import const

from agent.port import clock

ADDRESS = const(0x60)

SIGNING = const(0)
AGREEING = const(1)
"""The slots of the key that signs statements, and of the one that agrees on unlock codes."""

# Word addresses, operations, what is read after a wake token (6 and 9 of the data sheet).
_SLEEP = b"\x01"
_COMMAND = b"\x03"
_AWAKE = b"\x04\x11\x33\x43"
_READ = const(0x02)
_WRITE = const(0x12)
_NONCE = const(0x16)
_LOCK = const(0x17)
_RANDOM = const(0x1B)
_GEN_KEY = const(0x40)
_SIGN = const(0x41)
_ECDH = const(0x43)

_NEW = const(0x04)
_AS_IT_IS = const(0x03)
_EXTERNAL = const(0x80)
_BLOCK = const(0x80)
_LOCK_DATA = const(0x81)
_LOCK_SLOT = const(0x02)

# What SlotConfig and KeyConfig of the two slots must be: a secret P-256 key that the chip makes, whose public half it
# tells, which can be locked; the first signs digests and no more, the second agrees and no more (2.2.1, 2.2.5).
_SLOT_CONFIG = const(20)
_KEY_CONFIG = const(96)
_SLOTS = b"\x81\x20\x84\x20"
_KEYS = b"\x33\x00\x33\x00"
_LOCK_VALUE = const(86)
_LOCK_CONFIG = const(87)
_SLOT_LOCKED = const(88)
_UNLOCKED = const(0x55)

_ATTEMPTS = const(3)
_WAKES = const(6)
_WAKE_MS = const(2)
_REST_MS = const(30)
_POLL_MS = const(5)
_LONGEST_MS = const(700)  # then the watchdog may have ended it


class ATECC608:
    """The chip on `bus` (`agent.port.bus`), at 100 kHz at most: a byte of zeros wakes it by the time that it takes.

    The methods ending in `_steps` are generators; they raise OSError where the chip does not answer, answers with a
    wrong check, or refuses, three times in a row. One task at a time has the chip, the others wait for it.
    """

    def __init__(self, bus):
        self._bus = bus
        self._taken = False

    def serial_steps(self):
        """Return the chip's own number, 9 bytes."""
        block = yield from self._session_steps((_READ, _BLOCK, 0, b"", 32, 1))
        return block[:4] + block[8:13]

    def configuration_steps(self):
        """Return the 128 bytes of the configuration zone."""
        zone = b""
        for block in range(4):
            zone += yield from self._session_steps((_READ, _BLOCK, block << 3, b"", 32, 1))
        return zone

    def make_key_steps(self, slot):
        """Have the chip make a new key; return its public half, a 65-byte SEC 1 point."""
        return b"\x04" + (yield from self._session_steps((_GEN_KEY, _NEW, slot, b"", 64, 70)))

    def public_key_steps(self, slot):
        """Return the public half of the key in a slot, a 65-byte SEC 1 point."""
        return b"\x04" + (yield from self._session_steps((_GEN_KEY, 0, slot, b"", 64, 70)))

    def lock_slot_steps(self, slot):
        """Have the chip never change the key in a slot again."""
        yield from self._session_steps((_LOCK, _LOCK_SLOT | slot << 2, 0, b"", 1, 10))

    def sign_steps(self, slot, digest):
        """Return the chip's signature over a 32-byte digest: 64 bytes r‖s, s high or low."""
        message = (_NONCE, _AS_IT_IS, 0, digest, 1, 5)
        return (yield from self._session_steps(message, (_SIGN, _EXTERNAL, slot, b"", 64, 50)))

    def agree_steps(self, slot, point):
        """Return the 32-byte x of a slot's key times a 65-byte SEC 1 point."""
        return (yield from self._session_steps((_ECDH, 0, slot, point[1:], 32, 50)))

    def random_steps(self):
        """Return 32 bytes of the chip's random numbers."""
        return (yield from self._session_steps((_RANDOM, 0, 0, b"", 32, 10)))

    def configure_steps(self):
        """Configure a chip as it was delivered for the two keys, and lock that for ever; one that is locked stays."""
        zone = yield from self.configuration_steps()
        if zone[_LOCK_CONFIG] == _UNLOCKED:
            yield from self._session_steps((_WRITE, 0, _SLOT_CONFIG >> 2, _SLOTS, 1, 10))
            yield from self._session_steps((_WRITE, 0, _KEY_CONFIG >> 2, _KEYS, 1, 10))
            zone = yield from self.configuration_steps()
            if not _is_right(zone):
                raise OSError("the secure element did not keep its configuration: it is not locked")
            check = crc16(zone)  # the chip locks what was read, and nothing else
            yield from self._session_steps((_LOCK, 0, check[0] | check[1] << 8, b"", 1, 10))
        if zone[_LOCK_VALUE] == _UNLOCKED:
            yield from self._session_steps((_LOCK, _LOCK_DATA, 0, b"", 1, 10))

    # The bus

    def _session_steps(self, *commands):
        """Wake the chip, have it carry out `commands` and sleep again; return its last answer."""
        while self._taken:
            yield _POLL_MS
        self._taken = True
        trouble = None
        try:
            for _ in range(_ATTEMPTS):
                try:
                    yield from self._wake_steps()
                    answer = b""
                    for command in commands:
                        answer = yield from self._command_steps(*command)
                    return answer
                except OSError as error:
                    trouble = error
                finally:
                    self._send(_SLEEP)
            raise trouble  # type: ignore[misc]  # every way here leaves one
        finally:
            self._taken = False

    def _wake_steps(self):
        """Have the chip awake with nothing begun, whatever it was doing: other chips' zeros may have woken it."""
        for _ in range(_WAKES):
            try:
                self._bus.writeto(0, b"\x00")  # nobody has this address; the data line is low for long enough
            except OSError:
                pass
            yield _WAKE_MS
            try:
                if self._bus.readfrom(ADDRESS, len(_AWAKE)) == _AWAKE:
                    return
            except OSError:
                pass
            self._send(_SLEEP)
            yield _REST_MS
        raise OSError("the secure element does not answer")

    def _send(self, data):
        try:
            self._bus.writeto(ADDRESS, data)
        except OSError:
            pass  # asleep or busy; what it does then is found out by reading

    def _command_steps(self, operation, mode, word, data, length, first_ms):
        """Return the answer, `length` bytes, to a command that takes at least about `first_ms`."""
        packet = bytes((len(data) + 7, operation, mode, word & 0xFF, word >> 8)) + data
        self._send(_COMMAND + packet + crc16(packet))
        begun_ms = clock.ticks_ms()
        yield first_ms
        while True:
            try:
                answer = self._bus.readfrom(ADDRESS, length + 3)
                break
            except OSError:  # it acknowledges nothing while it is busy
                if clock.ticks_diff(clock.ticks_ms(), begun_ms) > _LONGEST_MS:
                    raise OSError("the secure element stays busy with command 0x%02X" % operation) from None
            yield _POLL_MS
        return _checked(answer, operation, length)


def _checked(answer, operation, length):
    count = answer[0]
    if count not in (4, length + 3) or crc16(answer[: count - 2]) != answer[count - 2 : count]:
        raise OSError("the secure element's answer to command 0x%02X is garbled" % operation)
    if count == 4 and (length != 1 or answer[1]):
        raise OSError("the secure element refused command 0x%02X with status 0x%02X" % (operation, answer[1]))
    return answer[1 : length + 1]


def crc16(data):
    """Return the chip's CRC-16 (8.1): polynomial 0x8005, each byte from its lowest bit on; two bytes, low one first."""
    crc = 0
    for byte in data:
        for _ in range(8):
            crc = (crc << 1 ^ (0x8005 if (crc >> 15 ^ byte) & 1 else 0)) & 0xFFFF
            byte >>= 1
    return bytes((crc & 0xFF, crc >> 8))


def _is_right(zone):
    slots, keys = zone[_SLOT_CONFIG : _SLOT_CONFIG + 4], zone[_KEY_CONFIG : _KEY_CONFIG + 4]
    return slots == _SLOTS and keys == _KEYS


def unfit(zone):
    """Return why a chip with the configuration `zone` cannot have this scale's keys; None where it can."""
    if zone[_LOCK_CONFIG] == _UNLOCKED or zone[_LOCK_VALUE] == _UNLOCKED:
        return "it is not configured and locked: the factory does that with 'enrol element'"
    if not _is_right(zone):
        return "it was locked with another configuration: fit one as it is delivered"
    return None


def is_made(zone, slot):
    """Whether the key in a slot is locked: it is made, and stays."""
    return not zone[_SLOT_LOCKED] >> slot & 1
