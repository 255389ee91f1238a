"""Judge: which scales are judged when, and what is written of it: alerts, standing, the time of the next judgement.

Most statements change nothing that a rule could see; a summary's revision shows that, so an honest scale's snapshots
cost no judgement. There is exactly one place that judges a scale: the owner of the shard of its public code.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from steelyard_cloud.alerts import store as alert_store
from steelyard_cloud.db import due, feeds
from steelyard_cloud.db.database import Connection
from steelyard_cloud.ingest.cache.recent import Recent
from steelyard_cloud.ingest.limits import Budget
from steelyard_cloud.judge.facts import Clock
from steelyard_cloud.judge.findings import Finding
from steelyard_cloud.judge.judge import Judgement, judge
from steelyard_cloud.judge.rules import silent
from steelyard_cloud.scales import facts as scale_facts
from steelyard_cloud.scales import standings
from steelyard_cloud.scales.facts import ScaleFacts
from steelyard_cloud.statements.sql import IN_LIST
from steelyard_cloud.statements.summaries import StoredSummary

LOOK_AGAIN_MS = 1000
"""For what waits to be checked: whoever starts next finds it by the scale's timer."""
JUDGED_IN_A_ROW = 16  # times, for what arrives of one scale; then once a second
SCALES_PACED = 10_000  # that were judged lately, about 3 MiB
JUDGED_BYTES = 64 * 1024 * 1024
QUIET_KEPT = 100_000  # about 20 MiB
_PLAIN_BYTES, _EACH_BYTES = 4096, 1024  # of what is kept of a judgement, and of each thing that it names

SummariesOf = Callable[[Connection, Sequence[int]], list[StoredSummary]]


@dataclass(slots=True)
class Judged:
    """What a judgement of a scale was made from and came to."""

    facts: ScaleFacts
    waiting: frozenset[int]  # numbers that baselines name and that are not stored
    findings: tuple[Finding, ...]
    undecided: frozenset[tuple[str, str]]
    standing: dict[str, Any] | None
    silent: bool  # or undecided whether it is
    due_ms: int | None

    @classmethod
    def of(cls, facts: ScaleFacts, judgement: Judgement) -> Self:
        """What is kept of a judgement until the next."""
        rules = {rule for rule, _ in (*(one.key for one in judgement.findings), *judgement.undecided)}
        return cls(
            facts=facts,
            waiting=frozenset(one.number for one in facts.facts.baselines if one.state is None),
            findings=judgement.findings,
            undecided=judgement.undecided,
            standing=judgement.standing.as_json() if judgement.standing else None,
            silent=silent.RULE in rules,
            due_ms=judgement.due_ms,
        )

    def weight(self) -> int:
        """About how many bytes it takes."""
        facts = self.facts.facts
        named = self.findings, self.undecided, self.waiting, facts.baselines, facts.permits
        return _PLAIN_BYTES + _EACH_BYTES * sum(map(len, named))

    @property
    def essence(self) -> tuple[list[Finding], frozenset[tuple[str, str]]]:
        """What alerts follow from: all but the numbers between which a finding stands, as each statement moves them."""
        return [replace(finding, first_number=None, last_number=None) for finding in self.findings], self.undecided


class Judging:
    """Judges scales of some shards within the caller's transaction."""

    def __init__(self, shards: str, summaries_of: SummariesOf, listening_since_ms: Callable[[str], int | None]) -> None:
        self.shards = shards
        self._summaries_of, self._listening_since_ms = summaries_of, listening_since_ms
        self._has_news = False
        self._judged: Recent[int, Judged] = Recent(JUDGED_BYTES, Judged.weight)
        self._pace: Budget[int] = Budget(JUDGED_IN_A_ROW, SCALES_PACED)
        self._quiet: Recent[int, None] = Recent(QUIET_KEPT)  # neither silent nor waited for when last looked at

    def take_news(self) -> bool:
        """Whether something was written to the outbox since this was last asked."""
        had, self._has_news = self._has_news, False
        return had

    def forget(self, scale_ids: Collection[int]) -> None:
        """Judge these from scratch the next time: their facts changed, or a transaction about them failed."""
        for scale_id in scale_ids:
            self._judged.pop(scale_id)
            self._quiet.pop(scale_id)

    def forget_all(self) -> None:
        """Forget every scale."""
        self._judged.clear()
        self._quiet.clear()

    def arrived(
        self, connection: Connection, moved: Sequence[StoredSummary], numbers: Mapping[int, Sequence[int]], now_ms: int
    ) -> None:
        """Judge the scales for which what arrived (identity id → numbers) could change anything."""
        unknown = []
        for stored in moved:
            key, last = stored.key, self._judged.get(stored.key.scale_id)
            changed = stored.summary.revision != stored.summary.judged or (last is not None and last.silent)
            if last is not None and last.waiting and not last.waiting.isdisjoint(numbers.get(key.identity_id, ())):
                self.forget([key.scale_id])
                self.judge(connection, key.scale_id, now_ms)
            elif changed and last is not None and not self._pace.allows(key.scale_id, now_ms):
                self._leave_to_timer(connection, last, now_ms)
            elif changed:
                self._pace.spend(key.scale_id, now_ms)
                self.judge(connection, key.scale_id, now_ms)
            elif last is None and key.scale_id not in self._quiet:
                unknown.append(key.scale_id)
        for scale_id in self._not_quiet(connection, unknown, numbers):
            self.judge(connection, scale_id, now_ms)

    def _leave_to_timer(self, connection: Connection, last: Judged, now_ms: int) -> None:
        """Too much of this scale was judged lately: the timers judge it once for all that comes until then."""
        due_ms = now_ms + LOOK_AGAIN_MS
        if last.due_ms is None or last.due_ms > due_ms:
            due.set_times(connection, {(last.facts.scale_id, last.facts.shard): due_ms})
            last.due_ms = due_ms

    def _not_quiet(
        self, connection: Connection, scale_ids: Sequence[int], numbers: Mapping[int, Sequence[int]]
    ) -> set[int]:
        """Of scales last judged by another process, those to judge although their summaries did not change."""
        found: set[int] = set()
        for start in range(0, len(scale_ids), IN_LIST):
            some = scale_ids[start : start + IN_LIST]
            found |= alert_store.silent_ones(connection, some)
            named = scale_facts.named_statements(connection, some)
            found |= {one.scale_id for one in named if one.number in numbers.get(one.identity_id, ())}
            for scale_id in some:
                self._quiet.put(scale_id, None)
        return found

    def judge(self, connection: Connection, scale_id: int, now_ms: int, *, timer: bool = False) -> None:
        """Judge a scale and write what came of it; `timer` says that its due row has just been leased."""
        last = self._judged.get(scale_id)
        facts = last.facts if last else scale_facts.load(connection, scale_id)
        if facts.shard not in self.shards:
            feeds.append(connection, feeds.CHANGES, facts.shard, "scale", scale_id, {}, now_ms)
            return
        all_stored = [one for one in self._summaries_of(connection, facts.identity_ids) if one.summary.stored]
        listening_since_ms = self._listening_since_ms(facts.shard)
        clock = Clock(now_ms, now_ms if listening_since_ms is None else listening_since_ms)
        judgement = judge([one.summary for one in all_stored], facts.facts, clock, facts.active_kid)
        judged = Judged.of(facts, judgement)
        if any(one.summary.rereads or one.summary.unchecked for one in all_stored):
            judged.due_ms = min(now_ms + LOOK_AGAIN_MS, judged.due_ms or 1 << 62)
        self._write(connection, last, judged, now_ms, timer)
        self._judged.put(scale_id, judged)
        for stored in all_stored:
            stored.summary.note_judged(facts.active_kid)

    def judge_type(self, connection: Connection, scale_type_id: int, shard: str, now_ms: int) -> None:
        """Have every scale of a type in the shard judged by the timers: its approved software changed.

        They may be many, and what arrives is not to wait for all of them.
        """
        scale_ids = scale_facts.scales_of_type(connection, scale_type_id, shard)
        self.forget(scale_ids)
        due.make_due(connection, scale_ids, shard, now_ms)

    def _write(self, connection: Connection, last: Judged | None, now: Judged, now_ms: int, timer: bool) -> None:
        facts, standing, due_ms = now.facts, now.standing, now.due_ms
        if last is None or last.essence != now.essence:
            changed = alert_store.update_from(connection, facts, now.findings, now_ms, now.undecided)
            self._has_news |= changed > 0
        if standing is not None and (last is None or last.standing != standing):
            self._has_news |= standings.write(connection, facts.scale_id, facts.shard, standing, now_ms)
        # A time that moved back is left as it is: its row fires early, and only then is the new time written.
        if timer or last is None or (due_ms is not None and (last.due_ms is None or due_ms < last.due_ms)):
            due.set_times(connection, {(facts.scale_id, facts.shard): due_ms})
