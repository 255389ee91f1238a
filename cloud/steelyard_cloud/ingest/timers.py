"""What time brings: scales are judged again although nothing arrived from them."""

from steelyard_cloud.db import due
from steelyard_cloud.db.database import reading
from steelyard_cloud.ingest.receiver import Receiver
from steelyard_cloud.statements.summaries import StoredSummary, write_summaries


def judge_due(receiver: Receiver, now_ms: int) -> bool:
    """Judge the scales that are due, some at a time; whether there may be more."""
    with reading(receiver.engine) as connection:
        if not due.any_due(connection, receiver.shards, now_ms):
            return False
    scale_ids: list[int] = []
    moved: list[StoredSummary] = []
    try:
        with receiver.commits.at(now_ms) as connection:
            scale_ids = due.lease(connection, receiver.shards, now_ms)
            for scale_id in scale_ids:
                receiver.judging.judge(connection, scale_id, now_ms, timer=True)
            moved = receiver.summaries.made_again()
            write_summaries(connection, moved)
    except BaseException:
        receiver.judging.forget(scale_ids)
        raise
    receiver.summaries.committed(moved)
    return len(scale_ids) == due.LEASED
