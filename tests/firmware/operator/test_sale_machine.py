"""Whatever a seller does, in whatever order: what is shown fits together, and a load is sold once, above zero."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st
from kit.glass import Glass
from kit.shop import CUSTOMER, Shop, factory
from steelyard_protocol import sales
from steelyard_simulator import SimulatedScale
from steelyard_simulator.flashing import PARAMETERS

LOADS = st.sampled_from([-0.05, 0.0, 0.0, 0.0, 0.02, 0.3, 0.7, 1.0, 15.2])
KEYS = st.sampled_from(["+", "+", "10", "0.05T", "T", "Z", "C", "-", "=", "R", "#", "7.5+", "3P", "P", ".", "999999"])
STEP = st.one_of(
    st.tuples(st.just("place"), LOADS),
    st.tuples(st.just("keys"), KEYS),
    st.tuples(st.just("wait"), st.floats(0.1, 4)),
)
Step = tuple[str, float | str]


class Watched:
    """A shop whose customer's display is looked at ten times a second."""

    def __init__(self, scale: SimulatedScale) -> None:
        self.shop = Shop(scale)
        self.zero_seen = True
        self.sold = 0

    def live(self, step: Step) -> None:
        """One step, then a look at every tenth of a second of it."""
        what, how = step
        if what == "place":
            self.shop.scale.place(float(how))
        elif what == "keys":
            for key in str(how):
                self.look()
                self.shop.scale.type(key)
                self.look()
                if key == "+":
                    self.shop.scale.advance(1.0)
                    self.count()
        for _ in range(int(float(how) * 10) if what == "wait" else 5):
            self.shop.scale.advance(0.1)
            self.look()

    def look(self) -> None:
        """The three values fit together, or there is no price."""
        seen = Glass(self.shop.scale.displays()[CUSTOMER])
        weight, unit_price, price = seen.figures
        if weight.startswith("-") or weight == "0.000":
            self.zero_seen = True
        if not price or "TOTAL" in unit_price:
            return
        net, unit = round(float(weight) * 200), round(float(unit_price) * 100)
        assert net > 0
        assert round(float(price) * 100) == sales.price(PARAMETERS, net, unit)

    def count(self) -> None:
        """A new sale follows a zero that was seen."""
        made = self.shop.sales
        sold = [one for one in made if one.cancels is None]
        assert len(sold) - self.sold in (0, 1)
        if len(sold) > self.sold:
            assert self.zero_seen
            self.zero_seen = False
        self.sold = len(sold)


def goods(*loads: float) -> list[Step]:
    """Loads sold one after the other."""
    return [step for load in loads for step in (("place", load), ("wait", 3.0), ("keys", "7.5+"))]


@settings(max_examples=12, deadline=None, database=None)
@example(steps=[*goods(0.3, 0.7), ("place", 0.0), ("wait", 3.0), *goods(1.0), ("keys", "-")])
@example(steps=[("keys", "0.05T"), *goods(0.3, 0.7), ("place", 0.0), ("wait", 0.1), *goods(0.3)])
@given(st.lists(STEP, min_size=4, max_size=14))
def test_what_is_shown_fits_and_what_is_sold_was_shown(steps: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as folder, SimulatedScale(Path(folder) / "s", factory=factory()) as scale:
        watched = Watched(scale)
        for step in steps:
            watched.live(step)
        made = watched.shop.sales
        assert [one.sale for one in made] == sorted({one.sale for one in made})
        for one in made:
            assert one.price == sales.price(PARAMETERS, one.net, one.unit_price) > 0
        cancelled = [one.cancels for one in made if one.cancels is not None]
        assert len(cancelled) == len(set(cancelled)), "nothing is cancelled twice"
        by_number = {one.sale: one for one in made}
        for one in made:
            if one.cancels is not None:
                assert by_number[one.cancels]._replace(sale=one.sale, time=one.time, cancels=one.cancels) == one
