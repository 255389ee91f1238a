"""At 80 readings a second a weight is within a quarter of an interval half a second after a step, on a floor that
shakes by an interval at any frequency from 5 to 15 Hz, with the noise of real cells."""

import pytest
from kit.step_response import Filter, responses

LOW_PASS, MIDDLE_HALF = Filter(1, 34), Filter(0, 8)
# Real chips at nominally 80 readings/s: the HX711 as it is met, the nominal rate, the slowest ADS1232.
PERIODS_MS = (11.862, 12.5, 12.82)


@pytest.mark.parametrize("noise_counts", [41, 100])
@pytest.mark.parametrize("period_ms", PERIODS_MS)
def test_half_a_second_after_a_step_the_low_pass_is_within_a_quarter_of_an_interval(
    period_ms: float, noise_counts: float
) -> None:
    found = responses(LOW_PASS, period_ms, noise_counts=noise_counts)
    assert [found[0].hertz, found[-1].hertz] == [5, 15]
    assert max(one.error_e for one in found) <= 0.25
    assert max(one.within_ms for one in found) <= 500


def test_the_middle_half_of_eight_readings_is_not() -> None:
    assert max(one.error_e for one in responses(MIDDLE_HALF, PERIODS_MS[0])) > 0.5


def test_rest_is_judged_by_readings_so_a_floor_that_shakes_wants_a_wider_band() -> None:
    assert {one.stable_ms for one in responses(LOW_PASS, PERIODS_MS[0])} == {0}
    wide = responses(LOW_PASS, PERIODS_MS[0], band_millie=2_500)
    assert all(500 <= one.stable_ms <= 700 for one in wide)


def test_on_a_quiet_floor_it_rests_with_the_stability_time() -> None:
    quiet = responses(LOW_PASS, PERIODS_MS[0], shaking_e=0)
    assert all(500 <= one.stable_ms <= 620 for one in quiet), quiet
    assert max(one.error_e for one in quiet) <= 0.125
