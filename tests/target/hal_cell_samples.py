"""Prints samples of a load cell: arguments kind, seed, samples averaged for each line, then phases.

A phase is `lines:load in grams:temperature in degrees`.
"""

import sys

from hal_cell import LoadCell

kind, seed, each = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
cell = LoadCell(kind, seed, 0.085837)
for phase in sys.argv[4:]:
    lines, load_g, temperature_c = phase.split(":")
    cell.load_g = float(load_g)
    cell.temperature_c = float(temperature_c)
    for _ in range(int(lines)):
        total = 0.0
        for _ in range(each):
            total += cell.sample()
        print("%.2f" % (total / each))
