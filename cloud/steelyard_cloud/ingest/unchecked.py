"""Signatures that a link had vouched for are checked when there is time, those of many identities in one transaction.

A bad one is a finding: the statement stays, as the chain proves who sent it, but somebody changed its signature.
"""

from collections.abc import Iterator
from concurrent.futures import Executor

from sqlalchemy import Connection, Engine
from steelyard_protocol.statement import parse

from steelyard_cloud.db.database import reading, writing
from steelyard_cloud.ingest.authenticate import Candidate, verify
from steelyard_cloud.ingest.cache.summaries import AtHand
from steelyard_cloud.ingest.judging import Judging
from steelyard_cloud.judge.chain import note_signatures
from steelyard_cloud.statements import store as statement_store
from steelyard_cloud.statements.store import Held, HeldInDatabase, Key

AT_ONCE = 1000  # statements in one go, so that what arrives meanwhile waits a tenth of a second

Range = tuple[Held, int, int, list[Candidate]]  # an identity's numbers from, to, and what is held there by a link alone


def check_some(engine: Engine, at_hand: AtHand, judging: Judging, pool: Executor, now_ms: int) -> bool:
    """Check up to `AT_ONCE` of them; False when there are none."""
    if not at_hand.unchecked:
        return False
    keys = list(at_hand.unchecked.values())[:AT_ONCE]
    try:
        with reading(engine) as connection:
            chosen = list(_choose(connection, at_hand, keys))
        verify([one for _, _, _, some in chosen for one in some], pool)  # no transaction waits for this
        with writing(engine) as connection:
            bad = [held for held, first, last, some in chosen if _note(connection, held, first, last, some)]
            judging.arrived(connection, bad, {}, now_ms)
            statement_store.write_summaries(connection, [held for held, *_ in chosen])
    except BaseException:
        at_hand.forget(key.identity_id for key in keys)
        judging.forget({key.scale_id for key in keys})
        raise
    for held, *_ in chosen:
        held.version += 1
    at_hand.trim()
    return True


def _choose(connection: Connection, at_hand: AtHand, keys: list[Key]) -> Iterator[Range]:
    """What to check now: the lowest range of each identity, until there are enough statements."""
    left = AT_ONCE
    for key, held in zip(keys, at_hand.of(connection, keys), strict=True):
        if not held.summary.unchecked:
            del at_hand.unchecked[key.identity_id]
            continue
        first, last = held.summary.unchecked[0]
        rows = HeldInDatabase(connection, key).vouched_for(first, last, left)
        if len(rows) == left:  # perhaps not all copies under the last number
            last = max(first, rows[-1][0] - 1)
        some = [Candidate(parse(raw), key, key.up) for number, _, raw in rows if number <= last]
        yield held, first, last, some
        left -= len(some)
        if left < AT_ONCE // 2:  # with little room the copies under one number could be cut apart
            return


def _note(connection: Connection, held: Held, first: int, last: int, checked: list[Candidate]) -> bool:
    """Write down what came of one range; whether a signature was bad."""
    bad = [(one.statement.number, one.statement.hash) for one in checked if one.failed]
    note_signatures(held.summary, first, last, [number for number, _ in bad])
    if bad:
        statement_store.mark_bad_signatures(connection, held.key, bad)
    return bool(bad)
