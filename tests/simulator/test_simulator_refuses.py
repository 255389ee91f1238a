"""What the simulator refuses with a sentence: what is no number, an unknown option, use after `stop`."""

from collections.abc import Callable
from pathlib import Path

import pytest
from steelyard_simulator import SimulatedScale, SimulatorError
from steelyard_simulator.errors import ScaleStopped, WrongNumber, WrongOption

pytest_plugins = ["pytester"]
NAN, INF = float("nan"), float("inf")
Deed = Callable[[SimulatedScale], object]

NUMBERS: dict[str, Deed] = {
    "load": lambda scale: scale.place(NAN),
    "endless load": lambda scale: scale.place(-INF),
    "temperature": lambda scale: scale.temperature(NAN),
    "below absolute zero": lambda scale: scale.temperature(-300),
    "time of a change": lambda scale: scale.temperature(20, over_s=-1),
    "supply": lambda scale: scale.supply(INF),
    "fraud": lambda scale: scale.fraud("line gain", percent=NAN),
    "chance": lambda scale: scale.stretch_pulses(NAN, 1),
    "samples": lambda scale: scale.glitch(-1),
    "time": lambda scale: scale.advance(NAN),
    "time without end": lambda scale: scale.advance(INF),
    "time back": lambda scale: scale.advance(-1),
    "step": lambda scale: scale.run_until(lambda: False, step_s=0),
    "time-out": lambda scale: scale.console("status", NAN),
}


@pytest.mark.parametrize("what", NUMBERS)
def test_what_is_no_number_is_refused_and_changes_nothing(scale: SimulatedScale, what: str) -> None:
    before = scale.now_s
    with pytest.raises(WrongNumber, match="must be a number from"):
        NUMBERS[what](scale)
    assert scale.now_s == before
    assert scale.console_json("status")["gross"] == 0


@pytest.mark.parametrize("speed", [NAN, INF, 0, -1])
def test_a_speed_that_is_none_is_refused(speed: float, tmp_path: Path) -> None:
    with pytest.raises(WrongNumber, match="speed"):
        SimulatedScale(tmp_path, speed=speed)


def test_an_unknown_cell_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongOption, match="no cell 'good': it has ideal, noiseless, class_iii, class_iii_multi, cheap"):
        SimulatedScale(tmp_path, cell="good")  # type: ignore[arg-type]


USES: dict[str, Deed] = {
    "power": lambda scale: scale.power_on(),
    "cut": lambda scale: scale.cut_power(),
    "load": lambda scale: scale.place(1),
    "console": lambda scale: scale.console("status"),
    "time": lambda scale: scale.advance(1),
    "rest": lambda scale: scale.rest(1),
    "port": lambda scale: scale.path,
    "flash": lambda scale: scale.replace_flash(scale.image),
    "network": lambda scale: scale.restore_network(),
    "case": lambda scale: scale.open_case(),
    "state": lambda scale: scale.state(),
}


def test_a_stopped_scale_says_that_it_was_stopped(tmp_path: Path) -> None:
    with SimulatedScale(tmp_path) as scale:
        pass
    scale.stop()
    for use in USES.values():
        with pytest.raises(ScaleStopped, match="was stopped"):
            use(scale)
    scale.copy_flash(tmp_path / "copy")


@pytest.mark.parametrize(
    ("mark", "said"), [("sed=7", "no option sed: it has cell, seed"), ("'cheap'", "no option 'cheap'")]
)
def test_an_unknown_option_in_a_mark_is_refused(pytester: pytest.Pytester, mark: str, said: str) -> None:
    pytester.makepyfile(f"import pytest\n@pytest.mark.scale({mark})\ndef test_one(scale): pass")
    pytester.runpytest_subprocess().stdout.fnmatch_lines([f"*WrongOption: *{said}*"])


def test_every_refusal_is_a_simulator_error() -> None:
    assert issubclass(WrongNumber, SimulatorError)
