"""Frauds done to a scale's hardware while it runs; `alter` sits between load cell and converter.

Frauds done through the console, the flash image or the network need nothing of the board: the host does them.
"""

from hal_random import Random


class CountsAdded:
    """A remote-controlled board in the load-cell line adds `counts`."""

    def __init__(self, board, counts):
        self._counts = counts

    def alter(self, counts):
        return counts + self._counts

    def undo(self, board):
        pass


class LineGain:
    """A circuit in the load-cell line amplifies the signal by `percent`, with a little noise of its own."""

    def __init__(self, board, percent, noise_counts=20.0):
        self._factor = 1.0 + percent / 100.0
        self._zero_counts = board.cell.zero_counts
        self._noise_counts = noise_counts
        self._noise = Random(int(percent * 1000), "line gain")

    def alter(self, counts):
        noise = self._noise_counts * self._noise.gauss() if self._noise_counts else 0.0
        return self._zero_counts + (counts - self._zero_counts) * self._factor + noise

    def undo(self, board):
        pass


class CellExchanged:
    """Another load cell is fitted: sensitivity and zero differ."""

    def __init__(self, board, counts_per_g, zero_counts=None):
        cell = board.cell
        self._before = (cell.counts_per_g, cell.zero_counts)
        cell.counts_per_g = counts_per_g
        if zero_counts is not None:
            cell.zero_counts = zero_counts

    def alter(self, counts):
        return counts

    def undo(self, board):
        board.cell.counts_per_g, board.cell.zero_counts = self._before


FRAUDS = {"counts added": CountsAdded, "line gain": LineGain, "cell exchanged": CellExchanged}


def switch(board, name, on, arguments):
    """Start or end the fraud `name` on `board`; starting it again replaces its arguments."""
    if name not in FRAUDS:
        raise ValueError("no fraud %r: %s" % (name, ", ".join(sorted(FRAUDS))))
    fraud = board.frauds.pop(name, None)
    if fraud:
        fraud.undo(board)
    if on:
        board.frauds[name] = FRAUDS[name](board, **arguments)
