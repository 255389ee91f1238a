"""The cheap reference board: Raspberry Pi Pico 2 W (RP2350) with an HX711."""

from steelyard_hardware.circuit import NC, Circuit

from schematics.blocks import bus, measurement, people, power, probes

_PINS = {
    "GP0": "UART_TX",
    "GP1": "UART_RX",
    "GP2": "COL1",
    "GP3": "COL2",
    "GP4": "I2C_SDA",
    "GP5": "I2C_SCL",
    "GP6": "COL3",
    "GP7": "COL4",
    "GP8": "LCD_CS_CUSTOMER",
    "GP9": "LCD_CS",
    "GP10": "LCD_SCK",
    "GP11": "LCD_SDA",
    "GP12": "LCD_A0",
    "GP13": "ROW4",
    "GP14": "LAMP_ON",
    "GP15": "BUZZER",
    "GP16": "ADC_DOUT",
    "GP17": "ADC_SCK",
    "GP18": "CASE",
    "GP19": "ADJUST",
    "GP20": "ROW1",
    "GP21": "ROW2",
    "GP22": "ROW3",
    "GP27": "ADC_SUPPLY",
    "GP28": "ROW5",
    "GP26": "ADC_TEMPERATURE",
    "3V3": "+3V3",
    "3V3_EN": NC,
    "USB_DM": "USB_DM",
    "USB_DP": "USB_DP",
    "VSYS": "VSYS",
    "RUN": "RESET",
    "GND": "GND",
    "VBUS": NC,
    "ADC_VREF": "ADC_VREF",
    "BOOTSEL": NC,
    "SWCLK": NC,
    "SWDIO": NC,
}


def circuit() -> Circuit:
    """Return the board's circuit."""
    c = Circuit("pico2_w", "Steelyard reference scale, Raspberry Pi Pico 2 W (RP2350), HX711")
    power.usb_and_charger(c, 0)
    power.excitation(c, 0)
    c.rail("+3V3", 3.3, 3.15, 3.45)
    note = (
        "3V3 comes from the module's own converter. BOOTSEL and SWD are pads inside the seal. "
        "No net needs a pull-down of the RP2350 (erratum E9)."
    )
    with c.block("Processor", 1, note):
        c.part("U1", "pico2_w", _PINS)
        c.two("C50", "C 22u", "VSYS", "GND")
        c.two("C51", "C 100n", "+3V3", "GND")
    measurement.reference_of_the_chip(c, 1)
    power.supply_measurement(c, 0)
    power.supervisor(c, 1, "RESET")
    people.switch_under_seal(c, 1)
    people.sounder(c, 1)
    bus.clock(c, 2)
    bus.key_store(c, 2)
    bus.tag(c, 2)
    people.service_port(c, 2)
    measurement.converter_hx711(c, 3)
    people.displays(c, 0)
    measurement.cell_temperature(c, 3)
    people.keypad(c, 3)
    probes.test_points(c, 1)
    return c
