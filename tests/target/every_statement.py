"""Make a statement of every kind and an event of every kind with real signatures; print the public key, then them all.

The last two are a snapshot of mid-life values and one with every field beyond its bound.
"""

import sys

from agent.adjustment import parameters
from agent.record.keystore import SoftKeyStore
from agent.wire import cbor, statements
from ledger_bench import SNAPSHOT, Board, circumstances, enrol, snapshot

# An event of every other kind, its body as the host made it from the definition: CBOR in hexadecimal.
EVENTS = [cbor.decode(bytes.fromhex(argument)) for argument in sys.argv[1:]]


async def story(ledger):
    await enrol(ledger)
    await ledger.state_start(circumstances)
    board.instrument.bits = 1 << 2 | 1 << 5
    await ledger.parameters.open_session()
    await ledger.parameters.commit({42: 1600000, 43: 16000000, 10: 1, 41: 14900000})
    await ledger.parameters.close_session(parameters.BY_SWITCH)
    for kind, facts in EVENTS:
        await ledger.events.state(kind, *facts)
    sale = statements.sale(1, 1800000000, [247, 10, statements.PRESET, 1299, 1604, 17], None)
    await ledger.chain.append(statements.SALE, sale)
    sums = [1, 2] + [1, 247, 1604] * 2
    await ledger.chain.append(statements.SALE_BATCH, statements.sale_batch(sums, [bytes(16)] * 64))
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
