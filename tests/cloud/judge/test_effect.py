"""What a change of parameters does to the weight that is shown, in the words of a customer."""

import pytest
from kit.parameters import MAP
from steelyard_cloud.judge.effect import Effect, effect


def test_the_effect_of_a_change_is_what_the_scale_would_show() -> None:
    verified = dict(MAP)
    assert effect(verified, verified) is None
    assert effect(verified, verified | {41: 16_500_000}) == Effect(1_000_000, 1_100_000)
    assert effect(verified, verified | {40: 1_700_000}).percent == pytest.approx(-10, abs=0.01)
    assert effect(verified, verified | {4: 16}) is None
    small = effect(verified | {1: 600_000}, verified | {41: 16_500_000})
    assert (small.load_mg, small.shown_mg) == (300_000, pytest.approx(330_000, abs=10)), (
        "half of Max where that is less"
    )


def test_a_scale_that_was_adjusted_with_a_small_weight_is_told_of_by_the_kilogram_too() -> None:
    small = MAP | {40: MAP[40] // 100, 41: MAP[41] // 100}
    assert effect(small, small | {41: small[41] * 11 // 10}) == Effect(1_000_000, 1_100_000)
