"""Checks of numbers, links, receipts and losses."""

import os

from agent.errors import Damaged
from agent.record import chain
from agent.record.chain import NotEnrolled
from agent.record.journal import JournalFull
from agent.record.store import Store
from agent.wire import statements
from ledger_bench import (
    MAP,
    Board,
    circumstances,
    enrol,
    event,
    linked,
    payloads,
    raises,
    receipt,
    sha256,
    snapshot,
    unmount,
)

NUMBER = statements.NUMBER
LINK = 2


def kinds(ledger, first=1):
    """Return kinds from `first` on; events as (5, kind of event)."""
    return [
        (payload[0], payload[10][0]) if payload[0] == statements.EVENT else payload[0]
        for payload in payloads(ledger, first)
    ]


async def begin(ledger):
    first = await enrol(ledger)
    await ledger.state_start(circumstances)
    return first


def wipe_journal(board):
    for sector in range(board.file_bytes // 4096, board.chip.size // 4096):
        board.chip.ioctl(6, sector)


def test_nothing_is_stated_before_enrolment():
    board = Board().flash()

    async def story(ledger):
        await ledger.state_start(circumstances)
        try:
            await snapshot(ledger)
        except NotEnrolled as error:
            return ledger.journal.head, str(error)

    head, text = board.life(story)
    assert head == 0 and "enrol" in text
    assert board.life(story)[0] == 0


def test_statements_are_numbered_linked_and_headed():
    board = Board().flash()

    async def story(ledger):
        await begin(ledger)
        board.clock.now_s = 77
        await snapshot(ledger)
        board.instrument.bits = 1 << 2 | 1 << 5
        board.clock._quality = 2
        await event(ledger)
        return ledger, payloads(ledger)

    ledger, all_payloads = board.life(story)
    assert [payload[:2] for payload in all_payloads] == [[1, 1], [2, 2], [3, 3], [5, 4]]
    assert all_payloads[0][LINK] == bytes(16) and linked(ledger)
    digest = ledger.parameters.digest
    assert all_payloads[2][3:10] == [0, 77, 0, 1, digest, 0, 0]
    assert all_payloads[3][3:10] == [1800000000, 77, 1 << 2 | 1 << 5 | 2, 1, digest, 0, 0]
    boot = all_payloads[1][10]
    assert boot[1:7] == [["steelyard", "0.1.0", bytes(32)], "bench", "hx711", 1, False, 0]
    assert boot[7:] == [None, 0, 600, MAP, "PC-1", None]


def test_enrolment_is_made_once_and_kept_for_life():
    board = Board().flash()
    first = board.life(begin)

    async def later(ledger):
        for _ in range(60):
            await snapshot(ledger)
            await receipt(ledger, ledger.chain.head)
            ledger.journal.prepare()
        for _ in range(60):
            await event(ledger)
        assert ledger.journal.tail > 1
        return await enrol(ledger)

    assert board.life(later) == first
    assert board.life(enrol) == first


def test_numbers_go_on_after_a_restart_and_boots_count():
    board = Board().flash()
    board.life(begin)

    async def story(ledger):
        await ledger.state_start(circumstances)
        await snapshot(ledger)
        return ledger.boots.number, ledger.head_before, ledger.chain.head, linked(ledger), payloads(ledger)[-1][6]

    assert board.life(story) == (2, 2, 4, True, 2)
    assert board.life(story) == (3, 4, 6, True, 3)


def test_quick_restarts_are_stated_once_an_hour():
    board = Board().flash()
    board.life(begin)

    async def quick(ledger):
        await ledger.state_start(circumstances)
        return kinds(ledger).count(statements.BOOT)

    boots = [board.life(quick) for _ in range(20)]
    assert boots[:6] == [2, 3, 4, 5, 6, 6] and boots[-1] == 6

    async def stays_on(ledger):
        for minute in range(62):
            board.clock.now_s = 60 * minute
            await ledger.state_start(circumstances)
        return payloads(ledger)[-1]

    last = board.life(stays_on)
    assert last[0] == statements.BOOT and last[4] == 3600 and last[6] == 22

    async def other_software(ledger):
        def circumstances_after():
            return dict(circumstances(), software=("steelyard", "0.2.0", bytes(32)))

        await ledger.state_start(circumstances_after)
        return payloads(ledger)[-1][0]

    for _ in range(8):
        board.life(quick)
    assert board.life(other_software) == statements.BOOT


def test_receipts_trim_only_what_they_prove():
    board = Board().flash()

    async def story(ledger):
        await begin(ledger)
        for _ in range(40):
            await snapshot(ledger)
        head = ledger.chain.head
        assert await ledger.chain.receipt(20, bytes(32)) == chain.FOREIGN
        assert await ledger.chain.receipt(20, sha256(ledger.journal.read(21))) == chain.FOREIGN
        assert ledger.chain.receipted == 0 and ledger.journal.trimmed == 0
        ledger.chain.news.clear()
        assert await receipt(ledger, 20) == chain.TAKEN
        assert ledger.chain.news.is_set() and ledger.chain.receipted == 20 and ledger.journal.trimmed == 20
        assert await receipt(ledger, 20) == chain.KNOWN
        assert await receipt(ledger, 10) == chain.KNOWN
        assert ledger.chain.head == head

    board.life(story)

    async def later(ledger):
        return ledger.chain.receipted

    assert 14 <= board.life(later) <= 20  # what a sector's worth of receipts said may have to be said again


def test_head_is_stored_before_any_sector_is_let_go():
    board = Board().flash()

    async def story(ledger):
        await begin(ledger)
        for _ in range(40):
            await snapshot(ledger)
        head = ledger.chain.head
        trim = ledger.journal.trim

        def checked_trim(number):
            if ledger.journal.frees(number):
                assert ledger.store.read("use/numbers")[1:3] == [head, number]
            trim(number)

        ledger.journal.trim = checked_trim
        await receipt(ledger, 10)
        await receipt(ledger, 35)
        assert ledger.journal.frees(35) == 0 and ledger.store.read("use/numbers")[2] == 35

    board.life(story)


def test_a_lost_journal_goes_on_at_the_reserve():
    board = Board().flash()
    first = board.life(begin)

    async def story(ledger):
        for _ in range(40):
            await snapshot(ledger)
        await receipt(ledger, 30)
        return ledger.chain.head

    head = board.life(story)
    wipe_journal(board)

    async def recovered(ledger):
        await ledger.state_start(circumstances)
        assert await ledger.chain.receipt(head, bytes(32)) in (chain.MISSING, chain.KNOWN)
        return payloads(ledger), linked(ledger), await enrol(ledger)

    found, right, again = board.life(recovered)
    assert [payload[:2] for payload in found] == [[5, 1025], [2, 1026]] and right and again == first
    assert found[0][LINK] == bytes(16) and found[0][10] == [statements.JOURNAL_LOST, [head]]

    async def after(ledger):
        await snapshot(ledger)
        return kinds(ledger), ledger.chain.head, linked(ledger)

    assert board.life(after) == ([(5, 14), 2, 3], 1027, True)
    wipe_journal(board)

    async def lost_again(ledger):
        await ledger.state_start(circumstances)
        return payloads(ledger)[0][:2]

    assert board.life(lost_again) == [5, 2049]


def test_a_journal_behind_the_stored_head_counts_as_lost():
    board = Board().flash()
    board.life(begin)
    old = bytearray(board.chip.size)
    board.chip.readblocks(0, old)

    async def story(ledger):
        for _ in range(40):
            await snapshot(ledger)
        await receipt(ledger, 30)
        return ledger.chain.head

    head = board.life(story)
    first = board.file_bytes // 4096
    for sector in range(first, board.chip.size // 4096):
        board.chip.writeblocks(sector, old[sector * 4096 : sector * 4096 + 4096])

    async def recovered(ledger):
        await ledger.state_start(circumstances)
        return kinds(ledger), payloads(ledger)[2][:3], payloads(ledger)[2][10]

    assert board.life(recovered) == ([1, 2, (5, 14), 2], [5, 1025, bytes(16)], [14, [head]])


def test_numbers_are_reserved_in_blocks_before_they_are_used():
    board = Board().flash()

    async def story(ledger):
        await begin(ledger)
        append = ledger.journal.append

        def checked_append(number, data):
            assert ledger.store.read("use/numbers")[0] >= number
            append(number, data)

        ledger.journal.append = checked_append
        written = []
        write = ledger.store.write_steps
        ledger.store.write_steps = lambda name, value: written.append((ledger.chain.head, name)) or write(name, value)
        for _ in range(1100):
            await event(ledger)
            ledger.journal.trim(ledger.chain.head)
        return [head for head, name in written if name == "use/numbers"]

    assert board.life(story) == [1024]


def test_rolled_back_flash_is_told_and_skipped_past():
    board = Board().flash()
    board.life(begin)
    old = bytearray(board.chip.size)
    board.chip.readblocks(0, old)

    async def story(ledger):
        for _ in range(10):
            await snapshot(ledger)
        return ledger.chain.head, ledger.journal.read(ledger.chain.head)

    head, newest = board.life(story)
    for sector in range(board.chip.size // 4096):
        board.chip.writeblocks(sector, old[sector * 4096 : sector * 4096 + 4096])

    async def restored(ledger):
        await ledger.state_start(circumstances)
        assert ledger.chain.head == 3
        assert await ledger.chain.receipt(head, sha256(newest)) == chain.AHEAD
        await snapshot(ledger)
        assert await ledger.chain.receipt(head, sha256(newest)) == chain.MISSING
        sent, at = [], 0
        while True:
            found = await ledger.chain.following(at)
            if found is None:
                break
            at = found[0]
            sent.append(at)
        assert await ledger.chain.receipt(at + 0x1000001, bytes(32)) == chain.FOREIGN
        return payloads(ledger)[3:], sent, ledger.chain.receipted

    found, sent, receipted = board.life(restored)
    assert [payload[:2] for payload in found] == [[5, head + 1], [3, head + 2]]
    assert found[0][10] == [statements.ROLLED_BACK, [head]] and found[0][LINK] == sha256(newest)[:16]
    assert sent == [1, 2, 3, head + 1, head + 2] and receipted == 0


def test_statements_that_cannot_be_read_are_told_once():
    board = Board().flash()

    async def story(ledger):
        await begin(ledger)
        for _ in range(10):
            await snapshot(ledger)
        offset = ledger.journal.read(4) and ledger.journal._found_at
        return offset

    offset = board.life(story)
    board.chip.writeblocks(board.file_bytes // 4096, bytes(512), offset // 256 * 256)

    async def sends(ledger):
        sent, at = [], 0
        while True:
            found = await ledger.chain.following(at)
            if found is None:
                break
            at = found[0]
            sent.append(at)
        return sent, kinds(ledger).count((5, statements.STATEMENTS_LOST)), payloads(ledger)[-1][10]

    lost = [statements.STATEMENTS_LOST, [4, 5]]
    assert board.life(sends) == ([1, 2, 3] + list(range(6, 14)), 1, lost)
    assert board.life(sends) == ([1, 2, 3] + list(range(6, 14)), 1, lost)


def test_a_full_journal_thins_snapshots_then_keeps_the_rest_for_events():
    board = Board(journal_sectors=16).flash()

    async def story(ledger):
        await begin(ledger)
        made = []
        while True:
            made.append(await snapshot(ledger) is not None)
            if ledger.journal.free_permille() < 100:
                break
        before = ledger.chain.head
        for _ in range(40):
            assert await snapshot(ledger) is None
        flagged = (await event(ledger))[1]
        assert ledger.chain.decode(flagged)[5] & 1 << 9 and ledger.chain.head == before + 1
        return made, ledger.chain.left_out

    made, left_out = board.life(story)
    steady = made.index(False)
    assert all(made[:steady]) and 175 <= steady <= 180  # 75 % of 240
    thinned = made[steady - 1 :]
    assert all(thinned[place] == (place % 4 == 0) for place in range(len(thinned)))
    assert left_out == made.count(False) - 64 + 40  # the first 64 were told of already

    async def room_again(ledger):
        await receipt(ledger, ledger.chain.head)
        ledger.chain.left_out = left_out
        ledger.journal.prepare()
        await snapshot(ledger)
        return payloads(ledger)[-2][10], payloads(ledger)[-1][0]

    assert board.life(room_again) == ([statements.SNAPSHOTS_LEFT_OUT, [left_out]], statements.SNAPSHOT)


def test_a_journal_full_to_the_last_sector_refuses_and_recovers():
    board = Board(journal_sectors=4).flash()

    async def story(ledger):
        await begin(ledger)
        try:
            while True:
                await event(ledger)
        except JournalFull:
            pass
        assert not ledger.chain.room_for_adjustment
        try:
            await event(ledger)
        except JournalFull as error:
            assert "connect" in str(error)
        assert await ledger.events.state(statements.LOCKED, 1) is None
        await ledger.events.note(statements.WRONG_CODE, 1)
        await ledger.events.note(statements.WRONG_CODE, 1)

    board.life(story)

    async def still_full(ledger):
        head = ledger.chain.head
        await ledger.state_start(circumstances)
        assert ledger.chain.head == head
        assert await ledger.events.state(statements.LOCKED, 1) is None
        await ledger.events.note(statements.WRONG_CODE, 1)
        await ledger.events.note(statements.WRONG_CODE, 1)
        await receipt(ledger, head)
        await ledger.state_start(circumstances)
        await ledger.events.flush()
        assert linked(ledger)
        return kinds(ledger, head + 1), payloads(ledger)[-1][10]

    assert board.life(still_full) == ([2, (5, 3), (5, 5)], [5, [2]])


def test_a_change_made_without_end_is_stated_once_an_hour_from_the_first_to_the_last():
    board = Board().flash()

    async def story(ledger):
        await begin(ledger)
        head = ledger.chain.head
        for step in range(40):
            await ledger.events.note(statements.CLOCK_SET, 1000 + step, 2000 + step, 4)
            await ledger.events.note(statements.PERIOD_CHANGED, 60 + step, 61 + step)
        assert kinds(ledger, head + 1) == [(5, 8), (5, 17)]
        board.clock.now_s += 3599
        await ledger.events.flush()
        assert ledger.chain.head == head + 2
        board.clock.now_s += 1
        await ledger.events.flush()
        assert [one[10][1] for one in payloads(ledger)[-2:]] == [[1001, 2039, 4], [61, 100]]

    board.life(story)


def test_a_fault_under_a_statement_stops_the_chain_until_the_next_start():
    board = Board().flash()
    board.life(begin)

    async def story(ledger):
        def failing(number, data):
            raise OSError(5)

        ledger.journal.append = failing
        for kind in (OSError, Damaged, Damaged):
            try:
                await event(ledger)
            except kind as error:
                assert kind is OSError or error.code == "chain-broken"
                continue
            raise AssertionError("no %s" % kind.__name__)
        return ledger.chain.head

    assert board.life(story) == 2

    async def next_life(ledger):
        return (await event(ledger))[0], linked(ledger)

    assert board.life(next_life) == (3, True)


def test_a_board_with_a_foreign_journal_does_not_enrol():
    board = Board().flash()
    board.life(begin)
    unmount()
    board.flash()

    async def story(ledger):
        try:
            await enrol(ledger)
        except Damaged as error:
            return str(error)

    assert "erase" in board.life(story)


def test_values_survive_the_loss_of_one_copy_and_the_loss_of_both_is_told():
    board = Board().flash()
    board.mount()
    store = Store("/fs")
    assert store.read("x") is None
    for value in (1, {1: b"two"}, [3, None]):
        store.write("x", value)
        for copy in (0, 1):
            with open("/fs/%d/x" % copy, "rb") as file:
                content = file.read()
            for damaged in (b"", content[:-1], content + b"\0", os.urandom(len(content))):
                with open("/fs/%d/x" % copy, "wb") as file:
                    file.write(damaged)
                assert store.read("x") == value
            with open("/fs/%d/x" % copy, "wb") as file:
                file.write(content)
    for copy in (0, 1):
        with open("/fs/%d/x" % copy, "wb") as file:
            file.write(b"torn")
    assert raises(Damaged, store.read, "x").code == "store-damaged"
    raises(ValueError, store.write, "y", bytes(5000))
    unmount()


def test_noisy_events_are_told_once_an_hour_with_their_count():
    board = Board().flash()

    async def story(ledger):
        await begin(ledger)
        for second in range(0, 7300, 10):
            board.clock.now_s = second
            await ledger.events.note(statements.DOWNLINK_REFUSED, 5, 1, 1)
            if second % 100 == 0:
                await ledger.events.note(statements.ADC_FAULT, 2, 1)
            await ledger.events.flush()
        await ledger.events.note(statements.ZERO_OUT_OF_RANGE, -7, 1)
        return [payload[10] for payload in payloads(ledger)[2:]]

    assert board.life(story) == [
        [9, [5, 1, 1]],
        [7, [2, 1]],
        [7, [70, 35]],
        [9, [5, 1, 360]],
        [9, [5, 1, 360]],
        [7, [72, 36]],
        [6, [-7, 1]],
    ]


def test_two_tasks_never_share_a_number():
    import asyncio

    board = Board().flash()

    async def story(ledger):
        await begin(ledger)
        made = await asyncio.gather(*[event(ledger) for _ in range(20)])
        return sorted(number for number, _ in made), linked(ledger)

    assert board.life(story) == (list(range(3, 23)), True)
