"""Calibration: what zero and span become by the load on the pan, for `adjust zero` and `adjust span`.

Loaded when somebody adjusts and let go of with the command. It stands here and not with the commands, as it decides
what the parameters will be.
"""

from micropython import const

from agent.adjustment import fields
from agent.adjustment.parameters import AdjustmentRefused
from agent.weighing.core import WeighingRefused
from agent.weighing.weight import E_MG, ZERO_COUNTS, points, round_divide

_LEAST_INTERVALS = const(20)
_MILLIE = const(1000)
# Span is computed from the weight in millionths of an interval.
_MICROE = const(1000000)
_UNITS_MG = {"kg": 1000000, "g": 1000}
UNITS = tuple(sorted(_UNITS_MG))


async def adjust_zero(scale):
    """Make the resting load the zero; return (number of the statement, error before, error after).

    Number as from `Parameters.commit`; the errors in thousandths of an interval, the second None if the load moved.
    Raises AdjustmentRefused, PermitRefused, or WeighingRefused where the load does not rest.
    """
    await scale.sessions.open_adjustment()
    zero_counts = await scale.settled_counts()
    before = scale.weighing.gross_parts(zero_counts, _MICROE)
    number = await scale.parameters.commit({ZERO_COUNTS: zero_counts})
    scale.weighing.adjust_zero(zero_counts)
    return number, _thousandths(before), await _error_now(scale, 0)


async def adjust_span(scale, mass_mg):
    """Have the resting load weigh `mass_mg`: stretch every calibration point. Returns and raises as `adjust_zero`."""
    e_mg = scale.parameters.map[E_MG]
    if not _LEAST_INTERVALS * e_mg <= mass_mg <= scale.parameters.map[fields.MAX_MG]:
        raise AdjustmentRefused("mass", "the mass must be from 20 e to Max: take one near Max if there is one")
    await scale.sessions.open_adjustment()
    counts = await scale.settled_counts()
    weighed = scale.weighing.gross_parts(counts, _MICROE)
    expected = mass_mg * _MICROE // e_mg
    if not expected <= 2 * weighed <= 4 * expected:
        raise AdjustmentRefused(
            "mass", "the scale weighs less than half or more than twice that: put the mass on the pan"
        )
    changes = {}
    for place, (point_counts, _) in enumerate(points(scale.parameters.map)):
        changes[fields.FIRST_POINT_KEY + 2 * place] = round_divide(point_counts * weighed, expected)
    number = await scale.parameters.commit(changes)
    return number, _thousandths(weighed - expected), await _error_now(scale, expected)


async def _error_now(scale, expected):
    """Weigh once more; `expected` in millionths of an interval."""
    try:
        counts = await scale.settled_counts()
    except WeighingRefused:
        return None  # the change is made; that the load moved afterwards only leaves this error unknown
    return _thousandths(scale.weighing.gross_parts(counts, _MICROE) - expected)


def _thousandths(microe):
    return round_divide(microe, _MICROE // _MILLIE)


def mass_mg(number, unit):
    """A decimal number such as 1.1, as text, in a unit of UNITS as milligrams, exactly; raises AdjustmentRefused."""
    whole, _, fraction = number.partition(".")
    if not whole.isdigit() or (fraction and not fraction.isdigit()) or len(whole) > 6 or len(fraction) > 6:
        raise AdjustmentRefused("mass", "the mass must be a number like 1.5, not '%s'" % number[:32])
    scaled = int(whole + fraction) * _UNITS_MG[unit]
    if scaled % 10 ** len(fraction):
        raise AdjustmentRefused("mass", "the mass has parts of a milligram: give fewer decimals")
    return scaled // 10 ** len(fraction)
