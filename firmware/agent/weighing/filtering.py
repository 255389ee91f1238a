"""What looks back over the converter's readings: the filter, the judge of rest, the measure of noise.

Each is bounded and, once full, takes no more heap. They are coroutines: what they remember lies in local variables,
which MicroPython finds several times as fast as attributes. They keep sums and extremes from one reading to the next
instead of going through all of them again.
"""

from micropython import const

# Further away than any reading.
_FAR = const(0x1000000)
_SLICES = const(8)
# Wrong words come in bursts of up to four.
_LEAST_READINGS = const(6)
# After so long a pause the weight is no longer shown, and whatever is on the pan may be something else.
_PAUSE_MS = const(1000)

_BLOCK = const(32)
_CLIP = const(4096)


def middle_mean(samples):
    """Return a function that takes in one reading and returns the filtered counts.

    They are the mean of the middle half of the last `samples` readings: as quiet as a mean nearly, deaf to glitches.
    """
    add = _middle_mean(samples).send
    add(None)
    return add


def _middle_mean(samples):
    recent: list = []
    ordered = [-_FAR, _FAR]  # the same in rising order, between two that no reading passes
    counts = yield
    while len(recent) < samples:
        recent.append(counts)
        ordered.append(counts)
        ordered.sort()
        below = len(recent) // 4
        middle = len(recent) - 2 * below
        total = sum(ordered[below + 1 : below + 1 + middle])
        counts = yield (total + middle // 2) // middle
    while True:
        old = recent.pop(0)
        recent.append(counts)
        ordered.remove(old)
        # The others decide between which two of them the middle half lies: what is outside counts as the nearer one.
        index = below + middle
        low = ordered[below]
        high = ordered[index]
        total -= low if old < low else high if old > high else old
        if counts < low:
            total += low
            index = below
        elif counts > high:
            total += high
            index = samples
        else:
            total += counts
        while ordered[index - 1] > counts:
            index -= 1
        ordered.insert(index, counts)
        counts = yield (total + middle // 2) // middle


def rest(time_ms, band_counts, filter_readings):
    """Return a function that takes in [reading, filtered counts with it, ms since the ones before]: True at rest.

    The load rests when all readings of the time, which is judged in seven slices and the one that has begun, lie within
    the band to either side of the filtered counts, and within one and a half bands of one another. A reading further
    than the band from the one before it begins everything again. Rest then takes the whole time, at least six readings,
    and `filter_readings`: so many that the filter goes by such alone. No burst of wrong words is that long.
    """
    add = _rest(time_ms, band_counts, max(_LEAST_READINGS, filter_readings)).send
    add(None)
    return add


def _rest(time_ms, band_counts, readings):
    widest_counts = band_counts + band_counts // 2
    slice_ms = -(-time_ms // (_SLICES - 1))
    low, high = [0] * _SLICES, [0] * _SLICES
    counts, filtered, _ = yield
    while True:
        for index in range(_SLICES):
            low[index] = high[index] = counts
        lowest = highest = counts
        slice_elapsed_ms = 0
        missing_ms = time_ms
        missing = readings - 1
        rests = False
        while True:
            last = counts
            counts, filtered, elapsed_ms = yield rests
            if elapsed_ms > _PAUSE_MS or not -band_counts <= counts - last <= band_counts:
                break
            if missing > 0 or missing_ms > 0:
                missing -= 1
                missing_ms -= elapsed_ms
            slice_elapsed_ms += elapsed_ms
            if slice_elapsed_ms >= slice_ms:
                slice_elapsed_ms %= slice_ms
                index = (index + 1) % _SLICES
                low[index] = high[index] = counts
            elif counts < low[index]:
                low[index] = counts
            elif counts > high[index]:
                high[index] = counts
            if counts < lowest:
                lowest = counts
            elif counts > highest:
                highest = counts
            rests = missing <= 0 and missing_ms <= 0
            if highest - lowest > widest_counts or not highest - band_counts <= filtered <= lowest + band_counts:
                # The extremes may be older than the time: only now is it worth looking.
                lowest, highest = min(low), max(high)
                near = highest - band_counts <= filtered <= lowest + band_counts
                rests = rests and near and highest - lowest <= widest_counts


def deviation():
    """Return a function that takes in one reading of a resting load and returns the noise in counts, 0 to 65535.

    That is the standard deviation of the last whole block of 32 readings, or 0. None instead of a reading says that
    the load moves: a new block begins.
    """
    add = _deviation().send
    add(None)
    return add


def _deviation():
    noise_counts = number = 0
    while True:
        counts = yield noise_counts
        if counts is None:
            number = 0
            continue
        if number == 0:
            base = counts
            total = squares = 0
        away = counts - base
        if not -_CLIP < away < _CLIP:
            number = 0
            continue
        total += away
        squares += away * away
        number += 1
        if number == _BLOCK:
            number = 0
            variance = (squares - total * total // _BLOCK) // (_BLOCK - 1)
            noise_counts = min(65535, _square_root(variance))


def _square_root(value):
    root = value
    better = (value + 1) // 2
    while better < root:
        root = better
        better = (root + value // root) // 2
    return root
