"""Board profile of the scale on an ESP32-S3 with an ADS1232.

Made from hardware/boards/esp32_s3.toml by `make boards`: change that file, not this one. The firmware imports
this module as `board`; what each name means stands there and in docs/hardware.md.
"""

NAME = "esp32_s3"
HARDWARE = "steelyard-esp32-s3"
PORT = "esp32"

ADC = "ads1232"
ADC_RATE = 10
ADC_GAIN = 128
ADC_PINS = (4, 5, 15)

# GPIO numbers; switches are low when closed
PIN_ADC_DOUT = 4
PIN_ADC_PWDN = 15
PIN_ADC_SCK = 5
PIN_ADJUST = 7
PIN_BUZZER = 39
PIN_CASE = 6
PIN_COL1 = 35
PIN_COL2 = 36
PIN_COL3 = 37
PIN_COL4 = 40
PIN_I2C_SCL = 9
PIN_I2C_SDA = 8
PIN_LAMP = 38
PIN_LCD_A0 = 13
PIN_LCD_CS = 14
PIN_LCD_CS_CUSTOMER = 10
PIN_LCD_SCK = 12
PIN_LCD_SDA = 11
PIN_ROW1 = 41
PIN_ROW2 = 42
PIN_ROW3 = 47
PIN_ROW4 = 48
PIN_ROW5 = 16
PIN_SUPPLY = 2
PIN_TEMPERATURE = 1
PIN_UART_RX = 18
PIN_UART_TX = 17
PIN_USB_DM = 19
PIN_USB_DP = 20
# Those that need the pull-up inside the chip
PULL_UPS = (16, 41, 42, 47, 48)

# Numbers of the buses and the serial port with its pins; drivers of what is on them and at the pins
I2C = 0
SPI = 1
UART = (1, 17, 18)
CHIPS = ("atecc608", "keypad", "rv3028", "st25dv", "st7567")

# The keypad's pins, and the distance of a display's pixels in micrometres, and what selects the displays
KEYPAD_COLUMNS = (35, 36, 37, 40)
KEYPAD_ROWS = (41, 42, 47, 48, 16)
PIXEL_UM = 530
LCD_SELECTS = (14, 10)

# GPIO numbers; None is the sensor inside the chip
ADC_FULL_SCALE_UV = 2900000
ADC_TEMPERATURE = 1
TEMPERATURE_REFERENCE_UV = 2230000
TEMPERATURE_REFERENCE_CDEG = 3000
TEMPERATURE_UV_PER_K = -13600
ADC_SUPPLY = 2
SUPPLY_DIVIDER = 2
SUPPLY_LOW_MV = 3400

RTC_BATTERY = True
REPL = False
# (address, bits): set once the fuses are burnt that close the chip's ports
FUSES = ((0x60007030, 0x001F1C00), (0x60007034, 0x00DC0000), (0x60007038, 0x00D00000), (0x6000703C, 0x80000013))

# (offset, length) in bytes within the port's storage
FLASH = {
    "files": (0x060000, 0x040000),
    "journal": (0x0A0000, 0x550000),
    "sales": (0x5F0000, 0x010000),
    "code_a": (0x000000, 0x030000),
    "code_b": (0x030000, 0x030000),
}
PROGRAM_SIZE = 256
JOURNAL_DAYS = 106
