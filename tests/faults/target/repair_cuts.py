"""The power is cut at every program and erase of a repair: begun, the case opened and closed in it, ended; and of one
that opens a locked scale and ends with the case open.

`main(one_in)` prints how much was cut; `sabotage(how)` does the same with a firmware broken in one place.
"""

import json

from agent.adjustment import repair
from agent.adjustment.parameters import BY_CONSOLE, PermitRefused
from agent.adjustment.permits import Permit
from agent.sealing import lock
from agent.sealing.lock import Lock
from agent.wire import statements
from cutting import Bench, Explorer, Known
from ledger_bench import QuickKeyStore, circumstances, enrol, event, payloads


def permit(ledger, number, locked_at=None):
    order = [2, ledger.keystore.kid, 3, number, 5, 0, 0xFFFFFFFF, 0, 0, locked_at, []]
    return Permit(b"permit %d" % number, order, ledger.keystore.kid)


async def begin(bench, ledger, number, locked_at, is_open):
    bench.note("beginning", number)
    await repair.begin(ledger, permit(ledger, number, locked_at), lambda: is_open)
    bench.note("case", is_open)


def move_case(bench, ledger, is_open):
    bench.note("moving", None)
    ledger.lock.follow(is_open)
    bench.note("case", is_open)


async def end(bench, ledger, is_open):
    move_case(bench, ledger, is_open)
    ledger.lock.suspended = False
    await ledger.parameters.close_session(BY_CONSOLE)
    await ledger.lock.state(ledger.chain)


def story(bench):
    """A repair that ends closed; a lock; a repair that opens it and ends open."""

    async def first(ledger):
        await enrol(ledger)
        await ledger.state_start(circumstances)
        await begin(bench, ledger, 1, None, False)
        for is_open in (True, False, True):
            move_case(bench, ledger, is_open)
            await event(ledger)
        await end(bench, ledger, False)
        bench.note("locking", None)
        ledger.lock.engage(lock.CASE_OPENED)
        bench.note("locked", None)
        await ledger.lock.state(ledger.chain)

    async def second(ledger):
        await ledger.state_start(circumstances)
        await begin(bench, ledger, 2, ledger.lock.number, True)
        await event(ledger)
        await end(bench, ledger, True)

    bench.life(first)
    bench.life(second)


class KnownRepair(Known):
    """What the world also knows: where the case is (None: it is being moved), whether a lock of before holds."""

    def __init__(self):
        super().__init__()
        self.is_open = False
        self.was_locked = self.opening = False

    def copy(self):
        other = KnownRepair()
        other.released, other.commits, other.held = dict(self.released), list(self.commits), self.held
        other.receipted, other.boot_number, other.keys = self.receipted, self.boot_number, self.keys
        other.is_open, other.was_locked, other.opening = self.is_open, self.was_locked, self.opening
        return other

    def take(self, fact, value):
        if fact == "moving":
            self.is_open = None
        elif fact == "case":
            self.is_open, self.was_locked, self.opening = value, False, False
        elif fact == "beginning":
            self.opening = True
        elif fact == "locking":
            self.is_open = None
        elif fact == "locked":
            self.was_locked = True
        else:
            super().take(fact, value)


def judge(bench, known):
    """Start the scale once more and compare what it holds with what is known; this start is not cut."""

    async def look(ledger):
        for number, statement in known.released.items():
            assert ledger.journal.read(number) == statement, "statement %d has changed" % number
        stated = [one[10] for one in payloads(ledger) if one[0] == statements.EVENT]
        kinds = [body[0] for body in stated]
        is_locked = ledger.lock.why != lock.NOT_LOCKED
        assert not ledger.lock.suspended, "a repair outlives the power"
        if known.was_locked:
            opened_again = kinds[-1:] == [statements.UNLOCKED] and known.opening
            assert is_locked or opened_again, "unlocked without a statement of it"
        elif known.is_open is not None:
            assert is_locked == known.is_open, "locked: %s, the case open: %s" % (is_locked, known.is_open)
        for number in (1, 2) if ledger.chain.enrolled else ():
            if [statements.SESSION_OPENED, [permit(ledger, number).hash]] in stated:
                assert await refuses(ledger, number), "permit %d would open a second repair" % number
        assert bench.chip.faults == 0, "the flash refused something"

    bench.life(look)


async def refuses(ledger, number):
    try:
        await repair.begin(ledger, permit(ledger, number, 0xFFFFFFFF), lambda: False)
    except PermitRefused as error:
        return error.reason == "spent"
    return False


def recovery(bench):
    async def goes_on(ledger):
        await ledger.state_start(circumstances)
        if ledger.chain.enrolled:
            await event(ledger)

    bench.life(goes_on)


class RepairExplorer(Explorer):
    """Cuts the story of a repair, and judges lock and permits too."""

    def cut(self, running, operation, how, seed, known, depth):
        bench = self.bench
        bench.chip.load(running)
        bench.chip.torn(operation, how, seed)
        image = bench.chip.image()
        judge(bench, known)
        if depth:
            self.cuts_of_recoveries += 1
            return
        operations, facts = bench.run(image, recovery)
        after = known.copy()
        after.take_all(facts)
        self.cuts += 1
        if self.one_in and self.cuts % self.one_in == 0:
            self.explore(image, operations, facts, known, depth + 1)


def main(one_in):
    bench = Bench(QuickKeyStore)
    bench.flash()
    image = bench.chip.image()
    operations, facts = bench.run(image, story)
    known = KnownRepair()
    known.take_all(facts)
    assert known.is_open
    judge(bench, known)
    explorer = RepairExplorer(bench, one_in)
    explorer.explore(image, operations, facts, KnownRepair())
    counted = {"operations": len(operations), "cuts": explorer.cuts, "cuts_of_recoveries": explorer.cuts_of_recoveries}
    print(json.dumps(counted))


def opens_before_it_says_so():
    suspend = Lock.suspend

    async def wrong(self, chain, order, settle, is_open):
        self._open()
        await suspend(self, chain, order, settle, is_open)

    Lock.suspend = wrong


def follows_in_memory_only():
    follow = Lock.follow

    def wrong(self, is_open):
        store, self._store = self._store, type("Nothing", (), {"write": lambda *_: None})()
        follow(self, is_open)
        self._store = store

    Lock.follow = wrong


def spends_afterwards():
    spread = repair.spread

    async def nothing(_):
        pass

    begin = repair.begin

    async def wrong(ledger, permit, is_open):
        repair.spread = nothing
        await begin(ledger, permit, is_open)
        repair.spread = spread
        await spread(ledger.store.write_steps(repair._FILE, permit.order_number))

    repair.begin = wrong


def sabotage(how):
    """Break the firmware with the function called `how`, then do as `main`."""
    globals()[how]()
    main(0)
