"""Later: what no message waits for. Signatures that a link had vouched for, and statements that are to be read again.

A bad signature is a finding: the statement stays, as the chain proves who sent it, but somebody changed its signature.
"""

from collections.abc import Iterator
from typing import NamedTuple

from steelyard_protocol.statement import parse

from steelyard_cloud.db.database import Connection, reading
from steelyard_cloud.ingest.authenticate import Signatures
from steelyard_cloud.ingest.batch import Candidate
from steelyard_cloud.ingest.cache.summaries import Summaries
from steelyard_cloud.ingest.commits import Commits
from steelyard_cloud.ingest.judging import Judging
from steelyard_cloud.judge.chain import note_signatures
from steelyard_cloud.judge.rereads import read_again
from steelyard_cloud.statements import summaries as summary_store
from steelyard_cloud.statements.keys import Key
from steelyard_cloud.statements.stored import StoredStatements, mark_bad_signatures
from steelyard_cloud.statements.summaries import StoredSummary

AT_ONCE = 1000  # statements in one go, so that what arrives meanwhile waits a tenth of a second


REREAD_AT_ONCE = 20  # identities of which a page is read in one go


class Unchecked(NamedTuple):
    """Numbers of one identity, both ends included, and what only a link vouches for among them."""

    stored: StoredSummary
    first: int
    last: int
    candidates: list[Candidate]
    arrivals: list[int]


def check_some(commits: Commits, summaries: Summaries, judging: Judging, signatures: Signatures, now_ms: int) -> bool:
    """Check up to `AT_ONCE` of them; False when there are none."""
    if not summaries.unchecked:
        return False
    keys = list(summaries.unchecked.values())[:AT_ONCE]
    try:
        with reading(commits.engine) as connection:
            chosen = list(_choose(connection, summaries, keys))
        signatures.check([one for some in chosen for one in some.candidates])  # no transaction waits for this
        checked = [some.stored for some in chosen]
        with commits.at(now_ms) as connection:
            for some in chosen:
                _note(connection, some)
            judging.arrived(connection, checked, {}, now_ms)
            summary_store.write_summaries(connection, checked)
    except BaseException:
        summaries.forget(key.identity_id for key in keys)
        judging.forget({key.scale_id for key in keys})
        raise
    summaries.committed(checked)
    return True


def read_some_again(commits: Commits, summaries: Summaries, judging: Judging, now_ms: int) -> bool:
    """Read a page of what waits for some identities; False when nothing does."""
    keys = list(summaries.rereading.values())[:REREAD_AT_ONCE]
    if not keys:
        return False
    try:
        with commits.at(now_ms) as connection:
            moved = summaries.of(connection, keys)
            for stored in moved:
                read_again(stored.summary, StoredStatements(connection, stored.key))
            judging.arrived(connection, moved, {}, now_ms)
            summary_store.write_summaries(connection, moved)
    except BaseException:
        summaries.forget(key.identity_id for key in keys)
        judging.forget({key.scale_id for key in keys})
        raise
    summaries.committed(moved)
    for stored in moved:
        if not stored.summary.rereads:
            summaries.rereading.pop(stored.key.identity_id, None)
    return True


def _choose(connection: Connection, summaries: Summaries, keys: list[Key]) -> Iterator[Unchecked]:
    """What to check now: the lowest range of each identity, until there are enough statements."""
    left = AT_ONCE
    for key, stored in zip(keys, summaries.of(connection, keys), strict=True):
        if not stored.summary.unchecked:
            del summaries.unchecked[key.identity_id]
            continue
        first, last = stored.summary.unchecked[0]
        rows = StoredStatements(connection, key).vouched_for(first, last, left)
        if len(rows) == left:  # perhaps not all copies under the last number
            last = max(first, rows[-1][0] - 1)
        rows = [row for row in rows if row[0] <= last]
        some = [Candidate(parse(raw), key, key.up) for _, raw, _ in rows]
        yield Unchecked(stored, first, last, some, [arrival for *_, arrival in rows])
        left -= len(some)
        if left < AT_ONCE // 2:  # with little room the copies under one number could be cut apart
            return


def _note(connection: Connection, some: Unchecked) -> bool:
    """Write down what came of one range; whether a signature was bad."""
    checked = zip(some.candidates, some.arrivals, strict=True)
    bad = [(one.statement, arrival) for one, arrival in checked if one.failed]
    note_signatures(some.stored.summary, some.first, some.last, [(one.number, arrival) for one, arrival in bad])
    if bad:
        mark_bad_signatures(connection, some.stored.key, [(one.number, one.hash) for one, _ in bad])
    return bool(bad)
