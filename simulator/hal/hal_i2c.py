"""An I²C bus as its chips see it: start, address, bytes with their acknowledgements, stop.

A chip is an object with `begin(reading) -> acknowledged`, `write(byte) -> acknowledged`, `read() -> byte` and `end()`.
One that a low data line wakes has `held_low(us)` too, whoever the zeros on the bus are for.
"""

_EIO = 5  # what the RP2 port raises when nobody acknowledges


class Bus:
    """One bus with its chips by 7-bit address. Each byte takes nine clock cycles of the board's time."""

    def __init__(self, clock):
        self._clock = clock
        self._chips = {}
        self._sleepers = []
        self.frequency = 100_000
        self.transfers = 0

    def attach(self, address, chip):
        """Solder a chip to the bus; one that answers to several addresses is attached once for each."""
        self._chips[address] = chip
        if hasattr(chip, "held_low"):
            self._sleepers.append(chip)

    def detach(self, address):
        """Cut a chip off the bus."""
        chip = self._chips.pop(address, None)
        self._sleepers = [one for one in self._sleepers if one is not chip]

    def addresses(self):
        """The addresses that somebody answers to."""
        return sorted(self._chips)

    def write(self, address, data, stop=True):
        """Write bytes to a chip. Raises OSError where it does not acknowledge its address or a byte."""
        chip = self._begin(address, False)
        for byte in data:
            self._spend_byte(byte)
            if not chip.write(byte):
                chip.end()
                raise OSError(_EIO)
        if stop:
            chip.end()

    def read(self, address, count):
        """Read bytes from a chip. Raises OSError where it does not acknowledge its address."""
        chip = self._begin(address, True)
        data = bytearray()
        for _ in range(count):
            byte = chip.read()
            self._spend_byte(byte)
            data.append(byte)
        chip.end()
        return bytes(data)

    def _begin(self, address, reading):
        self.transfers += 1
        self._spend_byte(address << 1 | reading)
        chip = self._chips.get(address)
        if chip is None or not chip.begin(reading):
            raise OSError(_EIO)
        return chip

    def _spend_byte(self, byte):
        self._clock.spend(9_000_000 // self.frequency)
        for chip in self._sleepers:
            chip.held_low(_zeros(byte) * 1_000_000 // self.frequency)


def _zeros(byte):
    """The longest run of zeros in the bits of a byte."""
    return max(len(run) for run in bin(0x100 | byte)[3:].split("1"))
