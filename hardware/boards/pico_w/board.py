"""Board profile of the scale on Raspberry Pi Pico W with an HX711.

Made from hardware/boards/pico_w.toml by `make boards`: change that file, not this one. The firmware imports
this module as `board`; what each name means stands there and in docs/hardware.md.
"""

NAME = "pico_w"
HARDWARE = "steelyard-pico-w"
PORT = "rp2"

ADC = "hx711"
ADC_RATE = 10
ADC_GAIN = 128
ADC_PINS = (16, 17)

# GPIO numbers; switches are low when closed
PIN_ADC_DOUT = 16
PIN_ADC_SCK = 17
PIN_ADJUST = 19
PIN_CASE = 18
PIN_SUPPLY = 28
# Those that need the pull-up inside the chip
PULL_UPS = (18, 19)

# Numbers of the buses and the serial port with its pins; drivers of what is on them and at the pins
I2C = None
SPI = None
UART = None
CHIPS = ()

# The keypad's pins, and the distance of a display's pixels in micrometres, and what selects the displays
KEYPAD_COLUMNS = ()
KEYPAD_ROWS = ()
PIXEL_UM = None
LCD_SELECTS = ()

# GPIO numbers; None is the sensor inside the chip
ADC_FULL_SCALE_UV = 3300000
ADC_TEMPERATURE = None
TEMPERATURE_REFERENCE_UV = 706000
TEMPERATURE_REFERENCE_CDEG = 2700
TEMPERATURE_UV_PER_K = -1721
ADC_SUPPLY = 28
SUPPLY_DIVIDER = 2
SUPPLY_LOW_MV = 3600

RTC_BATTERY = False
REPL = False
# (address, bits): set once the fuses are burnt that close the chip's ports
FUSES = ()

# (offset, length) in bytes within the port's storage
FLASH = {
    "files": (0x000000, 0x020000),
    "journal": (0x020000, 0x0B4000),
}
PROGRAM_SIZE = 256
JOURNAL_DAYS = 14
