"""The simulated board: an RP2 with a converter and a load cell, switches, flash, sensors, clock and network.

`BOARD` is the one board of this process; `BOARD.start` powers it up after the board profile (module `board`).
Everything that MicroPython modules such as `machine` show the agent comes from here.
"""

import board as profile
import hal_frauds
import uos
from hal_analogue import RADIO_GPIOS, Analogue
from hal_cell import LoadCell
from hal_clock import Clock
from hal_flash import FLASH_BYTES, Nor
from hal_i2c import Bus
from hal_keypad import Matrix
from hal_pins import Contact, Interrupts, RadioWire, Wire
from hal_random import Random
from hal_rv3028 import ADDRESS as CLOCK_ADDRESS
from hal_rv3028 import RV3028
from hal_st7567 import ST7567
from hal_uart import Uart

_RTC_START_S = 1_609_459_200  # 2021-01-01: where an RP2 without battery starts
_PWRON_RESET = 1
_WDT_RESET = 3


class Rtc:
    """The real-time clock: a start value on top of the board's clock."""

    def __init__(self, clock):
        self._clock = clock
        self._offset_us = _RTC_START_S * 1_000_000
        self.set_by_us = 0

    def unix_us(self):
        """Microseconds since 1970, as far as the clock knows."""
        return self._offset_us + self._clock.read()

    def set(self, unix_us):
        """Set it; `set_by_us` sums up how far that has moved it."""
        offset_us = unix_us - self._clock.now_us
        self.set_by_us += offset_us - self._offset_us
        self._offset_us = offset_us


class Board:
    """One scale's hardware and the world around it. All of it may be changed while the agent runs."""

    def __init__(self):
        self.clock = Clock()
        self.rtc = Rtc(self.clock)
        self.interrupts = Interrupts(self.clock)
        self.host = None
        self.network_up = False
        self.radio_is_lost = False
        self.registers = {}
        self.link_port = None
        self.uart = Uart(self.clock)
        self.standstill_us = {"dns": 0, "tls": 0}
        self.stood_still = []  # what the vendor's display showed each time
        self.supply_v = 5.0
        self.reset_cause = _PWRON_RESET
        self.unique_id = b"steelyrd"
        self.random_bytes = None
        self.flash = None
        self.cell = None
        self.chip = None
        self.i2c = Bus(self.clock)
        self.spi = []
        self.displays = []  # the vendor's and the customer's
        self.keypad = None
        self.case_clock = None
        self.element = None
        self.frauds = {}
        self.flash_map = profile.FLASH
        self._noise = None
        self._heating = None
        self._wires = {}
        self.analogue = Analogue(self)
        self._case = self._contact(profile.PIN_CASE, behind_diode=True)
        self._switch = self._contact(profile.PIN_ADJUST)

    def start(self, cell="ideal", seed=0, life=0, image=None):
        """Power up with a cell of this kind and seed, and flash contents from the file `image` (None: in the heap).

        `life` counts the starts of this board: noise goes on differently after each, the cell stays itself.
        """
        self.chip = self._converter(seed)
        self.chip.attach(self.i2c)
        self.cell = LoadCell(cell, seed, self.chip.period_us / 1e6, life)
        self._noise = Random(seed, "analogue%d" % life)
        self.unique_id = Random(seed, "unique").bits(64).to_bytes(8, "big")
        self.flash = Nor(FLASH_BYTES, image, profile.PROGRAM_SIZE)
        self.flash.busy = self.busy
        self._true_start_us = _RTC_START_S * 1_000_000
        self.case_clock = RV3028(self.clock, self.true_us, image and image + ".clock")
        self.i2c.attach(CLOCK_ADDRESS, self.case_clock)
        self._attach_element(image)
        self._attach_panel()
        self.case(False)
        self.adjustment_switch(False)

    def _attach_element(self, image):
        """The secure element, on a board whose profile has it."""
        if "atecc608" in profile.CHIPS:
            from hal_atecc608 import ADDRESS, ATECC608

            self.element = ATECC608(self.clock, self.draw, image and image + ".element")
            self.i2c.attach(ADDRESS, self.element)

    def draw(self, count):
        """`count` random bytes, repeatable where the host wants that."""
        return self.random_bytes(count) if self.random_bytes else uos.urandom(count)

    def _attach_panel(self):
        """Displays and keypad, on a board whose profile has them."""
        if "st7567" in profile.CHIPS:
            a0 = self.wire(profile.PIN_LCD_A0)
            self.displays = [ST7567(self.wire(select), a0) for select in profile.LCD_SELECTS]
            self.spi[:] = self.displays
        if "keypad" in profile.CHIPS:
            columns, rows = profile.KEYPAD_COLUMNS, profile.KEYPAD_ROWS
            self.keypad = Matrix([self.wire(pin) for pin in columns], [self.wire(pin) for pin in rows])

    def _converter(self, seed):
        """The chip that the profile names: the class NAME of the module `hal_name`, at the pins of its driver."""
        chip = getattr(__import__("hal_" + profile.ADC), profile.ADC.upper())
        wires = [self.wire(pin) for pin in profile.ADC_PINS]
        return chip(self.clock, wires, self._input, profile.ADC_RATE, seed)

    def has_network(self):
        """Whether there is a network, and a radio that the processor still reaches."""
        return self.network_up and not self.radio_is_lost

    def true_us(self):
        """Microseconds since 1970 in the world around the board."""
        return self._true_start_us + self.clock.now_us

    def configure(self, c):
        """Power up in the world that the host's configuration `c` describes (`steelyard_simulator.world`)."""
        if c["repeatable"]:
            entropy = Random(c["seed"], "entropy%d" % c["life"])
            self.random_bytes = lambda count: entropy.bits(8 * count).to_bytes(count, "big")
        self.start(c["cell"], c["seed"], c["life"], c["image"])
        self.cell.load_g = c["load_kg"] * 1000.0
        self.cell.temperature_c = c["temperature_c"]
        self.supply_v = c["supply_v"]
        self._true_start_us = c["true_us"]
        self.case_clock.power_up(c["battery"] or c["reset"], c["case_openings_s"])
        self.case(c["case_open"])
        self.adjustment_switch(c["switch_on"])
        self.network_up = c["network_up"]
        self.link_port = c["link_port"]
        self.uart.line = open(c["uart"], "r+b")
        if c["reset"]:
            self.reset_cause = _WDT_RESET
        if self.element:
            self.element.away = c["element_away"]
        if c["rtc_s"] is not None:
            self.rtc.set(c["rtc_s"] * 1_000_000)
            self.rtc.set_by_us = 0
        for name, arguments in c["frauds"].items():
            hal_frauds.switch(self, name, True, arguments)

    def state(self):
        """What the host is told after each request."""
        return {
            "time_us": self.clock.now_us,
            "rtc_set_by_us": self.rtc.set_by_us,
            "temperature_c": self.cell.temperature_c,
            "flash_operations": self.flash.operations,
            "flash_programs": self.flash.programs,
            "flash_erases": self.flash.erases,
            "flash_faults": self.flash.faults,
            "conversions": self.chip.conversions,
            "unread": self.chip.unread,
            "wrong_pulse_counts": self.chip.wrong_pulse_counts,
            "power_downs": self.chip.power_downs,
        }

    def heat(self, celsius, over_s=0.0):
        """Bring cell and sensor to `celsius`, at a constant rate within `over_s` seconds."""
        conversions = int(over_s * 1e6 / self.chip.period_us)
        if conversions:
            self._heating = [conversions, (celsius - self.cell.temperature_c) / conversions]
        else:
            self._heating = None
            self.cell.temperature_c = celsius

    def _heat_on(self):
        self.cell.temperature_c += self._heating[1]
        self._heating[0] -= 1
        if not self._heating[0]:
            self._heating = None

    def wire(self, pin):
        """The wire at pin number `pin`."""
        if pin not in self._wires:
            self._wires[pin] = RadioWire(self) if pin in RADIO_GPIOS else Wire(self.interrupts)
        return self._wires[pin]

    def _contact(self, pin, behind_diode=False):
        """A switch to ground; where the profile asks for no pull-up of the chip, the board has one of its own."""
        return Contact(self.wire(pin), pin not in profile.PULL_UPS, behind_diode)

    def case(self, open):
        """Open or close the case: its contact to ground is closed while the case is, for pin and clock chip alike."""
        if open == self._case.closed:
            self.case_clock.event(1 if open else 0)
        self._case.set(not open)

    def adjustment_switch(self, on):
        """The adjustment switch under the seal connects to ground when on."""
        self._switch.set(on)

    def analogue_u16(self, gpio):
        """What the analogue input at pin `gpio` reads; None is the sensor inside the chip."""
        return self.analogue.read_u16(gpio, self._noise)

    def busy(self, us):
        """The processor is stuck for `us` microseconds with interrupts off, as in a flash operation."""
        state = self.interrupts.disable()
        self.clock.block(us)
        self.interrupts.restore(state)

    def stand_still(self, what):
        """Stop the processor, though not the interrupts, for as long as a name's look-up or a TLS handshake is to take;
        the displays go on showing what they show."""
        us = self.standstill_us[what]
        if us:
            self.stood_still.append(self.displays[0].picture() if self.displays else None)
            self.clock.block(us)

    def _input(self, channel, gain):
        """What the converter sees: the cell on channel A, after whatever somebody put into its line."""
        if channel != "A":
            return 0.0
        if self._heating:
            self._heat_on()
        counts = self.cell.sample()
        for fraud in self.frauds.values():
            counts = fraud.alter(counts)
        return counts * gain / 128


BOARD = Board()
