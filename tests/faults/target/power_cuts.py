"""The stories whose power is cut at every program and erase, and ways to break the firmware that must be found.

`main(story, one_in, all_ways)` prints how much was cut; `sabotage(story, how)` does the same with a firmware broken in
one place.
"""

import json
import os

from agent.adjustment import parameters
from agent.adjustment.parameters import Parameters
from agent.record.boots import Boots
from agent.record.journal import Journal
from agent.record.keystore import SoftKeyStore
from agent.record.store import Store
from cutting import Bench, Explorer, Known, judge
from ledger_bench import QuickKeyStore, circumstances, enrol, event, receipt, snapshot


async def receipted(bench, ledger, number):
    bench.note("receipted", number)
    await receipt(ledger, number)


async def adjust(ledger, *commits):
    await ledger.parameters.open_session()
    for changes in commits:
        await ledger.parameters.commit(changes)
    await ledger.parameters.close_session(parameters.BY_CONSOLE)


def first_day(bench):
    """Enrolment, boots, snapshots, an adjustment of both groups, restarts."""

    async def enrolled(ledger):
        await ledger.state_start(circumstances)
        await enrol(ledger)
        await ledger.state_start(circumstances)
        for _ in range(3):
            await snapshot(ledger)
        await adjust(ledger, {32: 2000}, {41: 900000, 4: 16})
        await snapshot(ledger)

    async def goes_on(ledger):
        await ledger.state_start(circumstances)
        await adjust(ledger, {42: 1600000, 43: 16000000})
        ledger.journal.prepare()

    bench.life(enrolled)
    bench.life(goes_on)


def outage(bench):
    """The journal fills up, snapshots thin out and stop; then receipts come, it is trimmed, and the ring goes round."""

    async def filling(ledger):
        await enrol(ledger)
        await ledger.state_start(circumstances)
        for count in range(110):
            await snapshot(ledger)
            if count in (0, 25):
                await adjust(ledger, {32: count})
            if count % 5 == 0:
                ledger.journal.prepare()

    async def catching_up(ledger):
        await ledger.state_start(circumstances)
        while ledger.chain.receipted < ledger.chain.head:
            await receipted(bench, ledger, min(ledger.chain.receipted + 9, ledger.chain.head))
            ledger.journal.prepare()
            await event(ledger)
            if ledger.chain.head > 130:
                break
        await adjust(ledger, {32: 7})

    bench.life(filling)
    bench.life(catching_up)


def after_loss(bench):
    """The ring is gone: the chain goes on at the reserve; then a receipt tells of a rolled-back scale."""

    async def enrolled(ledger):
        await enrol(ledger)
        await ledger.state_start(circumstances)
        await adjust(ledger, {32: 5})

    async def goes_on(ledger):
        await ledger.state_start(circumstances)
        await adjust(ledger, {32: 6})
        await ledger.chain.receipt(ledger.chain.head + 5000, bytes(32))
        await snapshot(ledger)

    if not bench.lost:
        bench.life(enrolled)
        bench.lost = True
    else:
        bench.life(goes_on)


def reserve(bench):
    """Numbers cross the end of their reserved block."""

    async def goes_on(ledger):
        await ledger.state_start(circumstances)
        for _ in range(8):
            await event(ledger)

    bench.life(goes_on)


# Before a story: a chip as the factory made it, and what was done to it unrecorded


def fresh(bench):
    bench.flash()
    return bench.chip.image(), Known()


def with_lost_ring(bench):
    """An enrolled and adjusted scale whose ring was erased: its statements count as receipted."""
    bench.lost = False
    image, _ = fresh(bench)
    _, facts = bench.run(image, after_loss)
    known = Known()
    known.take_all(facts)
    known.receipted = max(known.released)
    image = bench.chip.image()
    for address in range(bench.file_bytes, len(image)):
        image[address] = 0xFF
    return image, known


def near_the_end_of_the_block(bench):
    async def far(ledger):
        await enrol(ledger)
        for _ in range(1019):
            number, _ = await event(ledger)
            if number % 10 == 0:
                await receipted(bench, ledger, number)

    image, _ = fresh(bench)
    _, facts = bench.run(image, lambda _: bench.life(far))
    known = Known()
    known.take_all(facts)
    return bench.chip.image(), known


STORIES = {
    "first_day": (fresh, first_day, QuickKeyStore),
    "outage": (fresh, outage, QuickKeyStore),
    "after_loss": (with_lost_ring, after_loss, QuickKeyStore),
    "reserve": (near_the_end_of_the_block, reserve, QuickKeyStore),
    "real_signatures": (fresh, first_day, SoftKeyStore),
}


def main(name, one_in, all_ways=True):
    """Cut the story called `name`, and the recovery from one in so many of its cuts (0 for none); print the counts.

    In `all_ways` at each operation, or in one, by turns.
    """
    prepare, story, make_keystore = STORIES[name]
    bench = Bench(make_keystore)
    image, known = prepare(bench)
    operations, facts = bench.run(image, story)
    after = known.copy()
    after.take_all(facts)
    judge(bench, after)
    explorer = Explorer(bench, one_in, all_ways)
    explorer.explore(image, operations, facts, known)
    counts = {
        "operations": len(operations),
        "erases": sum(1 for _, data in operations if data is None),
        "released": len(after.released),
        "cuts": explorer.cuts,
        "cuts_of_recoveries": explorer.cuts_of_recoveries,
    }
    print(json.dumps(counts))


def nothing(*_):
    pass


def programs_over_torn_bytes():
    Journal._blank_from = lambda self, sector, end: end


def forgets_the_last_commit():
    Parameters._roll_forward = nothing


def writes_parameters_before_their_event():
    commit = Parameters._commit

    async def wrong(self, listed, changed):
        self._store.write("parameters", [changed, self.calibration_counter + 1, self.configuration_counter])
        return await commit(self, listed, changed)

    Parameters._commit = wrong


def counts_boots_in_memory():
    Boots._save = lambda self: ()


def keeps_one_copy_and_tears_it():
    def wrong(self, name, value):
        path = self._path(name, 0)
        os.remove(path) if self._exists(name, 0) else None
        yield from write_steps(self, name, value)

    write_steps, Store.write_steps = Store.write_steps, wrong
    Store._copies = lambda self, name: [self._copy(name, 0), (0, b"")]


def sabotage(name, how):
    """Break the firmware with the function called `how`, then do as `main`."""
    globals()[how]()
    main(name, 0)
