"""The data mask of a QR code: the one of eight whose symbol has the lowest penalty (ISO/IEC 18004, 7.8).

Rows are integers, and whole rows are compared at once. Columns are the rows of the transposed symbol.
"""

from micropython import const

_MASKS = (
    lambda y, x: (y + x) % 2,
    lambda y, x: y % 2,
    lambda y, x: x % 3,
    lambda y, x: (y + x) % 3,
    lambda y, x: (y // 2 + x // 3) % 2,
    lambda y, x: y * x % 2 + y * x % 3,
    lambda y, x: (y * x % 2 + y * x % 3) % 2,
    lambda y, x: ((y + x) % 2 + y * x % 3) % 2,
)
_PERIOD = const(12)  # of every mask, in rows and in columns
_PATTERN = const(0b1011101)
_PATTERN_PENALTY = const(40)
_ROWS_AT_A_TIME = const(4)


def best_steps(rows, free):
    """Return in steps the number of the best mask, and the rows with it; `free` has the modules that it may turn."""
    columns = yield from _turned_steps(rows)
    free_columns = yield from _turned_steps(free)
    best, best_penalty = 0, None
    for number, mask in enumerate(_MASKS):
        penalty = 0
        down = _masked(rows, free, mask)
        yield
        penalty += yield from _penalty_steps(down)
        penalty += _balance(down) + _blocks(down)
        yield
        across = _masked(columns, free_columns, lambda y, x: mask(x, y))  # noqa: B023 - called before the next turn
        yield
        penalty += yield from _penalty_steps(across)
        if best_penalty is None or penalty < best_penalty:
            best, best_penalty = number, penalty
    return best, _masked(rows, free, _MASKS[best])


def _masked(rows, free, mask):
    size = len(rows)
    stripes = []
    for y in range(_PERIOD):
        stripe = 0
        for x in range(_PERIOD):
            stripe = stripe << 1 | (not mask(y, x))
        whole = 0
        for _ in range(0, size, _PERIOD):
            whole = whole << _PERIOD | stripe
        stripes.append(whole >> -size % _PERIOD)
    return [row ^ free[y] & stripes[y % _PERIOD] for y, row in enumerate(rows)]


def _turned_steps(rows):
    """Return the rows of the transposed symbol."""
    turned = []
    for x in range(len(rows) - 1, -1, -1):
        column = 0
        for row in rows:
            column = column << 1 | row >> x & 1
        turned.append(column)
        if not x % _ROWS_AT_A_TIME:
            yield
    return turned


def _penalty_steps(rows):
    """Runs of at least five alike, and patterns like a finder's beside four light modules, along the rows."""
    size = len(rows)
    penalty = 0
    for y, row in enumerate(rows):
        penalty += _runs(row, size) + _finders(row, size)
        if not y % _ROWS_AT_A_TIME:
            yield
    return penalty


def _runs(row, size):
    # A bit for each pair of neighbours that are alike, then for each four such pairs on end.
    alike = ~(row ^ row >> 1) & (1 << size - 1) - 1
    twice = alike & alike >> 1
    fives = twice & twice >> 2
    return _ones(fives) + 2 * _ones(fives & ~(fives << 1))


def _finders(row, size):
    dark, light = row, ~row & (1 << size) - 1
    found = dark & light >> 1 & dark >> 2 & dark >> 3 & dark >> 4 & light >> 5 & dark >> 6
    penalty = 0
    # From the left, as a pattern that counts takes the modules that a later one would begin with.
    end = size
    while found:
        at = _length(found) - 1  # of its rightmost module
        found ^= 1 << at
        if at + 7 <= end:
            before = row >> at + 7 & 15
            after = (row << 4 >> at) & 15
            if not before or not after:
                penalty += _PATTERN_PENALTY
                end = at
    return penalty


def _blocks(rows):
    """Squares of four that are alike."""
    size = len(rows)
    count = 0
    for y in range(size - 1):
        above, below = rows[y], rows[y + 1]
        alike = ~(above ^ above >> 1) & ~(above ^ below) & ~(below ^ below >> 1) & (1 << size - 1) - 1
        count += _ones(alike)
    return 3 * count


def _balance(rows):
    total = len(rows) * len(rows)
    dark = sum(_ones(row) for row in rows)
    return abs(20 * dark - 10 * total) // total * 10


def _ones(value):
    """How many bits are set in an integer below 2⁶⁰."""
    value -= value >> 1 & 0x555555555555555
    value = (value & 0x333333333333333) + (value >> 2 & 0x333333333333333)
    value = value + (value >> 4) & 0xF0F0F0F0F0F0F0F
    return value * 0x101010101010101 >> 56 & 0xFF


def _length(value):
    """How many bits an integer has: MicroPython's have no `bit_length`."""
    length = 0
    while value >> length + 8:
        length += 8
    while value >> length:
        length += 1
    return length
