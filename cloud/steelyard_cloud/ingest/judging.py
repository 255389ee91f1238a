"""Judge: which scales are judged when, and what is written of it: alerts, standing, the time of the next judgement.

Most statements change nothing that a rule could see; a summary's revision shows that, so an honest scale's snapshots
cost no judgement. There is exactly one place that judges a scale: the owner of the shard of its public code.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from steelyard_cloud.alerts import store as alert_store
from steelyard_cloud.db import due, feeds
from steelyard_cloud.db.database import Connection
from steelyard_cloud.db.due import Alarm
from steelyard_cloud.ingest.cache.recent import Recent
from steelyard_cloud.ingest.judged import LOOK_AGAIN_MS, Judged
from steelyard_cloud.ingest.limits import Budget
from steelyard_cloud.judge.facts import Clock
from steelyard_cloud.judge.judge import judge
from steelyard_cloud.scales import facts as scale_facts
from steelyard_cloud.scales import standings
from steelyard_cloud.scales.facts import ScaleFacts
from steelyard_cloud.statements.sql import IN_LIST
from steelyard_cloud.statements.summaries import StoredSummary

JUDGED_IN_A_ROW = 16  # times, for what arrives of one scale; then once a second
SCALES_PACED = 10_000  # that were judged lately, about 3 MiB
JUDGED_BYTES = 64 * 1024 * 1024
AT_ONCE = 250  # scales whose facts are loaded together
QUIET_KEPT = 100_000  # about 20 MiB

SummariesOf = Callable[[Connection, Sequence[int]], list[StoredSummary]]


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
        unknown, to_judge = [], []
        for stored in moved:
            scale_id, last = stored.key.scale_id, self._judged.get(stored.key.scale_id)
            changed = stored.summary.revision != stored.summary.judged or (last is not None and last.silent)
            if (
                last is not None
                and last.waiting
                and not last.waiting.isdisjoint(numbers.get(stored.key.identity_id, ()))
            ):
                self.forget([scale_id])
                to_judge.append(scale_id)
            elif changed and last is not None and not self._pace.allows(scale_id, now_ms):
                self._leave_to_timer(connection, last, now_ms)
            elif changed:
                self._pace.spend(scale_id, now_ms)
                to_judge.append(scale_id)
            elif last is None and scale_id not in self._quiet:
                unknown.append(scale_id)
        to_judge += self._not_quiet(connection, unknown, numbers)
        self.judge(connection, to_judge, now_ms)

    def _leave_to_timer(self, connection: Connection, last: Judged, now_ms: int) -> None:
        """Too much of this scale was judged lately: the timers judge it once for all that comes until then."""
        due_ms, alarm = now_ms + LOOK_AGAIN_MS, last.alarm
        if alarm.only or alarm.due_ms is None or alarm.due_ms > due_ms:
            due.judge_by(connection, last.facts.scale_id, last.facts.shard, due_ms)
            last.alarm = Alarm(last.facts.shard, due_ms)

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

    def judge(self, connection: Connection, scale_ids: Iterable[int], now_ms: int, *, timer: bool = False) -> None:
        """Judge scales and write what came of it; `timer` says that their due rows have just been leased."""
        in_order = sorted(set(scale_ids))
        for start in range(0, len(in_order), AT_ONCE):
            self._judge(connection, in_order[start : start + AT_ONCE], now_ms, timer)

    def _judge(self, connection: Connection, scale_ids: Sequence[int], now_ms: int, timer: bool) -> None:
        known = {scale_id: last.facts for scale_id in scale_ids if (last := self._judged.get(scale_id))}
        known |= scale_facts.load_all(connection, [one for one in scale_ids if one not in known])
        ours = [facts for facts in known.values() if facts.shard in self.shards]
        for facts in known.values():
            if facts.shard not in self.shards:
                feeds.append(connection, feeds.CHANGES, facts.shard, "scale", facts.scale_id, {}, now_ms)
        stored_of = self._summaries_of(connection, [one for facts in ours for one in facts.identity_ids])
        by_id = {one.key.identity_id: one for one in stored_of if one.summary.stored}
        judged = [self._judged_now(facts, by_id, now_ms) for facts in ours]
        self._write(connection, judged, now_ms, timer)
        for one in judged:
            self._judged.put(one.facts.scale_id, one)
            for identity_id in one.facts.identity_ids:
                if identity_id in by_id:
                    by_id[identity_id].summary.note_judged(one.facts.active_kid)

    def _judged_now(self, facts: ScaleFacts, stored: Mapping[int, StoredSummary], now_ms: int) -> Judged:
        listening_since_ms = self._listening_since_ms(facts.shard)
        clock = Clock(now_ms, now_ms if listening_since_ms is None else listening_since_ms)
        own = [stored[one] for one in facts.identity_ids if one in stored]
        judgement = judge([one.summary for one in own], facts.facts, clock, facts.active_kid)
        return Judged.of(facts, judgement, own, now_ms)

    def judge_type(self, connection: Connection, scale_type_id: int, shard: str, now_ms: int) -> None:
        """Have every scale of a type in the shard judged by the timers: its approved software changed.

        They may be many, and what arrives is not to wait for all of them.
        """
        scale_ids = scale_facts.scales_of_type(connection, scale_type_id, shard)
        self.forget(scale_ids)
        due.make_due(connection, scale_ids, shard, now_ms)

    def _write(self, connection: Connection, judged: Sequence[Judged], now_ms: int, timer: bool) -> None:
        """Write what differs from the judgements before."""
        pairs = [(self._judged.get(one.facts.scale_id), one) for one in judged]
        found = [
            alert_store.Found(one.facts, one.findings, one.undecided)
            for last, one in pairs
            if last is None or last.essence != one.essence
        ]
        standing = {
            one.facts.scale_id: (one.facts.shard, one.standing)
            for last, one in pairs
            if one.standing is not None and (last is None or last.standing != one.standing)
        }
        news: dict[str, list[feeds.New]] = {}
        for shard, new in [
            *(alert_store.update_from(connection, found, now_ms) if found else ()),
            *(standings.write(connection, standing, now_ms) if standing else ()),
        ]:
            news.setdefault(shard, []).append(new)
        for shard, some in sorted(news.items()):
            feeds.append_all(connection, feeds.OUTBOX, shard, some, now_ms)
        self._has_news |= bool(news)
        alarms = {
            one.facts.scale_id: one.alarm
            for last, one in pairs
            if timer or last is None or _sounds_before(one.alarm, last.alarm)
        }
        due.set_alarms(connection, alarms)


def _sounds_before(now: Alarm, last: Alarm) -> bool:
    """Whether the row of the last alarm would come too late, or would pass over what is awaited now.

    A time that moved back is left as it is: its row fires early, and only then is the new time written.
    """
    earlier = now.due_ms is not None and (last.due_ms is None or now.due_ms < last.due_ms)
    return earlier or now.only != last.only
