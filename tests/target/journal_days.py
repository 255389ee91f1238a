"""Print the days that the board declares for its journal, and those until a ring of its size is three quarters full:
of snapshots alone, and beside them of 2,000 sales a day, each stated and in batches."""

import board
from agent.record.journal import Journal
from hal_flash import Nor

SNAPSHOT_BYTES = 190  # these after the golden vectors
SALE_BYTES = 160
BATCH_BYTES = 1260
SNAPSHOTS_A_DAY = 144  # one every 600 s
SALES_A_DAY = 2000
MOST_IN_BATCH = 64
THIN_PERMILLE = 250


def days(statements):
    """Days until a quarter is free; `statements` are pairs of how many a day and their length."""
    journal = Journal(Nor(board.FLASH["journal"][1], program_size=board.PROGRAM_SIZE), board.PROGRAM_SIZE)
    journal.mount()
    made = [0] * len(statements)
    number = 0
    while journal.free_permille() >= THIN_PERMILLE:
        # Whichever is due next.
        place = min(range(len(statements)), key=lambda place: (made[place] + 1) / statements[place][0])
        made[place] += 1
        number += 1
        journal.append(number, bytes(statements[place][1]))
    return int(min((count - 1) / a_day for count, (a_day, _) in zip(made, statements)))


snapshots = (SNAPSHOTS_A_DAY, SNAPSHOT_BYTES)
print(board.JOURNAL_DAYS, days([snapshots]))
if "sales" in board.FLASH:
    print(days([snapshots, (SALES_A_DAY, SALE_BYTES)]), days([snapshots, (SALES_A_DAY / MOST_IN_BATCH, BATCH_BYTES)]))
