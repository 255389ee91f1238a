"""When a scale is judged, and what is written of it: alerts, standing, the time of the next judgement.

Most statements change nothing that a rule could see; a summary's revision tells, so an honest scale's snapshots cost no
judgement. There is exactly one place that judges a scale: the owner of the shard of its public code.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, select

from steelyard_cloud.alerts import store as alert_store
from steelyard_cloud.db import due, feeds
from steelyard_cloud.db.schema import scales, standings, verifications
from steelyard_cloud.db.upsert import upsert
from steelyard_cloud.ingest.cache.recent import Recent
from steelyard_cloud.judge.facts import Clock
from steelyard_cloud.judge.findings import Finding
from steelyard_cloud.judge.judge import Judgement, judge
from steelyard_cloud.judge.rules import silent
from steelyard_cloud.scales import facts as scale_facts
from steelyard_cloud.scales.facts import ScaleFacts
from steelyard_cloud.statements.store import IN_LIST, Held

JUDGED_KEPT = 100_000

Summaries = Callable[[Connection, Sequence[int]], list[Held]]


@dataclass(slots=True)
class Judged:
    """What the last judgement of a scale was made from and came to."""

    facts: ScaleFacts
    waiting: frozenset[int]  # numbers that baselines name and that are not held
    findings: tuple[Finding, ...]
    undecided: frozenset[tuple[str, str]]
    standing: dict[str, Any] | None
    silent: bool  # or undecided whether it is
    due_ms: int | None


class Judging:
    """Judges scales of some shards within the caller's transaction."""

    def __init__(self, shards: str, summaries_of: Summaries) -> None:
        self.shards = shards
        self.listening_since_ms: Callable[[str], int | None] = lambda _shard: 0
        self.has_news = False  # something was written to the outbox since somebody cleared this
        self._summaries_of = summaries_of
        self._judged: Recent[int, Judged] = Recent(JUDGED_KEPT)
        self._quiet: Recent[int, None] = Recent(JUDGED_KEPT)  # neither silent nor waited for when last looked at

    def forget(self, scale_ids: Collection[int]) -> None:
        """Judge these from scratch the next time: their facts changed, or a transaction about them failed."""
        for scale_id in scale_ids:
            self._judged.pop(scale_id, None)
            self._quiet.pop(scale_id, None)

    def forget_all(self) -> None:
        """Forget every scale."""
        self._judged.clear()
        self._quiet.clear()

    def arrived(
        self, connection: Connection, helds: Sequence[Held], numbers: Mapping[int, Sequence[int]], now_ms: int
    ) -> None:
        """Judge the scales for which what arrived (identity → numbers) could change anything."""
        unknown = []
        for held in helds:
            key, last = held.key, self._judged.get(held.key.scale_id)
            if last is not None and last.waiting and not last.waiting.isdisjoint(numbers.get(key.identity_id, ())):
                self.forget([key.scale_id])
                self.judge(connection, key.scale_id, now_ms)
            elif held.summary.revision != held.summary.judged or (last is not None and last.silent):
                self.judge(connection, key.scale_id, now_ms)
            elif last is None and key.scale_id not in self._quiet:
                unknown.append(held)
        for scale_id in self._not_quiet(connection, unknown, numbers):
            self.judge(connection, scale_id, now_ms)

    def _not_quiet(
        self, connection: Connection, helds: Sequence[Held], numbers: Mapping[int, Sequence[int]]
    ) -> set[int]:
        """Of scales last judged by another process, those to judge although their summaries did not change."""
        c, found = verifications.c, set()
        for start in range(0, len(helds), IN_LIST):
            some = helds[start : start + IN_LIST]
            ids = [held.key.scale_id for held in some]
            found |= set(connection.scalars(alert_store.silent_ones(ids)))
            named = connection.execute(select(c.scale_id, c.identity_id, c.number).where(c.scale_id.in_(ids)))
            found |= {scale_id for scale_id, identity_id, number in named if number in numbers.get(identity_id, ())}
            for scale_id in ids:
                self._quiet.put(scale_id, None)
        return found

    def judge(self, connection: Connection, scale_id: int, now_ms: int, *, timer: bool = False) -> None:
        """Judge a scale and write what came of it; `timer` says that its due row has just been leased."""
        last = self._judged.get(scale_id)
        facts = last.facts if last else scale_facts.load(connection, scale_id)
        if facts.shard not in self.shards:
            feeds.append(connection, feeds.CHANGES, facts.shard, "scale", scale_id, {}, now_ms)
            return
        helds = [held for held in self._summaries_of(connection, facts.identity_ids) if held.summary.held]
        listening_since_ms = self.listening_since_ms(facts.shard)
        clock = Clock(now_ms, now_ms if listening_since_ms is None else listening_since_ms)
        judgement = judge([held.summary for held in helds], facts.facts, clock, facts.active_kid)
        standing = judgement.standing.as_json() if judgement.standing else None
        self._write(connection, facts, last, judgement, standing, now_ms, timer)
        judged = Judged(
            facts,
            frozenset(one.number for one in facts.facts.baselines if one.state is None),
            judgement.findings,
            judgement.undecided,
            standing,
            any(rule == silent.RULE for rule, _ in (*(one.key for one in judgement.findings), *judgement.undecided)),
            judgement.due_ms,
        )
        self._judged.put(scale_id, judged)
        for held in helds:
            held.summary.judged = held.summary.revision

    def judge_type(self, connection: Connection, scale_type_id: int, shard: str, now_ms: int) -> None:
        """Have every scale of a type in the shard judged by the timers: its approved software changed.

        They may be many, and what arrives is not to wait for all of them.
        """
        of = select(scales.c.id).where(scales.c.scale_type_id == scale_type_id, scales.c.shard == shard)
        scale_ids = connection.scalars(of).all()
        self.forget(scale_ids)
        due.make_due(connection, scale_ids, shard, now_ms)

    def _write(
        self,
        connection: Connection,
        facts: ScaleFacts,
        last: Judged | None,
        judgement: Judgement,
        standing: dict[str, Any] | None,
        now_ms: int,
        timer: bool,
    ) -> None:
        undecided = judgement.undecided
        now = (_essence(judgement.findings), undecided)
        if last is None or (_essence(last.findings), last.undecided) != now:
            self.has_news |= alert_store.update_from(connection, facts, judgement.findings, now_ms, undecided) > 0
        if standing is not None and (last is None or last.standing != standing):
            self._stand(connection, facts, standing, now_ms)
        due_ms = judgement.due_ms
        # A time that moved back is left as it is: its row fires early, and only then is the new time written.
        if timer or last is None or (due_ms is not None and (last.due_ms is None or due_ms < last.due_ms)):
            due.set_times(connection, {(facts.scale_id, facts.shard): due_ms})

    def _stand(self, connection: Connection, facts: ScaleFacts, standing: dict[str, Any], now_ms: int) -> None:
        values = {
            "state": standing,
            "gaps": standing["missing"],
            "forks": standing["forks"],
            "judged_ms": now_ms,
        }
        before = connection.scalar(select(standings.c.state).where(standings.c.scale_id == facts.scale_id))
        if before == standing:
            return
        row = {"scale_id": facts.scale_id, "shard": facts.shard, **values}
        connection.execute(upsert(connection, standings, row, values))
        feeds.append(connection, feeds.OUTBOX, facts.shard, "scale", facts.scale_id, standing, now_ms)
        self.has_news = True


def _essence(findings: Sequence[Finding]) -> list[Finding]:
    """Findings without the number up to which they still hold, which moves with every statement."""
    return [replace(finding, last_number=None) for finding in findings]
