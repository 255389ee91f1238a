"""Checks of the machine behind the agent (`agent.port`), on the simulated board."""

import hal_asyncio

hal_asyncio.install()

import board
from hal_board import BOARD

BOARD.start(cell="ideal", seed=5)
RUNS_ON = "simulated"


def test_uptime_outlives_the_tick_counter():
    """Over a year, asked once in five days, while the counter of milliseconds wraps every twelve."""
    import time

    now_ms = 0
    time.ticks_ms = lambda: now_ms & 0x3FFFFFFF
    from agent.port import clock

    for _ in range(73):
        now_ms += 5 * 86400 * 1000
        seconds = clock.uptime_s()
    assert abs(seconds - 365 * 86400) <= 2


def test_a_clock_without_battery_is_worth_nothing_until_set():
    from agent.port import clock

    clock.start()
    assert (clock.quality(), clock.stamp()) == (0, 0)
    clock.set(1800000000, clock.NETWORK)
    BOARD.clock.now_us += 10000000
    assert (clock.quality(), clock.stamp()) == (2, 1800000010)


def test_a_battery_clock_is_believed_only_at_a_plausible_time():
    board.RTC_BATTERY = True
    from agent.port import clock

    clock.start()
    assert clock.quality() == 0
    clock.set_unix_time(1800000000)
    clock.start()
    assert (clock.quality(), clock.stamp()) == (1, 1800000000)


def test_the_epoch_of_2000_makes_no_difference():
    """The ESP32 port's epoch: Unix seconds all the same, read and set."""
    import time

    gmtime, seconds = time.gmtime, time.time
    time.gmtime = lambda t=None: gmtime(seconds() if t is None else t + 946684800)
    time.time = lambda: seconds() - 946684800
    from agent.port import clock

    assert clock.unix_time() == 1609459200
    clock.set(1800000000, clock.RTC)
    assert clock.stamp() == 1800000000


def test_a_file_system_is_made_on_blank_flash_and_never_over_something_broken():
    """Mount on a blank region makes a file system; the same again finds it; on rubbish nothing is touched."""
    import os

    import vfs
    from agent.errors import Damaged
    from agent.port import flash

    flash.mount()
    with open(flash.ROOT + "/kept", "w") as file:
        file.write("kept")
    vfs.umount(flash.ROOT)
    flash.mount()
    assert open(flash.ROOT + "/kept").read() == "kept"
    assert os.listdir(flash.ROOT) == ["kept"]
    vfs.umount(flash.ROOT)
    first_block = board.FLASH["files"][0] // flash.BLOCK_SIZE
    for block in range(2):
        BOARD.flash.writeblocks(first_block + block, bytes(4096))
    before = BOARD.flash.operations
    refusal = None
    try:
        flash.mount()
    except Damaged as error:
        refusal = error
    assert refusal.code == "files-lost" and "have the scale repaired" in str(refusal)
    assert BOARD.flash.operations == before


def test_on_the_esp32_a_region_is_the_partition_of_its_name():
    import sys

    from agent.port import flash

    class Esp32:
        class Partition:
            TYPE_DATA = 1

            @staticmethod
            def find(kind, label):
                return [(kind, label)]

    sys.modules["esp32"] = Esp32
    board.PORT = "esp32"
    assert flash.journal_device() == (1, "journal")


def test_a_fuse_that_is_not_burnt_is_an_open_port():
    from agent.port import system

    assert not system.debug_open()
    board.FUSES = ((0x40120148, 0x00000075), (0x6000703C, 0x80000013))
    assert system.debug_open()
    BOARD.registers = {0x40120148: 0x00000077, 0x6000703C: 0x80000013}
    assert not system.debug_open()
    BOARD.registers[0x6000703C] = 0x80000012
    assert system.debug_open()
    BOARD.registers = {0x6000703C: 0xFFFFFFFF}
    assert system.debug_open()
    board.FUSES, board.REPL = (), True
    assert system.debug_open() and system.is_development()


def test_sensors_read_in_hundredths_of_a_degree_and_millivolts():
    from agent.port import system

    for celsius in (-10, 20, 40):
        BOARD.cell.temperature_c = float(celsius)
        assert abs(system.temperature_cdeg() - 100 * celsius) <= 5
    assert abs(system.supply_mv() - 5000) <= 5
    assert system.reset_cause() == 1
    assert (len(system.random(16)), len(system.unique_id())) == (16, 8)


class _Terminal:
    """An output that takes what comes while somebody reads it."""

    def __init__(self):
        self.reads = False
        self.written = b""

    def poll(self, timeout_ms):
        return [self] if self.reads else []

    def write(self, data):
        self.written += bytes(data)
        return len(data)


def test_a_terminal_that_stops_reading_holds_an_answer_up_once():
    """Not two seconds for each of thousands of lines: the next technician would wait for hours."""
    import asyncio

    from agent.port import clock, console

    there = console.Terminal()
    there._output = there._writable = terminal = _Terminal()

    async def answer():
        for _ in range(20):
            await there.write("unread\n")

    begun_ms = clock.ticks_ms()
    asyncio.run(answer())
    taken_ms = clock.ticks_diff(clock.ticks_ms(), begun_ms)
    terminal.reads = True
    asyncio.run(there.write("read"))
    assert 2000 <= taken_ms < 3000
    assert terminal.written == b"read"
