"""The measuring core: readings of the converter become a filtered value, a zero, a weight and an indication.

Legally relevant, integers only. It knows pins and parameters through what it is given, and nothing of journal, console
or network. All results of one step belong together: whoever wants several of them takes them between two steps.
"""

import asyncio

from micropython import const

from agent.errors import AgentError
from agent.port import clock
from agent.weighing.filtering import deviation, middle_mean, rest
from agent.weighing.weight import E_MG, MAX_1, ZERO_COUNTS, Scaling, round_divide, unit_mg

_MAX_MG = const(1)
_MIN_MG = const(2)
_FILTER_SAMPLES = const(4)
_STABILITY_BAND = const(5)
_STABILITY_TIME = const(6)
_ZERO_TRACKING = const(7)
_ZERO_SETTING = const(8)
_INITIAL_ZERO = const(9)
_LOW_PASS = const(20)

# Above Max + 9 e, of the interval at Max, and below -20 e there is no indication (after R 76-1).
_OVERLOAD_INTERVALS = const(9)
_UNDERLOAD_INTERVALS = const(-20)
_OLDEST_MS = const(1000)
# Zero tracking follows an eighth of the distance a step, so that it does not follow the noise; in thousandths.
_TRACKING_MILLI = const(125)
# A tare is kept in thousandths of e where it is not rounded to e: see `ranges`.
_TARE_PARTS = const(1000)
# The low pass takes a reading for a wrong word that is four intervals from its neighbours.
_FAR_MILLIE = const(4000)
# A board sensor is coarse and noisy, a load cell warms slowly: the temperature is the mean of some sixty readings.
_TEMPERATURE_READINGS = const(64)


class WeighingRefused(AgentError):
    """The scale cannot do that now; `short` says why in the letters of the displays."""

    code = "weighing-refused"

    def __init__(self, text, short="NOT STABLE: WAIT"):
        super().__init__(text)
        self.short = short


class Weighing:
    """Weight, zero and tare from the readings of `adc` under a map of `parameters`.

    `filtered_counts` (24-bit counts), `zero_counts` (compensated counts), `temperature_cdeg`, `gross` and `tare`
    (units of `unit_mg`, which is e, or divides each e of a multi-interval scale), `preset` (whether the tare was
    typed), `stable`, `e_mg` (the smallest), `weighings` since the last snapshot.
    `zeros_refused` counts zeros that lay outside their range, `refused_zero_counts` is the last of them, if any.
    `supplied` is set from outside: False while the supply is too low to weigh with. No
    properties: with a single one in the class, MicroPython looks for it at every assignment to `self`, which would
    double the cost of a step. And few local variables where every reading passes: a call that needs more than eleven
    places for them takes its frame from the heap. `tares` counts the changes of the tare, so that who set one knows it.
    """

    def __init__(self, adc, parameters):
        self._adc = adc
        self._step_ms = clock.ticks_ms()
        self._valid = None  # whether the last reading came with supply enough; None before the first
        self._initial_zero_due = True
        self._loaded = False
        self._tracking_millicounts = 0
        self._temperature_readings = 0
        self._temperature_millicdeg = 0
        self._new_cdeg = None
        self._noise = deviation()
        self._noise_counts = 0
        self._filter_kind = None
        self._reading = [0, 0, 0]  # what `rest` takes, so that it takes no heap
        self.temperature_cdeg = None
        self.indicated = asyncio.Event()
        self.filtered_counts = 0
        self.hidden = False  # blank for a while: see `standstill`
        self.unit_mg = self.tare = self._tare_parts = 0
        self.preset = False
        self.tares = 0
        self.zeros_refused = 0
        self.refused_zero_counts = None
        self.supplied = True
        self._reset_zero(parameters[ZERO_COUNTS])
        self.load(parameters)

    def forget_zero(self):
        """Start the zero's statistics and the count of weighings again."""
        self._zero_base = self._zero_low = self._zero_high = self.zero_counts
        self._zero_sum = 0
        self._zero_steps = 0
        self.weighings = 0

    # Parameters and temperature

    def load(self, parameters):
        """Weigh by this parameter map from now on. Stability starts again; zero, and tare in the same unit, stay."""
        self._parameters = parameters
        self.e_mg = e_mg = parameters[E_MG]  # the verification scale interval in milligrams
        unit = unit_mg(parameters)
        if self.unit_mg != unit:
            self.unit_mg = unit
            self.clear_tare()
        self._scaling = Scaling(parameters, self.temperature_cdeg)
        self.temperature_cdeg = self._scaling.temperature_cdeg
        far_counts = parameters.get(_LOW_PASS, 0) and self._scaling.counts(_FAR_MILLIE)
        self._choose_filter(parameters[_FILTER_SAMPLES], far_counts)
        band_counts = self._scaling.counts(parameters[_STABILITY_BAND])
        self._rest = rest(parameters[_STABILITY_TIME], band_counts, self._filter_readings)
        self._interval_counts = self._scaling.counts(1000)
        self._ranges = None
        self._weigh = self._scaling.gross
        if MAX_1 in parameters:
            from agent.weighing.ranges import Ranges  # takes heap where it is used only

            self._ranges = Ranges(parameters, self._scaling)
            self._weigh = self._ranges.gross
        most = parameters[_MAX_MG] // unit
        self._highest = most + _OVERLOAD_INTERVALS * self.interval_mg(most) // unit
        self._lowest = _UNDERLOAD_INTERVALS * e_mg // unit
        self._mass_text = MassText(unit, e_mg)
        self._tracking_rate = parameters[_ZERO_TRACKING] * self._interval_counts
        # Half the zero-setting range, which is in thousandths of Max, to either side.
        self._tracking_range_counts = self._scaling.counts(
            parameters[_ZERO_SETTING] * parameters[_MAX_MG] // (2 * e_mg)
        )
        # The lightest load that counts as one, in units: Min, but at least one interval.
        self._minimum = max(e_mg, parameters[_MIN_MG] + unit - 1) // unit
        self._noise(None)
        self.stable = False
        self.gross = self._weigh(self.net_counts())

    def _choose_filter(self, samples, far_counts):
        """The low pass, to which a reading so far from its neighbours is wrong, or else the middle half's mean."""
        kind = (samples, far_counts)
        if self._filter_kind == kind:
            return
        self._filter_kind = kind
        if far_counts:
            from agent.weighing.lowpass import BEYOND, low_pass  # takes heap where it is used only

            self._filter = low_pass(samples, far_counts)
            self._filter_readings = samples + BEYOND
        else:
            self._filter = middle_mean(samples)
            self._filter_readings = samples - samples // 4  # the middle half has no others then

    def take_temperature(self, temperature_cdeg):
        """Take in one reading of the temperature near the load cell; weighing goes by the mean over 64 readings."""
        self._temperature_readings = min(_TEMPERATURE_READINGS, self._temperature_readings + 1)
        away = temperature_cdeg * 1000 - self._temperature_millicdeg
        self._temperature_millicdeg += away // self._temperature_readings
        self._new_cdeg = round_divide(self._temperature_millicdeg, 1000)

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
        self._valid = self.supplied
        if self._new_cdeg is not None:
            self._change_temperature()
        self.filtered_counts = self._filter(counts)
        compensated = self.filtered_counts - self._scaling.offset_counts
        reading = self._reading
        reading[0] = counts
        reading[1] = self.filtered_counts
        reading[2] = elapsed_ms
        self.stable = self._rest(reading)
        if self.stable:
            self._noise_counts = self._noise(counts)
            if self._initial_zero_due:
                self._set_initial_zero(compensated)
            self._track_zero(compensated - self.zero_counts, elapsed_ms)
        else:
            self._noise(None)
        zero_counts = self.zero_counts
        self.gross = self._weigh(compensated - zero_counts)
        # One weighing is counted for each load that came to rest.
        if self.gross < self._minimum:
            self._loaded = False
        elif self.stable and not self._loaded:
            self._loaded = True
            self.weighings = min(65535, self.weighings + 1)
        # What the next snapshot tells of the zero.
        if zero_counts < self._zero_low:
            self._zero_low = zero_counts
        if zero_counts > self._zero_high:
            self._zero_high = zero_counts
        self._zero_sum += zero_counts - self._zero_base
        self._zero_steps += 1

    def _change_temperature(self):
        """Weigh by the last measured temperature from now on."""
        self.temperature_cdeg = self._new_cdeg
        self._scaling.set_temperature(self._new_cdeg)
        if self._ranges:
            self._ranges.use()
        self._new_cdeg = None

    # Zero

    def _reset_zero(self, zero_counts):
        self.zero_counts = zero_counts
        self._zero_set_counts = zero_counts
        self._zero_reference_counts = zero_counts
        self.forget_zero()

    def _within(self, compensated, reference_counts, permille):
        """True if a zero is in a range of `permille` of Max, half of it to either side of the reference (R 76-1)."""
        away = abs(self._scaling.gross(2 * (compensated - reference_counts)))
        return away * self.e_mg * 1000 <= permille * self._parameters[_MAX_MG]

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

    def in_zero_range(self):
        """Whether what is on the pan is near enough to the zero of the start to be made the zero."""
        compensated = self._scaling.compensated(self.filtered_counts)
        return self._within(compensated, self._zero_reference_counts, self._parameters[_ZERO_SETTING])

    def set_zero(self):
        """Make what is on the pan the zero.

        Raises WeighingRefused where there is a tare, where the load moves, or where that is further than half the
        zero-setting range from the zero found at start.
        """
        compensated = self._require_stable("wait until the load rests, then set zero")
        if self.tare:
            raise WeighingRefused("there is a tare: clear it, then set zero", "CLEAR TARE FIRST")
        if not self.in_zero_range():
            self._refuse_zero(compensated)
            raise WeighingRefused(
                "the load is too far from zero: take it off the pan, then set zero", "TOO FAR FROM ZERO"
            )
        self.zero_counts = self._zero_set_counts = compensated
        self.gross = self._weigh(self.net_counts())

    def adjust_zero(self, zero_counts):
        """Start again from a zero that has just been calibrated."""
        self._reset_zero(zero_counts)
        self.clear_tare()
        self.gross = self._weigh(self.net_counts())

    def _track_zero(self, away_counts, elapsed_ms):
        """Follow a slowly drifting zero, within half an interval of it and not faster than the parameter allows."""
        interval_counts = self._interval_counts
        if not -interval_counts <= 2 * away_counts <= interval_counts:
            self._tracking_millicounts = 0
            return
        # Thousandths of e per second times milliseconds: millionths of e, here in thousandths of a count.
        limit = self._tracking_rate * elapsed_ms // 1000
        moved = away_counts * _TRACKING_MILLI
        if moved > limit:
            moved = limit
        elif moved < -limit:
            moved = -limit
        moved += self._tracking_millicounts
        whole = moved // 1000
        if whole:
            moved -= whole * 1000
            zero_counts = self.zero_counts + whole
            if abs(zero_counts - self._zero_reference_counts) <= self._tracking_range_counts:
                self.zero_counts = zero_counts
            else:
                moved = 0
        self._tracking_millicounts = moved

    def zero_drift(self):
        """Counts by which tracking has moved the zero since it was last set."""
        return self.zero_counts - self._zero_set_counts

    # Tare

    def net(self):
        """Net weight in units: on a multi-interval scale in the interval of its own load, else gross less tare."""
        if self._ranges and self.tare:
            return self._ranges.net(self.net_counts(), self._tare_parts)
        return self.gross - self.tare

    def set_tare(self):
        """Take the load as tare. WeighingRefused where it moves or is not above zero, and beside a preset tare."""
        self._require_stable("wait until the load rests, then tare")
        if self.preset:
            raise WeighingRefused("there is a preset tare: clear it, then tare", "CLEAR TARE FIRST")
        if self.overload() or self.gross <= 0:
            text = "the load is outside the weighing range: tare takes loads above zero, up to Max"
            raise WeighingRefused(text, "NOTHING TO TARE")
        self._take_tare(self.gross, self._scaling.parts(self.net_counts(), _TARE_PARTS), False)

    def preset_tare(self, tare_mg):
        """Take a known tare in place of a weighed one. WeighingRefused where it is no whole number of intervals from 1
        to Max, or to the end of the first partial range, and beside a weighed tare."""
        if self.tare and not self.preset:
            raise WeighingRefused("there is a weighed tare: clear it, then type another", "CLEAR TARE FIRST")
        most_mg = self._parameters.get(MAX_1, self._parameters[_MAX_MG])
        if tare_mg % self.e_mg or not 0 < tare_mg <= most_mg:
            text = "a preset tare is a whole number of intervals of %s, up to %s"
            text %= (self.text(self.e_mg // self.unit_mg), self.text(most_mg // self.unit_mg))
            raise WeighingRefused(text, "TARE IN STEPS OF e")
        self._take_tare(tare_mg // self.unit_mg, tare_mg * _TARE_PARTS // self.e_mg, True)

    def clear_tare(self):
        """Weigh gross again."""
        self._take_tare(0, 0, False)

    def _take_tare(self, tare, parts, preset):
        self.tare = tare
        self._tare_parts = parts
        self.preset = preset
        self.tares += 1

    def _require_stable(self, advice):
        if not self.at_rest():
            raise WeighingRefused("the load is not stable: " + advice)
        return self._scaling.compensated(self.filtered_counts)

    # Indication

    def fresh(self):
        """True while the last reading is not older than one second, and came with supply enough."""
        return bool(self._valid) and 0 <= clock.ticks_diff(clock.ticks_ms(), self._step_ms) <= _OLDEST_MS

    def silent(self):
        """True while a reading is overdue, or the last one came with too little supply: a fault, unless hidden."""
        if self.hidden or self.fresh():
            return False
        return self._valid is not None or clock.ticks_diff(clock.ticks_ms(), self._step_ms) > _OLDEST_MS

    def started(self):
        """True once the first load that rested was taken as zero, or refused."""
        return not self._initial_zero_due

    def at_rest(self):
        """True while the load rests and the last reading is not too old, and may be shown."""
        return self.stable and not self.hidden and self.fresh()

    def overload(self):
        """True above Max + 9 e."""
        return self.gross > self._highest

    def indication(self):
        """Net weight as text, or None where nothing may be shown: hidden, stale, overloaded, far below zero."""
        if self.hidden or not self.fresh() or not self._lowest <= self.gross <= self._highest:
            return None
        # Not by `net` where it is that simple, as a call costs much in every step.
        return self._mass_text.of(self.net() if self.tare and self._ranges else self.gross - self.tare)

    def text(self, weight):
        """So many units as text, with the unit of mass."""
        return self._mass_text.of(weight)

    def interval_mg(self, weight):
        """The interval in mg in which so many units are shown."""
        return self._ranges.step(weight) * self.unit_mg if self._ranges else self.e_mg

    def underload(self):
        """True below -20 e, where nothing may be shown."""
        return self.gross < self._lowest

    def at_zero(self):
        """True while the gross weight is within a quarter of an interval of zero."""
        numerator, denominator = self._scaling.ratio(self.net_counts())
        return 4 * abs(numerator) <= denominator

    def noise_counts(self):
        """Standard deviation of the readings under a resting load, in counts."""
        return self._noise_counts

    def net_counts(self):
        """Compensated counts above the zero."""
        return self._scaling.compensated(self.filtered_counts) - self.zero_counts

    def compensated_counts(self):
        """Filtered counts without the temperature's share."""
        return self._scaling.compensated(self.filtered_counts)

    def gross_parts(self, compensated_counts, parts):
        """Gross weight in `parts` of an interval that these compensated counts would have."""
        return self._scaling.parts(compensated_counts - self.zero_counts, parts)

    # What a snapshot tells of the time since the last one

    def zero_statistics(self):
        """Minimum, maximum and mean of the zero since `forget_zero`, as offsets from the zero now."""
        mean = self._zero_base + (self._zero_sum // self._zero_steps if self._zero_steps else 0)
        zero_counts = self.zero_counts
        return self._zero_low - zero_counts, self._zero_high - zero_counts, mean - zero_counts


class MassText:
    """So many times `unit_mg` as text: in kg where the interval `e_mg` is a gram or more, else in g, with as many
    decimals as the unit has, however large the weight is (R 76-1, 4.2.2.1)."""

    def __init__(self, unit_mg, e_mg):
        one_mg, unit = (1000000, "kg") if e_mg >= 1000 else (1000, "g")
        decimals = 0
        while unit_mg * 10**decimals % one_mg:
            decimals += 1
        self._one = 10**decimals
        self._interval = unit_mg * self._one // one_mg
        self._form = ("%%s%%d.%%0%dd " % decimals if decimals else "%s%d ") + unit
        self._decimals = decimals
        self._intervals = self._text = None

    def of(self, intervals):
        """Return the text for so many units; as often as not they are those of the last time."""
        if intervals != self._intervals:
            parts = abs(intervals) * self._interval
            sign = "-" if intervals < 0 else ""
            one = self._one
            self._text = self._form % ((sign, parts // one, parts % one) if self._decimals else (sign, parts))
            self._intervals = intervals
        return self._text
