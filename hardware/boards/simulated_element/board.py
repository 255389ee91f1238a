"""Board profile of the scale on the simulated Raspberry Pi Pico W with an HX711 and an ATECC608.

Made from hardware/boards/simulated_element.toml by `make boards`: change that file, not this one. The firmware imports
this module as `board`; what each name means stands there and in docs/hardware.md.
"""

NAME = "simulated_element"
HARDWARE = "steelyard-simulated-element"
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
PIN_COL1 = 2
PIN_COL2 = 3
PIN_COL3 = 6
PIN_COL4 = 7
PIN_I2C_SCL = 5
PIN_I2C_SDA = 4
PIN_LCD_A0 = 12
PIN_LCD_CS = 9
PIN_LCD_CS_CUSTOMER = 13
PIN_LCD_SCK = 10
PIN_LCD_SDA = 11
PIN_ROW1 = 20
PIN_ROW2 = 21
PIN_ROW3 = 22
PIN_ROW4 = 27
PIN_ROW5 = 26
PIN_SUPPLY = 28
PIN_UART_RX = 1
PIN_UART_TX = 0
# Those that need the pull-up inside the chip
PULL_UPS = (18, 19, 20, 21, 22, 26, 27)

# Numbers of the buses and the serial port with its pins; drivers of what is on them and at the pins
I2C = 0
SPI = 1
UART = (0, 0, 1)
CHIPS = ("atecc608", "keypad", "rv3028", "st7567")

# The keypad's pins, and the distance of a display's pixels in micrometres, and what selects the displays
KEYPAD_COLUMNS = (2, 3, 6, 7)
KEYPAD_ROWS = (20, 21, 22, 27, 26)
PIXEL_UM = 530
LCD_SELECTS = (9, 13)

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
    "files": (0x100000, 0x040000),
    "journal": (0x140000, 0x0C0000),
    "sales": (0x0F0000, 0x010000),
    "code_a": (0x090000, 0x030000),
    "code_b": (0x0C0000, 0x030000),
}
PROGRAM_SIZE = 256
JOURNAL_DAYS = 15
