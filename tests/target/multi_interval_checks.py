"""A multi-interval scale: Max 3/6/15 kg, e = 1/2/5 g, and Max 6/15 kg, e = 2/5 g, which no e of its own divides."""

import hal_asyncio

hal_asyncio.install()
RUNS_ON = "simulated"

from agent.weighing.core import WeighingRefused
from weighing_bench import INTERVAL, KG, TRACKING, ZERO, Steps, weighing

MAX_1, E_2, MAX_2, E_3 = 16, 17, 18, 19
THREE = {INTERVAL: 1_000, MAX_1: 3_000_000, E_2: 2_000, MAX_2: 6_000_000, E_3: 5_000}
TWO = {INTERVAL: 2_000, MAX_1: 6_000_000, E_2: 5_000}
GRAM = KG // 1_000


def started(changes):
    scale = weighing(changes)
    steps = Steps(scale)
    steps.rest(ZERO)
    return scale, steps


def load(scale, steps, grams):
    steps.rest(ZERO + int(grams * GRAM))
    return scale.indication()


def refused(command, *arguments):
    try:
        command(*arguments)
    except WeighingRefused:
        return True
    return False


def test_the_interval_follows_the_load_up_and_down():
    scale, steps = started(THREE)
    shown = (
        (2_999.4, "2.999 kg", 1),
        (3_000.4, "3.000 kg", 1),
        (3_000.6, "3.000 kg", 1),
        (3_001.2, "3.002 kg", 2),
        (5_999.2, "6.000 kg", 2),
        (6_001.2, "6.000 kg", 2),
        (6_002.6, "6.005 kg", 5),
        (14_998.0, "15.000 kg", 5),
    )
    for grams, text, interval_g in shown + tuple(reversed(shown)):
        assert load(scale, steps, grams) == text, (grams, scale.indication())
        assert scale.interval_mg(scale.gross) == interval_g * 1_000
    assert load(scale, steps, -3.4) == "-0.003 kg"


def test_intervals_of_which_none_is_a_multiple_of_the_other_are_rounded_once():
    """12.49 g in steps of 2 g is 12 g, and 12 g in steps of 5 g 10 g; but 6 012.51 g is 6 015 g."""
    scale, steps = started(TWO)
    assert (scale.unit_mg, scale.e_mg) == (1_000, 2_000)
    low = ((5, 6), (5_998.9, 5_998), (6_001, 6_000))
    for grams, gross in low + ((6_002.5, 6_005), (6_012.49, 6_010), (6_012.51, 6_015)):
        load(scale, steps, grams)
        assert scale.gross == gross, (grams, scale.gross)


def test_there_is_no_weight_beyond_nine_intervals_of_the_last_range_and_twenty_of_the_first():
    scale, steps = started(TWO)
    for grams, text in ((15_047, "15.045 kg"), (15_048, None), (-40.9, "-0.040 kg"), (-42, None)):
        assert load(scale, steps, grams) == text
        assert scale.overload() is (grams == 15_048) and scale.underload() is (grams == -42)


def test_a_net_weight_is_in_the_interval_of_its_own_load():
    scale, steps = started(THREE)
    load(scale, steps, 6_503.0)
    scale.set_tare()
    assert scale.tare == 6_505, "shown in the interval of the gross load"
    assert scale.indication() == "0.000 kg", "what was tared is zero, not 2 g below"
    for grams, text, interval_g in ((1_234.0, "1.234 kg", 1), (3_001.4, "3.002 kg", 2), (7_001.2, "7.000 kg", 5)):
        assert load(scale, steps, 6_503.0 + grams) == text
        assert scale.interval_mg(scale.net()) == interval_g * 1_000
    assert load(scale, steps, 0) == "-6.505 kg"
    scale.clear_tare()
    assert scale.indication() == "0.000 kg"


def test_a_weighed_tare_makes_zero_within_a_quarter_of_the_smallest_interval():
    for grams in (703.3, 3_000.9, 6_502.4, 14_997.6):
        scale, steps = started(THREE)
        load(scale, steps, grams)
        scale.set_tare()
        for more in (-0.25, 0.25):
            assert load(scale, steps, grams + more) == "0.000 kg", (grams, more)
        assert load(scale, steps, grams + 0.75) == "0.001 kg"
        assert load(scale, steps, grams - 0.75) == "-0.001 kg"


def test_a_preset_tare_is_in_steps_of_the_first_interval_and_within_its_range():
    scale, steps = started(TWO)
    for tare_mg in (1_000, 5_000, 6_002_000, 6_005_000, 0):
        assert refused(scale.preset_tare, tare_mg), tare_mg
    scale.preset_tare(6_000_000)
    assert (scale.tare, scale.net()) == (6_000, -6_000)
    scale.preset_tare(52_000)
    for grams, text in ((52.0, "0.000 kg"), (6_100.9, "6.050 kg"), (6_040.9, "5.988 kg"), (6_060.0, "6.010 kg")):
        assert load(scale, steps, grams) == text


def test_zero_is_in_the_smallest_interval():
    scale, steps = started(THREE)
    parameters = dict(scale._parameters)
    parameters[TRACKING] = 0
    scale.load(parameters)
    for away, at_zero in ((25, True), (-25, True), (26, False), (-26, False)):
        steps.add(*[ZERO + away] * 8, noise=False)
        assert scale.at_zero() is at_zero, away
    assert load(scale, steps, 100.0) == "0.100 kg"


def test_a_tare_does_not_outlast_the_unit_that_it_is_counted_in():
    scale, steps = started(THREE)
    load(scale, steps, 500.0)
    scale.set_tare()
    scale.load(dict(scale._parameters))
    assert scale.tare == 500
    changed = dict(scale._parameters)
    changed[INTERVAL], changed[E_2], changed[E_3] = 500, 1_000, 2_000
    scale.load(changed)
    assert (scale.tare, scale.net(), scale.indication()) == (0, 1_000, "500.0 g")
