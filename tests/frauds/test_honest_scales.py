"""The other side of every rule: honest scales in a busy shop, judged all the time, raise nothing.

Real agents on `class_iii` cells live in virtual time through customers, climate, glitches, restarts and a network that
comes and goes. The test lasts as long as it may (STEELYARD_HONEST_S, default 6 s of wall time) and tells for how many
scale-days nothing was found: that is the measured side of the false-alarm rate.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from kit.chain import exported
from steelyard_cloud.judge.facts import Baseline, Clock, Facts
from steelyard_cloud.judge.findings import Finding
from steelyard_cloud.judge.intake import StatementsInMemory, accept
from steelyard_cloud.judge.judge import judge
from steelyard_cloud.judge.summary import Summary
from steelyard_cloud.judge.summary_parts import ParameterState
from steelyard_protocol import statement
from steelyard_protocol.bodies import Boot, Snapshot
from steelyard_simulator.scale import SimulatedScale
from steelyard_simulator.world import EPOCH_S

SCALES = 2
LASTS_S = float(os.environ.get("STEELYARD_HONEST_S", "6"))
DAY_S = 86_400
# Three periods of 600 s without a statement are silence, and no false alarm: an outage ends well before.
LONGEST_OUTAGE_S = 400


@dataclass
class Shop:
    """One honest scale, what the platform holds of it, and everything that was ever found."""

    scale: SimulatedScale
    chance: random.Random
    stored: StatementsInMemory = field(default_factory=StatementsInMemory)
    found: list[Finding] = field(default_factory=list)
    delivered: int = 0
    connected_at_s: float = 0.0
    weighed: int = 0
    starts: int = 0

    def open(self) -> None:
        """Make, adjust and verify the scale: what its last boot statement says becomes the baseline."""
        scale = self.scale
        scale.advance(5)
        scale.console("enrol maker=M model=one serial=1 code=P-1")
        scale.adjustment_switch(True)
        scale.console("adjust zero")
        scale.place(15.0)
        scale.advance(10)
        scale.console("adjust span 15 kg")
        scale.adjustment_switch(False)
        scale.place(0.0)
        scale.advance(10)
        self.restart(1.0)
        parsed = [statement.parse(raw) for raw in self.new()]
        boot = next(one for one in reversed(parsed) if isinstance(one.body, Boot))
        assert isinstance(boot.body, Boot)
        self.summary = Summary(boot.kid)
        state = ParameterState(boot.digest, boot.calibration_counter, boot.configuration_counter)
        baseline = Baseline(boot.kid, boot.number, state)
        self.facts = Facts(frozenset({baseline}), frozenset(), frozenset({boot.body.software.hash}))
        self.deliver()

    def new(self) -> list[bytes]:
        return exported(self.scale, self.delivered + 1)

    def deliver(self) -> None:
        """What the network brings arrives and is judged; while it is down the clock goes on all the same."""
        now_ms = int((EPOCH_S + self.scale.now_s) * 1000)
        if self.scale.now_s >= self.connected_at_s:
            parsed = [statement.parse(raw) for raw in self.new()]
            for one, _ in accept(self.summary, parsed, self.stored, now_ms):
                self.stored.add(one, now_ms)
                self.delivered = one.number
        self.found += judge([self.summary], self.facts, Clock(now_ms)).findings

    def restart(self, load_kg: float) -> None:
        """The plug is pulled, by hand or in the middle of something, and put in again."""
        if self.chance.random() < 0.5:
            self.scale.power_off()
        else:
            self.scale.cut_power()
        self.scale.place(load_kg if self.chance.random() < 0.3 else 0.0)
        self.scale.power_on()
        self.scale.advance(6)
        self.starts += 1

    def customer(self) -> None:
        """Something is weighed, perhaps in a bag, perhaps too heavy, perhaps twice."""
        scale, chance = self.scale, self.chance
        load_kg = chance.choice([chance.uniform(0.02, 1.5), chance.uniform(0.2, 14.9), chance.uniform(14.9, 22.0)])
        if chance.random() < 0.2:
            scale.place(load_kg / 20)
            scale.advance(3)
            scale.console("tare")
        scale.place(load_kg)
        scale.advance(chance.uniform(1, 12))
        scale.place(0.0)
        scale.advance(chance.uniform(1, 90))
        if chance.random() < 0.2:
            scale.console(chance.choice(["tare clear", "zero"]))
        self.weighed += 1

    def trouble(self) -> None:
        """What happens to an honest scale without anybody's guilt."""
        scale, chance = self.scale, self.chance
        what = chance.choice(["climate", "glitch", "restart", "outage", "supply", "load left"])
        if what == "climate":
            scale.temperature(chance.uniform(-5, 38), over_s=chance.uniform(300, 3_600))
        elif what == "glitch":
            scale.glitch(chance.randint(1, 8))
        elif what == "restart":
            self.restart(chance.uniform(0.0, 5.0))
        elif what == "outage" and scale.now_s >= self.connected_at_s:
            self.connected_at_s = scale.now_s + chance.uniform(60, LONGEST_OUTAGE_S)
        elif what == "supply":
            scale.supply(chance.uniform(3.3, 5.2))
        else:
            scale.place(chance.uniform(0.0, 10.0))
            for _ in range(chance.randint(1, 8)):
                scale.advance(100)
                self.deliver()
            scale.place(0.0)

    def live(self, until_s: float) -> None:
        """Trade until the wall clock says `until_s`."""
        self.open()
        while time.monotonic() < until_s:
            for _ in range(self.chance.randint(1, 6)):
                self.customer()
                self.deliver()
            self.trouble()
            self.deliver()
        self.connected_at_s = 0.0
        self.deliver()


def test_honest_scales_in_a_busy_shop_raise_nothing(
    simulate: Callable[..., SimulatedScale], record_property: Callable[[str, object], None]
) -> None:
    shops = [
        Shop(simulate(cell="class_iii", seed=seed, rtc_battery=True), random.Random(seed))
        for seed in range(1, SCALES + 1)
    ]
    until_s = time.monotonic() + LASTS_S
    with ThreadPoolExecutor(SCALES) as pool:
        list(pool.map(lambda shop: shop.live(until_s), shops))
    for shop in shops:
        assert shop.found == []
        assert sorted(shop.stored.statements) == list(range(1, shop.delivered + 1))
        assert shop.weighed > 3
    scale_days = sum(shop.scale.now_s for shop in shops) / DAY_S
    held = [one for shop in shops for same in shop.stored.statements.values() for one, *_ in same]
    assert any(isinstance(one.body, Snapshot) for one in held)
    told = f"none: {SCALES} honest scales, {scale_days:.2f} scale-days"
    print(told, f"{len(held)} statements", *[(shop.weighed, shop.starts) for shop in shops])
    record_property("fraud", f"{told}|nothing to be seen, nothing found|{len(held)}|{LASTS_S:.1f}")
