"""A load cell and its amplifier as counts over time, with the habits of real ones.

Figures are those of public recordings of load cells: Gaussian noise that only neighbouring samples share, drift
given by its Allan deviation, temperature, creep, zero return, non-linearity, bursts of glitches. Floats are fine
here: this is the world, not the scale.
"""

import math

from hal_random import Random

COUNTS_PER_G = 102.0


class Habits:
    """What one kind of cell does. Ranges are of the fitted model; a seed picks signs and the zero within them."""

    noise_counts = 41.0
    capacity_g = 20_000.0
    # Ornstein-Uhlenbeck processes: (standard deviation in counts, time constant in s, smoothing in s).
    drift = ()
    zero_counts_per_k = 0.0
    span_ppm_per_k = 0.0
    # Creep: (fraction of the load that appears late, time constant in s); what came late also leaves late.
    creep = ()
    bow = 0.0
    mechanical_s = 0.08
    corner = 0.0  # how much more or less a load at a corner of the pan weighs, at most
    glitch_every = 60_000
    zero_range_counts = 60_000


class ClassIII(Habits):
    """Good enough for class III at 3,000 intervals."""

    drift = ((33.0, 200.0, 0.0), (330.0, 20_000.0, 2000.0))
    zero_counts_per_k = 25.0
    span_ppm_per_k = 10.0
    creep = ((0.00006, 35.0), (0.00004, 600.0))
    bow = 0.00015
    corner = 0.0008


class ClassIIIMulti(ClassIII):
    """For a multi-interval scale, which has to come back to zero within half of its smallest interval."""

    drift = ((16.0, 200.0, 0.0), (160.0, 20_000.0, 2000.0))
    creep = ((0.00004, 35.0), (0.00002, 600.0))
    corner = 0.0005


class Cheap(Habits):
    """A bar from a parcel scale with a home-made mount."""

    drift = ((260.0, 600.0, 6.0),)
    zero_counts_per_k = 250.0
    span_ppm_per_k = 100.0
    creep = ((0.003, 35.0), (0.004, 600.0))
    bow = 0.0006
    corner = 0.004


class Noiseless(Habits):
    """Exactly 100,000 counts and 102 counts per gram, nothing else: for exact tests without the agent.

    No real cell is like that: the agent takes a word that never changes for a fault.
    """

    noise_counts = 0.0
    mechanical_s = 0.0
    glitch_every = 0
    zero_range_counts = 0
    turns = (0.0,)


class Ideal(Noiseless):
    """The same with a count of noise, which the filter takes away: of any eight in a row the middle half are exact."""

    turns = (0.0, 1.0, 0.0, -1.0)


KINDS = {
    "class_iii": ClassIII,
    "class_iii_multi": ClassIIIMulti,
    "cheap": Cheap,
    "ideal": Ideal,
    "noiseless": Noiseless,
}

# Drift takes one step in so many samples: its processes are slower than that.
_SLOW_SAMPLES = 8
# Moving average e[t] + theta e[t - 1]: a lag-1 correlation of theta / (1 + theta²) = 0.47, then none.
_THETA = 0.70088
_NOISE_SCALE = 1.0 / math.sqrt(1.0 + _THETA * _THETA)


class _Drift:
    def __init__(self, process, period_s, random):
        deviation, time_s, smoothing_s = process
        self._keep = math.exp(-period_s / time_s)
        self._kick = deviation * math.sqrt(1.0 - self._keep * self._keep)
        self._follow = 1.0 - math.exp(-period_s / smoothing_s) if smoothing_s else 1.0
        self._random = random
        self._raw = 0.0
        self._smooth = 0.0

    def step(self):
        self._raw = self._raw * self._keep + self._kick * self._random.gauss()
        self._smooth += (self._raw - self._smooth) * self._follow
        return self._smooth


class LoadCell:
    """One cell, sampled every `period_s` seconds; the same kind, seed, life and history give the same counts.

    `life` changes the noise alone: the cell of a board that starts again is the same cell.

    `load_g` is the mass on the pan in grams, at its middle or, where `corner` is 1 to 4, there; `temperature_c` is that
    of the cell in degrees Celsius: set them freely.
    """

    reference_c = 20.0

    def __init__(self, kind, seed, period_s, life=0):
        if kind not in KINDS:
            raise ValueError("no cell %r: %s" % (kind, ", ".join(sorted(KINDS))))
        habits = KINDS[kind]
        seeds = Random(seed, "cell")
        sign = -1.0 if seeds.below(2) else 1.0
        creep_sign = -1.0 if seeds.below(2) else 1.0
        self.load_g = 0.0
        self.corner = 0
        corners = Random(seed, "corners")
        self._at_corner = [1.0] + [1.0 + habits.corner * (2.0 * corners.uniform() - 1.0) for _ in range(4)]
        self._at_corner[1 + corners.below(4)] = 1.0 + (habits.corner if corners.below(2) else -habits.corner)
        self.temperature_c = self.reference_c
        self.counts_per_g = COUNTS_PER_G
        self.zero_counts = 100_000.0
        if habits.zero_range_counts:
            self.zero_counts += seeds.below(2 * habits.zero_range_counts) - habits.zero_range_counts
        self.is_ideal = not habits.noise_counts
        self._habits = habits
        self._zero_counts_per_k = sign * habits.zero_counts_per_k
        self._span_per_k = -habits.span_ppm_per_k * 1e-6
        self._noise = Random(seed, "noise%d" % life)
        self._noise_scale = habits.noise_counts * _NOISE_SCALE
        self._last_shock = 0.0
        self._turn = 0
        self._drifts = [
            _Drift(process, period_s * _SLOW_SAMPLES, Random(seed, "drift%d.%d" % (i, life)))
            for i, process in enumerate(habits.drift)
        ]
        self._drifted = 0.0
        self._until_step = _SLOW_SAMPLES
        self._creep = [[creep_sign * part, 1.0 - math.exp(-period_s / time_s), 0.0] for part, time_s in habits.creep]
        self._mechanical = 1.0 - math.exp(-period_s / habits.mechanical_s) if habits.mechanical_s else 1.0
        self._felt_g = 0.0
        self._glitches = Random(seed, "glitch%d" % life)
        self._until_glitch = habits.glitch_every and 1 + self._glitches.below(habits.glitch_every)
        self._burst = 0
        self._burst_counts = 0.0

    def sample(self):
        """The next sample: counts as a float, at gain 128, before the converter's limits."""
        load_g = self.load_g * self._at_corner[self.corner] if self.corner else self.load_g
        felt = self._felt_g = self._felt_g + (load_g - self._felt_g) * self._mechanical
        late = 0.0
        for creep in self._creep:
            creep[2] += (felt - creep[2]) * creep[1]
            late += creep[0] * creep[2]
        kelvin = self.temperature_c - self.reference_c
        bow = self._habits.bow
        if bow:
            capacity = self._habits.capacity_g
            late += 4.0 * bow * felt * (1.0 - felt / capacity)
        counts = self.zero_counts + self._zero_counts_per_k * kelvin
        counts += (felt + late) * self.counts_per_g * (1.0 + self._span_per_k * kelvin)
        self._until_step -= 1
        if not self._until_step:
            self._until_step = _SLOW_SAMPLES
            self._drifted = sum([drift.step() for drift in self._drifts])
        counts += self._drifted
        if self._noise_scale:
            shock = self._noise.gauss()
            counts += self._noise_scale * (shock + _THETA * self._last_shock)
            self._last_shock = shock
        else:
            turns = self._habits.turns
            self._turn = (self._turn + 1) % len(turns)
            counts += turns[self._turn]
        if self._until_glitch or self._burst:
            counts = self._glitch(counts)
        return counts

    def burst(self, samples, counts=None):
        """Start a burst of `samples` glitches: equal words of so many counts, or near a rail."""
        self._burst = samples
        if counts is None:
            rail = 8_388_607.0 if self._glitches.below(2) else -8_388_608.0
            counts = rail * (1.0 - 0.01 * self._glitches.uniform())
        self._burst_counts = counts

    def _glitch(self, counts):
        """Bursts of one to five samples near a rail, periodic as a beat is, about 5 in 100,000 samples."""
        if self._until_glitch:
            self._until_glitch -= 1
            if not self._until_glitch:
                self._until_glitch = self._habits.glitch_every
                self.burst(1 + self._glitches.below(5))
        if self._burst:
            self._burst -= 1
            return self._burst_counts
        return counts
