"""The till's port: Toledo 8217 by bytes; nothing that comes in there does more than the keys zero, tare and clear."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from kit.glass import Glass
from kit.platform_side import Platform
from kit.repair import repair_permit, scale_on_record
from steelyard_simulator.scale import SimulatedScale

Simulate = Callable[..., SimulatedScale]
PLATFORM = Platform()
MOTION, OVER, UNDER_ZERO, NO_ZERO, ZERO = 1, 2, 4, 8, 16
SETTLE_S = 4


def status(*bits: int) -> bytes:
    """The answer with these bits set, beside the two that always are."""
    return b"\x02?" + bytes([0x60 | sum(bits)]) + b"\r"


def with_a_till(simulate: Simulate, **options: Any) -> SimulatedScale:
    """A scale at rest with nothing on it, its port set to a till."""
    scale = scale_on_record(simulate, PLATFORM, **options)
    scale.console("serial till")
    restart(scale)
    return scale


def restart(scale: SimulatedScale) -> None:
    scale.power_off()
    scale.power_on()
    scale.advance(8)


@pytest.fixture
def scale(simulate: Simulate) -> SimulatedScale:
    """One whose type lets no till preset a tare."""
    return with_a_till(simulate)


@pytest.fixture
def taring(simulate: Simulate) -> SimulatedScale:
    """One whose type does."""
    return with_a_till(simulate, till_tare=1)


def ask(scale: SimulatedScale, data: bytes, within_s: float = 0.05) -> bytes:
    """What comes back, whole, within so much time after the last byte was sent."""
    scale.rs232.forget()
    scale.rs232.write(data)
    scale.advance(len(data) * 0.00105 + within_s)
    return scale.rs232.output()


def put(scale: SimulatedScale, kg: float) -> None:
    scale.place(kg)
    scale.advance(SETTLE_S)


# ---- weights and reasons ---------------------------------------------------------------------------------------------


def test_a_weight_is_net_in_kilograms_with_three_decimals(scale: SimulatedScale) -> None:
    assert ask(scale, b"W") == b"\x0200.000\r"
    put(scale, 1.235)
    assert ask(scale, b"W") == b"\x0201.235\r"
    scale.type("T")
    put(scale, 12.5)
    assert ask(scale, b"W") == b"\x0211.265N\r"


@pytest.mark.parametrize(("e_mg", "kg", "answer"), [(500, 1.2345, b"01.234500"), (20_000, 12.36, b"12.360")])
def test_decimals_are_never_cut(simulate: Simulate, e_mg: int, kg: float, answer: bytes) -> None:
    scale = with_a_till(simulate, e_mg=e_mg)
    put(scale, kg)
    assert ask(scale, b"W") == b"\x02" + answer + b"\r"


def test_without_a_weight_the_status_says_why(scale: SimulatedScale) -> None:
    scale.place(5)
    scale.advance(0.3)
    assert ask(scale, b"W")[:2] == b"\x02?"
    assert ask(scale, b"W")[2] & MOTION
    put(scale, 16)
    assert ask(scale, b"W") == status(OVER, NO_ZERO)
    put(scale, -0.02)
    assert ask(scale, b"W") == status(UNDER_ZERO)
    put(scale, -1)
    assert ask(scale, b"W") == status(UNDER_ZERO, NO_ZERO)
    put(scale, 1)
    scale.type("T")
    put(scale, 0.5)
    assert ask(scale, b"W") == status(UNDER_ZERO, NO_ZERO), "net below zero"


def test_after_power_up_there_is_no_weight_before_zero(scale: SimulatedScale) -> None:
    scale.power_off()
    scale.power_on()
    answers = set()
    while not (answer := ask(scale, b"W")).startswith(b"\x020"):
        if answer:
            answers.add(answer[:2])
            assert answer[2] & MOTION, "a till takes a status without a reason for the last weight again"
    assert answers == {b"\x02?"}


def test_a_fault_a_lock_and_a_repair_give_no_weight(scale: SimulatedScale) -> None:
    put(scale, 1)
    scale.freeze_converter()
    scale.advance(4)
    assert ask(scale, b"W") == status(MOTION)
    scale.freeze_converter(False)
    scale.advance(SETTLE_S)
    assert ask(scale, b"W") == b"\x0201.000\r"
    scale.console(f"repair open {repair_permit(PLATFORM, scale)}")
    for command in (b"W", b"T", b"Z", b"C"):
        assert ask(scale, command) == status(MOTION), command
    scale.console("repair close")
    assert ask(scale, b"W") == b"\x0201.000\r"
    scale.open_case()
    scale.advance(1)
    scale.close_case()
    scale.advance(1)
    for command in (b"W", b"T", b"Z", b"C"):
        assert ask(scale, command) == status(MOTION), command
    assert scale.console_json("status")["tare"] == 0


# ---- what it may do --------------------------------------------------------------------------------------------------


def test_zero_tare_and_clear_do_what_the_keys_do(scale: SimulatedScale) -> None:
    put(scale, 0.02)
    assert ask(scale, b"Z") == status(ZERO)
    assert ask(scale, b"W") == b"\x0200.000\r"
    put(scale, 1.02)
    assert ask(scale, b"Z") == status(NO_ZERO)
    assert ask(scale, b"T") == status(NO_ZERO)
    assert ask(scale, b"W") == b"\x0200.000N\r"
    assert ask(scale, b"C") == status(NO_ZERO)
    assert ask(scale, b"W") == b"\x0201.000\r"


def test_a_tare_in_digits_is_a_preset_tare_only_where_the_type_allows_it(
    scale: SimulatedScale, simulate: Simulate
) -> None:
    put(scale, 1)
    assert ask(scale, b"T00050\rW") == status(NO_ZERO) + b"\x0201.000\r"
    taring = with_a_till(simulate, till_tare=1, seed=2)
    put(taring, 1)
    assert ask(taring, b"T00050\rW") == status(NO_ZERO) + b"\x0200.950N\r"
    taring.advance(0.2)
    assert Glass(taring.displays()[1]).line.startswith("PT 0.050")
    assert ask(taring, b"T00003\rW") == status(NO_ZERO) + b"\x0200.950N\r", "3 g are no whole interval"
    assert ask(taring, b"T00000\rW") == status(NO_ZERO) + b"\x0201.000\r"


@pytest.mark.parametrize("keys", ["T", "0.05T", "17P"])
def test_zeros_clear_only_what_the_till_has_set(taring: SimulatedScale, keys: str) -> None:
    taring.console("prices set 17 12.99 0.050")
    put(taring, 0.2)
    assert ask(taring, b"T00050\r")
    taring.type("CC" + keys)
    taring.advance(1)
    tare = taring.console_json("status")["tare"]
    assert tare in (10, 40)
    assert ask(taring, b"T00000\rW").endswith(b"N\r")
    assert taring.console_json("status")["tare"] == tare


def test_the_price_of_an_item_that_goes_takes_no_tare_of_the_till_with_it(taring: SimulatedScale) -> None:
    taring.console("prices set 17 12.99 0.050")
    taring.type("17P")
    taring.advance(1)
    ask(taring, b"T00100\r")
    taring.type("C")
    taring.advance(1)
    assert taring.console_json("status")["tare"] == 20


def test_a_tare_that_breaks_off_changes_nothing(taring: SimulatedScale) -> None:
    put(taring, 1)
    for sent in (b"T0005", b"T00W", b"T0005\r", b"T00T000", b"T00050"[:3] + b"Z"):
        answer = ask(taring, sent, 0.1)
        assert answer.startswith(b"\x02?"), sent
        assert taring.console_json("status")["tare"] == 0, sent


def test_the_echo_that_odoo_asks_for_ends_by_itself(scale: SimulatedScale) -> None:
    assert ask(scale, b"Ehello") == b"\x02E\rhello"
    assert ask(scale, b"WTZC") == b"WTZC"
    assert ask(scale, b"F") == b"\x02F\r"
    assert ask(scale, b"W") == b"\x0200.000\r"
    ask(scale, b"E")
    scale.advance(3)
    assert ask(scale, b"Ehello") == b"\x02E\rhello", "the next one that asks is not taken for the last"


# ---- rubbish ---------------------------------------------------------------------------------------------------------


def test_rubbish_at_full_speed_is_said_bounded_and_weighing_goes_on(scale: SimulatedScale) -> None:
    put(scale, 1)
    free = scale.console_json("status")["journal_free"]
    for _ in range(20):
        scale.rs232.write(bytes(range(0x21, 0x40)) * 31)
        scale.advance(1)
    assert Glass(scale.displays()[0]).line == "TILL: RUBBISH. 9600 7E1?"
    scale.place(2)
    for _ in range(4):
        scale.rs232.write(b"\xff\x00\x55" * 320)
        scale.advance(1)
    scale.type("12.99+")
    scale.advance(2)
    shown = Glass(scale.displays()[1])
    assert (shown.figures[0], shown.line.split()[0]) == ("2.000", "SOLD")
    assert scale.console_json("status")["journal_free"] == free
    scale.advance(5)
    assert ask(scale, b"W") == b"\x0202.000\r"
    scale.advance(6)
    ask(scale, b"W")
    scale.advance(1)
    assert "TILL" not in Glass(scale.displays()[0]).line


def test_a_flood_of_questions_gets_whole_answers_and_no_more_than_the_line_carries(scale: SimulatedScale) -> None:
    scale.rs232.forget()
    scale.rs232.write(b"W" * 900)
    scale.advance(5)
    answers = scale.rs232.output().split(b"\r")[:-1]
    assert 100 < len(answers) < 600
    assert set(answers) == {b"\x0200.000"}


COMMANDS = (b"W", b"Z", b"T", b"C", b"E", b"F", b"T00000\r", b"T00050\r", b"T99999", b"\r", b"status\r", b"\x15")


class AnyTill(RuleBasedStateMachine):
    """A till sends what it likes while people weigh: of all state only zero and tare may be other than before."""

    simulate: Simulate

    @initialize(till_tare=st.integers(0, 1))
    def start(self, till_tare: int) -> None:
        type(self).count += 1
        self.scale = with_a_till(self.simulate, till_tare=till_tare, seed=type(self).count)
        self.scale.type("12.99")
        self.scale.advance(1)
        self.before = self.state()

    count = 0

    def state(self) -> dict[str, Any]:
        """What must not change."""
        found = self.scale.console_json("status") | self.scale.console_json("parameters")
        may = ("gross", "net", "net_mg", "tare", "stable", "indication", "overload", "zero_counts", "filtered_counts")
        may += ("noise_counts", "time", "number", "journal_free", "temperature_cdeg")
        kept = {name: value for name, value in found.items() if name not in may}
        kept["serial"] = self.scale.console_json("serial")
        kept["prices"] = self.scale.console_json("prices")
        kept["events"] = [one["event"] for one in self.scale.console_json("log") if one["event"] != "zero out of range"]
        kept["unit price"] = Glass(self.scale.displays()[1]).figures[1]
        return kept

    @rule(data=st.lists(st.one_of(st.sampled_from(COMMANDS), st.binary(max_size=12)), min_size=1, max_size=12))
    def send(self, data: list[bytes]) -> None:
        answer = ask(self.scale, b"".join(data), 0.3)
        if b"E" not in b"".join(data):
            for one in answer.split(b"\r")[:-1]:
                assert one[:1] == b"\x02", answer

    @rule(kg=st.sampled_from((0.0, 0.02, 1.0, 14.0, 16.0, -1.0)))
    def place(self, kg: float) -> None:
        put(self.scale, kg)

    @invariant()
    def nothing_else_has_changed(self) -> None:
        if hasattr(self, "before"):
            self.scale.advance(3)  # an echo has ended
            assert self.state() == self.before


def test_whatever_a_till_sends_it_does_no_more_than_three_keys(simulate: Simulate) -> None:
    AnyTill.simulate = staticmethod(simulate)
    run_state_machine_as_test(
        AnyTill,
        settings=settings(
            max_examples=6,
            stateful_step_count=12,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
