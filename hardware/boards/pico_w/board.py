"""Board profile of the reference scale on a Raspberry Pi Pico W: which pins, which converter, where in flash.

The firmware imports it as `board`. A new board is a new folder here with a `board.py` that gives the same names.
"""

NAME = "pico_w"
# What the boot statement calls this circuit (a CDDL word, at most 32 characters).
HARDWARE = "steelyard-pico-w"
# Which of MicroPython's ports `agent.port` talks to: "rp2" or "esp32".
PORT = "rp2"

# Load-cell converter: driver name (a module of the agent), its pins, nominal conversions per second, gain.
ADC = "hx711"
PIN_ADC_DOUT = 16
PIN_ADC_SCK = 17
ADC_RATE = 10
ADC_GAIN = 128

# Both inputs have a pull-up; low means case closed and adjustment switch on, so that a cut wire reads as an open case.
PIN_CASE = 18
PIN_ADJUST = 19

# Temperature near the load cell: the RP2040's own sensor (datasheet 4.9.5: 0.706 V at 27 degrees, -1.721 mV/K).
ADC_TEMPERATURE = 4
TEMPERATURE_REFERENCE_UV = 706000
TEMPERATURE_REFERENCE_CDEG = 2700
TEMPERATURE_UV_PER_K = -1721
# VSYS through the board's own divider by three; the wireless chip shares this pin, so it is read seldom.
ADC_SUPPLY = 3
SUPPLY_DIVIDER = 3
SUPPLY_LOW_MV = 3600

# True where a battery keeps the clock; True where MicroPython's prompt can be reached (every boot statement says so).
RTC_BATTERY = False
REPL = False

# (offset, length) in bytes within the 848 KB of storage that the port leaves on a 2 MB chip.
FLASH = {"files": (0x00000, 0x20000), "journal": (0x20000, 0xB4000)}
# The smallest unit that the flash chip programs, in bytes.
PROGRAM_SIZE = 256
# How long the journal lasts without a network at the default period of 600 s, snapshots alone, until they thin out.
JOURNAL_DAYS = 14
