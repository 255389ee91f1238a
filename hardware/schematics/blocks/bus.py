"""The chips on the I²C bus: real-time clock with tamper stamp, secure element, NFC tag."""

from steelyard_hardware.circuit import NC, Circuit


def clock(c: Circuit, column: int) -> None:
    """The real-time clock with its case switch and coin cell, and the pull-ups of the bus.

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
        c.part("D3", "mmbd1501", K="CASE_TAMPER", A="CASE")
        c.two("R22", "R 1M", "CASE", "+3V3")
        c.two("R23", "R 100k", "RTC_INT", "+3V3")
        c.two("R24", "R 4k7", "I2C_SDA", "+3V3")
        c.two("R25", "R 4k7", "I2C_SCL", "+3V3")
        c.two("C21", "C 100n", "+3V3", "GND")
        c.two("C22", "C 100n", "VRTC", "GND")


def key_store(c: Circuit, column: int) -> None:
    """The secure element."""
    with c.block("Key store", column):
        c.part("U4", "atecc608", SCL="I2C_SCL", SDA="I2C_SDA", VCC="+3V3", GND="GND", NC=NC)
        c.two("C23", "C 100n", "+3V3", "GND")


def tag(c: Circuit, column: int) -> None:
    """The NFC tag with its antenna."""
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
