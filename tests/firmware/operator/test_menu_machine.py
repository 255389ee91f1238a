"""Whatever keys are pressed on whatever page, whatever happens to the scale: the customer sees the weighing."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st
from kit.glass import Glass
from kit.platform_side import Platform
from kit.shop import CUSTOMER, START_S, Shop
from steelyard_protocol.parameters import KEYS
from steelyard_simulator import SimulatedScale
from steelyard_simulator.flashing import PARAMETERS, factory_file

SILENT_PORT = 9
PRICED = PARAMETERS | {KEYS["sales"]: 2}
WORDS = {"LOCKED", "FAULT", "OVERLOAD", "UNDERLOAD", "-----"}
DARK = {"LOCKED", "FAULT"}

KEYS_PRESSED = st.one_of(
    st.sampled_from(["P", "P1", "P2", "P3", "P3+", "P312345678+", "P4", "P412345678+", "P5", "P500000000+", "C", "CC"]),
    st.text("0123456789.CTZP+-=R#", min_size=1, max_size=10),
)
STEP = st.one_of(
    st.tuples(st.just("keys"), KEYS_PRESSED),
    st.tuples(st.just("keys"), KEYS_PRESSED),
    st.tuples(st.just("place"), st.sampled_from([-0.3, 0.0, 0.3, 1.0, 15.2])),
    st.tuples(st.just("case"), st.booleans()),
    st.tuples(st.just("freeze"), st.booleans()),
    st.tuples(st.just("cut"), st.just(0.0)),
    st.tuples(st.just("wait"), st.sampled_from([0.2, 1.0, 4.0])),
)
Step = tuple[str, float | str | bool]


def live(shop: Shop, step: Step) -> int:
    """Do one step, looking ten times a second; returns how often the scale was started for it."""
    what, how = step
    scale = shop.scale
    if what == "keys":
        for key in str(how):
            scale.type(key)
            look(shop)
    elif what == "place":
        scale.place(float(how))
    elif what == "case":
        (scale.open_case if how else scale.close_case)()
    elif what == "freeze":
        scale.freeze_converter(bool(how))
    elif what == "cut":
        scale.power_off()
        scale.power_on()
        scale.advance(START_S)
        return 1
    for _ in range(int(float(how) * 10) if what == "wait" else 3):
        scale.advance(0.1)
        look(shop)
    return 0


def look(shop: Shop) -> None:
    """The customer's display has a weighing: a weight or why there is none, and no price without a weight."""
    weight, _, price = Glass(shop.scale.displays()[CUSTOMER]).figures
    assert weight, "the customer sees no weight and no word for why"
    if not set(weight) <= set("-.0123456789"):
        assert weight in WORDS, weight
        assert not price or weight not in DARK


@settings(max_examples=10, deadline=None, database=None)
@example(
    steps=[("keys", "P3+"), ("case", True), ("case", False), ("keys", "P5"), ("wait", 4.0), ("keys", "12345678+C")]
)
@example(steps=[("keys", "P4"), ("freeze", True), ("wait", 4.0), ("keys", "P3"), ("freeze", False), ("cut", 0.0)])
@given(st.lists(STEP, min_size=4, max_size=14))
def test_no_key_on_any_page_takes_the_weighing_from_the_customer_or_restarts_the_scale(steps: list[Step]) -> None:
    platform = Platform()
    made = factory_file(platform.root.point, PRICED, address="https://scales.example.org")
    with tempfile.TemporaryDirectory() as folder, SimulatedScale(Path(folder) / "s", factory=made) as scale:
        shop = Shop(scale)
        assert "accepted" in scale.console("enrol accept " + platform.answer(scale, SILENT_PORT))
        starts = scale.starts
        for step in steps:
            starts += live(shop, step)
        scale.freeze_converter(False)
        scale.close_case()
        scale.place(0)
        scale.advance(6)
        shop.keys("CCCCCCCC", 1.0)
        assert scale.starts == starts, "it started by itself"
        assert shop.vendor.pixels == shop.customer.pixels, "the way back out of every page is C"
