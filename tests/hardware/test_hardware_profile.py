"""Board profiles: what is generated is what is committed, circuits agree with them, and every lie is refused."""

from __future__ import annotations

import pytest
from steelyard_hardware import profile
from steelyard_hardware.__main__ import circuit_of
from steelyard_hardware.agreement import differences
from steelyard_hardware.firmware_module import files

TEXT = {name: (profile.BOARDS / f"{name}.toml").read_text() for name in profile.names()}
WITH_CIRCUIT = [name for name in profile.names() if profile.load(name).schematic]


@pytest.mark.parametrize("name", profile.names())
def test_what_is_committed_is_what_is_generated(name: str) -> None:
    for file, text in files(name).items():
        assert (profile.BOARDS / name / file).read_text() == text, "run `make boards`"


@pytest.mark.parametrize("name", WITH_CIRCUIT)
def test_circuit_and_profile_agree(name: str) -> None:
    assert differences(profile.load(name), circuit_of(name)) == []


def faults(name: str, old: str, new: str) -> str:
    """Replace `old` in a board's profile and return what is said of it."""
    assert old in TEXT[name]
    with pytest.raises(profile.ProfileError) as refused:
        profile.parse(name, TEXT[name].replace(old, new))
    return "\n".join(refused.value.faults)


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("pico2_w", "gpio = 17, to", "gpio = 16, to", "GPIO 16 is both adc_dout and adc_sck"),
        ("pico2_w", "gpio = 17, to", "gpio = 25, to", "GPIO 25 of the rp2350 cannot be used"),
        ("pico2_w", 'gpio = 4, to = "U3.SDA"', 'gpio = 3, to = "U3.SDA"', "GPIO 3 cannot be 'i2c0 sda'"),
        ("pico2_w", "[buses.i2c]\nid = 0", "[buses.i2c]\nid = 1", "no pin is i2c1 sda"),
        ("pico2_w", "channel = 0", "channel = 2", "temperature: no pin is adc2"),
        ("esp32_s3", "gpio = 5,", "gpio = 45,", "GPIO 45 is a strapping pin of the esp32_s3"),
        ("esp32_s3", "gpio = 5,", "gpio = 30,", "GPIO 30 of the esp32_s3 cannot be used"),
        ("pico2_w", "files = [0x180000, 0x040000]", "files = [0x180000, 0x050000]", "journal overlaps files"),
        ("pico2_w", "files = [0x180000, 0x040000]", "files = [0x180000, 0x040001]", "not made of 4096-byte sectors"),
        ("pico2_w", "journal = [0x1C0000, 0x240000]", "journal = [0x1C0000, 0x250000]", "journal ends beyond the chip"),
        ("pico2_w", "code_b = [0x150000, 0x030000]", "code_b = [0x150000, 0x031000]", "code_b is within the storage"),
        (
            "pico2_w",
            "storage = [0x180000, 0x280000]",
            "storage = [0x190000, 0x270000]",
            "files is not within the storage",
        ),
        ("pico2_w", "days = 45", "days = 60", "the journal lasts 45 days, not 60"),
        ("pico2_w", 'name = "pico2_w"', 'name = "pico3"', "is called 'pico3' inside"),
        ("pico2_w", 'chip = "rp2350"', 'chip = "rp9"', "chip 'rp9' is not in chips.toml"),
        ("pico2_w", "case = { gpio", "cover = { gpio", "no pin 'case'"),
        ("pico2_w", "rate = 10", "rate = 11", "adc.rate"),
        ("pico2_w", "repl = false", "repl = false\nrepel = true", "repel: Extra inputs are not permitted"),
        ("pico2_w", "[adc]", "[adc", "Expected ']'"),
    ],
)
def test_a_profile_that_lies_is_refused(name: str, old: str, new: str, said: str) -> None:
    assert said in faults(name, old, new)


def test_all_faults_are_told_at_once() -> None:
    text = TEXT["pico2_w"].replace("gpio = 17, to", "gpio = 25, to").replace("days = 45", "days = 60")
    with pytest.raises(profile.ProfileError) as refused:
        profile.parse("pico2_w", text)
    assert len(refused.value.faults) == 2


def test_a_profile_that_the_circuit_contradicts_is_found() -> None:
    circuit = circuit_of("pico2_w")
    swapped = TEXT["pico2_w"].replace("gpio = 18, to", "gpio = 98, to").replace("gpio = 19, to", "gpio = 18, to")
    swapped = swapped.replace("gpio = 98, to", "gpio = 19, to")
    said = "\n".join(differences(profile.parse("pico2_w", swapped), circuit))
    assert "case: GP19 does not reach SW1.1" in said
    assert "adjust: GP18 does not reach SW2.1" in said


def test_a_pin_of_the_circuit_that_the_profile_leaves_out_is_found() -> None:
    text = "\n".join(line for line in TEXT["pico2_w"].splitlines() if not line.startswith("buzzer"))
    said = differences(profile.parse("pico2_w", text), circuit_of("pico2_w"))
    assert said == ["GP15 is on BUZZER in the circuit, and the profile does not name it"]


def test_a_pin_that_the_circuit_moved_is_found() -> None:
    circuit = circuit_of("pico2_w")
    nets = circuit.parts["U1"].nets
    nets["21"], nets["22"] = nets["22"], nets["21"]
    said = "\n".join(differences(profile.load("pico2_w"), circuit))
    assert "adc_dout: GP16 does not reach U2.DOUT" in said


def test_a_chip_that_the_circuit_lacks_is_found() -> None:
    circuit = circuit_of("pico2_w")
    del circuit.parts["U3"]
    said = "\n".join(differences(profile.load("pico2_w"), circuit))
    assert "the circuit has no rv3028" in said
    assert "disagree whether a battery keeps the clock" in said
