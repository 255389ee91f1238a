"""What breaks in a scale: switched on and off by name as frauds are (`hal_frauds`), and still so after a restart."""

import hal_asyncio
from hal_flash import SECTOR_BYTES
from hal_frauds import Fraud, fraud
from hal_rv3028 import ADDRESS


@fraud("clock chip silent")
class ClockChipSilent(Fraud):
    """The clock chip answers nothing on its bus any more."""

    def __init__(self, board):
        board.i2c.detach(ADDRESS)

    def undo(self, board):
        board.i2c.attach(ADDRESS, board.case_clock)


@fraud("flash worn")
class FlashWorn(Fraud):
    """`sectors` of the journal, from the one numbered `first` on, keep what they hold when they are erased, or with
    `programs` lose bits of what is programmed."""

    def __init__(self, board, first=0, sectors=1, programs=0):
        start, _ = board.flash_map["journal"]
        self._sectors = [start // SECTOR_BYTES + first + sector for sector in range(sectors)]
        self._wear(board, "program" if programs else "erase")

    def _wear(self, board, how):
        for sector in self._sectors:
            board.flash.wear_out(sector, how)

    def undo(self, board):
        self._wear(board, "none")


@fraud("heap exhausted")
class HeapExhausted(Fraud):
    """The task that goes on as the `after`-th from now finds no heap: MemoryError is raised in it, once."""

    def __init__(self, board, after=1):
        hal_asyncio.exhaust(after)


@fraud("program stopped")
class ProgramStopped(Fraud):
    """The program stands still for `seconds`, as in a call that does not come back; time goes on."""

    def __init__(self, board, seconds):
        board.clock.spend(int(seconds * 1_000_000))
