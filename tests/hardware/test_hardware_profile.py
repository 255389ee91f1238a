"""Board profiles: what is generated is what is committed, circuits agree with them, and every lie is refused."""

from __future__ import annotations

import ast
import random
import re

import pytest
from steelyard_hardware import circuit as circuits
from steelyard_hardware import profile
from steelyard_hardware.agreement import differences
from steelyard_hardware.chips import chips
from steelyard_hardware.circuit import Rail
from steelyard_hardware.errors import FileRefused
from steelyard_hardware.firmware_module import files, module

TEXT = {name: (profile.BOARDS / f"{name}.toml").read_text() for name in profile.names()}
WITH_CIRCUIT = profile.names_with_circuit()


@pytest.mark.parametrize("name", profile.names())
def test_what_is_committed_is_what_is_generated(name: str) -> None:
    for file, text in files(name).items():
        assert (profile.BOARDS / name / file).read_text() == text, "run `make boards`"


@pytest.mark.parametrize("name", WITH_CIRCUIT)
def test_circuit_and_profile_agree(name: str) -> None:
    assert differences(profile.load(name), circuits.load(name)) == []


def in_another_order(text: str, seed: int) -> str:
    """Return a profile with its tables, the lines of each and the keys of each inline table shuffled."""
    chance = random.Random(seed)
    lines = [line.partition(" #")[0] for line in text.splitlines() if line and not line.startswith("#")]
    tables: list[list[str]] = [[]]
    for line in lines:
        if line.startswith("["):
            tables.append([])
        tables[-1].append(line)
    top, *others = tables
    chance.shuffle(top)
    chance.shuffle(others)
    for table in others:
        rest = table[1:]
        chance.shuffle(rest)
        table[1:] = [re.sub(r"\{ (.*?), (.*) \}", r"{ \2, \1 }", line) for line in rest]
    return "\n".join(line for table in (top, *others) for line in table)


@pytest.mark.parametrize("name", profile.names())
@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_lines_means_nothing(name: str, seed: int) -> None:
    text = in_another_order(TEXT[name], seed)
    assert text != TEXT[name]
    assert module(profile.parse(name, text)) == module(profile.load(name))


def test_clock_before_data_is_still_clock_and_data() -> None:
    dout, sck = re.findall(r"^adc_.*\n", TEXT["pico2_w"], re.MULTILINE)
    assert "ADC_PINS = (16, 17)" in module(profile.parse("pico2_w", TEXT["pico2_w"].replace(dout + sck, sck + dout)))


@pytest.mark.parametrize("driver", chips().converters)
def test_a_converter_gets_its_pins_in_the_order_of_its_driver(driver: str) -> None:
    (source,) = (profile.ROOT / "firmware" / "agent").rglob(f"{driver}.py")
    (made,) = [
        function
        for item in ast.parse(source.read_text()).body
        if isinstance(item, ast.ClassDef) and item.name.lower() == driver
        for function in item.body
        if isinstance(function, ast.FunctionDef) and function.name == "__init__"
    ]
    taken = [argument.arg.replace("pin_", "adc_") for argument in made.args.args[1:]]
    assert taken == [pin.name for pin in chips().converters[driver].pins]


def test_a_profile_that_the_circuit_contradicts_is_found() -> None:
    circuit = circuits.load("pico2_w")
    swapped = TEXT["pico2_w"].replace("gpio = 18, to", "gpio = 98, to").replace("gpio = 19, to", "gpio = 18, to")
    swapped = swapped.replace("gpio = 98, to", "gpio = 19, to")
    said = "\n".join(differences(profile.parse("pico2_w", swapped), circuit))
    assert "case: GP19 does not reach SW1.1" in said
    assert "adjust: GP18 does not reach SW2.1" in said


def test_a_pin_of_the_circuit_that_the_profile_leaves_out_is_found() -> None:
    text = "\n".join(line for line in TEXT["pico2_w"].splitlines() if not line.startswith("buzzer"))
    said = differences(profile.parse("pico2_w", text), circuits.load("pico2_w"))
    assert said == ["GP15 is on BUZZER in the circuit, and the profile does not name it"]


def test_a_pin_that_the_circuit_moved_is_found() -> None:
    circuit = circuits.load("pico2_w")
    nets = circuit.parts["U1"].nets
    nets["21"], nets["22"] = nets["22"], nets["21"]
    said = "\n".join(differences(profile.load("pico2_w"), circuit))
    assert "adc_dout: GP16 does not reach U2.DOUT" in said


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("pico2_w", "low_mv = 3400", "low_mv = 3100", "supply.low_mv is 3100; VSYS is from 3.2 V to nominally 4.2 V"),
        ("esp32_s3", "low_mv = 3400", "low_mv = 4200", "supply.low_mv is 4200; VSYS is from 3.2 V to nominally 4.2 V"),
        ("pico2_w", "full_scale_mv = 3000", "full_scale_mv = 3300", "the reference at ADC_VREF gives (2.985, 3.015) V"),
        (
            "esp32_s3",
            "chip_bytes = 0x800000",
            "chip_bytes = 0x1000000",
            "flash.chip_bytes is 16777216; ESP32-S3-WROOM-1-N8 has 8388608: write that",
        ),
    ],
)
def test_a_figure_that_the_circuit_contradicts_is_found(name: str, old: str, new: str, said: str) -> None:
    (told,) = differences(profile.parse(name, TEXT[name].replace(old, new)), circuits.load(name))
    assert said in told


def test_a_converter_without_its_reference_is_found() -> None:
    circuit = circuits.load("pico2_w")
    del circuit.parts["U13"]
    (told,) = differences(profile.load("pico2_w"), circuit)
    assert told == "analogue.full_scale_mv: ADC_VREF has 0 references on it: fit one"


def test_a_chip_that_the_circuit_lacks_is_found() -> None:
    circuit = circuits.load("pico2_w")
    del circuit.parts["U3"]
    said = "\n".join(differences(profile.load("pico2_w"), circuit))
    assert "the circuit has no rv3028" in said
    assert "disagree whether a battery keeps the clock" in said


def exchanged(one: int, other: int, end: str, other_end: str) -> list[tuple[str, str]]:
    """Replacements that exchange two pins with their ends: profile and circuit agree, the driver gets them crossed."""
    return [
        (f"gpio = {one}, to", "gpio = 99, to"),
        (f"gpio = {other}, to", f"gpio = {one}, to"),
        ("gpio = 99, to", f"gpio = {other}, to"),
        (end, "U0.X"),
        (other_end, end),
        ("U0.X", other_end),
    ]


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        (
            "pico2_w",
            exchanged(16, 17, "U2.DOUT", "U2.PD_SCK"),
            "adc_dout: GP17 does not reach U2.DOUT, which the driver hx711 needs",
        ),
        (
            "esp32_s3",
            exchanged(8, 9, "U3.SDA", "U3.SCL"),
            "i2c_sda: IO9 does not reach U4.SDA, which the bus i2c needs",
        ),
        ("pico2_w", [("rate = 10", "rate = 80")], "adc.rate is 80, for which U2.RATE must be high; it is on GND"),
        ("pico2_w", [("gain = 128", "gain = 32")], "adc.gain is 32, for which U2.INB+ must be signal; it is on GND"),
        ("pico2_w", [(', "st25dv"]', "]")], "the circuit has the st25dv U5, and the profile has no driver st25dv"),
        ("pico2_w", [('to = "Q1.G", ', "")], "lamp: the profile does not say where GP14 ends"),
        (
            "pico2_w",
            [("divider = 2", "divider = 3")],
            "supply.divider is 3; the resistors at ADC_SUPPLY divide VSYS by 2.00",
        ),
        (
            "esp32_s3",
            [("full_scale_mv = 2900", "full_scale_mv = 2780"), ("divider = 2", "divider = 1")],
            "supply.divider is 1; the resistors at ADC_SUPPLY divide VSYS by 2.00",
        ),
    ],
    ids=[
        "clock and data",
        "lines of the bus",
        "rate",
        "gain of the other channel",
        "a chip left out",
        "an end left out",
        "a divider by another number",
        "a divider by none",
    ],
)
def test_what_a_driver_needs_is_compared_with_the_circuit(name: str, changes: list[tuple[str, str]], said: str) -> None:
    text = TEXT[name]
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    assert said in differences(profile.parse(name, text), circuits.load(name))


def test_a_supply_beyond_full_scale_is_found() -> None:
    circuit = circuits.load("pico2_w")
    circuit.rails["VSYS"] = Rail(5.0, 3.2, 6.1)
    said = differences(profile.load("pico2_w"), circuit)
    assert said == ["supply.pin: VSYS gives 3050 mV at ADC_SUPPLY, more than analogue.full_scale_mv"]


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        (
            "pico2_w",
            'to = "J5.ROW1", use = "input", pull_up = true',
            'to = "J5.ROW1", use = "input"',
            "row1: nothing holds",
        ),
        (
            "esp32_s3",
            'to = "J5.ROW5", use = "input", pull_up = true',
            'to = "J5.ROW5", use = "input"',
            "row5: nothing holds",
        ),
    ],
)
def test_an_input_that_nothing_holds_is_found(name: str, old: str, new: str, said: str) -> None:
    assert old in TEXT[name]
    (told,) = differences(profile.parse(name, TEXT[name].replace(old, new)), circuits.load(name))
    assert told.startswith(said)


def test_a_converter_that_is_not_there_leaves_its_line_floating() -> None:
    circuit = circuits.load("pico2_w")
    circuit.parts["U2"].nets.pop(circuit.parts["U2"].kind.pin("DOUT")[0].number)
    assert any(each.startswith("adc_dout: nothing holds") for each in differences(profile.load("pico2_w"), circuit))


def test_a_switch_of_a_board_without_circuit_needs_the_pull_up_of_the_chip() -> None:
    with pytest.raises(FileRefused, match=r"pins\.case floats: no circuit of ours has its pull-up, add pull_up = true"):
        profile.parse("pico_w", TEXT["pico_w"].replace(", pull_up = true", "", 1))


def test_a_supply_without_divider_is_found() -> None:
    circuit = circuits.load("pico2_w")
    del circuit.parts["R61"]
    assert "supply.pin: ADC_SUPPLY has not one resistor to a rail and one to GND" in differences(
        profile.load("pico2_w"), circuit
    )


def test_a_select_that_reaches_no_display_is_found() -> None:
    circuit = circuits.load("pico2_w")
    circuit.parts["J4"].nets[circuit.parts["J4"].kind.pin("CS")[0].number] = "+3V3"
    said = differences(profile.load("pico2_w"), circuit)
    assert any(text.startswith("lcd_cs_customer: GP8 does not reach J4.CS; it reaches") for text in said)
    assert "lcd_cs_customer: GP8 does not reach J4.CS, which the driver st7567 needs" in said


def test_a_select_at_the_other_display_is_found() -> None:
    circuit = circuits.load("esp32_s3")
    circuit.parts["J4"].nets[circuit.parts["J4"].kind.pin("CS")[0].number] = "LCD_CS"
    assert any(text.startswith("lcd_cs_customer: ") for text in differences(profile.load("esp32_s3"), circuit))


@pytest.mark.parametrize("name", ["esp32_s3", "pico2_w"])
def test_what_resets_the_processor_resets_the_displays(name: str) -> None:
    circuit = circuits.load(name)
    reset = circuit.parts["U7"].net("RESET")
    processor = circuit.parts["U1"]
    assert processor.net("EN" if name == "esp32_s3" else "RUN") == reset
    assert [circuit.parts[ref].net("RST") for ref in ("J3", "J4")] == [reset, reset]
