"""The measuring core: readings of the converter become a filtered value, a zero, a weight and an indication.

Legally relevant, integers only. It knows pins and parameters through what it is given, and nothing of journal, console
or network. All results of one step belong together: whoever wants several of them takes them between two steps.
"""

import asyncio

from micropython import const

from agent.filtering import Filter, Noise, Stability
from agent.port import clock
from agent.weight import E_MG, ZERO_COUNTS, Scaling, round_divide

_MAX_MG = const(1)
_MIN_MG = const(2)
_FILTER_SAMPLES = const(4)
_STABILITY_BAND = const(5)
_STABILITY_TIME = const(6)
_ZERO_TRACKING = const(7)
_ZERO_SETTING = const(8)
_INITIAL_ZERO = const(9)

# Above Max + 9 e, and below -20 e, there is no indication (after R 76-1).
_OVERLOAD_INTERVALS = const(9)
_UNDERLOAD_INTERVALS = const(-20)
_OLDEST_MS = const(1000)
# Zero tracking follows an eighth of the distance a step, so that it does not follow the noise.
_TRACKING_SHARE = const(8)
# A board sensor is coarse and noisy, a load cell warms slowly: the temperature is the mean of some sixty readings.
_TEMPERATURE_READINGS = const(64)


class Refused(ValueError):
    """The scale cannot do that now: {0}."""

    def __init__(self, reason):
        super().__init__(reason)


class Weighing:
    """Weight, zero and tare from the readings of `adc` under a map of `parameters`.

    `filtered_counts` (24-bit counts), `zero_counts` (compensated counts), `temperature_cdeg`, `gross`, `tare` and `net`
    (intervals), `stable`, `overload`, `noise_counts`, `zero_drift` (counts), `weighings` since the last snapshot.
    `zeros_refused` counts zeros that lay outside their range, `refused_zero_counts` is the last of them.
    """

    def __init__(self, adc, parameters):
        self._adc = adc
        self._step_ms = clock.ticks_ms()
        self._valid = False
        self._initial_zero_due = True
        self._loaded = False
        self._tracking_millicounts = 0
        self._temperature_readings = 0
        self._temperature_millicdeg = 0
        self._noise = Noise()
        self._filter = Filter(parameters[_FILTER_SAMPLES])
        self._zero_set_counts = 0
        self._zero_reference_counts = 0
        self.temperature_cdeg = None
        self.indicated = asyncio.Event()
        self.filtered_counts = 0
        self.zero_counts = 0
        self.gross = 0
        self.tare = 0
        self.stable = False
        self.weighings = 0
        self.zeros_refused = 0
        self.refused_zero_counts = 0
        self._zero_base = self._zero_low = self._zero_high = 0
        self._zero_sum = self._zero_steps = 0
        self._reset_zero(parameters[ZERO_COUNTS])
        self.load(parameters)

    # Parameters and temperature

    def load(self, parameters):
        """Weigh by this parameter map from now on. Stability begins anew; the zero is kept."""
        self._parameters = parameters
        self._scaling = Scaling(parameters, self.temperature_cdeg)
        self.temperature_cdeg = self._scaling.temperature_cdeg
        if self._filter.size != parameters[_FILTER_SAMPLES]:
            self._filter = Filter(parameters[_FILTER_SAMPLES])
        self._stability = Stability(parameters[_STABILITY_TIME])
        self._band_counts = self._scaling.counts(parameters[_STABILITY_BAND])
        self._interval_counts = self._scaling.counts(1000)
        self._noise.restart()
        self.stable = False
        self.gross = self._scaling.gross(self.net_counts)

    def take_temperature(self, temperature_cdeg):
        """Take in one reading of the temperature near the load cell; weighing goes by the mean over 64 readings."""
        self._temperature_readings = min(_TEMPERATURE_READINGS, self._temperature_readings + 1)
        away = temperature_cdeg * 1000 - self._temperature_millicdeg
        self._temperature_millicdeg += away // self._temperature_readings

    # Readings

    async def run(self):
        """Weigh for ever; `indicated` is pulsed after each step."""
        while True:
            counts = await self._adc.read()
            self.step(counts, clock.ticks_ms())
            self.indicated.set()
            self.indicated.clear()

    def step(self, counts, now_ms):
        """Take in one sound reading, read at `now_ms` (ticks)."""
        elapsed_ms = clock.ticks_diff(now_ms, self._step_ms)
        self._step_ms = now_ms
        self._valid = True
        self._follow_temperature()
        filtered = self._filter.add(counts)
        compensated = self._scaling.compensated(filtered)
        self.filtered_counts = filtered
        self.stable = self._stability.add(filtered, elapsed_ms, self._band_counts)
        if self.stable:
            self._noise.add(counts)
            if self._initial_zero_due:
                self._set_initial_zero(compensated)
            self._track_zero(compensated, elapsed_ms)
        else:
            self._noise.restart()
        self.gross = self._scaling.gross(compensated - self.zero_counts)
        self._count_weighing()
        self._observe_zero()

    def _follow_temperature(self):
        if self._temperature_readings:
            temperature_cdeg = round_divide(self._temperature_millicdeg, 1000)
            if temperature_cdeg != self.temperature_cdeg:
                self.temperature_cdeg = temperature_cdeg
                self._scaling.set_temperature(temperature_cdeg)

    def _count_weighing(self):
        minimum_mg = max(self._parameters[_MIN_MG], self._parameters[E_MG])
        heavy = self.gross * self._parameters[E_MG] >= minimum_mg
        if heavy and self.stable and not self._loaded:
            self._loaded = True
            self.weighings = min(65535, self.weighings + 1)
        elif not heavy:
            self._loaded = False

    # Zero

    def _reset_zero(self, zero_counts):
        self.zero_counts = zero_counts
        self._zero_set_counts = zero_counts
        self._zero_reference_counts = zero_counts
        self.forget_zero()

    def _within(self, compensated, reference_counts, permille):
        """True if the distance between two zeros is at most `permille` of Max."""
        away = abs(self._scaling.gross(compensated - reference_counts))
        return away * self._parameters[E_MG] * 1000 <= permille * self._parameters[_MAX_MG]

    def _set_initial_zero(self, compensated):
        """The first stable value after start becomes the zero if it is near enough to the zero at calibration."""
        self._initial_zero_due = False
        if self._within(compensated, self._parameters[ZERO_COUNTS], self._parameters[_INITIAL_ZERO]):
            self._reset_zero(compensated)
        else:
            self._refuse_zero(compensated)

    def _refuse_zero(self, compensated):
        self.zeros_refused += 1
        self.refused_zero_counts = compensated

    def set_zero(self):
        """Make what is on the pan the zero.

        Raises Refused where the load moves, or where that is further than half the zero-setting range from the zero
        found at start.
        """
        compensated = self._require_stable("wait until the load rests, then set zero")
        if not self._within(2 * compensated, 2 * self._zero_reference_counts, self._parameters[_ZERO_SETTING]):
            self._refuse_zero(compensated)
            raise Refused("the load is too far from zero: take it off the pan, then set zero")
        self.zero_counts = self._zero_set_counts = compensated
        self.tare = 0
        self.gross = self._scaling.gross(self.net_counts)

    def adjust_zero(self, zero_counts):
        """Begin anew from a zero that has just been calibrated."""
        self._reset_zero(zero_counts)
        self.tare = 0
        self.gross = self._scaling.gross(self.net_counts)

    def _track_zero(self, compensated, elapsed_ms):
        """Follow a slowly drifting zero, within half an interval of it and not faster than the parameter allows."""
        away = compensated - self.zero_counts
        if 2 * abs(away) > self._interval_counts or self._initial_zero_due:
            self._tracking_millicounts = 0
            return
        # Thousandths of e per second times milliseconds: millionths of e, here in thousandths of a count.
        limit = self._parameters[_ZERO_TRACKING] * min(elapsed_ms, _OLDEST_MS) * self._interval_counts // 1000
        wanted = away * 1000 // _TRACKING_SHARE
        self._tracking_millicounts += max(-limit, min(limit, wanted))
        whole = self._tracking_millicounts // 1000
        if whole and self._within(
            2 * (self.zero_counts + whole), 2 * self._zero_reference_counts, self._parameters[_ZERO_SETTING]
        ):
            self._tracking_millicounts -= whole * 1000
            self.zero_counts += whole

    @property
    def zero_drift(self):
        """Counts by which tracking has moved the zero since it was last set."""
        return self.zero_counts - self._zero_set_counts

    # Tare

    @property
    def net(self):
        """Net weight in intervals."""
        return self.gross - self.tare

    def set_tare(self):
        """Take the load as tare; an empty pan clears it. Raises Refused where the load moves or is not weighed."""
        self._require_stable("wait until the load rests, then tare")
        if self.overload or self.gross < 0:
            raise Refused("the load is outside the weighing range: tare takes loads from zero to Max")
        self.tare = self.gross

    def clear_tare(self):
        """Weigh gross again."""
        self.tare = 0

    def _require_stable(self, advice):
        if not self.fresh or not self.stable:
            raise Refused("the load is not stable: " + advice)
        return self._scaling.compensated(self.filtered_counts)

    # Indication

    @property
    def e_mg(self):
        """The verification scale interval in milligrams."""
        return self._parameters[E_MG]

    @property
    def fresh(self):
        """True while the last reading is not older than one second."""
        return self._valid and 0 <= clock.ticks_diff(clock.ticks_ms(), self._step_ms) <= _OLDEST_MS

    @property
    def overload(self):
        """True above Max + 9 e."""
        e_mg = self._parameters[E_MG]
        return self.gross * e_mg > self._parameters[_MAX_MG] + _OVERLOAD_INTERVALS * e_mg

    @property
    def indication(self):
        """Net weight as text, or None where nothing may be shown: stale, overloaded, far below zero."""
        if not self.fresh or self.overload or self.gross < _UNDERLOAD_INTERVALS:
            return None
        return format_mass(self.net, self._parameters[E_MG])

    @property
    def noise_counts(self):
        """Standard deviation of the readings under a resting load, in counts."""
        return self._noise.counts

    @property
    def net_counts(self):
        """Compensated counts above the zero."""
        return self._scaling.compensated(self.filtered_counts) - self.zero_counts

    @property
    def compensated_counts(self):
        """Filtered counts without the temperature's share."""
        return self._scaling.compensated(self.filtered_counts)

    def gross_parts(self, compensated_counts, parts):
        """Gross weight in `parts` of an interval that these compensated counts would have; not legally relevant."""
        return self._scaling.parts(compensated_counts - self.zero_counts, parts)

    # What a snapshot tells of the time since the last one

    def _observe_zero(self):
        zero_counts = self.zero_counts
        self._zero_low = min(self._zero_low, zero_counts)
        self._zero_high = max(self._zero_high, zero_counts)
        self._zero_sum += zero_counts - self._zero_base
        self._zero_steps += 1

    def zero_statistics(self):
        """Minimum, maximum and mean of the zero since `forget_zero`, as offsets from the zero now."""
        mean = self._zero_base + (self._zero_sum // self._zero_steps if self._zero_steps else 0)
        zero_counts = self.zero_counts
        return self._zero_low - zero_counts, self._zero_high - zero_counts, mean - zero_counts

    def forget_zero(self):
        """Begin the zero's statistics and the count of weighings anew."""
        self._zero_base = self._zero_low = self._zero_high = self.zero_counts
        self._zero_sum = 0
        self._zero_steps = 0
        self.weighings = 0


def format_mass(intervals, e_mg):
    """`intervals` of `e_mg` as text in kg where e is a gram or more, else in g, with as many decimals as e has."""
    unit_mg, unit = (1000000, "kg") if e_mg >= 1000 else (1000, "g")
    decimals = 0
    while e_mg * 10**decimals % unit_mg:
        decimals += 1
    mass_mg = abs(intervals) * e_mg
    text = str(mass_mg // unit_mg)
    if decimals:
        fraction = str(mass_mg % unit_mg * 10**decimals // unit_mg)
        text += "." + "0" * (decimals - len(fraction)) + fraction
    return ("-" if intervals < 0 and mass_mg else "") + text + " " + unit
