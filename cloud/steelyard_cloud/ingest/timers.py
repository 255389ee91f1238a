"""What time brings: scales are judged again although nothing arrived from them."""

from steelyard_cloud.db import due
from steelyard_cloud.db.database import reading
from steelyard_cloud.ingest.receiver import Receiver


def judge_due(receiver: Receiver, now_ms: int) -> bool:
    """Judge the scales that are due, some at a time; whether there may be more."""
    with reading(receiver.engine) as connection:
        if not due.any_due(connection, receiver.shards, now_ms):
            return False
    scale_ids: list[int] = []
    try:
        with receiver.commits.at(now_ms) as connection:
            scale_ids = due.lease(connection, receiver.shards, now_ms)
            for scale_id in scale_ids:
                receiver.judging.judge(connection, scale_id, now_ms, timer=True)
    except BaseException:
        receiver.judging.forget(scale_ids)
        raise
    return len(scale_ids) == due.LEASED
