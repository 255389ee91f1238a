"""Power cuts while a scale does what its platform asks: its number is kept before, so that nothing is done twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from kit.chain import exported
from kit.platform_side import Platform
from steelyard_protocol import statement
from steelyard_protocol.bodies import Kind
from steelyard_protocol.downlink import Ask, Asked
from steelyard_protocol.enrolment import to_base64url
from steelyard_simulator import SimulatedScale, factory_file
from steelyard_simulator.errors import SimulatorError

CUTS = [(at, ("none", "prefix", "scattered", "all")[at % 4]) for at in range(1, 11)]


def snapshots(scale: SimulatedScale) -> int:
    return sum(statement.parse(raw).kind == Kind.SNAPSHOT for raw in exported(scale))


def test_an_ask_is_done_at_most_once_wherever_the_power_fails(
    simulate: Callable[..., SimulatedScale], tmp_path: Path
) -> None:
    platform = Platform()
    scale = simulate(factory=factory_file(platform.root.point))
    scale.console("enrol maker=M model=X serial=1 code=C")
    scale.console("enrol accept " + platform.answer(scale, 9))
    scale.advance(3)
    kid = statement.parse(exported(scale)[0]).kid
    order = "update manifest " + to_base64url(platform.online.sign(Ask(kid, 7, Asked.SNAPSHOT)))
    scale.power_off()
    image = tmp_path / "image.bin"
    scale.copy_flash(image)
    done = []
    for at, how in CUTS:
        scale.replace_flash(image)
        scale.power_on()
        scale.advance(3)
        scale.cut_power(at=at, how=how, seed=at)
        try:
            scale.console(order)
            scale.advance(1)
        except SimulatorError:
            assert scale.outcome == "power cut"
        scale.power_off()
        scale.power_on()
        scale.advance(3)
        before = snapshots(scale)
        again = scale.console(order)
        done.append((before, snapshots(scale), "not above the last" in again))
        scale.power_off()
    assert {after for _, after, _ in done} <= {0, 1}, done
    assert all(refused for before, _, refused in done if before), "what was done once is refused"
    assert (0, 1, False) in done, "a cut before the number was kept loses nothing"
    assert (0, 0, True) in done, "a cut after that may lose it: the platform asks with another number"
