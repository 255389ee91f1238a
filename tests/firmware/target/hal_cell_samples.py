"""Prints samples of a load cell: arguments kind, seed, number of lines, samples averaged for each, load in grams."""

import sys

from hal_cell import LoadCell

kind, seed, lines, each, load_g = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5])
cell = LoadCell(kind, seed, 0.085837)
cell.load_g = load_g
for _ in range(lines):
    total = 0.0
    for _ in range(each):
        total += cell.sample()
    print("%.2f" % (total / each))
