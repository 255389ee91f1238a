"""Checks of `agent.port` on the simulated board; the check's name is the argument; prints JSON."""

import hal_asyncio

hal_asyncio.install()

import json
import sys

import board
from hal_board import BOARD


def uptime_beyond_the_tick_counter():
    """Uptime over a year, asked once in five days, while the counter of milliseconds wraps every twelve."""
    import time

    now_ms = 0
    time.ticks_ms = lambda: now_ms & 0x3FFFFFFF
    from agent.port import clock

    for _ in range(73):
        now_ms += 5 * 86400 * 1000
        seconds = clock.uptime_s()
    return seconds


def clock_without_battery():
    """What the clock is worth before and after it is set."""
    from agent.port import clock

    clock.start()
    found = [clock.quality(), clock.stamp()]
    clock.set(1800000000, clock.NETWORK)
    BOARD.clock.now_us += 10000000
    return found + [clock.quality(), clock.stamp()]


def clock_with_battery():
    """A battery clock is believed if it kept a plausible time."""
    board.RTC_BATTERY = True
    from agent.port import clock

    clock.start()
    lost = clock.quality()
    clock.set_unix_time(1800000000)
    clock.start()
    return [lost, clock.quality(), clock.stamp()]


def clock_that_counts_from_2000():
    """The ESP32 port's epoch: Unix seconds all the same, read and set."""
    import time

    gmtime, seconds = time.gmtime, time.time
    time.gmtime = lambda t=None: gmtime(seconds() if t is None else t + 946684800)
    time.time = lambda: seconds() - 946684800
    from agent.port import clock

    before = clock.unix_time()
    clock.set(1800000000, clock.RTC)
    return [before, clock.stamp()]


def files_made_on_blank_flash_only():
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
    found = {"kept": open(flash.ROOT + "/kept").read(), "listed": os.listdir(flash.ROOT)}
    vfs.umount(flash.ROOT)
    first_block = board.FLASH["files"][0] // flash.BLOCK_SIZE
    for block in range(2):
        BOARD.flash.writeblocks(first_block + block, bytes(4096))
    before = BOARD.flash.operations
    try:
        flash.mount()
    except Damaged as error:
        assert error.code == "files-lost"
        found["lost"] = str(error)
    found["operations"] = BOARD.flash.operations - before
    return found


def part_of_a_partition():
    """On the ESP32 the regions are parts of one partition: each stays within its own blocks."""
    from agent.port.region import Region

    region = Region(BOARD.flash, 10, 3)
    page = bytes(range(256))
    region.writeblocks(2, page, 512)
    read = bytearray(256)
    region.readblocks(2, read, 512)
    there = bytearray(256)
    BOARD.flash.readblocks(12, there, 512)
    region.ioctl(6, 2)
    erased = bytearray(1)
    BOARD.flash.readblocks(12, erased, 512)
    region.writeblocks(0, bytes(4096))
    whole = bytearray(1)
    BOARD.flash.readblocks(10, whole, 4095)
    return [read == page, there == page, erased[0], whole[0], region.ioctl(4, 0), region.ioctl(5, 0)]


def sensors():
    """Temperature and supply from the analogue inputs."""
    from agent.port import system

    found = []
    for celsius in (-10.0, 20.0, 40.0):
        BOARD.cell.temperature_c = celsius
        found.append(system.temperature_cdeg())
    return found + [system.supply_mv(), system.reset_cause(), len(system.random(16)), len(system.unique_id())]


class _Terminal:
    """An output that takes what comes while somebody reads it."""

    def __init__(self):
        self.reads = False
        self.written = b""

    def poll(self, timeout_ms):
        return [self] if self.reads else []

    def write(self, data):
        self.written += bytes(data)


def terminal_that_stops_reading():
    """How many milliseconds twenty lines take that nobody reads, and what is written when somebody reads again."""
    import asyncio

    from agent.port import clock, console

    there = console.Console()
    there._output = there._writable = terminal = _Terminal()

    async def answer():
        for _ in range(20):
            await there.write("unread\n")

    begun_ms = clock.ticks_ms()
    asyncio.run(answer())
    taken_ms = clock.ticks_diff(clock.ticks_ms(), begun_ms)
    terminal.reads = True
    asyncio.run(there.write("read"))
    return [taken_ms, terminal.written.decode()]


BOARD.start(cell="ideal", seed=5)
print(json.dumps(globals()[sys.argv[1]]()))
