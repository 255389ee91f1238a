"""Driver of the dynamic NFC tag ST25DV04 (STMicroelectronics): it shows a phone the address of the scale's public page.

The tag holds one NDEF message with one URI. By radio it can be read only; what it says is written by the scale alone.
"""

import asyncio

from micropython import const

_USER = const(0x53)
_SYSTEM = const(0x57)
_BYTES = const(512)
_ROW_BYTES = const(16)
_ROW_MS = const(6)
_ACKNOWLEDGE_POLLS = const(20)

# System registers: access to area 1 by radio ("read always, write never"), and where the password is presented.
_RADIO_ACCESS = const(0x0004)
_READ_ONLY = const(0x0C)
_PASSWORD = const(0x0900)
_PRESENT = b"\x09"

# Capability container: type 5, version 1.0, read and write by I2C, 512 bytes.
_CONTAINER = b"\xe1\x40\x40\x01"
_NDEF = const(0x03)
_TERMINATOR = b"\xfe"
_HTTPS = b"\x04"  # the URI record's abbreviation of "https://"
_LONGEST = const(200)


def message(uri):
    """The tag's contents for `uri`, which begins with https://. Raises ValueError for any other or a longer one."""
    if not uri.startswith("https://") or len(uri) > _LONGEST:
        raise ValueError("the tag takes an https address of at most %d characters, not %r" % (_LONGEST, uri))
    payload = _HTTPS + uri[8:].encode()
    record = b"\xd1\x01" + bytes((len(payload),)) + b"U" + payload
    return _CONTAINER + bytes((_NDEF, len(record))) + record + _TERMINATOR


class ST25DV:
    """The tag on `bus` (`agent.port.bus`)."""

    def __init__(self, bus):
        self._bus = bus

    async def show(self, uri):
        """Have the tag say `uri`, and nobody able to change that by radio. Writes only what differs.

        Raises OSError from a tag that does not answer, ValueError.
        """
        wanted = message(uri)
        held = self._bus.readfrom_mem(_USER, 0, len(wanted), addrsize=16)
        for start in range(0, len(wanted), _ROW_BYTES):
            row = wanted[start : start + _ROW_BYTES]
            if held[start : start + _ROW_BYTES] != row:
                await self._write(_USER, start, row)
        if self._bus.readfrom_mem(_SYSTEM, _RADIO_ACCESS, 1, addrsize=16)[0] & _READ_ONLY != _READ_ONLY:
            password = bytes(8)  # the factory's; the bus is reached under the seal only
            await self._write(_SYSTEM, _PASSWORD, password + _PRESENT + password)
            await self._write(_SYSTEM, _RADIO_ACCESS, bytes((_READ_ONLY,)))

    async def _write(self, address, place, data):
        """Write within one row, and wait for the tag's EEPROM: it does not acknowledge while it is busy."""
        self._bus.writeto_mem(address, place, data, addrsize=16)
        for _ in range(_ACKNOWLEDGE_POLLS):
            await asyncio.sleep_ms(_ROW_MS)
            try:
                self._bus.readfrom_mem(_USER, 0, 1, addrsize=16)
            except OSError:
                continue
            return
        raise OSError("the NFC tag stays busy with its memory")
