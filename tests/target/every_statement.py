"""Make a statement of every kind and an event of every kind with real signatures; print the public key, then them all.

The last two are a snapshot of mid-life values and one with every field beyond its bound.
"""

from agent.adjustment import parameters
from agent.record.keystore import SoftKeyStore
from agent.wire import statements
from ledger_bench import SNAPSHOT, Board, circumstances, enrol, snapshot

EVENTS = (
    (statements.CASE_OPENED, 1800000000),
    (statements.LOCKED, 1),
    (statements.UNLOCKED, 2, None),
    (statements.WRONG_CODE, 3),
    (statements.ZERO_OUT_OF_RANGE, -16777216, 4),
    (statements.ADC_FAULT, 5, 6),
    (statements.CLOCK_SET, 0, 1800000000, 4),
    (statements.DOWNLINK_REFUSED, 5, 1, 7),
    (statements.KEY_SUCCESSION, bytes(10), bytes(10)),
    (statements.SOFTWARE_UPDATE, bytes(32), bytes(32)),
    (statements.JOURNAL_LOST, 8),
    (statements.STATEMENTS_LOST, 9, 10),
    (statements.SNAPSHOTS_LEFT_OUT, 11),
    (statements.PERIOD_CHANGED, 600, 2),
    (statements.ROLLED_BACK, 12),
)


async def story(ledger):
    await enrol(ledger)
    await ledger.state_start(circumstances)
    board.instrument.bits = 1 << 2 | 1 << 5
    await ledger.parameters.open_session()
    await ledger.parameters.commit({42: 1600000, 43: 16000000, 10: 1, 41: 14900000})
    await ledger.parameters.close_session(parameters.BY_SWITCH)
    for event in EVENTS:
        await ledger.events.state(*event)
    board.clock.unix_s, board.clock._quality, board.clock.now_s = 1800000000, 2, 86400
    await snapshot(ledger)
    over = 1 << 32
    body = {name: -over if name.startswith("zero_") else over for name in SNAPSHOT}
    body.update(zero_counts=over, gross=2147483647, tare=2147483647)
    await ledger.chain.append(statements.SNAPSHOT, lambda: statements.snapshot(**body))
    print(ledger.keystore.public_key.hex())
    for _, statement in ledger.journal.iterate(1):
        print(statement.hex())


board = Board(make_keystore=SoftKeyStore).flash()
board.life(story)
