"""The dynamic NFC tag ST25DV04 as a chip on the I²C bus, and as a phone sees it by radio."""

USER_ADDRESS = 0x53
SYSTEM_ADDRESS = 0x57
_BYTES = 512
_ROW_BYTES = 16
_ROW_US = 5_000
_RADIO_ACCESS = 0x0004
_PASSWORD = 0x0900


class _Side:
    """One of the two addresses that the tag answers to: its 16-bit pointer, and what is written behind it."""

    def __init__(self, tag, is_system):
        self._tag = tag
        self._is_system = is_system
        self._pointer = 0
        self._received = None

    def begin(self, reading):
        if self._tag.is_busy():
            return False
        if not reading:
            self._received = bytearray()
        return True

    def write(self, byte):
        self._received.append(byte)
        if len(self._received) == 2:
            self._pointer = self._received[0] << 8 | self._received[1]
        return len(self._received) <= 2 + 256

    def read(self):
        value = self._tag.peek(self._is_system, self._pointer)
        self._pointer += 1
        return value

    def end(self):
        if self._received and len(self._received) > 2:
            self._tag.store(self._is_system, self._pointer, bytes(self._received[2:]))
        self._received = None


class ST25DV:
    """The tag; attach `user` and `system` at their addresses. `rows_written` counts the wear of its EEPROM."""

    def __init__(self, clock):
        self._clock = clock
        self._busy_until_us = 0
        self.memory = bytearray(b"\xff" * _BYTES)
        self.system = bytearray(64)
        self.password = bytes(8)
        self.rows_written = 0
        self._session = False
        self.user = _Side(self, False)
        self.system_side = _Side(self, True)

    def is_busy(self):
        """True while the EEPROM is programmed: nothing is acknowledged."""
        return self._clock.now_us < self._busy_until_us

    def peek(self, is_system, place):
        """The byte at `place`; what is not there reads as ones."""
        memory = self.system if is_system else self.memory
        return memory[place] if place < len(memory) else 0xFF

    def store(self, is_system, place, data):
        """Program bytes, or take a presented password."""
        if is_system and place == _PASSWORD:
            self._session = data[:8] == data[9:] == self.password and data[8] == 9
            return
        if is_system and not self._session:
            return
        memory = self.system if is_system else self.memory
        memory[place : place + len(data)] = data
        rows = (place + len(data) - 1) // _ROW_BYTES - place // _ROW_BYTES + 1
        self.rows_written += rows
        self._busy_until_us = self._clock.now_us + rows * _ROW_US

    def radio_read(self):
        """What a phone reads."""
        return bytes(self.memory)

    def radio_write(self, place, data):
        """A phone tries to write; returns whether the tag let it."""
        if self.system[_RADIO_ACCESS] >> 2 & 3 == 3:
            return False
        self.memory[place : place + len(data)] = data
        return True
