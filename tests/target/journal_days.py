"""Print the days that the board declares for its journal, and those until snapshots thin out in a ring of its size."""

import board
from agent.record.journal import Journal
from hal_flash import Nor

GOLDEN_SNAPSHOT_BYTES = 190
SNAPSHOTS_A_DAY = 144  # one every 600 s
THIN_PERMILLE = 250

journal = Journal(Nor(board.FLASH["journal"][1], program_size=board.PROGRAM_SIZE), board.PROGRAM_SIZE)
journal.mount()
number = 0
while journal.free_permille() >= THIN_PERMILLE:
    number += 1
    journal.append(number, bytes(GOLDEN_SNAPSHOT_BYTES))
print(board.JOURNAL_DAYS, number // SNAPSHOTS_A_DAY)
