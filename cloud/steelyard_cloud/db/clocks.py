"""The platform's clock as the shards have seen it: the latest time that was committed at, and when it was set back.

A clock that ran ahead has dated what was committed meanwhile, and has put timers far into the future. When it is set
right, that moment is recorded: nothing that was committed before is dated later than that.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from steelyard_cloud.db.schema import clocks, set_backs
from steelyard_cloud.db.upsert import upsert

TOLERATED_MS = 2000
"""A clock is steered by so much without being set back."""
KEPT = 32
"""So many set-backs of a shard are kept apart; of those before, the last number and the least time."""


class SetBack(NamedTuple):
    """The clock of a shard's owner was set back: its number in the shard, from 1, and both times (Unix ms)."""

    shard: str
    number: int
    from_ms: int
    to_ms: int


class Advance(NamedTuple):
    """How many set-backs there are of some shards in all, and which of them have just been recorded."""

    set_backs: int
    recorded: Sequence[SetBack]


class SetBacks:
    """The recorded set-backs of some shards: (number, to_ms) of each, rising."""

    def __init__(self, of_shard: Mapping[str, Sequence[tuple[int, int]]]) -> None:
        self._of_shard = of_shard

    def count(self, shard: str) -> int:
        """How many there were."""
        known = self._of_shard.get(shard)
        return known[-1][0] if known else 0

    def least_ms(self, shard: str, after: int) -> int | None:
        """The least time that the clock was set back to after so many set-backs; None where there was no more."""
        return min((to_ms for number, to_ms in self._of_shard.get(shard, ()) if number > after), default=None)


def advance(connection: Connection, shards: Iterable[str], now_ms: int) -> Advance:
    """Note that the owner of these shards commits at a time; where that lies behind, record that it was set back."""
    names = sorted(shards)
    query = select(clocks).where(clocks.c.shard.in_(names)).order_by(clocks.c.shard).with_for_update()
    rows = connection.execute(query).all()
    recorded = [
        SetBack(row.shard, row.set_backs + 1, row.latest_ms, now_ms)
        for row in rows
        if row.latest_ms > now_ms + TOLERATED_MS
    ]
    for one in recorded:
        _record(connection, one)
    rising = [row.shard for row in rows if row.latest_ms < now_ms]
    if rising:
        connection.execute(update(clocks).where(clocks.c.shard.in_(rising)).values(latest_ms=now_ms))
    new = [
        {"shard": name, "latest_ms": now_ms, "set_backs": 0} for name in names if name not in {r.shard for r in rows}
    ]
    if new:
        connection.execute(upsert(connection, clocks, new, {"latest_ms": now_ms}))
    return Advance(sum(row.set_backs for row in rows) + len(recorded), recorded)


def load_set_backs(connection: Connection, shards: Iterable[str]) -> SetBacks:
    """What is recorded of these shards."""
    c = set_backs.c
    query = select(c.shard, c.number, c.to_ms).where(c.shard.in_(list(shards))).order_by(c.shard, c.number)
    of_shard: dict[str, list[tuple[int, int]]] = {}
    for shard, number, to_ms in connection.execute(query):
        of_shard.setdefault(shard, []).append((number, to_ms))
    return SetBacks(of_shard)


def _record(connection: Connection, one: SetBack) -> None:
    connection.execute(insert(set_backs).values(one._asdict()))
    connection.execute(
        update(clocks).where(clocks.c.shard == one.shard).values(latest_ms=one.to_ms, set_backs=one.number)
    )
    c = set_backs.c
    oldest = select(c.number, c.to_ms).where(c.shard == one.shard).order_by(c.number.desc()).offset(KEPT)
    beyond = connection.execute(oldest).all()  # a row that stands for those before it, and the one that joins it
    if len(beyond) > 1:
        first, *others = beyond
        least_ms = min(row.to_ms for row in beyond)
        connection.execute(
            update(set_backs).where(c.shard == one.shard, c.number == first.number).values(to_ms=least_ms)
        )
        connection.execute(delete(set_backs).where(c.shard == one.shard, c.number.in_([row.number for row in others])))
