"""Frauds done to a scale's hardware while it runs; `alter` sits between load cell and converter.

Frauds done through the console, the flash image or the network need nothing of the board: the host does them.
"""

from hal_random import Random

FRAUDS = {}


def fraud(name):
    """A decorator: the host switches the class on and off by this name, with the arguments of its constructor."""

    def register(kind):
        FRAUDS[name] = kind
        return kind

    return register


class Fraud:
    """What a fraud does unless it says otherwise: nothing to the counts, and nothing to undo."""

    def alter(self, counts):
        return counts

    def undo(self, board):
        pass


@fraud("counts added")
class CountsAdded(Fraud):
    """A remote-controlled board in the load-cell line adds `counts`."""

    def __init__(self, board, counts):
        self._counts = counts

    def alter(self, counts):
        return counts + self._counts


@fraud("line gain")
class LineGain(Fraud):
    """A circuit in the load-cell line amplifies the signal by `percent`, with a little noise of its own."""

    def __init__(self, board, percent, noise_counts=20.0):
        self._factor = 1.0 + percent / 100.0
        self._zero_counts = board.cell.zero_counts
        self._noise_counts = noise_counts
        self._noise = Random(int(percent * 1000), "line gain")

    def alter(self, counts):
        noise = self._noise_counts * self._noise.gauss() if self._noise_counts else 0.0
        return self._zero_counts + (counts - self._zero_counts) * self._factor + noise


@fraud("cell exchanged")
class CellExchanged(Fraud):
    """Another load cell is fitted: sensitivity and zero differ."""

    def __init__(self, board, counts_per_g, zero_counts=None):
        cell = board.cell
        self._before = (cell.counts_per_g, cell.zero_counts)
        cell.counts_per_g = counts_per_g
        if zero_counts is not None:
            cell.zero_counts = zero_counts

    def undo(self, board):
        board.cell.counts_per_g, board.cell.zero_counts = self._before


@fraud("cell open")
class CellOpen(Fraud):
    """No fraud but a fault: a wire of the cell is broken. Without its excitation the bridge gives nothing but noise;
    where a signal wire is open, the converter's input floats to a rail."""

    def __init__(self, board, signal=0):
        self._rail = 9e6 if signal else 0.0
        self._noise = Random(1, "cell open")

    def alter(self, counts):
        return self._rail or 41.0 * self._noise.gauss()


def switch(board, name, on, arguments):
    """Start or end the fraud `name` on `board`; starting it again replaces its arguments."""
    if name not in FRAUDS:
        raise ValueError("no fraud %r: %s" % (name, ", ".join(sorted(FRAUDS))))
    running = board.frauds.pop(name, None)
    if running:
        running.undo(board)
    if on:
        board.frauds[name] = FRAUDS[name](board, **arguments)
