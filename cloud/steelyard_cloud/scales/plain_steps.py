"""Steps that write nothing but themselves: a verification is asked for, a repair ordered, use forbidden, and so on."""

from collections.abc import Callable

from sqlalchemy import Connection

from steelyard_cloud.db import feeds
from steelyard_cloud.errors import Refusal
from steelyard_cloud.people.audit import Actor
from steelyard_cloud.scales import store
from steelyard_cloud.scales.life.take import Act, Taken, Written, take
from steelyard_cloud.scales.queries import ScaleInScope
from steelyard_cloud.scales.refusals import CauseNotGone
from steelyard_cloud.scales.subjects import not_the_owner, subject_of

PLAIN = ("verification.ask", "repair.order", "use.forbid", "use.release", "use.stop", "use.resume", "scrap")


def plain(
    connection: Connection,
    actor: Actor,
    scale: ScaleInScope,
    step: str,
    *,
    reason: str,
    now_ms: int,
    seen: int | None = None,
) -> Taken:
    """Take one of the steps in `PLAIN`; the scale is judged again, as its public verdict follows its life."""

    def write() -> Written:
        feeds.append(connection, feeds.CHANGES, scale.shard, "life", scale.id, {}, now_ms)
        return Written(scale.id, {})

    checks: dict[str, Callable[[], list[Refusal]]] = {
        "owner": lambda: list(not_the_owner(connection, actor, scale)),
        "cause gone": lambda: _cause_not_gone(connection, scale),
    }
    return take(connection, actor, subject_of(scale), Act(step, write, checks, reason), now_ms, seen)


def _cause_not_gone(connection: Connection, scale: ScaleInScope) -> list[Refusal]:
    undecided = store.undecided_tamper(connection, scale.id)
    return [CauseNotGone(alerts=", ".join(map(str, undecided)))] if undecided else []
