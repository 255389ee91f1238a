"""A whole scale whose keys are in a secure element: it enrols, states, opens by code, and says when it fails."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from kit.chain import exported, faults_of_chain
from kit.platform_side import Platform
from kit.scale_codes import answer, enrolment
from kit.shop import Shop, factory
from steelyard_protocol import statement
from steelyard_protocol.agreement import Purpose
from steelyard_protocol.bodies import Snapshot
from steelyard_protocol.events import Event, EventKind
from steelyard_simulator.flashing import factory_file
from steelyard_simulator.scale import SimulatedScale

ENROL = "enrol maker=M model=one serial=1 code=P-1"
SILENT_PORT = 9
PERIOD_S = 10
MINUTE_S = 70  # the element is asked every minute
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

Simulate = Callable[..., SimulatedScale]


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
def scale(simulate: Simulate, platform: Platform) -> SimulatedScale:
    """Enrolled, with its element configured before."""
    scale = simulate(board="simulated_element", factory=factory_file(platform.root.point))
    assert "'enrol element'" in scale.console(ENROL)
    assert scale.console_json("enrol element") == {"configured": True}
    scale.console(ENROL)
    assert "accepted" in scale.console("enrol accept " + platform.answer(scale, SILENT_PORT, period_s=PERIOD_S))
    scale.advance(5)
    return scale


def facts(scale: SimulatedScale, kind: EventKind) -> list[object]:
    bodies = [statement.parse(raw).body for raw in exported(scale)]
    return [body.facts for body in bodies if isinstance(body, Event) and body.kind == kind]


def fault(scale: SimulatedScale) -> str | None:
    text: str | None = scale.console_json("status")["key_fault"]
    return text


def test_its_statements_are_a_chain_that_others_verify(scale: SimulatedScale) -> None:
    scale.advance(6 * PERIOD_S)
    raws = exported(scale)
    assert faults_of_chain(raws, len(raws)) == []
    enrolled = enrolment(scale)
    assert enrolled.key_store_class == 1
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), enrolled.signing_point)
    for raw in raws:
        r, s = (int.from_bytes(half, "big") for half in (raw[-64:-32], raw[-32:]))
        assert s <= N // 2
        key.verify(utils.encode_dss_signature(r, s), statement.parse(raw).signed, ec.ECDSA(hashes.SHA256()))
    assert len(raws) >= 8


def test_it_opens_by_the_platforms_code_and_answers_its_question(scale: SimulatedScale, platform: Platform) -> None:
    scale.open_case()
    scale.advance(1)
    scale.close_case()
    scale.advance(1)
    shown = scale.console_json("unlock")
    code = answer(scale, platform, Purpose.UNLOCK, shown["question"])
    assert scale.console_json(f"unlock {code}") == {"locked": False}


def test_while_it_is_silent_the_scale_weighs_and_says_so_and_states_it_later(scale: SimulatedScale) -> None:
    before = scale.console_json("status")
    scale.cut_element()
    scale.place(kg=2.0)
    scale.open_case()
    scale.advance(MINUTE_S)
    scale.close_case()
    status = scale.console_json("status")
    assert status["number"] == before["number"]
    assert status["gross"] * status["e_mg"] == 2_000_000
    assert status["key_fault"] == "the secure element does not answer"
    assert "FAULT: the secure element does not answer" in scale.console("status")
    assert scale.console_json("fresh")["error"] == "key-fault"
    assert scale.starts == 1
    scale.power_off()
    scale.power_on()
    scale.advance(MINUTE_S)
    assert (scale.starts, fault(scale)) == (2, "the secure element does not answer")
    scale.cut_element(away=False)
    scale.advance(MINUTE_S)
    assert fault(scale) is None
    raws = exported(scale)
    assert faults_of_chain(raws, len(raws)) == []
    ((why, count),) = facts(scale, EventKind.KEY_FAULT)  # type: ignore[misc]
    assert why == 1
    assert MINUTE_S // PERIOD_S <= count <= 3 * MINUTE_S // PERIOD_S, "it is not asked for ever faster"
    assert facts(scale, EventKind.LOCKED)
    assert isinstance(statement.parse(raws[-1]).body, Snapshot | Event)


def test_a_sale_that_nothing_could_prove_is_none_and_both_displays_say_why(simulate: Simulate) -> None:
    scale = simulate(board="simulated_element", factory=factory())
    scale.console("enrol element")
    shop = Shop(scale)
    assert shop.sell(2.0, "12.99+").figures == ["2.000", "12.99", "25.98"]
    assert len(shop.sales) == 1
    scale.cut_element()
    shop.put(2.0)
    shop.keys("12.99", 1.5)
    refused = shop.keys("+", 2.0)
    assert refused.figures == ["2.000", "12.99", "25.98"]
    assert refused.line == shop.vendor.line == "KEY FAULT: CALL SERVICE"
    scale.cut_element(away=False)
    scale.advance(MINUTE_S)
    assert shop.customer.line == ""
    assert len(shop.sales) == 1
    shop.keys("+", 2.0)
    assert [sale.price for sale in shop.sales] == [2598, 2598]


def test_one_that_is_disturbed_is_asked_again(scale: SimulatedScale) -> None:
    scale.disturb_element(garbled=2, naps=2, refusals=[0x0F])
    before = scale.console_json("status")["number"]
    scale.advance(PERIOD_S)
    assert fault(scale) is None
    assert scale.console_json("status")["number"] > before
    assert facts(scale, EventKind.KEY_FAULT) == []


def test_a_swapped_one_is_not_taken_and_the_first_is_again(scale: SimulatedScale) -> None:
    identity, number = (scale.console_json("status")[name] for name in ("identity", "number"))
    element = scale.image.with_name(scale.image.name + ".element")
    first = element.read_bytes()
    scale.power_off()
    scale.swap_element()
    scale.power_on()
    scale.advance(MINUTE_S)
    assert fault(scale) == "the secure element is another one, without this scale's key"
    assert scale.console_json("enrol element") == {"configured": True}
    assert scale.console_json(ENROL)["identity"] == identity, "statement 1 is shown as ever"
    scale.advance(MINUTE_S)
    status = scale.console_json("status")
    assert (status["identity"], status["number"]) == (identity, number)
    assert status["key_fault"] == "the secure element is another one, without this scale's key"
    scale.power_off()
    element.write_bytes(first)
    scale.power_on()
    scale.advance(MINUTE_S)
    assert fault(scale) is None
    raws = exported(scale)
    assert faults_of_chain(raws, len(raws)) == []
    assert scale.starts == 3


def test_a_scale_whose_flash_was_erased_begins_no_second_chain(scale: SimulatedScale, simulate: Simulate) -> None:
    scale.power_off()
    other = simulate(board="simulated_element")
    other.power_off()
    element = scale.image.with_name(scale.image.name + ".element")
    other.image.with_name(other.image.name + ".element").write_bytes(element.read_bytes())
    other.power_on()
    assert "has the key of another scale" in other.console(ENROL)
    assert other.console_json("status")["identity"] is None


def test_a_board_without_one_says_so(simulate: Simulate) -> None:
    assert simulate().console_json("enrol element")["error"] == "no-element"
