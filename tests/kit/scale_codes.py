"""The platform's side of unlock and check codes, for a simulated scale that is enrolled."""

from __future__ import annotations

from typing import Any

from steelyard_protocol import agreement, ocra, statement
from steelyard_protocol.agreement import Purpose
from steelyard_protocol.bodies import Enrol
from steelyard_simulator.scale import SimulatedScale

from kit.chain import exported
from kit.platform_side import Platform


def enrolment(scale: SimulatedScale) -> Enrol:
    """What the scale stated first."""
    body = statement.parse(exported(scale)[0]).body
    assert isinstance(body, Enrol)
    return body


def answer(scale: SimulatedScale, platform: Platform, purpose: Purpose, question: str, **given: Any) -> str:
    """What the platform computes."""
    own, unlock = enrolment(scale).agreement_point, platform.unlock
    suite = ocra.UNLOCK if purpose is Purpose.UNLOCK else ocra.CHECK
    key = agreement.code_key(agreement.agree(unlock.private, own), purpose, suite, own, unlock.point)
    return ocra.response(suite, key, question, **given)
