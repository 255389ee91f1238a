"""The display controller ST7567 as a chip on the SPI bus: commands and data by the level of A0, while CS is low."""

_COLUMNS = 132
_SEEN = 128  # of them the glass has
_PAGES = 8
_POWER_STEPS = (0x2C, 0x2E, 0x2F)


class ST7567:
    """One display after power-on; `select` and `a0` are wires. `pixel(x, y)` is what somebody in front of it sees."""

    def __init__(self, select, a0):
        self._select = select
        self._a0 = a0
        self.memory = [bytearray(_COLUMNS) for _ in range(_PAGES)]
        self.contrast = None
        self.unknown = []
        self._page = self._column = 0
        self._is_on = False
        self._powered = 0
        self._takes_contrast = False

    def byte(self, value):
        """A byte passes on the bus."""
        if self._select.level:
            return
        if self._a0.level:
            if self._column < _COLUMNS:
                self.memory[self._page][self._column] = value
                self._column += 1
        elif self._takes_contrast:
            self._takes_contrast = False
            self.contrast = value & 0x3F
        else:
            self._command(value)

    def _command(self, value):
        if value & 0xF0 == 0xB0:
            self._page = value & 0x07
        elif value & 0xF0 == 0x10:
            self._column = self._column & 0x0F | (value & 0x0F) << 4
        elif value & 0xF0 == 0x00:
            self._column = self._column & 0xF0 | value & 0x0F
        elif value == 0x81:
            self._takes_contrast = True
        elif value in _POWER_STEPS:
            # Booster, regulator, follower: each needs the one before.
            if _POWER_STEPS.index(value) == self._powered:
                self._powered += 1
        elif value & 0xFE == 0xAE:
            self._is_on = bool(value & 1)
        elif value == 0xE2:
            self._page = self._column = 0
        elif not (value & 0xC0 == 0x40 or value & 0xF8 == 0x20 or value & 0xFE in (0xA0, 0xA2, 0xA4, 0xA6)):
            if value & 0xF0 != 0xC0:
                self.unknown.append(value)

    def picture(self):
        """What it shows as 1,024 bytes, a byte for eight pixels below one another; None while it shows nothing."""
        if not self._is_on or self._powered < len(_POWER_STEPS):
            return None
        return b"".join(bytes(page[:_SEEN]) for page in self.memory)

    def pixel(self, x, y):
        """1 where the glass is dark; nothing shows before power and display are on."""
        if not self._is_on or self._powered < len(_POWER_STEPS):
            return 0
        return self.memory[y // 8][x] >> (y % 8) & 1
