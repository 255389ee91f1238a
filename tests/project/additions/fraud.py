"""A fraud: a magnet under the pan pulls with a force that does not depend on the load."""

from collections.abc import Callable

from kit.checkout import Checkout
from steelyard_simulator import SimulatedScale

SUITE = ("tests/simulator/test_simulator_scale.py::test_frauds_in_the_load_cell_line_come_and_go",)
SOURCE = '''@fraud("magnet")
class Magnet(Fraud):
    """A magnet under the pan pulls it down as `grams` would."""

    def __init__(self, board, grams):
        self._counts = grams * board.cell.counts_per_g

    def alter(self, counts):
        return counts + self._counts


'''


def add(checkout: Checkout) -> None:
    path = checkout.folder / "simulator/hal/hal_frauds.py"
    checkout.insert("simulator/hal/hal_frauds.py", path.read_text().partition("def switch")[0], SOURCE)


def gross_e(scale: SimulatedScale) -> int:
    """What the agent indicates once it has settled, in verification scale intervals."""
    scale.advance(4)
    return int(scale.console_json("status")["gross"])


def test_the_scale_shows_what_it_does(simulate: Callable[..., SimulatedScale]) -> None:
    scale = simulate()
    scale.advance(4)
    scale.place(kg=2.0)
    honest = gross_e(scale)
    scale.fraud("magnet", grams=500)
    assert gross_e(scale) == honest * 5 // 4
    scale.fraud("magnet", on=False)
    assert gross_e(scale) == honest
