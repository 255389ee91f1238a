"""The electrical rule check passes the reference boards, and each of its rules refuses the mistake that it is for."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from steelyard_hardware import circuit as circuits
from steelyard_hardware import errors, profile
from steelyard_hardware.agreement import differences
from steelyard_hardware.circuit import NC, Circuit
from steelyard_hardware.erc import RULES, check
from steelyard_hardware.parts import library

BOARDS = profile.names_with_circuit()


@pytest.mark.parametrize("board", BOARDS)
def test_the_reference_boards_have_no_fault(board: str) -> None:
    assert [str(fault) for fault in check(circuits.load(board))] == []


def clean() -> Circuit:
    """A clock with its battery: a small circuit without faults, for each test to spoil."""
    c = Circuit("small", "a clock")
    c.rail("+3V3", 3.3, 3.1, 3.5)
    c.rail("VRTC", 3.0, 2.0, 3.3)
    with c.block("all", 0):
        c.part("U1", "pico2_w", {pin.name: NC for pin in library()["pico2_w"].pins if pin.name not in USED}, **USED)
        c.part(
            "U3", "rv3028", SCL="SCL", SDA="SDA", EVI="EVI", INT=NC, VDD="+3V3", VBACKUP="VRTC", CLKOUT=NC, VSS="GND"
        )
        c.part("BT2", "coin", {"+": "VRTC", "-": "GND"})
        c.part("U8", "tps3839", VDD="+3V3", GND="GND", RESET="RESET")
        c.part("J9", "service_port", TX="EVI", RX="EVI", GND="GND")
        c.part("D9", "sp0504", K1="EVI", K2="EVI", K3="EVI", K4="EVI", A="GND")
        c.two("R1", "R 4k7", "SCL", "+3V3")
        c.two("R2", "R 4k7", "SDA", "+3V3")
        c.two("R3", "R 2M2", "EVI", "VRTC")
        c.two("C1", "C 100n", "+3V3", "GND")
        c.two("C2", "C 100n", "VRTC", "GND")
    return c


USED = {"GP4": "SDA", "GP5": "SCL", "3V3": "+3V3", "VSYS": "VRTC", "GND": "GND", "RUN": "RESET"}


def test_the_small_circuit_is_clean() -> None:
    assert check(clean()) == []


def cut(c: Circuit, ref: str, pin: str) -> None:
    c.parts[ref].nets.pop(c.parts[ref].kind.pin(pin)[0].number)


def join(c: Circuit, ref: str, pin: str, net: str) -> None:
    part = c.parts[ref]
    number = part.kind.pin(pin)[0].number
    part.unconnected.discard(number)
    part.nets[number] = net


def left_open(c: Circuit) -> None:
    cut(c, "U3", "EVI")


def not_connected_inside(c: Circuit) -> None:
    c.part("U4", "atecc608", SCL="SCL", SDA="SDA", VCC="+3V3", GND="GND", NC="+3V3")


def floating_input_on_purpose(c: Circuit) -> None:
    cut(c, "U3", "EVI")
    c.parts["U3"].unconnected.add("8")


def misspelt_net(c: Circuit) -> None:
    join(c, "U3", "SCL", "SLC")


def two_outputs(c: Circuit) -> None:
    c.rail("+5V", 5.0, 4.9, 5.1)
    c.part("U7", "tps3839", VDD="+3V3", GND="GND", RESET="CLOCK")
    join(c, "U3", "CLKOUT", "CLOCK")


def output_on_ground(c: Circuit) -> None:
    join(c, "U3", "CLKOUT", "GND")


def input_without_level(c: Circuit) -> None:
    c.part("U6", "tps3839", VDD="+3V3", GND="GND", RESET=NC)
    c.part("Q1", "2n7002", G="GATE", D="GND", S="GND")
    c.part("Q2", "2n7002", G="GATE", D="GND", S="GND")


def rail_without_source(c: Circuit) -> None:
    del c.parts["BT2"]


def supply_from_a_signal(c: Circuit) -> None:
    join(c, "U3", "VDD", "EVI")


def ground_pin_on_a_rail(c: Circuit) -> None:
    join(c, "U3", "VSS", "+3V3")


def too_much_for_a_supply_pin(c: Circuit) -> None:
    c.rail("+3V3", 5.0, 4.8, 5.6)


def five_volts_on_a_three_volt_pin(c: Circuit) -> None:
    c.rail("+5V", 5.0, 4.85, 5.25)
    c.part("U11", "tps61222", VIN="+3V3", EN="+3V3", L="BOOST", FB="+5V", VOUT="+5V", GND="GND")
    c.two("L1", "L 4u7", "+3V3", "BOOST")
    c.parts["R1"].nets["2"] = "+5V"


def pull_up_to_a_rail_that_may_be_too_high(c: Circuit) -> None:
    """Nominal voltages agree; the pull-up's rail at its highest and the chip's at its lowest do not."""
    c.rail("+3V3", 3.3, 2.9, 3.5)


def driver_of_a_rail_that_is_too_low(c: Circuit) -> None:
    c.rail("+5V", 5.0, 4.85, 5.25)
    c.part("U11", "tps61222", VIN="+3V3", EN="+3V3", L="BOOST", FB="+5V", VOUT="+5V", GND="GND")
    c.two("L1", "L 4u7", "+3V3", "BOOST")
    join(c, "U3", "CLKOUT", "CLOCK")
    c.part("U6", "max3232", {pin.name: NC for pin in library()["max3232"].pins if pin.name in MAX3232_OPEN}, **MAX3232)


MAX3232 = {"VCC": "+5V", "T1IN": "CLOCK", "T2IN": "GND", "R1IN": "GND", "R2IN": "GND", "GND": "GND"}
MAX3232_OPEN = {"R1OUT", "R2OUT", "T1OUT", "T2OUT", "C1+", "C1-", "C2+", "C2-", "VS+", "VS-"}


def chip_without_capacitor(c: Circuit) -> None:
    del c.parts["C1"]


def bus_without_pull_up(c: Circuit) -> None:
    del c.parts["R2"]


def bus_with_two_pull_ups(c: Circuit) -> None:
    c.two("R9", "R 4k7", "SCL", "+3V3")


def two_chips_at_one_address(c: Circuit) -> None:
    c.part("U9", "rv3028", SCL="SCL", SDA="SDA", EVI="EVI", INT=NC, VDD="+3V3", VBACKUP="VRTC", CLKOUT=NC, VSS="GND")


def naked_connector(c: Circuit) -> None:
    del c.parts["D9"]


def weak_capacitor(c: Circuit) -> None:
    c.rail("+3V3", 3.3, 3.1, 34.0)


MISTAKES: list[tuple[Callable[[Circuit], None], str]] = [
    (left_open, "open pin"),
    (not_connected_inside, "open pin"),
    (floating_input_on_purpose, "open pin"),
    (misspelt_net, "lonely net"),
    (two_outputs, "fight"),
    (output_on_ground, "fight"),
    (input_without_level, "silent input"),
    (rail_without_source, "dead rail"),
    (supply_from_a_signal, "dead rail"),
    (ground_pin_on_a_rail, "dead rail"),
    (too_much_for_a_supply_pin, "supply range"),
    (five_volts_on_a_three_volt_pin, "logic level"),
    (pull_up_to_a_rail_that_may_be_too_high, "logic level"),
    (driver_of_a_rail_that_is_too_low, "logic level"),
    (chip_without_capacitor, "decoupling"),
    (bus_without_pull_up, "pull-up"),
    (bus_with_two_pull_ups, "pull-up"),
    (two_chips_at_one_address, "address"),
    (naked_connector, "protection"),
    (weak_capacitor, "capacitor"),
]


@pytest.mark.parametrize(("spoil", "rule"), MISTAKES, ids=lambda value: getattr(value, "__name__", None))
def test_each_mistake_is_found_by_its_rule(spoil: Callable[[Circuit], None], rule: str) -> None:
    circuit = clean()
    spoil(circuit)
    assert rule in {fault.rule for fault in check(circuit)}


def test_every_rule_has_a_mistake_that_it_finds() -> None:
    found = set()
    for spoil, _ in MISTAKES:
        circuit = clean()
        spoil(circuit)
        found |= {rule.__name__ for rule in RULES if list(rule(circuit))}
    assert found == {rule.__name__ for rule in RULES}


@pytest.mark.parametrize("board", BOARDS)
def test_no_connection_of_a_chip_can_be_cut_unseen(board: str) -> None:
    """Cut each pin of each chip in turn: rules, or the comparison with the profile, see every one."""
    whole = circuits.load(board)
    declared = profile.load(board)
    unseen = []
    for ref, part in whole.parts.items():
        if part.kind.symbol != "box":
            continue
        for number in list(part.nets):
            net = part.nets.pop(number)
            if not check(whole) and not differences(declared, whole):
                unseen.append(f"{ref}.{number}")
            part.nets[number] = net
    assert unseen == []


def test_a_pin_or_reference_given_twice_is_refused() -> None:
    circuit = clean()
    with pytest.raises(errors.ReferenceTaken, match="two parts are called U3"):
        circuit.part("U3", "coin")
    with pytest.raises(errors.PinTaken, match="pin SDA of U9 is connected twice"):
        circuit.part("U9", "rv3028", {"SDA": "A", "4": "B"})
    with pytest.raises(errors.PinUnknown, match="rv3028 has no pin 'SDB': use one of SCL, SDA"):
        circuit.part("U9", "rv3028", SDB="A")


def test_a_part_that_cannot_be_is_refused() -> None:
    circuit = clean()
    with pytest.raises(errors.PartUnknown, match="U9 is a 'rv3029'"):
        circuit.part("U9", "rv3029")
    with pytest.raises(errors.ReferenceMalformed, match="'clock' is not made of"):
        circuit.part("clock", "rv3028")
