"""The price to pay in real MicroPython: what the host computes, for any weight and unit price."""

from hypothesis import given, settings
from hypothesis import strategies as st
from kit.micropython import MicroPython
from steelyard_protocol import sales

NETS = st.integers(1, 2_147_483_647)
UNIT_PRICES = st.integers(1, 0xFFFFFFFF)
INTERVALS = st.sampled_from([1, 1_000, 2_000, 5_000, 100_000_000])
ON_THE_SCALE = """
import sys
from agent.weighing.price import price
for case in sys.argv[1:]:
    print(price(*[int(part) for part in case.split(",")]))
"""


def test_scale_and_host_compute_alike(micropython: MicroPython) -> None:
    cases: list[tuple[int, int, int, int]] = []

    @settings(max_examples=300, database=None, derandomize=True)
    @given(NETS, UNIT_PRICES, INTERVALS, st.integers(0, 1))
    def collect(net: int, unit_price: int, e_mg: int, per_100_g: int) -> None:
        cases.append((net, unit_price, e_mg, per_100_g))

    collect()
    answers = micropython(ON_THE_SCALE, *(",".join(map(str, case)) for case in cases)).stdout.split()
    wanted = [sales.price({3: e, 14: per}, net, unit_price) for net, unit_price, e, per in cases]
    assert [int(answer) for answer in answers] == wanted
    assert len(cases) > 100
