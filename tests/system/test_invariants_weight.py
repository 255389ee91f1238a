"""Invariant 7: whatever a real agent goes through, its weights follow, bit for bit, from what stands beside them.

Hypothesis makes the scale (cell, calibration points, temperature coefficients, gravity) and its life (loads, climate,
tare, zero, adjustments, restarts) in virtual time; the host recomputes each snapshot from its own fields and the map
that its digest names, as anybody could.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st
from kit.chain import exported
from kit.platform_side import Platform
from steelyard_protocol import parameters, statement, weight
from steelyard_protocol.bodies import Boot, Parameters, Snapshot
from steelyard_protocol.events import Event, ParameterChange
from steelyard_protocol.parameters import KEYS
from steelyard_protocol.statement import Statement
from steelyard_simulator.flashing import PARAMETERS, factory_file
from steelyard_simulator.scale import SimulatedScale

PLATFORM = Platform()
PERIOD_S = 2
seen: Counter[str] = Counter()

POINTS = st.lists(st.tuples(st.integers(1, 300_000), st.integers(1, 3_000_000)), min_size=1, max_size=6)
MULTI = {KEYS["e_mg"]: 2_000, KEYS["max_1_mg"]: 6_000_000, KEYS["e_2_mg"]: 5_000}


@st.composite
def parameter_maps(draw: st.DrawFn) -> dict[int, int]:
    """Valid maps around a cell of 102 counts per gram, with up to six calibration points that bend the line."""
    chosen = {
        **PARAMETERS,
        KEYS["e_mg"]: draw(st.sampled_from([1_000, 2_000, 5_000, 7])),
        KEYS["filter_samples"]: draw(st.integers(1, 20)),
        KEYS["gravity_use_um_s2"]: draw(st.integers(9_700_000, 9_900_000)),
        KEYS["reference_temperature_cdeg"]: draw(st.integers(-1_000, 4_000)),
        KEYS["zero_temperature_mcounts_per_k"]: draw(st.integers(-3_000, 3_000)),
        KEYS["span_temperature_ppb_per_k"]: draw(st.integers(-300_000, 300_000)),
    }
    for key in [key for key in chosen if key >= parameters.FIRST_POINT_KEY]:
        del chosen[key]
    counts = mg = 0
    for at, (more_counts, more_mg) in enumerate(draw(POINTS)):
        counts, mg = counts + more_counts, mg + more_mg
        key = parameters.FIRST_POINT_KEY + 2 * at
        chosen[key], chosen[key + 1] = counts, mg
    chosen |= draw(st.sampled_from(({}, {}, MULTI)))
    return parameters.validate(chosen)


LOAD = st.one_of(st.floats(-0.5, 15.2), st.sampled_from([0.0, 0.1, 1.0, 40.0, 90.0]))
STEP = st.one_of(
    st.tuples(st.just("place"), LOAD),
    st.tuples(st.just("temperature"), st.floats(-10, 40)),
    st.tuples(st.just("tare"), st.floats(0.5, 2.0)),
    st.tuples(st.just("type"), st.sampled_from(["tare clear", "zero", "adjust zero", "adjust span 1 kg"])),
    st.tuples(st.just("type"), st.integers(9_700_000, 9_900_000).map("adjust set gravity_use_um_s2 {}".format)),
    st.tuples(st.just("type"), st.integers(1, 400_000).map("adjust set point_1_counts {}".format)),
    st.tuples(st.just("type"), st.integers(1, 9).map("adjust set e_mg {}000".format)),
    st.tuples(st.just("fraud"), st.integers(-50_000, 50_000)),
    st.tuples(st.just("restart"), st.just(0)),
)


def live(scale: SimulatedScale, what: str, how: float | str) -> None:
    """One step of the scale's life, and time for a snapshot or two."""
    if what == "place":
        scale.place(float(how))
    elif what == "temperature":
        scale.temperature(float(how), over_s=5)
    elif what == "type":
        scale.console(str(how))
    elif what == "tare":
        scale.place(float(how))
        scale.advance(4)
        scale.console("tare")
    elif what == "fraud":
        scale.fraud("counts added", counts=float(how))
    else:
        scale.power_off()
        scale.power_on()
    scale.advance(2.5 * PERIOD_S)


def recompute(chain: list[Statement]) -> list[tuple[int, int, int]]:
    """(number, gross as stated, gross as recomputed) of every snapshot; each change leads to the digest it tells."""
    maps: dict[bytes, dict[int, int]] = {}
    compared = []
    for one in chain:
        body = one.body
        if isinstance(body, Boot | Parameters):
            assert parameters.digest(body.parameters) == one.digest
            maps[one.digest] = body.parameters
        elif isinstance(body, Event) and isinstance(body.facts, ParameterChange):
            changed = dict(maps[one.digest])
            for change in body.facts.changes:
                assert changed.get(change.field) == change.old
                if change.new is None:
                    del changed[change.field]
                else:
                    changed[change.field] = change.new
            assert parameters.digest(changed) == body.facts.digest
            maps[body.facts.digest] = changed
        elif isinstance(body, Snapshot):
            again = weight.gross_intervals(
                maps[one.digest], body.filtered_counts, body.zero_counts, body.temperature_cdeg
            )
            compared.append((one.number, body.gross, again))
    return compared


@settings(max_examples=12, deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate])
@given(
    cell=st.sampled_from(["ideal", "class_iii", "cheap"]),
    seed=st.integers(1, 1000),
    parameter_map=parameter_maps(),
    steps=st.lists(STEP, min_size=5, max_size=10),
)
@example(
    cell="class_iii",
    seed=1,
    parameter_map=PARAMETERS,
    steps=[("tare", 1.0), ("place", 3.0), ("temperature", 30.0), ("type", "adjust span 2.9 kg"), ("place", 0.2)],
)
def _lives(cell: str, seed: int, parameter_map: dict[int, int], steps: list[tuple[str, float | str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        factory = factory_file(PLATFORM.root.point, parameter_map)
        with SimulatedScale(Path(folder), cell=cell, seed=seed, factory=factory) as scale:  # type: ignore[arg-type]
            scale.advance(4)
            scale.console("enrol maker=M model=X serial=1 code=C")
            scale.console(f"enrol accept {PLATFORM.answer(scale, 1883, period_s=PERIOD_S)}")
            scale.adjustment_switch(True)
            for what, how in steps:
                live(scale, what, how)
            chain = [statement.parse(raw) for raw in exported(scale)]
    assert not [one.breaches for one in chain if one.breaches]
    compared = recompute(chain)
    wrong = [(number, stated, again) for number, stated, again in compared if stated != again]
    assert wrong == []
    snapshots = [one.body for one in chain if isinstance(one.body, Snapshot)]
    seen.update(snapshots=len(snapshots), digests=len({one.digest for one in chain}))
    seen.update(loaded=sum(abs(body.gross) > 5 for body in snapshots), tared=sum(body.tare != 0 for body in snapshots))
    seen.update(warm=sum(abs(body.temperature_cdeg - 2_000) > 300 for body in snapshots))


def test_every_weight_is_recomputed_bit_for_bit() -> None:
    seen.clear()
    _lives()
    assert seen["snapshots"] > 100
    assert min(seen["loaded"], seen["tared"], seen["warm"], seen["digests"]) > 3, seen
