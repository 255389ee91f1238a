"""Blocks that the reference boards share: power, sensors, clock with tamper stamp, key store, tag, people, ports.

A block is a function of the circuit and the column of the sheet in which it is drawn; what differs between boards comes
as an argument. Nets between blocks have names of their own, in capitals, as in the board profile.
"""

from steelyard_hardware.circuit import NC, Circuit

COLUMNS = ("COL1", "COL2", "COL3", "COL4")
ROWS = ("ROW1", "ROW2", "ROW3", "ROW4", "ROW5")


def usb_and_charger(c: Circuit, column: int) -> None:
    """USB-C for power and console, protected, and a lithium-ion charger whose output is VSYS with or without USB."""
    c.rail("VBUS", 5.0, 4.5, 5.5)
    c.rail("VIN", 5.0, 4.4, 5.5)
    c.rail("VBAT", 3.7, 3.2, 4.25)
    c.rail("VSYS", 4.2, 3.2, 5.5)
    with c.block("USB, charger, battery", column, "PROG1 2k: 500 mA. SEL and PROG2: USB input, 500 mA."):
        c.part(
            "J1",
            "usb_c",
            {"D+": "USB_DP", "D-": "USB_DM"},
            VBUS="VBUS",
            CC1="CC1",
            CC2="CC2",
            GND="GND",
            SHIELD="GND",
            SBU1=NC,
            SBU2=NC,
        )
        c.part("D1", "usblc6", {"I/O1": "USB_DP", "I/O2": "USB_DM"}, VBUS="VBUS", GND="GND")
        c.part("D10", "sp0504", K1="CC1", K2="CC2", K3=NC, K4=NC, A="GND")
        c.two("D2", "smbj6", "VBUS", "GND")
        c.two("R1", "R 5k1", "CC1", "GND")
        c.two("R2", "R 5k1", "CC2", "GND")
        c.two("F1", "fuse", "VBUS", "VIN")
        c.part(
            "U10",
            "mcp73871",
            IN="VIN",
            VPCC="VIN",
            SEL="GND",
            PROG2="VIN",
            PROG1="CHG_PROG1",
            PROG3="CHG_PROG3",
            TE="VIN",
            CE="VIN",
            THERM="CHG_THERM",
            OUT="VSYS",
            VBAT="VBAT",
            VBAT_SENSE="VBAT",
            PG=NC,
            STAT2=NC,
            STAT1=NC,
            VSS="GND",
        )
        c.part("BT1", "cell_battery", {"+": "VBAT", "-": "GND"})
        c.two("R3", "R 2k", "CHG_PROG1", "GND")
        c.two("R4", "R 10k", "CHG_PROG3", "GND")
        c.two("R5", "R 10k", "CHG_THERM", "GND")
        c.two("C1", "C 10u", "VIN", "GND")
        c.two("C2", "C 10u", "VBAT", "GND")
        c.two("C3", "C 22u", "VSYS", "GND")


def excitation(c: Circuit, column: int) -> None:
    """5 V by a boost converter, then 4.5 V from a low-noise regulator: excitation and reference of the load cell."""
    c.rail("+5V", 5.0, 4.85, 5.5)
    c.rail("AVDD", 4.5, 4.41, 4.59)
    with c.block("Excitation 4.5 V", column, "Ratiometric: what AVDD does, bridge and reference do together."):
        c.part("U11", "tps61222", VIN="VSYS", EN="VSYS", L="BOOST_L", FB="+5V", VOUT="+5V", GND="GND")
        c.two("L1", "L 4u7", "VSYS", "BOOST_L")
        c.part("U12", "lp5907_45", IN="+5V", EN="+5V", OUT="AVDD", GND="GND", NC=NC)
        c.two("C4", "C 10u", "VSYS", "GND")
        c.two("C5", "C 22u", "+5V", "GND")
        c.two("C6", "C 1u", "AVDD", "GND")


def cell_connector(c: Circuit) -> None:
    """The load cell's wires with their filter; ends in AIN_P, AIN_N and the sense lines."""
    c.part(
        "J2",
        "cell_connector",
        {"E+": "EXC_P", "SENSE+": "SENSE_P", "S+": "CELL_P", "S-": "CELL_N", "SENSE-": "SENSE_N", "E-": "GND"},
        SHIELD="GND",
    )
    c.two("FB1", "FB 600", "AVDD", "EXC_P")
    c.two("R10", "R 100", "CELL_P", "AIN_P")
    c.two("R11", "R 100", "CELL_N", "AIN_N")
    c.two("C10", "C 100n_C0G", "AIN_P", "AIN_N")
    c.two("C11", "C 1n", "AIN_P", "GND")
    c.two("C12", "C 1n", "AIN_N", "GND")


def converter_hx711(c: Circuit, column: int) -> None:
    """The cheap converter: 10 samples a second, gain 128; its reference is AVDD, so the sense lines end there."""
    with c.block(
        "Load cell and converter",
        column,
        "RATE low: 10 samples/s. XI low: internal oscillator. VFB low: own regulator off.",
    ):
        cell_connector(c)
        c.two("R12", "R 10", "SENSE_P", "AVDD")
        c.two("R13", "R 10", "SENSE_N", "GND")
        c.part(
            "U2",
            "hx711",
            {"INA+": "AIN_P", "INA-": "AIN_N", "INB+": "GND", "INB-": "GND"},
            VBG="ADC_VBG",
            VFB="GND",
            BASE=NC,
            AGND="GND",
            VSUP="AVDD",
            AVDD="AVDD",
            DVDD="+3V3",
            DOUT="ADC_DOUT",
            PD_SCK="ADC_SCK",
            RATE="GND",
            XI="GND",
            XO=NC,
        )
        c.two("C13", "C 100n", "ADC_VBG", "GND")
        c.two("C14", "C 10u", "AVDD", "GND")
        c.two("C15", "C 100n", "AVDD", "GND")
        c.two("C16", "C 100n", "+3V3", "GND")


def converter_ads1232(c: Circuit, column: int) -> None:
    """The good converter: its reference is what arrives at the cell, by the sense wires."""
    with c.block(
        "Load cell and converter", column, "SPEED low: 10 samples/s. Both GAIN high: 128. A0 and TEMP low: channel 1."
    ):
        cell_connector(c)
        c.two("R12", "R 100", "SENSE_P", "REF_P")
        c.two("R13", "R 100", "SENSE_N", "REF_N")
        c.two("C17", "C 1u", "REF_P", "REF_N")
        c.part(
            "U2",
            "ads1232",
            {"DRDY/DOUT": "ADC_DOUT"},
            AINP1="AIN_P",
            AINN1="AIN_N",
            AINP2="GND",
            AINN2="GND",
            REFP="REF_P",
            REFN="REF_N",
            CAP_A="ADC_CAP1",
            CAP_B="ADC_CAP2",
            A0="GND",
            TEMP="GND",
            AGND="GND",
            AVDD="AVDD",
            DVDD="+3V3",
            SCLK="ADC_SCK",
            PWDN="ADC_PWDN",
            SPEED="GND",
            GAIN0="+3V3",
            GAIN1="+3V3",
            CLKIN="GND",
            XTAL2=NC,
            DGND="GND",
        )
        c.two("C13", "C 100n_C0G", "ADC_CAP1", "ADC_CAP2")
        c.two("C14", "C 10u", "AVDD", "GND")
        c.two("C15", "C 100n", "AVDD", "GND")
        c.two("C16", "C 100n", "+3V3", "GND")
        c.two("R14", "R 100k", "ADC_PWDN", "GND")


def cell_temperature(c: Circuit, column: int) -> None:
    """A sensor on the load cell, for the compensation of zero and span."""
    with c.block("Temperature of the cell", column, "U8 sits on a flexible tail glued to the load cell."):
        c.part("U8", "lmt87", VDD="+3V3", OUT="CELL_T", GND="GND")
        c.two("R15", "R 1k", "CELL_T", "ADC_TEMPERATURE")
        c.two("C18", "C 100n", "ADC_TEMPERATURE", "GND")
        c.two("C19", "C 100n", "+3V3", "GND")


def i2c(c: Circuit, column: int) -> None:
    """One bus: real-time clock, secure element, NFC tag.

    The clock goes over to its coin cell where that has more than 2.2 V (level switching): below it is empty.
    """
    c.rail("VCOIN", 3.0, 2.2, 3.3)
    c.rail("VRTC", 3.0, 2.2, 3.3)
    with c.block(
        "Clock with tamper stamp",
        column,
        "SW1 is closed while the cover presses it. Opened, EVI rises and U3 keeps the time, also on BT2 alone.",
    ):
        c.part(
            "U3",
            "rv3028",
            SCL="I2C_SCL",
            SDA="I2C_SDA",
            EVI="CASE_TAMPER",
            INT="RTC_INT",
            VDD="+3V3",
            VBACKUP="VRTC",
            CLKOUT=NC,
            VSS="GND",
        )
        c.part("BT2", "coin", {"+": "VCOIN", "-": "GND"})
        c.two("R20", "R 1k", "VCOIN", "VRTC")
        c.two("R21", "R 2M2", "VRTC", "CASE_TAMPER")
        c.two("SW1", "case_switch", "CASE_TAMPER", "GND")
        c.two("C20", "C 10n", "CASE_TAMPER", "GND")
        c.two("D3", "bas416", "CASE_TAMPER", "CASE")
        c.two("R22", "R 100k", "CASE", "+3V3")
        c.two("R23", "R 100k", "RTC_INT", "+3V3")
        c.two("R24", "R 4k7", "I2C_SDA", "+3V3")
        c.two("R25", "R 4k7", "I2C_SCL", "+3V3")
        c.two("C21", "C 100n", "+3V3", "GND")
        c.two("C22", "C 100n", "VRTC", "GND")
    with c.block("Key store", column):
        c.part("U4", "atecc608", SCL="I2C_SCL", SDA="I2C_SDA", VCC="+3V3", GND="GND", NC=NC)
        c.two("C23", "C 100n", "+3V3", "GND")
    with c.block("NFC tag for the public look-up", column, "L2 with 28.5 pF inside U5: 13.56 MHz."):
        c.part(
            "U5",
            "st25dv",
            SCL="I2C_SCL",
            SDA="I2C_SDA",
            GPO="TAG_GPO",
            VCC="+3V3",
            V_EH=NC,
            AC0="ANTENNA_A",
            AC1="ANTENNA_B",
            VSS="GND",
        )
        c.two("L2", "coil", "ANTENNA_A", "ANTENNA_B")
        c.two("R26", "R 100k", "TAG_GPO", "+3V3")
        c.two("C24", "C 100n", "+3V3", "GND")


def switch_under_seal(c: Circuit, column: int) -> None:
    """The adjustment switch: on connects the pin to ground."""
    with c.block("Adjustment switch", column, "Reached only with the seal broken."):
        c.two("SW2", "adjust_switch", "ADJUST_SW", "GND")
        c.two("R27", "R 1k", "ADJUST_SW", "ADJUST")
        c.two("R28", "R 10k", "ADJUST", "+3V3")
        c.two("C25", "C 100n", "ADJUST", "GND")


def displays(c: Circuit, column: int) -> None:
    """Vendor's and customer's display on one SPI bus, and their lamps."""
    with c.block("Displays and lamp", column, "Both modules get the same bytes or each its own, by its CS."):
        for ref, side in (("J3", "VENDOR"), ("J4", "CUSTOMER")):
            c.part(
                ref,
                "display",
                {"LED-": f"LAMP_{side}"},
                VDD="+3V3",
                GND="GND",
                SCK="LCD_SCK",
                SDA="LCD_SDA",
                A0="LCD_A0",
                RST="LCD_RST",
                CS=f"LCD_CS_{side}",
            )
        c.two("R30", "R 100", "LAMP_VENDOR", "LAMP")
        c.two("R31", "R 100", "LAMP_CUSTOMER", "LAMP")
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
        lines = COLUMNS + ROWS
        c.part("J5", "keypad", {line: f"PAD_{line}" for line in lines})
        for number, group in enumerate((lines[:4], lines[4:8], lines[8:])):
            named = {f"K{place + 1}": f"PAD_{line}" for place, line in enumerate(group)}
            spare = {f"K{place + 1}": NC for place in range(len(group), 4)}
            c.part(f"D{4 + number}", "sp0504", {**named, **spare, "A": "GND"})
        for number, line in enumerate(lines):
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


def supervisor(c: Circuit, column: int, reset: str) -> None:
    """Holds the processor in reset below 2.93 V, so that no flash operation begins on a dying supply."""
    with c.block("Brown-out", column):
        c.part("U7", "tps3839", VDD="+3V3", GND="GND", RESET=reset)
        c.two("C45", "C 100n", "+3V3", "GND")


def rail_3v3(c: Circuit, column: int) -> None:
    """3.3 V for everything digital from VSYS, whether that is above or below; power-save mode off for a quiet rail."""
    c.rail("+3V3", 3.3, 3.2, 3.4)
    with c.block("3.3 V", column, "PS/SYNC high: fixed frequency, so that no burst falls into the converter's band."):
        c.part(
            "U9",
            "tps63001",
            {"PS/SYNC": "VSYS"},
            VIN="VSYS",
            VINA="VSYS",
            EN="VSYS",
            L1="BUCK_L1",
            L2="BUCK_L2",
            VOUT="+3V3",
            FB="+3V3",
            PGND="GND",
            GND="GND",
        )
        c.two("L3", "L 2u2", "BUCK_L1", "BUCK_L2")
        c.two("C60", "C 10u", "VSYS", "GND")
        c.two("C61", "C 22u", "+3V3", "GND")


def supply_measurement(c: Circuit, column: int) -> None:
    """VSYS by half, for the brown-out flag and the battery's symbol."""
    with c.block("Supply measurement", column):
        c.two("R60", "R 100k", "VSYS", "ADC_SUPPLY")
        c.two("R61", "R 100k", "ADC_SUPPLY", "GND")
        c.two("C62", "C 100n", "ADC_SUPPLY", "GND")
