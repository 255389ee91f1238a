"""Board profile of the scale on an ESP32-S3 with an HX711.

Made from hardware/boards/esp32_s3.toml by `make boards`: change that file, not this one. The firmware imports
this module as `board`; what each name means stands there and in docs/hardware.md.
"""

NAME = "esp32_s3"
HARDWARE = "steelyard-esp32-s3"
PORT = "esp32"

ADC = "hx711"
ADC_RATE = 10
ADC_GAIN = 128

# GPIO numbers; switches are low when closed
PIN_ADC_DOUT = 4
PIN_ADC_SCK = 5
PIN_CASE = 6
PIN_ADJUST = 7
PIN_TEMPERATURE = 1
PIN_SUPPLY = 2

# Numbers of the buses, and the drivers of the chips on them
I2C = None
SPI = None
CHIPS = ()

ADC_TEMPERATURE = 1
TEMPERATURE_REFERENCE_UV = 2230000
TEMPERATURE_REFERENCE_CDEG = 3000
TEMPERATURE_UV_PER_K = -13600
ADC_SUPPLY = 2
SUPPLY_DIVIDER = 2
SUPPLY_LOW_MV = 4000

RTC_BATTERY = False
REPL = False

# (offset, length) in bytes within the port's storage
FLASH = {"files": (0x000000, 0x040000), "journal": (0x040000, 0x180000)}
PROGRAM_SIZE = 256
JOURNAL_DAYS = 30
