"""What people see and touch: switch under the seal, displays, sounder, keypad, service port."""

from steelyard_hardware.circuit import NC, Circuit

_KEYPAD = ("COL1", "COL2", "COL3", "COL4", "ROW1", "ROW2", "ROW3", "ROW4", "ROW5")


def switch_under_seal(c: Circuit, column: int) -> None:
    """The adjustment switch: on connects the pin to ground."""
    with c.block("Adjustment switch", column, "Reached only with the seal broken."):
        c.two("SW2", "adjust_switch", "ADJUST_SW", "GND")
        c.two("R27", "R 1k", "ADJUST_SW", "ADJUST")
        c.two("R28", "R 10k", "ADJUST", "+3V3")
        c.two("C25", "C 100n", "ADJUST", "GND")


def displays(c: Circuit, column: int) -> None:
    """Vendor's and customer's display on one SPI bus, and their lamps."""
    with c.block(
        "Displays and lamp",
        column,
        "Each has its select; the brown-out supervisor resets them with the processor. Lamps of 3.0 V need 5 V.",
    ):
        for ref, side, select in (("J3", "VENDOR", "LCD_CS"), ("J4", "CUSTOMER", "LCD_CS_CUSTOMER")):
            c.part(
                ref,
                "display",
                {"LED-": f"LAMP_{side}", "LED+": "+5V"},
                VDD="+3V3",
                GND="GND",
                SCK="LCD_SCK",
                SDA="LCD_SDA",
                A0="LCD_A0",
                RST="RESET",
                CS=select,
            )
        c.two("R30", "R 270", "LAMP_VENDOR", "LAMP")
        c.two("R31", "R 270", "LAMP_CUSTOMER", "LAMP")
        c.part("Q1", "2n7002", G="LAMP_ON", D="LAMP", S="GND")
        c.two("R32", "R 10k", "LAMP_ON", "GND")
        c.two("C30", "C 1u", "+3V3", "GND")


def sounder(c: Circuit, column: int) -> None:
    """A piezo sounder without circuit, driven by a pin."""
    with c.block("Sounder", column):
        c.part("BZ1", "buzzer", {"1": "SOUND", "2": "GND"})
        c.two("R33", "R 1k", "BUZZER", "SOUND")


def keypad(c: Circuit, column: int) -> None:
    """Membrane keypad: each line meets a suppressor, then a resistor, then the processor."""
    with c.block("Keypad 5 x 4", column, "Suppressors first, then 1k into each pin."):
        c.part("J5", "keypad", {line: f"PAD_{line}" for line in _KEYPAD}, SHIELD="GND")
        for number, group in enumerate((_KEYPAD[:4], _KEYPAD[4:8], _KEYPAD[8:])):
            named = {f"K{place + 1}": f"PAD_{line}" for place, line in enumerate(group)}
            spare = {f"K{place + 1}": NC for place in range(len(group), 4)}
            c.part(f"D{4 + number}", "sp0504", {**named, **spare, "A": "GND"})
        for number, line in enumerate(_KEYPAD):
            c.two(f"R{40 + number}", "R 1k", f"PAD_{line}", line)


def service_port(c: Circuit, column: int) -> None:
    """RS-232: console for the technician where USB does not reach. Its driver's line pins bear 15 kV."""
    with c.block("RS-232 service port", column):
        c.part("J6", "service_port", TX="RS232_TX", RX="RS232_RX", GND="GND")
        c.part(
            "U6",
            "max3232",
            {"C1+": "CP1P", "C1-": "CP1N", "C2+": "CP2P", "C2-": "CP2N", "VS+": "RS232_VP", "VS-": "RS232_VN"},
            T1IN="UART_TX",
            R1OUT="UART_RX",
            T2IN="GND",
            R2OUT=NC,
            VCC="+3V3",
            T1OUT="RS232_TX",
            R1IN="RS232_RX",
            T2OUT=NC,
            R2IN="GND",
            GND="GND",
        )
        c.two("C40", "C 100n", "CP1P", "CP1N")
        c.two("C41", "C 100n", "CP2P", "CP2N")
        c.two("C42", "C 100n", "RS232_VP", "GND")
        c.two("C43", "C 100n", "RS232_VN", "GND")
        c.two("C44", "C 100n", "+3V3", "GND")
