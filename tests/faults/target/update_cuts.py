"""The power is cut at every program and erase while a scale is updated: it takes an image, starts it, commits it, takes
another one that nobody hears, and goes back.

The loader, the slots and the update are the firmware's own; MicroPython mounts each slot and imports a program from it.
`main(one_in, images)` prints how much was cut; `sabotage(how, images)` does it with a firmware broken in one place.
"""

import asyncio
import json
import sys

FILE_SECTORS, JOURNAL_SECTORS, SLOT_SECTORS = 24, 6, 4
SECTOR = 4096
FLASHED = 1


class _Absent:
    pass


class Reset(BaseException):
    """The board restarts itself."""


def _reset():
    raise Reset


def _flash(start, len):
    return BENCH.region(start, len)


sys.modules["board"] = board = _Absent()
sys.modules["machine"] = machine = _Absent()
sys.modules["rp2"] = rp2 = _Absent()
machine.reset = _reset
rp2.Flash = _flash
board.PORT, board.RTC_BATTERY, board.REPL, board.HARDWARE = "rp2", False, False, "bench"
_SLOTS_AT = (FILE_SECTORS + JOURNAL_SECTORS) * SECTOR
board.FLASH = {
    "code_a": (_SLOTS_AT, SLOT_SECTORS * SECTOR),
    "code_b": (_SLOTS_AT + SLOT_SECTORS * SECTOR, SLOT_SECTORS * SECTOR),
}

import cutting
import loader as real_loader
import vfs
from agent.port import slots
from agent.record import software
from agent.update import manifest, trial, updating
from agent.wire import cbor
from cutting import Bench, Chip, Explorer, Known, Recording
from hal_flash import Region
from ledger_bench import QuickKeyStore, circumstances, enrol, payloads, receipt, sha256

# The import of the loader by the agent would run it again for each look at a slot.
slots._loader = lambda: real_loader
_sleep_ms = asyncio.sleep_ms
asyncio.sleep_ms = lambda _: _sleep_ms(0)

IMAGES: dict = {}  # number to image


def named(number):
    """The hash of the software that an image is."""
    return sha256(b"software %d" % number)


def manifest_of(number):
    image = IMAGES[number]
    sectors = b"".join([sha256(image[at : at + SECTOR])[:8] for at in range(0, len(image), SECTOR)])
    order = [6, "bench", number, "v", named(number), len(image), sha256(image), sectors]
    return cbor.encode(cbor.Tag(18, [b"", {}, cbor.encode(order), bytes(64)]))


class UpdateBench(Bench):
    """A board with slots."""

    def __init__(self):
        Bench.__init__(self, QuickKeyStore)
        self.chip = Chip((FILE_SECTORS + JOURNAL_SECTORS + 2 * SLOT_SECTORS) * SECTOR)

    def ring(self):
        region = Region(self.chip, self.file_bytes, JOURNAL_SECTORS * SECTOR)
        return Recording(region, self.file_bytes, self.operations)

    def region(self, start, length):
        return Recording(Region(self.chip, start, length), start, self.operations)

    def boot(self):
        """Start what the loader starts: its number, as the program itself says it, and the slot it is in."""
        for name in real_loader.SLOTS:
            try:
                vfs.umount("/" + name)
            except OSError:
                pass
        path = real_loader.start()
        if path is None:
            return FLASHED, None
        sys.modules.pop("program", None)
        sys.path.insert(0, path)
        try:
            return __import__("program").NUMBER, path[1:]
        finally:
            sys.path.pop(0)


BENCH = UpdateBench()


class Weighing:
    def fresh(self):
        return True


class Acts:
    update = None


class P256:
    """In place of arithmetic that takes long: the quick key's signatures are none."""

    @staticmethod
    def verify_steps(*_):
        yield
        return True


trial.p256 = P256


class Scale:
    """The parts of a scale that an update uses."""

    def __init__(self, ledger, number):
        self.ledger, self.chain, self.events = ledger, ledger.chain, ledger.events
        self.keystore, self.software = ledger.keystore, ("steelyard", "v", named(number))
        self.weighing = Weighing()

    def is_idle(self):
        return True

    def in_use(self):
        return False

    def circumstances(self):
        facts = circumstances()
        facts["software"] = self.software
        return facts


async def feed(update):
    """The platform's side: every piece that is wanted."""
    while True:
        if update.wanted is not None:
            image = IMAGES[update.manifest.number]
            update.take(update.manifest.image[:16], update.wanted, image[update.wanted : update.wanted + 1024])
        await _sleep_ms(0)


def life(bench, heard, wanted=None):
    """One powered life: what the loader starts goes on with what there is; `heard` says up to which number the
    platform answers, `wanted` is the number of an update that is ordered. Returns the number that ran."""
    number, slot = bench.boot()
    bench.note("runs", number)
    software.NUMBER, software.slot = number, lambda: slot

    async def lives(ledger):
        await enrol(ledger)
        scale = Scale(ledger, number)
        going = await trial.begin(scale)
        await ledger.state_start(scale.circumstances)
        if going is None:
            await trial.report(Acts, scale)
        if wanted is not None and going is None and wanted > max(number, manifest.kept(ledger.store)[0]):
            going = updating.Updating(scale, manifest_of(wanted), manifest.COMING, named(number))
            await going.begin()
            bench.note("ordered", wanted)
        if going is not None:
            await go_on(bench, scale, going, heard >= number)
        return number

    try:
        bench.life(lives)
    except Reset:
        pass
    return number


async def go_on(bench, scale, going, is_heard):
    if is_heard:
        await receipt(scale.ledger, scale.chain.head)
    elif isinstance(going, trial.Trial):
        return  # the power goes before anybody has heard it
    feeding = asyncio.create_task(feed(going))
    try:
        await going.run()
    finally:
        feeding.cancel()
    if isinstance(going, trial.Trial):
        bench.note("committed", going.manifest.number)


def story(bench):
    """Update 2 is taken, started, heard; update 3 is taken, started three times, never heard, and given up."""
    for wanted in (2, None, None, 3, None, None, None, None):
        life(bench, 2, wanted)


class KnownSoftware(Known):
    """What the world also knows of the software: what ran last, what was committed, what was ordered."""

    def __init__(self):
        super().__init__()
        self.committed = FLASHED
        self.ordered = FLASHED

    def copy(self):
        other = KnownSoftware()
        other.released, other.commits, other.held = dict(self.released), list(self.commits), self.held
        other.receipted, other.boot_number, other.keys = self.receipted, self.boot_number, self.keys
        other.committed, other.ordered = self.committed, self.ordered
        return other

    def take(self, fact, value):
        if fact == "runs":
            assert value <= max(self.ordered, self.committed + 1), "software ran that nobody ordered"
            assert value >= self.committed, "software older than what was committed"
        elif fact == "committed":
            self.committed = value
        elif fact == "ordered":
            self.ordered = value
        else:
            super().take(fact, value)


def recovery(bench):
    """What a scale does after a cut: it starts, goes on with what there is, and is heard up to number 2."""
    for _ in range(5):
        life(bench, 2)


def judge(bench, known):
    """After all of it the scale runs what was committed, nothing is pending, and everything stated is there."""
    number, slot = bench.boot()
    assert number >= known.committed, "software older than what was committed"
    assert number != 3, "software that nobody heard"
    software.slot = lambda: slot

    async def look(ledger):
        for held, statement in known.released.items():
            assert ledger.journal.read(held) == statement, "statement %d has changed" % held
        assert manifest.kept(ledger.store)[1] is None, "an update is pending"
        told = [one[10] for one in payloads(ledger) if one[0] == 5 and one[10][0] in (11, 21, 22)]
        if number == 2:
            assert [11, [named(1), named(2)]] in told, "the update was not told"
        assert bench.chip.faults == 0, "the flash refused something"

    bench.life(look)


class UpdateExplorer(Explorer):
    """Cuts the story of an update; each operation in two ways, in turn."""

    def cut(self, running, operation, how, seed, known, depth):
        if not depth and (cutting.HOW.index(how) + seed) % 2:
            return
        bench = self.bench
        bench.chip.load(running)
        bench.chip.torn(operation, how, seed)
        image = bench.chip.image()
        operations, facts = bench.run(image, recovery)
        after = known.copy()
        after.take_all(facts)
        judge(bench, after)
        if depth:
            self.cuts_of_recoveries += 1
            return
        self.cuts += 1
        if self.one_in and self.cuts % self.one_in == 0:
            self.explore(image, operations, facts, known, depth + 1)


def main(one_in, images):
    for number, image in enumerate(images, 2):
        IMAGES[number] = image
    BENCH.flash()
    image = BENCH.chip.image()
    operations, facts = BENCH.run(image, story)
    ran = [value for _, fact, value in facts if fact == "runs"]
    assert ran == [1, 2, 2, 2, 3, 3, 3, 2], ran
    known = KnownSoftware()
    known.take_all(facts)
    judge(BENCH, known)
    explorer = UpdateExplorer(BENCH, one_in)
    explorer.explore(image, operations, facts, KnownSoftware())
    print(
        json.dumps(
            {
                "operations": len(operations),
                "cuts": explorer.cuts,
                "cuts_of_recoveries": explorer.cuts_of_recoveries,
            }
        )
    )


def starts_without_end():
    real_loader.Slot.mark = lambda self, mark: None


def commits_unheard():
    begin = trial.Trial.__init__

    def wrong(self, scale, running, made, before):
        begin(self, scale, running, made, before)
        slots.commit(running)

    trial.Trial.__init__ = wrong


def forgets_before_it_tells():
    async def wrong(scale, made, before):
        scale.ledger.store.write(manifest.FILE, [made.number, None])
        await scale.events.state(11, before, made.software)

    trial.settle = wrong


def sabotage(how, images):
    """Break the firmware with the function called `how`, then do as `main`."""
    globals()[how]()
    main(0, images)
