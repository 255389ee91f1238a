"""Runs the whole agent on the board and watches it: gaps between weights, stretches without yielding, and the heap.

Argument: the factory's file in hex digits. The console is the agent's own; only a line that begins with `!` is obeyed
here: `!place COUNTS`, `!switch 0` or `1`, `!phase NAME`, `!keys KEYS`, which are then pressed one by one, and `!state`
and `!report`, which answer with one line of JSON and cost less than the agent's own `status`. A second argument has the
heap looked at before each collection, which takes as long as the collection.
"""

import asyncio
import gc
import json
import sys
import time
from array import array

import board
import emulated
import machine
import rp2
import vfs

PHASES = ("boot", "weighing", "enrolling", "accepting", "online", "outage", "catching up", "adjusting", "end")
# Gaps between weights are counted by tens of milliseconds; the last bin has all longer ones.
GAP_BINS = 26
MASK = 0x3FFFFFFF
# A reading comes every 86 ms and ends each wait. A longer one is the emulator's: its clock jumps where its PC is busy.
READING_MS = 86
# This board has in Python what others have in C: it does not count as the agent's.
BOARD_MODULES = ("machine", "network", "os", "rp2", "socket")
KEY_MS = 60  # that a key is down, and up again
instructions = emulated.instructions
START = instructions()


class Phase:
    """What was seen while the host had the scale do one thing."""

    def __init__(self):
        self.weights = self.longest_gap_ms = self.longest_stretch = self.highest = self.longest_till_ms = 0
        self.gaps = array("H", [0] * GAP_BINS)

    def gap(self, ms):
        self.weights += 1
        self.longest_gap_ms = max(self.longest_gap_ms, ms)
        self.gaps[min(ms // 10, GAP_BINS - 1)] += 1


class Watch:
    """Sits at the two places that everything passes: where the event loop waits, and where a weight is indicated."""

    def __init__(self):
        self.phases = {name: Phase() for name in PHASES}
        self.boot_instructions = None
        self.before_bytes = gc.mem_alloc()
        self.scale = None
        self.pressed_ms = None  # when a key was pressed whose picture is not shown yet
        self.told = False
        self.longest_key_ms = 0
        self.asked_ms = None  # when the till asked, while it has no answer
        self.jumped = False
        self.jumps = 0
        self.begin("boot")

    def begin(self, name):
        self.phase = self.phases[name]

    def install(self):
        from asyncio import core

        io_queue = core._io_queue
        wait = io_queue.wait_io_event
        begun = instructions()

        def watched(dt):
            nonlocal begun
            spent = instructions() - begun & MASK
            phase = self.phase
            if spent > phase.longest_stretch:
                phase.longest_stretch = spent
            begun_ms = time.ticks_ms()
            wait(dt)
            if time.ticks_diff(time.ticks_ms(), begun_ms) > READING_MS:
                self.jumped = True
            begun = instructions()

        io_queue.wait_io_event = watched

    def attach(self, scale):
        self.scale = scale
        event = scale.weighing.indicated
        set_event = event.set
        last_ms = 0

        def watched():
            nonlocal last_ms
            now_ms = time.ticks_ms()
            if self.boot_instructions is None:
                self.boot_instructions = instructions() - START & MASK
            elif self.jumped:
                self.jumps += 1
            else:
                self.phase.gap(time.ticks_diff(now_ms, last_ms))
            last_ms, self.jumped = now_ms, False
            set_event()

        event.set = watched

    def attach_panel(self, panel, displays):
        """Watch how long a key takes to its picture, from the contact on."""
        key, show = panel.key, displays.show

        def watched_key(self, name):
            WATCH.told = True
            key(self, name)

        def watched_show(self, picture, place=None):
            show(self, picture, place)
            if WATCH.told and WATCH.pressed_ms is not None:
                WATCH.longest_key_ms = max(WATCH.longest_key_ms, time.ticks_diff(time.ticks_ms(), WATCH.pressed_ms))
                WATCH.pressed_ms, WATCH.told = None, False

        panel.key, displays.show = watched_key, watched_show

    def attach_till(self, ready):
        """Have a till ask for the weight whenever a conversion ends, when most is to be done; watch its wait."""
        edge = ready._edge

        def asked(self, pin):
            if WATCH.asked_ms is None:
                machine.UART.received, WATCH.asked_ms = b"W", time.ticks_ms()
            edge(self, pin)

        def answered(data):
            if WATCH.asked_ms is not None:
                waited_ms, phase = time.ticks_diff(time.ticks_ms(), WATCH.asked_ms), WATCH.phase
                phase.longest_till_ms = max(phase.longest_till_ms, waited_ms)
            WATCH.asked_ms = None

        ready._edge, machine.UART.answer = asked, answered

    def before_collecting(self):
        """Note what is allocated, garbage included: it is never more than right before a collection.

        Not at the end: looking doubles what collecting takes, and the scale shall come to rest.
        """
        if self.phase is not self.phases["end"]:
            self.phase.highest = max(self.phase.highest, gc.mem_alloc() - self.before_bytes)

    def state(self):
        scale = self.scale
        return {
            "number": scale.chain.head,
            "receipted": scale.chain.receipted,
            "stable": scale.weighing.stable,
            "switch": scale.switch.closed,
        }

    def busy(self):
        """Whether something is being signed or verified: then more is alive than at rest."""
        return self.scale.chain._lock.locked() or self.scale.downlink.busy

    def report(self):
        gc.collect()
        return {
            "busy": self.busy(),
            "own": self.before_bytes,
            "boot": self.boot_instructions,
            "live": gc.mem_alloc() - self.before_bytes,
            "flash": emulated.flash_work(),
            "key": self.longest_key_ms,
            "jumps": self.jumps,
            "phases": {
                name: [
                    phase.weights,
                    phase.longest_gap_ms,
                    phase.longest_stretch,
                    phase.highest,
                    phase.longest_till_ms,
                    list(phase.gaps),
                ]
                for name, phase in self.phases.items()
            },
        }


def make_flash(factory):
    """Do what the factory does: a file system with the factory's file, an erased journal."""
    device = rp2.Flash(*board.FLASH["files"])
    vfs.VfsLfs2.mkfs(device, progsize=board.PROGRAM_SIZE)
    vfs.mount(vfs.VfsLfs2(device, progsize=board.PROGRAM_SIZE, mtime=False), "/fs")
    with open("/fs/factory.cbor", "wb") as file:
        file.write(factory)
    vfs.umount("/fs")


WATCH = Watch()
CASE = machine.Pin(board.PIN_CASE)
SWITCH = machine.Pin(board.PIN_ADJUST)


ROWS = [machine.Pin(pin) for pin in board.KEYPAD_ROWS]


class Column:
    """A column of the keypad, open drain: a row is low while the pressed key joins it with a column that is low."""

    columns: list = []
    pressed = None  # (row, column)

    def __init__(self, number):
        self.level = 1
        Column.columns.append(self)

    def __call__(self, level):
        self.level = level
        if Column.pressed:
            Column.settle()

    @staticmethod
    def settle():
        row, column = Column.pressed
        ROWS[row].drive(Column.columns[column].level)


async def press(keys):
    from agent.operator.keys import KEYS

    for key in keys:
        Column.pressed = KEYS.find(key) // len(board.KEYPAD_COLUMNS), KEYS.find(key) % len(board.KEYPAD_COLUMNS)
        WATCH.pressed_ms, WATCH.told = time.ticks_ms(), False
        Column.settle()
        await asyncio.sleep_ms(KEY_MS)
        ROWS[Column.pressed[0]].drive(1)
        Column.pressed = None
        await asyncio.sleep_ms(KEY_MS)


def obey(line):
    command, _, value = line.decode().partition(" ")
    if command == "!place":
        emulated.load(int(value))
    elif command == "!switch":
        SWITCH.drive(0 if int(value) else 1)
    elif command == "!keys":
        asyncio.create_task(press(value))
    elif command == "!phase":
        WATCH.begin(value)
    elif command == "!state":
        return json.dumps(WATCH.state())
    elif command == "!report":
        return json.dumps(WATCH.report())
    return ""


class Collector:
    """The part of `gc` that the agent uses, for it to use instead."""

    mem_free = gc.mem_free
    threshold = gc.threshold

    @staticmethod
    def collect():
        WATCH.before_collecting()
        gc.collect()


def main(factory, measure_heap):
    SWITCH.drive(1)
    for row in ROWS:
        row.drive(1)
    emulated.load(100000)
    if factory:
        make_flash(factory)
    for name in BOARD_MODULES:
        __import__(name)
    gc.collect()
    WATCH.before_bytes = gc.mem_alloc()
    WATCH.install()
    gc.threshold(4096)  # as firmware/main.py

    from agent import app, steps
    from agent.chips.st7567 import Displays
    from agent.operator.panel import Panel
    from agent.port import matrix, pins
    from agent.record import serial

    own_bytes = gc.mem_alloc()
    matrix.OpenDrain = Column
    WATCH.attach_panel(Panel, Displays)
    WATCH.attach_till(pins.DataReady)
    serial.use = lambda store: serial.TILL

    class Terminal(app.Terminal):
        async def readline(self, limit):
            while True:
                line = await super().readline(limit)
                if not line.startswith(b"!"):
                    return line
                await self.write(obey(line) + "\n\n> ")

    class Scale(app.Scale):
        def __init__(self):
            super().__init__()
            WATCH.attach(self)

    WATCH.before_bytes += gc.mem_alloc() - own_bytes

    if measure_heap:
        app.gc = steps.gc = Collector
    app.Terminal = Terminal
    app.Scale = Scale
    app.main()


main(bytes.fromhex(sys.argv[1]), len(sys.argv) > 2)
