"""The test points of both boards: one number means one net, so that docs/board-test.md and a needle bed fit both."""

from steelyard_hardware.circuit import Circuit

NETS = (
    "GND",
    "VBUS",
    "VIN",
    "VBAT",
    "VSYS",
    "+3V3",
    "+5V",
    "AVDD",
    "EXC_P",
    "RESET",
    "VCOIN",
    "VRTC",
    "CASE",
    "ADJUST",
    "I2C_SDA",
    "I2C_SCL",
    "ADC_DOUT",
    "ADC_SCK",
    "ADC_TEMPERATURE",
    "ADC_SUPPLY",
    "UART_TX",
    "UART_RX",
    "CHG_THERM",
    "LAMP",
    "SOUND",
    "BOOT",
)
"""TP1 is on the first, TP2 on the second, and so on. CASE_TAMPER has none: a probe would load its 2.2 MΩ."""


def test_points(c: Circuit, column: int) -> None:
    """A bare pad on each net of `NETS` that the board has; to be called when the rest is drawn."""
    there = c.nets()
    with c.block("Test points", column, "Pads of 1.5 mm on the upper side. What to measure: docs/board-test.md."):
        for number, net in enumerate(NETS, 1):
            if net in there:
                c.test_point(f"TP{number}", net)
