"""Board profile of the simulated scale: a Raspberry Pi Pico W with an HX711, as `simulator/hal` presents it.

It differs from `pico_w` in its name and in a storage region that spans the whole 2 MB chip. What each name means is
explained in `hardware/boards/pico_w/board.py`.
"""

NAME = "simulated"
HARDWARE = "steelyard-simulated"
PORT = "rp2"

ADC = "hx711"
PIN_ADC_DOUT = 16
PIN_ADC_SCK = 17
ADC_RATE = 10
ADC_GAIN = 128

PIN_CASE = 18
PIN_ADJUST = 19

ADC_TEMPERATURE = 4
TEMPERATURE_REFERENCE_UV = 706000
TEMPERATURE_REFERENCE_CDEG = 2700
TEMPERATURE_UV_PER_K = -1721
ADC_SUPPLY = 3
SUPPLY_DIVIDER = 3
SUPPLY_LOW_MV = 3600

RTC_BATTERY = False
REPL = False

FLASH = {"files": (0x100000, 0x40000), "journal": (0x140000, 0xC0000)}
PROGRAM_SIZE = 256
JOURNAL_DAYS = 15
