"""Where the modules of a QR code stand (ISO/IEC 18004, 6.3, 7.7, 7.9, 7.10).

A row is an integer whose highest bit is the leftmost module, so that masks and penalties work on whole rows.
"""

from micropython import const

# The second and later centres of the alignment patterns of version 2 and up; the first is 6.
_CENTRES = ((), (18,), (22,), (26,), (30,), (34,), (22, 38), (24, 42), (26, 46))
_VERSION_INFORMATION = {7: 0x07C94, 8: 0x085BC, 9: 0x09A99}
_FINDER = (0x7F, 0x41, 0x5D, 0x5D, 0x5D, 0x41, 0x7F)
_ALIGNMENT = (0x1F, 0x11, 0x15, 0x11, 0x1F)
_FORMAT_GENERATOR = const(0x537)
_FORMAT_MASK = const(0x5412)
_BYTES_AT_A_TIME = const(16)


class _Grid:
    """Rows of dark modules, and rows of those that are still free for data."""

    def __init__(self, size):
        self.size = size
        self.dark = [0] * size
        self.free = [(1 << size) - 1] * size

    def set(self, y, x, dark):
        """Give one module its colour; it is no longer free."""
        bit = 1 << self.size - 1 - x
        self.free[y] &= ~bit
        if dark:
            self.dark[y] |= bit

    def stamp(self, y, x, pattern):
        """Set the square `pattern`, whose upper left module is (x, y)."""
        width = len(pattern)
        for down, row in enumerate(pattern):
            for right in range(width):
                self.set(y + down, x + right, row >> width - 1 - right & 1)

    def clear(self, y, x, height, width):
        """Take a rectangle out of what is free; it stays light."""
        area = (1 << width) - 1 << self.size - x - width
        for row in range(y, y + height):
            self.free[row] &= ~area


def build_steps(version, codewords):
    """Return in steps the rows of a symbol without mask and information, and the rows of the modules that are data."""
    grid = _Grid(17 + 4 * version)
    yield from _draw_steps(grid, version)
    free = list(grid.free)
    yield from _place_steps(grid, codewords)
    return grid.dark, free


def _draw_steps(grid, version):
    last = grid.size - 7
    for y, x, top, left in ((0, 0, 0, 0), (0, last, 0, last - 1), (last, 0, last - 1, 0)):
        grid.clear(top, left, 9 if not y else 8, 9 if not x else 8)  # with separator and format information
        grid.stamp(y, x, _FINDER)
        yield
    centres = (6,) + _CENTRES[version - 1]
    for y in centres if version > 1 else ():
        yield
        for x in centres:
            if not (y == 6 and x in (6, centres[-1]) or x == 6 and y == centres[-1]):
                grid.stamp(y - 2, x - 2, _ALIGNMENT)
    for place in range(8, grid.size - 8):
        grid.set(6, place, not place & 1)
        grid.set(place, 6, not place & 1)
    if version in _VERSION_INFORMATION:
        grid.clear(0, grid.size - 11, 6, 3)
        grid.clear(grid.size - 11, 0, 3, 6)


def _place_steps(grid, codewords):
    """Fill what is free with the bits of the codewords, in columns of two modules from the right (7.7.3)."""
    size = grid.size
    at = 0
    right = size - 1
    upwards = True
    while right > 0:
        if right == 6:
            right = 5
        for step in range(size):
            y = size - 1 - step if upwards else step
            for x in (right, right - 1):
                if grid.free[y] >> size - 1 - x & 1:
                    if at < 8 * len(codewords) and codewords[at >> 3] >> 7 - (at & 7) & 1:
                        grid.dark[y] |= 1 << size - 1 - x
                    at += 1
            if not step & _BYTES_AT_A_TIME - 1:
                yield
        upwards = not upwards
        right -= 2


def add_information(rows, version, mask):
    """Write format (level M is 00) and version information into finished rows."""
    size = len(rows)
    grid = _Grid(size)
    grid.dark = rows
    rest = mask << 10
    for bit in range(12, 9, -1):
        if rest >> bit & 1:
            rest ^= _FORMAT_GENERATOR << bit - 10
    format_bits = (mask << 10 | rest) ^ _FORMAT_MASK
    for place in range(15):
        dark = format_bits >> place & 1
        beside = place + (place > 5) if place < 8 else size - 15 + place
        grid.set(beside, 8, dark)
        across = size - 1 - place if place < 8 else 14 - place + (place == 8)
        grid.set(8, across, dark)
    grid.set(size - 8, 8, 1)
    information = _VERSION_INFORMATION.get(version, 0)
    for place in range(18 if information else 0):
        y, x = place // 3, size - 11 + place % 3
        grid.set(y, x, information >> place & 1)
        grid.set(x, y, information >> place & 1)
