"""Measurement: load cell with its converter, and the temperature of the cell."""

from steelyard_hardware.circuit import NC, Circuit


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
        c.two("C14", "C 1u", "AVDD", "GND")
        c.two("C15", "C 100n", "AVDD", "GND")
        c.two("C16", "C 100n", "+3V3", "GND")


def _reference(c: Circuit) -> None:
    """The sense lines to the converter's reference.

    A cell with four wires has none: R16 and R17 then give the reference. Beside sense wires of half an ohm they falsify
    it by 7 ppm, always the same.
    """
    c.two("R12", "R 100", "SENSE_P", "REF_P")
    c.two("R13", "R 100", "SENSE_N", "REF_N")
    c.two("R16", "R 100", "SENSE_P", "EXC_P")
    c.two("R17", "R 100", "SENSE_N", "GND")
    c.two("C17", "C 1u", "REF_P", "REF_N")


def converter_ads1232(c: Circuit, column: int) -> None:
    """The good converter: its reference is what arrives at the cell, by the sense wires."""
    with c.block(
        "Load cell and converter", column, "SPEED low: 10 samples/s. Both GAIN high: 128. A0 and TEMP low: channel 1."
    ):
        cell_connector(c)
        _reference(c)
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
        c.two("C14", "C 1u", "AVDD", "GND")
        c.two("C15", "C 100n", "AVDD", "GND")
        c.two("C16", "C 100n", "+3V3", "GND")
        c.two("R14", "R 100k", "ADC_PWDN", "GND")


def cell_temperature(c: Circuit, column: int) -> None:
    """A sensor on the load cell, for the compensation of zero and span."""
    with c.block("Temperature of the cell", column, "U8 sits on a flexible tail glued to the load cell."):
        c.part("U8", "lmt87", VDD="+3V3", OUT="CELL_T", GND="GND")
        c.two("R15", "R 2k", "CELL_T", "ADC_TEMPERATURE")
        c.two("C18", "C 100n", "ADC_TEMPERATURE", "GND")
        c.two("C19", "C 100n", "+3V3", "GND")


def reference_of_the_chip(c: Circuit, column: int) -> None:
    """3.0 V for the processor's own converter in place of its rail, behind the 200 Ohm inside the module."""
    with c.block("Reference of the chip's converter", column, "The rail would be 4.5 % in doubt: 7 K at U8."):
        c.part("U13", "lm4040_30", K="ADC_VREF", A="GND")
        c.two("C26", "C 100n", "ADC_VREF", "GND")
