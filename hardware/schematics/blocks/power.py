"""Power: USB and charger, 3.3 V, excitation, measurement of the supply, brown-out."""

from steelyard_hardware.circuit import NC, Circuit


def usb_and_charger(c: Circuit, column: int) -> None:
    """USB-C for power and console, protected, and a lithium-ion charger whose output is VSYS with or without USB."""
    c.rail("VBUS", 5.0, 4.6, 5.5)
    c.rail("VUSB", 5.0, 4.5, 5.5)
    c.rail("VIN", 5.0, 4.35, 5.5)
    c.rail("VBAT", 3.7, 3.2, 4.25)
    c.rail("VSYS", 4.2, 3.2, 5.5)
    with c.block(
        "USB, charger, battery",
        column,
        "PROG1, SEL, PROG2: 500 mA by USB. TE low: timer on. D2 leaves 10 V: U14 opens.",
    ):
        _socket(c)
        _charger(c)


def _socket(c: Circuit) -> None:
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
    c.two("F1", "fuse", "VBUS", "VUSB")
    c.part("U14", "ncp361", EN="GND", FLAG=NC, IN="VUSB", OUT="VIN", GND="GND")
    c.two("C7", "C 1u", "VUSB", "GND")
    c.two("C8", "C 1u", "VIN", "GND")


def _charger(c: Circuit) -> None:
    c.part(
        "U10",
        "mcp73871",
        IN="VIN",
        VPCC="VIN",
        SEL="GND",
        PROG2="VIN",
        PROG1="CHG_PROG1",
        PROG3="CHG_PROG3",
        TE="GND",
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
    c.part("BT1", "cell_battery", {"+": "VBAT", "-": "GND"}, NTC="CHG_THERM")
    c.two("R3", "R 2k", "CHG_PROG1", "GND")
    c.two("R4", "R 10k", "CHG_PROG3", "GND")
    c.two("R5", "R 330k", "CHG_THERM", "GND")
    c.two("C1", "C 10u", "VIN", "GND")
    c.two("C2", "C 10u", "VBAT", "GND")
    c.two("C3", "C 22u", "VSYS", "GND")


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
        c.two("C9", "C 1u", "+5V", "GND")


def supply_measurement(c: Circuit, column: int) -> None:
    """VSYS by half, for the brown-out flag and the battery's symbol; 5 kOhm, as the pin leaks."""
    with c.block("Supply measurement", column):
        c.two("R60", "R 10k", "VSYS", "ADC_SUPPLY")
        c.two("R61", "R 10k", "ADC_SUPPLY", "GND")
        c.two("C62", "C 100n", "ADC_SUPPLY", "GND")


def supervisor(c: Circuit, column: int, reset: str) -> None:
    """Holds the processor in reset below 2.93 V, so that no flash operation begins on a dying supply."""
    with c.block("Brown-out", column):
        c.part("U7", "tps3839", VDD="+3V3", GND="GND", RESET=reset)
        c.two("C45", "C 100n", "+3V3", "GND")
