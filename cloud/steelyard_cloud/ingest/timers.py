"""What time brings: scales are judged again although nothing arrived from them.

However many are due, a turn of the worker is not held up for longer than `TURN_S` and what is done at once.
"""

import time

from steelyard_cloud.db import due
from steelyard_cloud.db.database import Connection, reading
from steelyard_cloud.ingest.receiver import Receiver
from steelyard_cloud.statements.summaries import StoredSummary, write_summaries

TURN_S = 0.05


def judge_due(receiver: Receiver, now_ms: int, within_s: float = TURN_S) -> bool:
    """Judge scales that are due, or put them off, until the time is over; whether there may be more."""
    until_s = time.monotonic() + within_s
    while shards := _shards_due(receiver, now_ms):
        if not _judge_some(receiver, shards, now_ms):
            return False
        if time.monotonic() >= until_s:
            return True
    return False


def _shards_due(receiver: Receiver, now_ms: int) -> list[str]:
    with reading(receiver.engine) as connection:
        return due.shards_due(connection, receiver.shards, now_ms)


def _judge_some(receiver: Receiver, shards: list[str], now_ms: int) -> bool:
    """One transaction; whether there may be more."""
    scale_ids: list[int] = []
    moved: list[StoredSummary] = []
    try:
        with receiver.commits.at(now_ms) as connection:
            scale_ids, more = _choose(connection, receiver, shards, now_ms)
            receiver.judging.judge(connection, scale_ids, now_ms, timer=True)
            moved = receiver.summaries.made_again()
            write_summaries(connection, moved)
    except BaseException:
        receiver.judging.forget(scale_ids)
        raise
    receiver.summaries.committed(moved)
    return more


def _choose(connection: Connection, receiver: Receiver, shards: list[str], now_ms: int) -> tuple[list[int], bool]:
    """Put off those of which only the silence was awaited and that reported; the others are to be judged.

    Goes from shard to shard until there is enough to do; the scales to judge, and whether there may be more.
    """
    scale_ids: list[int] = []
    for shard in shards:
        listening_since_ms = receiver.listening.since_ms(shard)
        late = due.put_off(connection, shard, now_ms if listening_since_ms is None else listening_since_ms, now_ms)
        if late > due.LOOKED_AT - due.LEASED:  # there are hardly any others among the oldest
            return scale_ids, True
        scale_ids += due.lease(connection, shard, now_ms, due.LEASED - len(scale_ids))
        if len(scale_ids) == due.LEASED:
            return scale_ids, True
    return scale_ids, False
