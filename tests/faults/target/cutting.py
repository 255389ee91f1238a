"""Cutting the power of a simulated scale in all ways at all of its flash operations, and judging what is left.

A story is run once and every flash operation of it recorded, with what was released and receipted when. Then, for each
operation, the flash is made as it was, the operation done in no part, some bits or all, and the scale started again:
what it then holds is compared with what it had released. The recovery is a story too, and can be cut in the same way.
"""

import gc

from agent.adjustment import parameters
from agent.record.journal import NotInJournal
from agent.wire import cbor, cose, statements
from hal_flash import Nor, PowerCut
from ledger_bench import MAP, Board, circumstances, enrol, event, sha256

HOW = ("none", "prefix", "scattered", "all")
FILE_SECTORS = 24
JOURNAL_SECTORS = 6
SECTOR = 4096


class Chip(Nor):
    """A chip whose contents can be taken and put back."""

    def image(self):
        image = bytearray(self.size)
        self._memory.read_into(0, image)
        return image

    def load(self, image):
        self.power_on()
        self._memory.write(0, image)

    def perform(self, operation):
        address, data = operation
        if data is None:
            self.ioctl(6, address // SECTOR)
        else:
            self.writeblocks(address // SECTOR, data, address % SECTOR)

    def torn(self, operation, how, seed):
        """Do a part of one operation."""
        self.cut_at(1, how, seed)
        try:
            self.perform(operation)
        except PowerCut:
            self.power_on()
            return
        raise AssertionError("the power did not fail")


class Recording:
    """A block device that notes every operation on the way to the chip: (address, bytes), bytes None for an erase."""

    def __init__(self, region, start, operations):
        self._region = region
        self._start = start
        self._operations = operations

    def readblocks(self, block, buf, offset=0):
        self._region.readblocks(block, buf, offset)

    def writeblocks(self, block, buf, offset):
        self._region.writeblocks(block, buf, offset)
        address = self._start + block * SECTOR + offset
        for at in range(0, len(buf), 256):
            self._operations.append((address + at, bytes(buf[at : at + 256])))

    def ioctl(self, operation, argument):
        done = self._region.ioctl(operation, argument)
        if operation == 6:
            self._operations.append((self._start + argument * SECTOR, None))
        return done


class Known:
    """What the world knows of a scale: the statements it released, and what it told the scale.

    Taking in a statement checks it: one content for a number, a link to the one before, and in
    its header digest and counters of the last commit.
    """

    def __init__(self):
        self.released = {}
        self.commits = []  # numbers of the commits of parameters
        self.held = [parameters.digest_of(MAP), 0, 0]  # digest and counters after the last of them
        self.receipted = 0
        self.boot_number = 0
        self.keys = None

    def copy(self):
        other = Known()
        other.released, other.commits, other.held = dict(self.released), list(self.commits), self.held
        other.receipted, other.boot_number, other.keys = self.receipted, self.boot_number, self.keys
        return other

    def take(self, fact, value):
        if fact == "released":
            self._release(*value)
        elif fact == "receipted":
            self.receipted = max(self.receipted, value)
        elif fact == "boot":
            assert value > self.boot_number, "boot number %d came again" % value
            self.boot_number = value
        elif self.keys is None:
            self.keys = value

    def take_all(self, facts):
        for _, fact, value in facts:
            self.take(fact, value)

    def _release(self, number, statement):
        if number in self.released:
            assert self.released[number] == statement, "number %d was released twice" % number
            return
        self.released[number] = statement
        payload = cbor.decode(cose.decode_sign1(statement)[3])
        assert payload[1] == number and payload[7:10] == self.held, "header of statement %d" % number
        assert payload[6] <= self.boot_number, "boot number of statement %d" % number
        if number - 1 in self.released:
            assert payload[2] == sha256(self.released[number - 1])[:16], "link of statement %d" % number
        if payload[0] == statements.EVENT:
            kind, facts = payload[10][:2]
            assert kind != statements.STATEMENTS_LOST, "statements were lost"
            if kind == statements.PARAMETER_CHANGE:
                self.commits.append(number)
                self.held = facts[2:]


class News:
    """In place of the chain's event: notes every statement in the moment of its release.

    At a start that is the newest one too: the power may have failed between its sync and its release.
    """

    def __init__(self, bench, ledger):
        self._bench = bench
        self._ledger = ledger
        self._noted = 0 if ledger.chain.lost_after is None else ledger.chain.head
        self.set()

    def set(self):
        chain = self._ledger.chain
        if chain.head > self._noted:
            self._noted = chain.head
            self._bench.note("keys", self._ledger.keystore._signing_key)
            self._bench.note("released", (chain.head, chain.journal.read(chain.head)))


class Bench(Board):
    """A board that records its operations and facts: (operations before it, fact, value)."""

    def __init__(self, make_keystore):
        chip = Chip((FILE_SECTORS + JOURNAL_SECTORS) * SECTOR)
        super().__init__(FILE_SECTORS, JOURNAL_SECTORS, chip, make_keystore)
        self.operations = []
        self.facts = []

    def files(self):
        return Recording(super().files(), 0, self.operations)

    def ring(self):
        return Recording(super().ring(), self.file_bytes, self.operations)

    def note(self, fact, value):
        self.facts.append((len(self.operations), fact, value))

    def start(self):
        ledger = super().start()
        self.note("boot", ledger.boots.number)
        ledger.chain.news = News(self, ledger)
        return ledger

    def run(self, image, story):
        """Run a story from `image` on; return its operations and facts."""
        self.chip.load(image)
        self.operations.clear()
        self.facts.clear()
        story(self)
        return list(self.operations), list(self.facts)


def recovery(bench):
    """What a scale does after a cut: it starts, tells of it, and goes on."""

    async def goes_on(ledger):
        if not ledger.chain.enrolled:
            await enrol(ledger)
        await ledger.state_start(circumstances)
        await event(ledger)

    bench.life(goes_on)


def judge(bench, known):
    """Start the scale once more and compare what it holds with what is known; this start is not cut."""

    async def look(ledger):
        for number, statement in known.released.items():
            try:
                assert ledger.journal.read(number) == statement, "statement %d has changed" % number
            except NotInJournal:
                assert number <= known.receipted, "statement %d is lost" % number
        at = ledger.chain.receipted
        while at < ledger.chain.head:
            at = (await ledger.chain.following(at))[0]
        if known.released:
            assert at == max(known.released), "the head is not the newest statement"
            assert ledger.chain.enrolment == await enrol(ledger), "another enrolment"
            assert known.released.get(1, ledger.chain.enrolment) == ledger.chain.enrolment, "another enrolment"
            assert ledger.keystore._signing_key == known.keys, "another key"
        held = ledger.parameters
        assert not held.locked, "the scale locked itself"
        assert known.held == [held.digest, held.calibration_counter, held.configuration_counter], "parameters"
        assert held.digest == parameters.digest_of(held.map), "the map is not that of its digest"
        assert [number for number, _ in ledger.audit.entries()] == known.commits, "the audit trail"
        assert bench.chip.faults == 0, "the flash refused something"

    bench.life(look)


class Explorer:
    """Cuts stories short, in all ways at all operations; where not in `all_ways`, in one way at each, by turns."""

    def __init__(self, bench, one_in, all_ways=True):
        self.bench = bench
        self.one_in = one_in
        self.all_ways = all_ways
        self.cuts = 0
        self.cuts_of_recoveries = 0

    def explore(self, image, operations, facts, known, depth=0):
        """Cut at each of `operations`, which led from `image` on, with `facts` on the way; `known` before all."""
        running = bytearray(image)
        known = known.copy()
        told = 0
        for place, operation in enumerate(operations):
            while told < len(facts) and facts[told][0] <= place:
                known.take(facts[told][1], facts[told][2])
                told += 1
            for turn, how in enumerate(HOW):
                if depth and turn != (place + self.cuts) % len(HOW):
                    continue
                if not self.all_ways and turn != place % len(HOW):
                    continue
                try:
                    self.cut(running, operation, how, place, known, depth)
                except (Exception, PowerCut) as error:
                    print("cut at operation %d of %d (%s), depth %d" % (place, len(operations), how, depth))
                    raise error
            address, data = operation
            running[address : address + (SECTOR if data is None else len(data))] = data or b"\xff" * SECTOR

    def cut(self, running, operation, how, seed, known, depth):
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
        else:
            self.cuts += 1
            if self.one_in and self.cuts % self.one_in == 0:
                self.explore(image, operations, facts, known, depth + 1)
                gc.collect()
