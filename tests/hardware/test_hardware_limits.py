"""Boards that are wrong on purpose: each fault that a review of the boards found is put back, and its rule finds it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from steelyard_hardware import circuit as circuits
from steelyard_hardware import profile
from steelyard_hardware.agreement import pulled_inside
from steelyard_hardware.circuit import NC, Circuit
from steelyard_hardware.erc import LIMITS, check, margins, warnings
from steelyard_hardware.errors import PinUnknown
from steelyard_hardware.limits.charging import charge_window_c
from steelyard_hardware.limits.supply import drawn_ma
from steelyard_hardware.margin import Margin
from steelyard_hardware.parts import library
from steelyard_hardware.ratings import Sourced

BOARDS = profile.names_with_circuit()


def whole(name: str) -> Circuit:
    """A board's circuit, with what its profile has the processor pull up."""
    circuit = circuits.load(name)
    board = profile.load(name)
    circuit.pulled, circuit.around_c = pulled_inside(board, circuit), board.limits.temperature_c
    return circuit


def exchange(c: Circuit, ref: str, kind: str) -> None:
    """Fit another part at the same place."""
    c.parts[ref].kind = library()[kind]


def rate(c: Circuit, ref: str, duty: str, **figures: object) -> None:
    """Fit a part like this one with other figures."""
    kind = c.parts[ref].kind
    own: Sourced = getattr(kind, duty)
    c.parts[ref].kind = kind.model_copy(update={duty: own.model_copy(update=figures)})


def move(c: Circuit, ref: str, pin: str, net: str) -> None:
    """Connect a pin elsewhere; `NC` leaves it open."""
    part = c.parts[ref]
    number = part.kind.pin(pin)[0].number
    part.nets.pop(number, None)
    part.unconnected.discard(number)
    if net == NC:
        part.unconnected.add(number)
    else:
        part.nets[number] = net


def pack_without_thermistor(c: Circuit) -> None:
    move(c, "BT1", "NTC", NC)
    exchange(c, "R5", "R 10k")


def thermistor_of_another_characteristic(c: Circuit) -> None:
    rate(c, "BT1", "cell", ntc_beta=3435.0)


def charges_in_the_frost(c: Circuit) -> None:
    exchange(c, "R5", "R 100k")


def cell_of_another_chemistry(c: Circuit) -> None:
    rate(c, "BT1", "cell", charge_v=3.65)


def small_cell(c: Circuit) -> None:
    rate(c, "BT1", "cell", charge_ma=400.0)


def pack_that_says_nothing(c: Circuit) -> None:
    c.parts["BT1"].kind = c.parts["BT1"].kind.model_copy(update={"cell": None})


def timer_off(c: Circuit) -> None:
    move(c, "U10", "TE", "VIN")


def supervisor_g33(c: Circuit) -> None:
    rate(c, "U7", "supervisor", trip_v=(3.003, 3.157))


def supervisor_below_the_flash(c: Circuit) -> None:
    rate(c, "U7", "supervisor", trip_v=(2.57, 2.69))


def no_supervisor(c: Circuit) -> None:
    del c.parts["U7"]


def supervisor_of_another_rail(c: Circuit) -> None:
    move(c, "U7", "VDD", "VSYS")


def two_pull_ups_behind_the_diode(c: Circuit) -> None:
    """As it was: 100k beside the pull-up inside, and a diode of 0.9 V at 1 mA, 80 mV more in the cold."""
    exchange(c, "R22", "R 100k")
    rate(c, "D3", "junction", forward_v=0.98)
    c.pulled.add("CASE")


def case_without_pull_up(c: Circuit) -> None:
    del c.parts["R22"]


def leak_at_the_case_pin(c: Circuit) -> None:
    rate(c, "U1", "logic", leakage_ua=1.5)


def leak_at_the_tamper_input(c: Circuit) -> None:
    rate(c, "U3", "logic", leakage_ua=0.5)


def contact_through_too_much(c: Circuit) -> None:
    exchange(c, "R27", "R 10k")


def no_surge_switch(c: Circuit) -> None:
    del c.parts["U14"]
    move(c, "F1", "2", "VIN")


def regulator_with_too_much_at_its_output(c: Circuit) -> None:
    exchange(c, "C14", "C 10u")


def regulator_with_too_little(c: Circuit) -> None:
    for ref in ("C6", "C14"):
        exchange(c, ref, "C 100n")


def regulator_without_input_capacitor(c: Circuit) -> None:
    for ref in ("C3", "C4", "C50", "C60"):
        c.parts.pop(ref, None)


def boost_converter_with_too_much_behind(c: Circuit) -> None:
    rate(c, "J3", "draws", milliamperes={"LED+": 70.0})


def lamps_at_3v3(c: Circuit) -> None:
    move(c, "J3", "LED+", "+3V3")


def lamps_too_bright(c: Circuit) -> None:
    exchange(c, "R30", "R 100")


def lamps_without_resistor(c: Circuit) -> None:
    move(c, "J3", "LED-", "LAMP")


def sensor_behind_too_little(c: Circuit) -> None:
    exchange(c, "R15", "R 1k")


def sensor_with_a_capacitor_of_its_own(c: Circuit) -> None:
    c.two("C99", "C 10n", "CELL_T", "GND")


def gate_that_floats(c: Circuit) -> None:
    """The lamp's gate while the processor starts is held by R32 alone; here by a capacitor."""
    del c.parts["R32"]
    c.parts["U1"].nets = {number: net for number, net in c.parts["U1"].nets.items() if net != "LAMP_ON"}
    c.two("C98", "C 10n", "LAMP_ON", "GND")


def gate_that_only_the_processor_drives(c: Circuit) -> None:
    del c.parts["R32"]


def coil_of_another_value(c: Circuit) -> None:
    exchange(c, "L1", "L 2u2")


def converter_without_coil(c: Circuit) -> None:
    del c.parts["L1"]


def socket_without_its_resistor(c: Circuit) -> None:
    del c.parts["R1"]


def socket_with_another_resistor(c: Circuit) -> None:
    exchange(c, "R2", "R 10k")


def bus_pulled_up_too_weakly(c: Circuit) -> None:
    exchange(c, "R24", "R 100k")


def bus_pulled_up_too_strongly(c: Circuit) -> None:
    exchange(c, "R25", "R 100")


def latch_that_empties_its_cell(c: Circuit) -> None:
    exchange(c, "R21", "R 1M")


def part_for_offices(c: Circuit) -> None:
    c.parts["U6"].kind = c.parts["U6"].kind.model_copy(update={"rated_c": (0.0, 70.0)})


def part_that_melts(c: Circuit) -> None:
    c.parts["BT2"].kind = c.parts["BT2"].kind.model_copy(update={"rated_c": (-30.0, 50.0)})


MISTAKES: list[tuple[Callable[[Circuit], None], str]] = [
    (pack_without_thermistor, "charging: U10 with BT1: nothing at THERM follows the cell's temperature"),
    (thermistor_of_another_characteristic, "charging: U10 with BT1: charges up to"),
    (charges_in_the_frost, "charging: U10 with BT1: charges down to"),
    (cell_of_another_chemistry, "charging: U10 with BT1: charges to 4.232 V, may be at most 3.65"),
    (small_cell, "charging: U10 with BT1: charges with 500 mA, may be at most 400"),
    (pack_that_says_nothing, "charging: U10: no pack on VBAT says what its cell bears"),
    (timer_off, "charging: U10: its safety timer is off: TE is on VIN, connect it to GND"),
    (supervisor_g33, "threshold: U7: trips at 3.157 V"),
    (supervisor_below_the_flash, "threshold: U7 with U1: trips at 2.57 V, may be at least 2.7"),
    (no_supervisor, "threshold: U1: no supervisor of +3V3 holds"),
    (supervisor_of_another_rail, "threshold: U1: no supervisor of +3V3 holds"),
    (two_pull_ups_behind_the_diode, "on CASE: low is 0.92"),
    (case_without_pull_up, "on CASE: nothing pulls it up while the contact is open"),
    (leak_at_the_tamper_input, "level: U3 EVI on CASE_TAMPER: high is"),
    (contact_through_too_much, "on ADJUST: low is"),
    (no_surge_switch, "clamp: U10 IN behind D2: gets 10.3 V, may be at most 7"),
    (regulator_with_too_much_at_its_output, "capacitance: U12 OUT: has 11.1 uF, may be at most 10"),
    (regulator_with_too_little, "capacitance: U12 OUT: has"),
    (regulator_without_input_capacitor, "capacitance: U11 VIN: has 0 uF, may be at least 4.7"),
    (boost_converter_with_too_much_behind, "current: U11 VOUT: gives"),
    (lamps_at_3v3, "lamp: J3: gets"),
    (lamps_too_bright, "lamp: J3: gets 27 mA, may be at most 20"),
    (lamps_without_resistor, "lamp: J3: LED- needs one resistor in series, has"),
    (sensor_behind_too_little, "load: U8 OUT: before 0.1 uF has 1000 Ohm, may be at least 1500"),
    (sensor_with_a_capacitor_of_its_own, "load: U8 OUT: before 0.01 uF has 0 Ohm, may be at least 3000"),
    (part_for_offices, "temperature: U6 (max3232): gets as cold as -10 °C, may be at least 0"),
    (part_that_melts, "temperature: BT2 (coin): gets as warm as 55 °C, may be at most 50"),
    (gate_that_floats, "floating: Q1 G on LAMP_ON: nothing holds its level by direct current"),
    (gate_that_only_the_processor_drives, "floating: Q1 G on LAMP_ON: nothing holds its level while the processor"),
    (coil_of_another_value, "coil: U11 L: has 2.2 uH, may be at least 3.76: take the coil of the data sheet"),
    (converter_without_coil, "coil: U11: L needs one coil, has 0"),
    (socket_without_its_resistor, "usb: J1 CC1: needs one resistor to GND, has 0"),
    (socket_with_another_resistor, "usb: J1 CC2: has 1e+04 Ohm, may be at most 5610: take 5.1 kOhm"),
    (bus_pulled_up_too_weakly, "pull-up: R24 on I2C_SDA: has 1e+05 Ohm, may be at most"),
    (bus_pulled_up_too_strongly, "pull-up: R25 on I2C_SCL: has 100 Ohm, may be at least"),
    (latch_that_empties_its_cell, "reserve: BT2: lasts 7.5"),
]


@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize(("spoil", "said"), MISTAKES, ids=lambda value: getattr(value, "__name__", None))
def test_each_fault_put_back_is_found(board: str, spoil: Callable[[Circuit], None], said: str) -> None:
    circuit = whole(board)
    spoil(circuit)
    told = [str(fault) for fault in check(circuit)]
    assert any(said in each for each in told), told


def test_what_leaks_at_a_pin_of_the_pico_is_found() -> None:
    """The ESP32-S3 leaks twenty times less."""
    circuit = whole("pico2_w")
    leak_at_the_case_pin(circuit)
    assert any("GP18 on CASE: high is 1.599 V" in str(fault) for fault in check(circuit))


def test_the_temperatures_are_those_of_the_profile() -> None:
    circuit = whole("pico2_w")
    circuit.around_c = (-25, 60)
    said = [str(fault) for fault in check(circuit)]
    assert any("U1 (pico2_w): gets as cold as -25 °C, may be at least -20" in each for each in said)
    assert any("U1 (pico2_w): gets as warm as 75 °C, may be at most 70" in each for each in said)


def test_what_leaks_through_the_diode_is_found() -> None:
    circuit = whole("pico2_w")
    rate(circuit, "D3", "junction", leakage_ua=0.2)
    assert any("GP18 on CASE: high is 1.914 V" in str(fault) for fault in check(circuit))


@pytest.mark.parametrize(("pulled", "volts"), [(False, 0.3264), (True, 0.4189)])
def test_a_low_level_is_that_of_the_rail_at_its_highest_and_the_strongest_pull_up(pulled: bool, volts: float) -> None:
    """By hand: 3.4 V, 9.7 kOhm up (beside 30 kOhm inside) and 1.03 kOhm down."""
    circuit = whole("esp32_s3")
    if pulled:
        circuit.pulled.add("ADJUST")
    (margin,) = [each for each in margins(circuit) if "on ADJUST" in each.where and each.what == "low is"]
    assert margin.value == pytest.approx(volts, abs=1e-3)


def test_a_pull_up_inside_alone_is_as_weak_as_it_may_be() -> None:
    circuit = whole("pico2_w")
    del circuit.parts["R22"]
    circuit.pulled.add("CASE")
    (margin,) = [each for each in margins(circuit) if each.where.endswith("on CASE") and each.what == "high is"]
    assert margin.value == pytest.approx(3.15 - 92_000 * 1.006e-6)


def test_capacitors_behind_a_bead_count() -> None:
    circuit = whole("esp32_s3")
    circuit.two("C97", "C 10u", "EXC_P", "GND")
    assert any("U12 OUT: has 12.1 uF" in str(fault) for fault in check(circuit))


def test_what_voltage_and_age_leave_of_a_capacitor_counts() -> None:
    circuit = whole("esp32_s3")
    for ref in ("C6", "C14"):
        circuit.parts[ref].kind = circuit.parts[ref].kind.model_copy(update={"effective": 0.25})
    assert any("U12 OUT: has 0.575 uF, may be at least 0.7" in str(fault) for fault in check(circuit))


def test_a_suppressor_holds_no_level() -> None:
    circuit = whole("esp32_s3")
    gate_that_floats(circuit)
    move(circuit, "D10", "K3", "LAMP_ON")
    assert any("floating: Q1 G on LAMP_ON" in str(fault) for fault in check(circuit))


def test_a_margin_is_a_share_of_its_limit() -> None:
    def told(value: float, limit: float, at_most: bool) -> tuple[float, float, bool]:
        margin = Margin("rule", "U1", "gives", value, limit, "V", "do this", at_most)
        return margin.room, margin.share, margin.fault() is None

    assert told(3.0, 4.0, at_most=True) == (1.0, 0.25, True)
    assert told(3.0, 4.0, at_most=False) == (-1.0, -0.25, False)
    assert told(2.0, 0.0, at_most=False) == (2.0, 2.0, True)
    assert told(4.0, 4.0, at_most=True) == (0.0, 0.0, True)


@pytest.mark.parametrize("link", ["R16", "R17"])
def test_a_cell_with_four_wires_leaves_no_reference_floating(link: str) -> None:
    circuit = whole("esp32_s3")
    del circuit.parts[link]
    assert any("floating: U2 REF" in str(fault) for fault in check(circuit))


def test_every_rule_about_limits_has_a_fault_that_it_finds() -> None:
    found = set()
    for spoil, _ in MISTAKES:
        circuit = whole("esp32_s3")
        spoil(circuit)
        for rule in LIMITS:
            if any(not isinstance(each, Margin) or each.fault() for each in rule(circuit)):
                found.add(rule.__name__)
    assert found == {rule.__name__ for rule in LIMITS}


@pytest.mark.parametrize("board", BOARDS)
def test_margins_are_told_tightest_first_and_none_is_beyond(board: str) -> None:
    shares = [margin.share for margin in margins(whole(board))]
    assert shares == sorted(shares)
    assert shares[0] >= 0
    assert len(shares) > 20


def test_the_charger_stops_where_the_thermistor_says() -> None:
    """By hand: 26.8 kOhm seen at the cold end, 4.34 kOhm at the hot one, with 330 kOhm beside the thermistor."""
    circuit = whole("pico2_w")
    charger, pack = circuit.parts["U10"], circuit.parts["BT1"]
    assert charger.kind.charger is not None
    window = charge_window_c(circuit, charger, charger.kind.charger, pack)
    assert window == pytest.approx((2.65, 44.8), abs=0.05)


def test_what_a_rail_gives_is_followed_through_regulators() -> None:
    circuit = whole("esp32_s3")
    analogue = drawn_ma(circuit, "AVDD")
    assert analogue == pytest.approx(13.2 + 1.9)
    assert drawn_ma(circuit, "+5V") == pytest.approx(analogue + 2 * 10.0)
    digital = drawn_ma(circuit, "+3V3")
    through = (drawn_ma(circuit, "+5V") * 5.0 + digital * 3.3) / 3.2 / 0.85
    assert drawn_ma(circuit, "VSYS") == pytest.approx(through)


@pytest.mark.parametrize("board", BOARDS)
def test_a_figure_from_memory_is_a_warning_until_it_is_confirmed(board: str) -> None:
    circuit = whole(board)
    (told,) = [line for line in warnings(circuit) if line.startswith("tps3839: supervisor")]
    assert told == (
        "tps3839: supervisor from memory: compare with "
        "TI SBVS193, TPS3839, 6.5: K33 is 2.93 V, G33 3.08 V, each within 2.5 %"
    )
    rate(circuit, "U7", "supervisor", source="TI SBVS193, TPS3839, p. 6")
    assert not [line for line in warnings(circuit) if line.startswith("tps3839: supervisor")]
    assert len([line for line in warnings(circuit) if line.startswith("R: ")]) == 1


def test_a_jumper_and_regulators_in_a_ring_are_reckoned_all_the_same() -> None:
    circuit = whole("esp32_s3")
    kind = circuit.parts["R28"].kind
    circuit.parts["R28"].kind = kind.model_copy(update={"key": "R 0"})
    assert circuit.parts["R28"].ohms() == pytest.approx(0.05)
    move(circuit, "U12", "IN", "+3V3")
    move(circuit, "U9", "VIN", "AVDD")
    assert any(str(fault).startswith("level: ") for fault in check(circuit))


def test_a_duty_at_a_pin_that_the_part_lacks_is_refused() -> None:
    circuit = whole("pico2_w")
    rate(circuit, "U7", "supervisor", pin="VCC")
    with pytest.raises(PinUnknown, match="tps3839 has no pin 'VCC': use one of VDD, GND, RESET"):
        check(circuit)
