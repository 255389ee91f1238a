"""Board profile of a scale on an ESP32-S3 module with 8 MB of flash and MicroPython's standard partition table.

What each name means is explained in `hardware/boards/pico_w/board.py`.
"""

NAME = "esp32_s3"
HARDWARE = "steelyard-esp32-s3"
PORT = "esp32"

ADC = "hx711"
PIN_ADC_DOUT = 4
PIN_ADC_SCK = 5
ADC_RATE = 10
ADC_GAIN = 128

PIN_CASE = 6
PIN_ADJUST = 7

# An LMT87 beside the load cell (2.230 V at 30 degrees, -13.6 mV/K) on GPIO 1; 5 V through 100k/100k on GPIO 2.
ADC_TEMPERATURE = 1
TEMPERATURE_REFERENCE_UV = 2230000
TEMPERATURE_REFERENCE_CDEG = 3000
TEMPERATURE_UV_PER_K = -13600
ADC_SUPPLY = 2
SUPPLY_DIVIDER = 2
SUPPLY_LOW_MV = 4000

RTC_BATTERY = False
REPL = False

# (offset, length) in bytes within the partition named "vfs".
FLASH = {"files": (0x000000, 0x40000), "journal": (0x040000, 0x180000)}
PROGRAM_SIZE = 256
JOURNAL_DAYS = 30
