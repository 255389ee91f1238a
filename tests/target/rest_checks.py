"""Rest, filter and zero together, as every reading passes them: nothing is called stable that has not rested.

Weighing is given readings by hand, without noise but for one count, so that a wrong weight is seen to the count.
"""

import hal_asyncio

hal_asyncio.install()
RUNS_ON = "simulated"

from agent.weighing.filtering import middle_mean, rest
from agent.weighing.lowpass import BEYOND, low_pass
from parameter_map import MAP
from weighing_bench import FILTER_SAMPLES, KG, STABILITY_TIME, TRACKING, ZERO, E, Steps, noisy, weighing

BAND = 255  # counts
TIMES_MS = (100, 200, 500, 516, 1000, 2000)
PHASES = 55
SIZES = (BAND + 3, E, -E, 3 * E, KG, -KG, 14 * KG)
CASES = {
    "test_stable_never_before_the_time_and_soon_after": (12, 86, 95),
    "test_what_is_stable_is_never_a_burst": (1, 5, 8, 16, 64),
    "test_what_is_stable_is_never_a_burst_through_the_low_pass": (1, 9, 32),
}


class Bench:
    """A rest and a filter that are given readings `period_ms` apart."""

    def __init__(self, time_ms, period_ms, samples=8, filtered=middle_mean):
        self._rest = rest(time_ms, BAND, samples - samples // 4 if filtered is middle_mean else samples + BEYOND)
        self._filter = filtered(samples)
        self._period_ms = period_ms
        self.counts = None

    def add(self, counts):
        self.counts = self._filter(counts)
        return self._rest([counts, self.counts, self._period_ms])


def test_stable_never_before_the_time_and_soon_after(period_ms):
    """A load is put on in every phase of a reading; it is stable by the first reading after time and six readings."""
    for time_ms in TIMES_MS:
        for phase in range(PHASES):
            bench = Bench(time_ms, period_ms)
            for number in range(200):
                bench.add(noisy(ZERO, number))
            rested_ms = period_ms - phase * period_ms // PHASES  # at the first reading of the load
            readings = 1
            while not bench.add(noisy(ZERO + KG, readings)):
                readings += 1
                rested_ms += period_ms
            assert rested_ms >= time_ms and readings >= 6, (time_ms, phase, rested_ms, readings)
            assert readings == 6 or rested_ms < time_ms + 2 * period_ms, (time_ms, phase, rested_ms, readings)
            assert bench.counts == ZERO + KG


def bursts():
    """(readings before, wrong words, their counts, right words after) over and over: any size, any phase."""
    for size in SIZES:
        for wrong in range(1, 5):
            for before in range(9):
                for right in (1, 2, 3, 5, 6, 8, 11):
                    yield before, wrong, size, right


def test_what_is_stable_is_never_a_burst(samples):
    """Bursts among the first readings, while it rests, and again and again; equal words and words of both signs."""
    no_burst_is_stable(samples, middle_mean)


def test_what_is_stable_is_never_a_burst_through_the_low_pass(samples):
    """The same, and nothing of them is left in what is filtered."""
    no_burst_is_stable(samples, lambda readings: low_pass(readings, 4 * E))


def no_burst_is_stable(samples, filtered):
    seen = 0
    for before, wrong, size, right in bursts():
        bench = Bench(100, 86, samples, filtered)
        number = 0
        life = ((before, 0), (wrong, size), (right, 0), (wrong, size), (right, 0), (wrong, -size), (60, 0))
        for length, away in life:
            for _ in range(length):
                number += 1
                if bench.add(noisy(ZERO + away, number)):
                    seen += 1
                    assert not away and -1 <= bench.counts - ZERO <= 1, (before, wrong, size, right, bench.counts)
        assert bench.add(ZERO)
    assert seen


def test_half_a_burst_that_is_no_larger_than_the_band_moves_a_weight_by_less_than_a_quarter_of_an_interval():
    """Within the band a burst cannot be told from a load that rests."""
    bench = Bench(500, 86)
    for number in range(100):
        bench.add(noisy(ZERO, number) + (BAND - 2 if number % 8 < 4 else 0))
        assert number < 8 or -1 <= bench.counts - ZERO <= BAND, bench.counts
        assert number < 8 or E // 4 * 2 >= abs(bench.counts - ZERO)


def test_noise_may_be_a_little_wider_than_the_band_and_no_wider():
    """To either side a reading may lie a band away, and all together within one and a half."""
    for away, stable in ((BAND * 23 // 32, True), (BAND * 25 // 32, False)):
        bench = Bench(500, 86)
        for number in range(40):
            rests = bench.add(ZERO + away * (0, 1, 0, -1)[number & 3])
            assert rests is (stable and number >= 6), (away, number)


def test_goods_that_are_poured_are_never_stable():
    """1.5 e a second with a band of 0.5 e and half a second: no step shows, as each is within the band."""
    bench = Bench(500, 86)
    for number in range(300):
        assert not bench.add(noisy(ZERO + 66 * number, number))


def test_a_weight_that_lags_behind_a_drift_is_not_stable():
    """0.3 e a second is 0.15 e in the stability time, but a filter of 64 readings is 0.8 e behind."""
    scale = weighing({FILTER_SAMPLES: 64})
    steps = Steps(scale)
    steps.add(*[ZERO + 3 * E] * 80)
    assert scale.stable
    for number in range(100):
        steps.add(ZERO + 3 * E + 13 * number)
        assert number < 60 or not scale.stable
    steps.add(*[ZERO + 3 * E + 1300] * 60)
    assert scale.stable


def test_no_burst_becomes_the_initial_zero():
    for size in (E, KG, -KG):
        for wrong in range(1, 5):
            for before in range(8):
                scale = weighing()
                Steps(scale).add(*[ZERO] * before, *[ZERO + size] * wrong, *[ZERO] * 30)
                assert scale.stable and scale.zeros_refused == 0
                assert scale.zero_counts == ZERO, (size, wrong, before)


def test_zero_is_not_tracked_into_a_burst():
    for size in (BAND + 3, E, KG):
        for wrong in range(1, 5):
            scale = weighing()
            steps = Steps(scale)
            steps.add(*[ZERO] * 30)
            for right in range(1, 12):
                steps.add(*[ZERO + size] * wrong, *[ZERO] * right)
                assert scale.zero_counts == ZERO, (size, wrong, right)


def test_zero_and_tare_are_refused_from_the_first_wrong_word_on():
    from agent.weighing.core import WeighingRefused

    scale = weighing()
    steps = Steps(scale)
    steps.add(*[ZERO] * 30)
    for command, level in ((scale.set_zero, ZERO), (scale.set_tare, ZERO + 50 * E)):
        steps.add(*[level] * 30)
        command()
        for count in [level + E] * 4 + [level] * 5:
            steps.add(count)
            try:
                command()
            except WeighingRefused:
                continue
            raise AssertionError("done in a burst")
    assert (scale.zero_counts, scale.tare) == (ZERO, 50)


def test_under_new_parameters_the_load_has_to_rest_again_and_what_was_set_stays():
    from agent.weighing.core import WeighingRefused

    scale = weighing()
    steps = Steps(scale)
    steps.add(*[ZERO] * 30, *[ZERO + KG] * 30)
    scale.set_tare()
    steps.add(*[ZERO + 3 * KG] * 30)
    scale.load(dict(MAP))
    assert (scale.stable, scale.gross, scale.net()) == (False, 600, 400)
    try:
        scale.set_tare()
    except WeighingRefused:
        pass
    else:
        raise AssertionError("tared before it rested")
    steps.add(ZERO + 3 * KG)
    assert not scale.stable
    steps.add(*[ZERO + 3 * KG] * 30)
    assert (scale.stable, scale.net()) == (True, 400)


def test_after_a_pause_the_zero_is_tracked_no_further_than_before_it():
    """2 thousandths of e per second: a count a second. A pause of nine seconds must not count as time of tracking."""
    scale = weighing({STABILITY_TIME: 10_000, TRACKING: 2})
    steps = Steps(scale)
    steps.add(*[ZERO] * 130)
    steps.add(*[ZERO + 150] * 20)
    before = scale.zero_counts
    assert scale.stable and ZERO <= before <= ZERO + 2
    steps.add(ZERO + 150, later_ms=9000)
    assert not scale.stable
    assert scale.zero_counts == before
    steps.add(*[ZERO + 150] * 11)
    assert scale.zero_counts == before
