"""Checks of sales on record: each stated, in batches, or in sums; through power cuts and a full journal."""

import asyncio
import hashlib

from agent.record.journal import JournalFull
from agent.record.sales import BATCH, EACH, NOT_STATED, SUMS, Sales
from agent.wire import cbor, statements
from hal_flash import Nor, PowerCut, Region
from ledger_bench import MAP, SECTOR, Board, begin_enrolled, event, payloads, receipt, unmount

FIGURES = [247, 10, statements.PRESET, 1299, 1604, 17]
RING_SECTORS = 8
CASES = {"test_a_cut_anywhere_loses_no_sale_and_states_none_twice": ("none", "prefix", "scattered", "all")}


class SalesBoard(Board):
    """A board with a ring of sales behind its journal."""

    def __init__(self, journal_sectors=8):
        chip = Nor((24 + journal_sectors + RING_SECTORS) * SECTOR)
        super().__init__(chip=chip)
        self.ring_at = chip.size - RING_SECTORS * SECTOR
        self.salts = 0

    def ring(self):
        return Region(self.chip, self.file_bytes, self.ring_at - self.file_bytes)

    def random(self, count):
        self.salts += 1
        return bytes([self.salts % 256]) * count

    def sales(self, ledger):
        """The sales of this life."""
        device = Region(self.chip, self.ring_at, RING_SECTORS * SECTOR)
        return Sales(ledger.store, ledger.chain, ledger.events, ledger.clock, device, 256, self.random)


def of_kind(ledger, kind):
    return [payload[statements.BODY] for payload in payloads(ledger) if payload[statements.KIND] == kind]


def covered(batches, each=()):
    """Numbers that a chain states, in order; batches here have no gaps."""
    numbers = [body[0] for body in each]
    for first, last, *_ in batches:
        numbers += range(first, last + 1)
    return sorted(numbers)


def hash_of(salt, body):
    return hashlib.sha256(bytes([salt]) * 16 + cbor.encode(body)).digest()[:16]


async def record(sales, wanted, cancels=None):
    """One sale; its number."""
    body, _ = await sales.record(wanted, FIGURES, cancels)
    return body[0]


async def sell(sales, wanted, count):
    """So many sales; their numbers."""
    numbers = []
    for _ in range(count):
        numbers.append(await record(sales, wanted))
    return numbers


async def state_all(sales, form):
    """State until nothing waits."""
    while sales._waiting or sales._sums[0]:
        await sales.state_waiting(form)


def test_each_is_a_statement_with_the_next_number():
    board = SalesBoard().flash()

    async def story(ledger):
        await begin_enrolled(ledger)
        sales = board.sales(ledger)
        numbers = [await record(sales, EACH), await record(sales, EACH, 1)]
        return numbers, of_kind(ledger, statements.SALE)

    numbers, bodies = board.life(story)
    assert numbers == [1, 2]
    assert bodies == [[1, 0] + FIGURES + [None], [2, 0] + FIGURES + [1]]


def test_those_that_are_not_stated_have_numbers_and_nothing_else():
    board = SalesBoard().flash()

    async def story(ledger):
        sales = board.sales(ledger)
        return await sell(sales, NOT_STATED, 3), ledger.journal.head

    assert board.life(story) == ([1, 2, 3], 0)


def test_a_batch_has_the_sums_and_the_salted_hash_of_each_record():
    board = SalesBoard().flash()

    async def story(ledger):
        await begin_enrolled(ledger)
        sales = board.sales(ledger)
        for cancels in (None, None, 1):
            await sales.record(BATCH, FIGURES, cancels)
        assert of_kind(ledger, statements.SALE) == []
        await sales.state_waiting(BATCH)
        assert not sales._is_due(BATCH)
        return of_kind(ledger, statements.SALE_BATCH)

    (body,) = board.life(story)
    records = [[number, 0] + FIGURES + [cancels] for number, cancels in ((1, None), (2, None), (3, 1))]
    hashes = [hash_of(salt, record) for salt, record in enumerate(records, 1)]
    assert body == [1, 3, 2, 494, 3208, 1, 247, 1604, hashes]


def test_a_batch_is_due_with_64_records_or_after_ten_minutes_and_has_no_more():
    board = SalesBoard().flash()

    async def story(ledger):
        await begin_enrolled(ledger)
        sales = board.sales(ledger)
        await sales.record(BATCH, FIGURES)
        assert not sales._is_due(BATCH)
        ledger.clock.now_s += 600
        assert sales._is_due(BATCH)
        await sell(sales, BATCH, 70)
        await state_all(sales, BATCH)
        return of_kind(ledger, statements.SALE_BATCH)

    batches = board.life(story)
    assert [len(body[8]) for body in batches] == [64, 7] and [body[2] for body in batches] == [64, 7]
    assert covered(batches) == list(range(1, 72))


def test_numbers_go_on_after_a_restart_and_what_waits_is_stated():
    board = SalesBoard().flash()

    async def first(ledger):
        await begin_enrolled(ledger)
        return await sell(board.sales(ledger), BATCH, 3)

    async def second(ledger):
        sales = board.sales(ledger)
        number = await record(sales, BATCH)
        await sales.state_waiting(BATCH)
        return number, of_kind(ledger, statements.SALE_BATCH)

    assert board.life(first) == [1, 2, 3]
    number, batches = board.life(second)
    assert number > 3
    assert [(body[0], body[1], body[2], len(body[8])) for body in batches] == [(1, number, 4, 4)]


def newest_after(count, wanted, later=None):
    """What `record` gave for the last of so many sales, and what the next life finds after `later`."""
    board = SalesBoard(journal_sectors=16).flash()

    async def first(ledger):
        await begin_enrolled(ledger)
        sales = board.sales(ledger)
        for _ in range(count):
            made = await sales.record(wanted, FIGURES)
        if later:
            await later(ledger, sales)
        return made

    async def second(ledger):
        return await board.sales(ledger).newest()

    return board.life(first), board.life(second)


def test_the_newest_sale_is_found_after_a_restart_with_its_salt():
    for wanted in (EACH, BATCH):
        made, found = newest_after(3, wanted)
        assert found == made and made[0][0] == 3
        assert (made[1] is None) == (wanted == EACH)


def test_the_salt_is_found_after_its_batch_was_stated_too():
    made, found = newest_after(70, BATCH, lambda ledger, sales: state_all(sales, BATCH))
    assert found == made and made[1]


def test_a_sale_that_was_not_stated_or_lies_too_far_back_is_not_found():
    async def events(ledger, sales):
        for _ in range(64):
            await event(ledger)

    assert newest_after(2, NOT_STATED)[1] is None
    assert newest_after(1, EACH, events)[1] is None


def test_no_sale_from_before_a_change_of_parameters_is_found():
    async def change(ledger, sales):
        ledger.chain.parameters.digest = bytes(16)
        await event(ledger)

    for wanted in (EACH, BATCH):
        assert newest_after(1, wanted, change)[1] is None


def cut_life(operation, how):
    """Sales with a cut at a flash operation: (whether it came, sales that were done, batches stated in the end)."""
    board = SalesBoard().flash()
    board.life(begin_enrolled)
    done = []

    async def story(ledger):
        sales = board.sales(ledger)
        board.chip.cut_at(operation, how, operation)
        for count in (3, 1):
            for _ in range(count):
                done.append(await record(sales, BATCH))
            await sales.state_waiting(BATCH)

    async def later(ledger):
        await state_all(board.sales(ledger), BATCH)
        return of_kind(ledger, statements.SALE_BATCH)

    was_cut = False
    try:
        board.life(story)
    except PowerCut:
        was_cut = True
    board.chip.cut_at(0)
    board.chip.power_on()
    return was_cut, done, board.life(later)


def test_a_cut_anywhere_loses_no_sale_and_states_none_twice(how):
    for operation in range(1, 60):
        was_cut, done, batches = cut_life(operation, how)
        counted = sum(body[2] for body in batches)
        assert len(done) <= counted <= len(done) + 1, (operation, done, batches)
        spans = [body[:2] for body in batches]
        assert all(before[1] < after[0] for before, after in zip(spans, spans[1:])), "no record is in two batches"
        if not was_cut:
            return
    raise AssertionError("there are more flash operations than were cut")


def test_a_full_journal_never_stops_selling():
    """Batches from three quarters on, sums from nine tenths; nothing is lost, and all is told once there is room."""
    board = SalesBoard().flash()

    async def story(ledger):
        await begin_enrolled(ledger)
        sales = board.sales(ledger)
        seen = []
        sold = 0
        for _ in range(400):
            form = sales.form(EACH)
            if not seen or seen[-1] != form:
                seen.append(form)
            await sales.record(EACH, FIGURES)
            sold += 1
            if form != EACH and sales._waiting >= 64:
                await sales.state_waiting(form)
            elif sold % 3 == 0:
                try:
                    await event(ledger)
                except JournalFull:
                    pass
        assert seen == [EACH, BATCH, SUMS]
        stated = len(of_kind(ledger, statements.SALE)) + sum(body[2] for body in of_kind(ledger, statements.SALE_BATCH))
        waiting = sales._sums[2] + sales._waiting
        assert stated + waiting == sold
        await receipt(ledger, ledger.chain.head)
        assert sales.form(EACH) == EACH
        before = ledger.chain.head
        await state_all(sales, EACH)
        told = [statement for number, statement in ledger.journal.iterate(before + 1)]
        return waiting, [ledger.chain.decode(statement)[statements.BODY] for statement in told]

    waiting, told = board.life(story)
    assert waiting and sum(body[2] for body in told) == waiting


def test_a_change_of_form_is_an_event_and_the_usual_form_is_none():
    board = SalesBoard().flash()

    async def story(ledger):
        await begin_enrolled(ledger)
        sales = board.sales(ledger)
        task = asyncio.create_task(sales.run(lambda: EACH, lambda: True))
        await asyncio.sleep_ms(1100)
        while ledger.journal.free_permille() >= 250:
            await event(ledger)
        await asyncio.sleep_ms(1100)
        await receipt(ledger, ledger.chain.head)
        await asyncio.sleep_ms(1100)
        task.cancel()
        return [body for body in of_kind(ledger, statements.EVENT) if body[0] == statements.SALES_STATED]

    assert board.life(story) == [[statements.SALES_STATED, [BATCH]], [statements.SALES_STATED, [EACH]]]


def test_a_sale_under_parameters_that_changed_meanwhile_is_none():
    board = SalesBoard().flash()

    async def story(ledger):
        await begin_enrolled(ledger)
        sales = board.sales(ledger)
        sale = asyncio.create_task(sales.record(EACH, FIGURES))
        await asyncio.sleep_ms(0)
        await ledger.parameters.open_session()
        await ledger.parameters.commit({10: 1})
        try:
            await sale
        except Exception as error:
            return error.code, of_kind(ledger, statements.SALE)
        return None, of_kind(ledger, statements.SALE)

    code, stated = board.life(story)
    assert (code == "parameters-changed") == (stated == [])
    assert MAP[10] == 2
    unmount()
