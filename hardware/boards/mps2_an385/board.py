"""Board profile of the emulated board that the agent's cost is measured on: QEMU's MPS2 AN385, a Cortex-M3.

Its converter, flash and serial network link are simulated in `emulated.c` and `modules/`, so it is an RP2 to the agent.
What each name means is explained in docs/hardware.md.
"""

NAME = "mps2_an385"
HARDWARE = "steelyard-mps2-an385"
PORT = "rp2"

# `emulated.c` has the converter on these two pins.
ADC = "hx711"
PIN_ADC_DOUT = 16
PIN_ADC_SCK = 17
ADC_PINS = (16, 17)
ADC_RATE = 10
ADC_GAIN = 128

PIN_CASE = 18
PIN_ADJUST = 19
PULL_UPS = (18, 19)

PIN_LCD_CS = 9
PIN_LCD_SCK = 10
PIN_LCD_SDA = 11
PIN_LCD_A0 = 12
PIN_LCD_CS_CUSTOMER = 13

I2C = None
SPI = 1
UART = (0, 0, 1)
CHIPS = ("keypad", "st7567")

KEYPAD_COLUMNS = (2, 3, 6, 7)
KEYPAD_ROWS = (20, 21, 22, 27, 28)
PIXEL_UM = 530
LCD_SELECTS = (9, 13)

ADC_FULL_SCALE_UV = 3300000
ADC_TEMPERATURE = None
TEMPERATURE_REFERENCE_UV = 706000
TEMPERATURE_REFERENCE_CDEG = 2700
TEMPERATURE_UV_PER_K = -1721
ADC_SUPPLY = 28
SUPPLY_DIVIDER = 2
SUPPLY_LOW_MV = 3600

RTC_BATTERY = False
REPL = True
FUSES = ()

# The flash map of the Pico W, whose costs these shall tell.
FLASH = {"files": (0x00000, 0x20000), "journal": (0x20000, 0xB4000), "sales": (0xD4000, 0x10000)}
PROGRAM_SIZE = 256
JOURNAL_DAYS = 14
