"""The good reference board: ESP32-S3 module with an ADS1232."""

from steelyard_hardware.circuit import NC, Circuit

from schematics.blocks import bus, measurement, people, power, probes

_PINS = {
    "EN": "RESET",
    "IO0": "BOOT",
    "IO1": "ADC_TEMPERATURE",
    "IO2": "ADC_SUPPLY",
    "IO3": NC,
    "IO4": "ADC_DOUT",
    "IO5": "ADC_SCK",
    "IO6": "CASE",
    "IO7": "ADJUST",
    "IO8": "I2C_SDA",
    "IO9": "I2C_SCL",
    "IO10": "LCD_CS_CUSTOMER",
    "IO11": "LCD_SDA",
    "IO12": "LCD_SCK",
    "IO13": "LCD_A0",
    "IO14": "LCD_CS",
    "IO15": "ADC_PWDN",
    "IO16": "ROW5",
    "IO17": "UART_TX",
    "IO18": "UART_RX",
    "3V3": "+3V3",
    "IO19": "USB_DM",
    "IO20": "USB_DP",
    "IO21": NC,
    "IO35": "COL1",
    "IO36": "COL2",
    "IO37": "COL3",
    "IO38": "LAMP_ON",
    "IO39": "BUZZER",
    "IO40": "COL4",
    "IO41": "ROW1",
    "IO42": "ROW2",
    "IO43": NC,
    "IO44": NC,
    "IO45": NC,
    "IO46": NC,
    "IO47": "ROW3",
    "IO48": "ROW4",
    "GND": "GND",
}


def circuit() -> Circuit:
    """Return the board's circuit."""
    c = Circuit("esp32_s3", "Steelyard reference scale, ESP32-S3-WROOM-1, ADS1232")
    power.usb_and_charger(c, 0)
    power.excitation(c, 0)
    power.rail_3v3(c, 0)
    power.supply_measurement(c, 0)
    with c.block(
        "Processor",
        1,
        "IO0, IO3, IO45 and IO46 decide how the chip starts: nothing but pads inside the seal is on them.",
    ):
        c.part("U1", "esp32_s3", _PINS)
        c.two("R50", "R 10k", "BOOT", "+3V3")
        c.two("C50", "C 22u", "+3V3", "GND")
        c.two("C51", "C 100n", "+3V3", "GND")
    power.supervisor(c, 1, "RESET")
    people.sounder(c, 1)
    people.displays(c, 1)
    bus.clock(c, 2)
    bus.key_store(c, 2)
    bus.tag(c, 2)
    people.service_port(c, 2)
    measurement.converter_ads1232(c, 3)
    measurement.cell_temperature(c, 2)
    people.switch_under_seal(c, 1)
    people.keypad(c, 3)
    probes.test_points(c, 1)
    return c
