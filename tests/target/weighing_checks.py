"""What weighing says of loads, zeros, tare and temperature, to the interval and to the count."""

import hal_asyncio

hal_asyncio.install()
RUNS_ON = "simulated"

from agent.port import clock
from agent.weighing.core import MassText, Weighing, WeighingRefused
from parameter_map import MAP
from weighing_bench import INTERVAL, KG, MIN, SPAN_TEMPERATURE, TRACKING, ZERO, E, Steps, weighing

GRAM = KG // 1000
TEXTS = (
    (2_000_000, 2, "4 kg"),
    (1_000_000, -3, "-3 kg"),
    (10_000, 101, "1.01 kg"),
    (5_000, 3_000, "15.000 kg"),
    (5_000, -1, "-0.005 kg"),
    (5_000, 0, "0.000 kg"),
    (1_000, 1, "0.001 kg"),
    (999, 1, "0.999 g"),
    (500, 2_001, "1000.5 g"),
    (100, 10, "1.0 g"),
    (20, -7, "-0.14 g"),
    (1, 1_234, "1.234 g"),
)


def started(load=0, changes=()):
    """A scale that has found its zero, with a load of so many counts at rest."""
    scale = weighing(changes)
    steps = Steps(scale)
    steps.rest(ZERO)
    steps.rest(ZERO + load)
    return scale, steps


def refused(command):
    try:
        command()
    except WeighingRefused:
        return True
    return False


def test_a_weight_is_written_with_the_decimals_of_its_interval():
    for e_mg, intervals, text in TEXTS:
        written = MassText(e_mg, e_mg)
        assert written.of(intervals) == text, written.of(intervals)
        assert written.of(intervals + 1) != text == written.of(intervals)


def test_what_is_shown_ends_nine_intervals_above_max_and_twenty_below_zero():
    for intervals, text, over in (
        (3_009, "15.045 kg", False),
        (3_010, None, True),
        (-20, "-0.100 kg", False),
        (-21, None, False),
    ):
        scale, _ = started(intervals * E)
        assert (scale.indication(), scale.overload()) == (text, over)


def test_nothing_is_shown_before_the_first_reading_and_a_second_after_the_last():
    scale = Weighing(None, dict(MAP))
    assert not scale.fresh() and scale.indication() is None and not scale.stable
    for age_ms, fresh in ((0, True), (1_000, True), (1_001, False)):
        for _ in range(30):
            scale.step(ZERO, clock.ticks_add(clock.ticks_ms(), -age_ms))
            scale.step(ZERO + 1, clock.ticks_add(clock.ticks_ms(), -age_ms))
        assert scale.fresh() is fresh
        assert scale.indication() == ("0.000 kg" if fresh else None)


def test_a_weight_that_is_too_old_is_not_at_rest():
    scale, _ = started()
    assert scale.at_rest()
    scale.fresh = lambda: False
    assert not scale.at_rest()


def test_the_first_resting_load_within_a_tenth_of_max_is_the_zero():
    for grams in (1_500, -1_500):
        scale = weighing({INTERVAL: 2_000})
        Steps(scale).rest(ZERO + grams * GRAM)
        assert (scale.gross, scale.zeros_refused, scale.zero_drift()) == (0, 0, 0)
    for grams in (1_501, -1_501):
        scale = weighing({INTERVAL: 2_000})
        steps = Steps(scale)
        steps.rest(ZERO + grams * GRAM)
        assert abs(2 * scale.gross - grams) == 1
        assert scale.zeros_refused == 1
        assert abs(scale.refused_zero_counts - ZERO - grams * GRAM) <= 1
        steps.rest(ZERO + 6 * GRAM)
        assert (scale.gross, scale.zeros_refused) == (3, 1), "only the first load may become the zero"


def test_zero_is_set_within_a_hundredth_of_max_of_the_zero_at_start():
    scale, steps = started()
    for grams in (100, 149, -149):
        steps.rest(ZERO + grams * GRAM)
        scale.set_zero()
        assert (scale.gross, scale.net(), scale.zero_drift()) == (0, 0, 0)
    for number, grams in enumerate((152, -152, 200)):
        steps.rest(ZERO + grams * GRAM)
        assert refused(scale.set_zero)
        assert scale.zeros_refused == number + 1
        assert abs(scale.refused_zero_counts - ZERO - grams * GRAM) <= 1
        assert scale.gross == round((grams + 149) / 5), "the zero stays"


def test_zero_is_not_set_beside_a_tare_and_adjusting_zero_clears_it():
    scale, _ = started(20 * E)
    scale.set_tare()
    assert refused(scale.set_zero)
    assert (scale.tare, scale.gross) == (20, 20)
    scale.clear_tare()
    scale.set_zero()
    assert (scale.tare, scale.gross, scale.net(), scale.zero_drift()) == (0, 0, 0, 0)
    scale, _ = started(20 * E)
    scale.set_tare()
    scale.adjust_zero(ZERO + 20 * E)
    assert (scale.tare, scale.gross, scale.net(), scale.zero_drift()) == (0, 0, 0, 0)


def test_an_adjusted_zero_is_the_one_about_which_zero_may_be_set():
    scale, steps = started()
    scale.adjust_zero(ZERO + KG)
    steps.rest(ZERO + KG + 140 * GRAM)
    scale.set_zero()
    assert scale.gross == 0
    steps.rest(ZERO + 140 * GRAM)
    assert refused(scale.set_zero)


def test_tare_takes_loads_above_zero_up_to_max():
    for intervals, takes in ((3_009, True), (3_010, False), (1, True), (0, False), (-1, False)):
        scale, _ = started(intervals * E)
        assert refused(scale.set_tare) is not takes
        assert scale.tare == (intervals if takes else 0)
    scale, steps = started(100 * E)
    scale.set_tare()
    steps.rest(ZERO + 300 * E)
    assert (scale.net(), scale.gross, scale.indication()) == (200, 300, "1.000 kg")
    scale.clear_tare()
    assert scale.net() == 300


def test_zero_is_tracked_within_half_an_interval_to_either_side():
    for away, moved in ((255, 255), (-255, -255), (256, 0), (-256, 0)):
        scale, steps = started(10 * E)
        steps.add(*[ZERO + away] * 90, noise=False)
        assert (scale.zero_counts, scale.zero_drift()) == (ZERO + moved, moved)


def test_zero_is_tracked_no_faster_than_the_parameter_allows():
    """0.02 e a second are 10.2 counts; 120 readings take 10.3 s."""
    for sign in (1, -1):
        scale, steps = started(sign * 240, {TRACKING: 20})
        before = scale.zero_counts
        steps.add(*[ZERO + sign * 240] * 120)
        assert 103 <= sign * (scale.zero_counts - before) <= 107, scale.zero_counts - before


def test_zero_is_tracked_no_further_than_it_may_be_set():
    """153 g to either side are 15 300 counts."""
    for sign in (1, -1):
        scale, steps = started()
        for away in range(0, 15_300, 20):
            steps.add(ZERO + sign * away)
        steps.add(*[ZERO + sign * 15_300] * 90)
        assert scale.zero_drift() == sign * 15_300
        for away in range(15_300, 16_500, 20):
            steps.add(ZERO + sign * away)
        assert scale.zero_drift() == sign * 15_300
        assert scale.gross == sign * 2


def test_a_weighing_is_a_load_of_at_least_min_that_came_to_rest():
    scale, steps = started()
    for intervals, weighings in ((19, 0), (20, 1), (300, 1), (19, 1), (20, 2), (0, 2)):
        steps.rest(ZERO + intervals * E)
        assert scale.weighings == weighings, intervals
    steps.add(*[ZERO + KG] * 3, *[ZERO] * 30)
    assert scale.weighings == 2, "it was not weighed before it was taken off"
    scale.weighings = 65_535
    steps.rest(ZERO + KG)
    assert scale.weighings == 65_535, "the most that a snapshot can say"


def test_without_min_an_empty_pan_is_still_no_load():
    scale, steps = started(changes={MIN: 0})
    assert scale.weighings == 0
    steps.rest(ZERO + E)
    assert scale.weighings == 1


def test_a_snapshot_tells_how_the_zero_went_since_the_one_before():
    """Twenty readings at the old zero and as many at the new one, 300 counts from it."""
    for sign in (1, -1):
        scale, steps = started(sign * 300, {TRACKING: 0})
        scale.forget_zero()
        steps.add(*[ZERO + sign * 300] * 20)
        scale.set_zero()
        steps.add(*[ZERO + sign * 300] * 20)
        assert scale.zero_statistics() == (min(0, -sign * 300), max(0, -sign * 300), -sign * 150)
        scale.forget_zero()
        assert scale.zero_statistics() == (0, 0, 0)
        steps.add(*[ZERO + sign * 300] * 3)
        assert scale.zero_statistics() == (0, 0, 0)


def test_temperature_is_the_mean_of_sixty_four_readings():
    scale, steps = started()
    assert scale.temperature_cdeg == 2_000, "the reference, as long as nothing is measured"
    for readings, cdeg, mean in ((1, 2_600, 2_600), (1, 2_800, 2_700), (62, 2_700, 2_700), (1, 9_100, 2_800)):
        for _ in range(readings):
            scale.take_temperature(cdeg)
        steps.add(ZERO)
        assert scale.temperature_cdeg == mean
    for _ in range(700):
        scale.take_temperature(-1_000)
    steps.add(ZERO)
    assert scale.temperature_cdeg == -1_000


def test_a_coefficient_under_which_everything_weighs_nothing_stops_nothing():
    """A hundredth per kelvin, and 100 K: the range of the parameter allows it."""
    scale, steps = started(300 * E, {SPAN_TEMPERATURE: 10_000_000})
    scale.take_temperature(12_000)
    steps.rest(ZERO + 300 * E)
    assert scale.gross == 0
    scale.load(dict(MAP))
    assert scale.gross == 300
    parameters = dict(MAP)
    parameters[SPAN_TEMPERATURE] = 10_000_000
    scale.load(parameters)
    assert scale.gross == 0


def test_noise_is_that_of_a_resting_load():
    scale, steps = started()
    assert scale.noise_counts() <= 1
    for number in range(100):
        steps.add(ZERO + (50 if number & 1 else -50))
    assert 49 <= scale.noise_counts() <= 52
    before = scale.noise_counts()
    steps.add(*[ZERO + KG] * 5)
    assert scale.noise_counts() == before


def test_counts_and_parts_of_an_interval_are_told_for_adjusting():
    scale, _ = started(700 * E, {TRACKING: 0})
    assert (scale.compensated_counts(), scale.net_counts()) == (ZERO + 700 * E, 700 * E)
    assert scale.gross_parts(ZERO + 700 * E + E // 2, 10) == 7_005
    assert scale.gross_parts(ZERO - E, 10) == -10


def test_another_interval_is_weighed_in_at_once():
    scale, _ = started(300 * E)
    parameters = dict(MAP)
    parameters[INTERVAL] = 10_000
    scale.load(parameters)
    assert (scale.gross, scale.indication()) == (150, "1.50 kg")
