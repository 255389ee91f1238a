"""Checks of parameters, sessions, permits and the audit trail."""

import os

from agent.adjustment import parameters
from agent.adjustment.parameters import PermitRefused
from agent.adjustment.permits import Permit
from agent.errors import Damaged
from agent.record.audit import AuditTrail
from agent.sealing import lock
from ledger_bench import MAP, Board, Clock, circumstances, enrol, event, payloads, raises, receipt, refused, snapshot

KID = b"0123456789"


async def begin(ledger):
    await enrol(ledger)
    await ledger.state_start(circumstances)


def counters(ledger):
    return ledger.parameters.calibration_counter, ledger.parameters.configuration_counter


def permit(ledger, *keys, calibration=0, configuration=0, window=(0, 0xFFFFFFFF)):
    order = [2, ledger.keystore.kid, 2, 77, 5, window[0], window[1], calibration, configuration, None, list(keys)]
    return Permit(b"signed permit", order, ledger.keystore.kid)


async def adjust(ledger, changes, under=None):
    await ledger.parameters.open_session(under)
    number = await ledger.parameters.commit(changes)
    await ledger.parameters.close_session(parameters.BY_CONSOLE)
    return number


def test_factory_parameters_are_taken_once():
    board = Board().flash()

    async def story(ledger):
        return ledger.parameters.map, counters(ledger), ledger.parameters.digest == parameters.digest_of(MAP)

    assert board.life(story) == (MAP, (0, 0), True)
    board.mount()
    with open("/fs/factory.cbor", "rb") as file:
        factory = bytearray(file.read())
    factory[-1] ^= 1
    with open("/fs/factory.cbor", "wb") as file:
        file.write(factory)
    assert board.life(story)[0] == MAP


def test_a_commit_is_an_event_then_audited_then_kept():
    board = Board().flash()

    async def story(ledger):
        await begin(ledger)
        seen = []
        append, audit, write = ledger.journal.append, ledger.audit.append, ledger.store.write_steps
        ledger.journal.append = lambda number, data: seen.append("journal") or append(number, data)
        ledger.audit.append = lambda number, data: seen.append("audit") or audit(number, data)
        ledger.store.write_steps = lambda name, value: seen.append(name) or write(name, value)
        before = ledger.parameters.digest
        board.instrument.use_parameters = lambda: seen.append(ledger.chain.head)
        await ledger.parameters.open_session()
        del seen[:]
        number = await ledger.parameters.commit({41: 900000, 40: 110000})
        assert seen == ["journal", "audit", "parameters", number - 1]  # in use before it is released
        payload = payloads(ledger, number)[0]
        assert payload[7:10] == [before, 0, 0]
        assert payload[10] == [
            1,
            [[[40, 1530000, 110000], [41, 15000000, 900000]], None, ledger.parameters.digest, 1, 0],
        ]
        assert ledger.parameters.map[41] == 900000 and counters(ledger) == (1, 0)
        assert [entry[0] for entry in ledger.audit.entries()] == [number]

    board.life(story)

    async def later(ledger):
        return ledger.parameters.map[40], counters(ledger), ledger.lock.why

    assert board.life(later) == (110000, (1, 0), lock.NOT_LOCKED)


def test_each_counter_rises_once_a_session():
    board = Board().flash()

    async def story(ledger):
        await begin(ledger)
        ledger_parameters = ledger.parameters
        await ledger_parameters.open_session()
        seen = [counters(ledger)]
        for changes in ({32: 5}, {32: 6}, {4: 16}, {4: 4, 33: 9800001}):
            await ledger_parameters.commit(changes)
            seen.append(counters(ledger))
        assert await ledger_parameters.commit({32: 6}) is None
        await ledger_parameters.close_session(parameters.BY_CONSOLE)
        await adjust(ledger, {32: 7})
        seen.append(counters(ledger))
        await adjust(ledger, {32: 7})
        seen.append(counters(ledger))
        return seen

    assert board.life(story) == [(0, 0), (1, 0), (1, 0), (1, 1), (1, 1), (2, 1), (2, 1)]


def test_a_session_is_told_from_opening_to_closing():
    board = Board().flash()

    async def story(ledger):
        await begin(ledger)
        await adjust(ledger, {32: 5})
        await adjust(ledger, {})
        told = payloads(ledger, 3)
        session = 1 << 6
        assert [payload[5] & session for payload in told] == [0, session, 0, 0, 0, 0]
        return [payload[10] if payload[0] == 5 else payload[0] for payload in told]

    changed = dict(MAP)
    changed[32] = 5
    told = board.life(story)
    assert told[1][1][0] == [[32, MAP[32], 5]]
    told[1] = "change"
    assert told == [[12, [None]], "change", [13, [2]], 4, [12, [None]], [13, [2]]]


def test_nothing_changes_without_session_switch_and_room():
    board = Board(journal_sectors=4).flash()

    async def story(ledger):
        our = ledger.parameters
        assert await refused(our.open_session()) == "not-enrolled"
        await begin(ledger)
        assert await refused(our.commit({32: 5})) == "no-session"
        board.instrument.switch = False
        assert await refused(our.open_session()) == "switch-off"
        board.instrument.switch = True
        await our.open_session()
        assert await refused(our.open_session()) == "session-open"
        board.instrument.switch = False
        assert await refused(our.commit({32: 5})) == "switch-off"
        board.instrument.switch = True
        await our.close_session(parameters.BY_SWITCH)
        await our.close_session(parameters.BY_SWITCH)
        assert await refused(our.commit({32: 5})) == "no-session"
        while ledger.chain.room_for_adjustment:
            await event(ledger)
        assert await refused(our.open_session()) == "journal-too-full"
        await receipt(ledger, ledger.chain.head)
        await our.open_session()
        ledger.lock.engage(lock.CASE_OPENED)
        assert await refused(our.commit({32: 5})) == "locked"
        return our.map == MAP and counters(ledger) == (0, 0)

    assert board.life(story)


def test_a_power_cut_ends_the_session():
    board = Board().flash()

    async def story(ledger):
        await begin(ledger)
        await ledger.parameters.open_session()
        await ledger.parameters.commit({32: 5})

    board.life(story)

    async def after(ledger):
        assert await refused(ledger.parameters.commit({32: 6})) == "no-session"
        await adjust(ledger, {32: 6})
        return counters(ledger)

    assert board.life(after) == (2, 0)


def test_invalid_maps_are_refused():
    board = Board().flash()

    async def story(ledger):
        await begin(ledger)
        await ledger.parameters.open_session()
        for changes in (
            {3: 0},
            {63: 1},
            {3: None},
            {3: True},
            {3: "5"},
            {42: 1600000},
            {42: 90000, 43: 16000000},
            {42: 1600000, 43: MAP[41]},
            {44: 1600000, 45: 16000000},
            {41: 1000000001},
        ):
            assert await refused(ledger.parameters.commit(changes)) == "invalid", changes
        assert ledger.parameters.map == MAP and counters(ledger) == (0, 0)
        await ledger.parameters.commit({42: 1600000, 43: 16000000, 44: 1700000, 45: 17000000})
        await ledger.parameters.commit({44: None, 45: None})
        return sorted(ledger.parameters.map)[-1]

    assert board.life(story) == 43


def test_a_permit_bounds_what_changes_and_is_spent_by_it():
    needs_permit = dict(MAP)
    needs_permit[12] = 1
    board = Board().flash(needs_permit)

    async def story(ledger):
        await begin(ledger)
        our = ledger.parameters
        assert await refused(our.open_session()) == "permit-required"
        paper = permit(ledger, 40, 41)
        paper.check(our, board.clock)
        await our.open_session(paper)
        assert await refused(our.commit({32: 5})) == "not-in-permit"
        number = await our.commit({41: 900000})
        await our.commit({41: 950000})
        await our.close_session(parameters.BY_CONSOLE)
        assert payloads(ledger, number)[0][10][1][1] == paper.hash
        assert payloads(ledger)[-1][10] == [our.map, b"signed permit"]
        assert raises(PermitRefused, paper.check, our, board.clock).reason == "counters"
        permit(ledger, 41, calibration=1).check(our, board.clock)

    board.life(story)


def test_permits_of_others_and_outside_their_window_are_refused():
    class Counters:
        calibration_counter = configuration_counter = 0

    def order(**changes):
        base = {"kind": 2, "kid": KID, "what": 2, "from": 100, "to": 200, "fields": [41], "by": 5}
        base.update(changes)
        return [
            base["kind"],
            base["kid"],
            base["what"],
            7,
            base["by"],
            base["from"],
            base["to"],
            0,
            0,
            None,
            base["fields"],
        ]

    def reason(**changes):
        return raises(PermitRefused, Permit, b"raw", order(**changes), KID).reason

    assert reason(kid=b"9876543210") == "identity"
    assert reason(what=0) == reason(what=4) == "purpose"
    for changes in ({"kind": 1}, {"fields": 41}, {"fields": [-1]}, {"fields": ["x"]}, {"by": None}, {"by": 1 << 32}):
        assert reason(**changes) == "malformed", changes
    for broken in (None, [], {}, order()[:-1], order() + [1], order(fields=[41] * 100)):
        assert raises(PermitRefused, Permit, b"raw", broken, KID).reason == "malformed"
    clock = Clock(quality=3)
    paper = Permit(b"raw", order(), KID)
    for clock.unix_s, right in ((99, False), (100, True), (200, True), (201, False)):
        if right:
            paper.check(Counters, clock)
        else:
            assert raises(PermitRefused, paper.check, Counters, clock).reason == "window"
    paper.check(Counters, Clock(quality=2))  # only signed network time is trusted with the window


def test_a_commit_that_was_cut_short_is_rolled_forward():
    board = Board().flash()
    board.life(begin)

    class Cut(BaseException):
        pass

    def cut(*_):
        raise Cut

    def before_audit(ledger):
        ledger.audit.append = cut

    def before_slot(ledger):
        ledger.store.write_steps = cut

    for prepare in (before_audit, before_slot):

        async def story(ledger, prepare=prepare):
            await ledger.parameters.open_session()
            prepare(ledger)
            before = ledger.parameters.map[32], counters(ledger)
            try:
                await ledger.parameters.commit({32: ledger.parameters.map[32] + 1})
            except Cut:
                return before

        async def after(ledger):
            last = [number for number, _ in ledger.audit.entries()][-1]
            assert last == ledger.journal.head and ledger.lock.why == lock.NOT_LOCKED
            return ledger.parameters.map[32], counters(ledger)

        zero, (calibration, configuration) = board.life(story)
        assert board.life(after) == (zero + 1, (calibration + 1, configuration))


def test_any_other_mismatch_locks():
    def swap_map(slot):
        slot[0][41] += 1

    def lower_counter(slot):
        slot[1] -= 1

    def raise_counter(slot):
        slot[2] += 1

    for spoil in (swap_map, lower_counter, raise_counter):
        for last_is_the_commit in (True, False):
            board = Board().flash()

            async def story(ledger, spoil=spoil, last_is_the_commit=last_is_the_commit):
                await begin(ledger)
                await ledger.parameters.open_session()
                await ledger.parameters.commit({32: 5})
                if not last_is_the_commit:
                    await snapshot(ledger)
                slot = ledger.store.read("parameters")
                spoil(slot)
                ledger.store.write("parameters", slot)

            async def after(ledger):
                assert ledger.parameters.locked and ledger.lock.why == lock.PARAMETERS_MISMATCH
                await ledger.state_start(circumstances)
                assert await refused(ledger.parameters.open_session()) == "locked"
                flags = [payload[5] for payload in payloads(ledger)[-2:]]
                told = [payload[10] for payload in payloads(ledger) if payload[0] == 5].count([3, [2]])
                return payloads(ledger)[-1][0], flags[-1] >> 4 & 1, told

            board.life(story)
            assert board.life(after) == (5, 1, 1)
            assert board.life(after) == (2, 1, 1)  # it stays locked and says so once


def test_old_files_beside_a_newer_journal_lock():
    board = Board().flash()
    board.life(begin)
    old = bytearray(board.file_bytes)
    board.chip.readblocks(0, old)

    async def story(ledger):
        await adjust(ledger, {32: 5})

    board.life(story)
    for sector in range(board.file_bytes // 4096):
        board.chip.writeblocks(sector, old[sector * 4096 : sector * 4096 + 4096])

    async def after(ledger):
        return ledger.lock.why

    assert board.life(after) == lock.PARAMETERS_MISMATCH


def test_a_lost_journal_is_checked_against_the_audit_trail():
    for tampered in (False, True):
        board = Board().flash()

        async def story(ledger, tampered=tampered):
            await begin(ledger)
            await adjust(ledger, {32: 5})
            if tampered:
                slot = ledger.store.read("parameters")
                slot[0][32] = 6
                ledger.store.write("parameters", slot)

        async def after(ledger):
            return ledger.lock.why

        board.life(story)
        for sector in range(board.file_bytes // 4096, board.chip.size // 4096):
            board.chip.ioctl(6, sector)
        assert board.life(after) == (lock.PARAMETERS_MISMATCH if tampered else lock.NOT_LOCKED)


def test_an_enrolled_scale_never_falls_back_to_the_factory():
    board = Board().flash()
    board.life(begin)
    board.mount()
    for copy in (0, 1):
        with open("/fs/%d/parameters" % copy, "wb") as file:
            file.write(b"")
    assert raises(Damaged, board.start).code == "store-damaged"
    import os

    for copy in (0, 1):
        os.remove("/fs/%d/parameters" % copy)
    assert raises(Damaged, board.start).code == "store-damaged"


def test_the_audit_trail_outlives_the_journal_and_ends():
    board = Board(journal_sectors=4).flash()

    async def story(ledger):
        await begin(ledger)
        numbers = []
        for zero in range(30):
            numbers.append(await adjust(ledger, {32: zero}))
            await receipt(ledger, ledger.chain.head)
            ledger.journal.prepare()
        assert ledger.journal.tail > numbers[0]
        kept = list(ledger.audit.entries())
        assert [number for number, _ in kept] == numbers
        assert [ledger.chain.decode(statement)[10][1][0][0][2] for _, statement in kept] == list(range(30))
        ledger.audit._limit_bytes = ledger.audit._end + 100
        assert await refused(ledger.parameters.open_session()) == "audit-full"

    board.life(story)


def test_a_torn_audit_entry_is_written_again():
    board = Board().flash()
    board.mount()
    trail = AuditTrail("/fs/trail", 1000)
    trail.append(5, b"five" * 20)
    with open("/fs/trail", "ab") as file:
        file.write(b"\x50\x00\x06\x00\x00\x00torn")
    trail = AuditTrail("/fs/trail", 1000)
    assert trail.last == 5
    trail.append(6, b"six" * 20)
    trail.append(6, b"again")
    trail = AuditTrail("/fs/trail", 1000)
    assert list(trail.entries()) == [(5, b"five" * 20), (6, b"six" * 20)]
    assert trail.has_room(800) and not trail.has_room(900)


def damaged(trail, at, content):
    with open("/fs/trail", "r+b") as file:
        file.seek(at)
        file.write(content)
    return AuditTrail("/fs/trail", 65536)


def test_a_damaged_audit_entry_hides_only_itself():
    board = Board().flash()
    board.mount()
    entries = [(number, bytes([number]) * (80 + number)) for number in range(1, 9)]
    size = sum([10 + len(statement) for _, statement in entries])
    for at in range(0, size - 1, 7):
        trail = AuditTrail("/fs/trail", 65536)
        for number, statement in entries:
            trail.append(number, statement)
        trail = damaged(trail, at, b"\xa5\x5a")
        hit = {b for a, b in _places(entries) if a <= at < a + 10 + 80 + b or a <= at + 1 < a + 10 + 80 + b}
        assert list(trail.entries()) == [entry for entry in entries if entry[0] not in hit]
        trail.append(20, b"after" * 20)
        assert list(AuditTrail("/fs/trail", 65536).entries())[-1] == (20, b"after" * 20)
        os.remove("/fs/trail")


def _places(entries):
    at = 0
    for number, statement in entries:
        yield at, number
        at += 10 + len(statement)


def test_a_damaged_stretch_of_the_audit_trail_hides_what_it_covers():
    board = Board().flash()
    board.mount()
    trail = AuditTrail("/fs/trail", 65536)
    entries = [(number, bytes([number]) * 400) for number in range(1, 31)]
    for number, statement in entries:
        trail.append(number, statement)
    trail = damaged(trail, 4096, bytes([at * 37 & 0xFF for at in range(4096)]))
    places = zip(range(0, 410 * 30, 410), entries)
    assert list(trail.entries()) == [entry for at, entry in places if at + 410 <= 4096 or at >= 8192]
    assert trail.last == 30
