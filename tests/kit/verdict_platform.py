"""A platform in memory before which every verdict is told four ways: by the judge, from its cache, naively, and before.

Several receivers share one store, as in the cloud: each has its own copy of a summary, which another may have outdated,
and takes real bytes through the real parser and intake. What is recorded of the scale is kept by hash, as the registry
keeps it, and a clock that is set back is recorded with the next commit.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from steelyard_cloud.judge import summary_bytes
from steelyard_cloud.judge.chain import Outcome, note_signatures, note_unchecked
from steelyard_cloud.judge.conditions import CONDITIONS, TROUBLE, fresh, unmet
from steelyard_cloud.judge.facts import Baseline, Clock, Facts, Retired
from steelyard_cloud.judge.facts import Decision as DecisionFact
from steelyard_cloud.judge.intake import accept
from steelyard_cloud.judge.judge import judge, opinion
from steelyard_cloud.judge.proof import Proof
from steelyard_cloud.judge.rereads import read_again
from steelyard_cloud.judge.starts import device_of
from steelyard_cloud.judge.stored import StatementsInMemory
from steelyard_cloud.judge.summary import Summary
from steelyard_cloud.judge.summary_parts import BOUNDS, Bounds, ParameterState
from steelyard_cloud.judge.verdict import Opinion, Unmet, Verdict
from steelyard_protocol.bodies import Boot
from steelyard_protocol.statement import Statement, parse

from kit.naive_chain import Decision, Registry, Verification
from kit.naive_judge import judge_naively
from kit.naive_reading import Recorded, Row, SetBack, Signature, state_of

RECEIVERS = 3
STEERED_MS = 2_000  # by so much a clock is steered, or two receivers differ, and nobody records it
DAY_MS = 86_400_000


@dataclass
class Store:
    """What the database does for the receivers of one identity: evidence, and the summary with its version."""

    kid: bytes
    evidence: StatementsInMemory = field(default_factory=StatementsInMemory)
    version: int = 0
    state: bytes = b""


class Platform:
    """One scale's statements, facts and verdicts; `now_ms` is the platform's clock and may go anywhere."""

    def __init__(self, active: bytes, now_ms: int, bounds: Bounds = BOUNDS) -> None:
        self.active, self.now_ms, self.bounds = active, now_ms, bounds
        self.registry = Registry()
        self.rows: list[Row | SetBack | Recorded] = []
        self.stores: dict[bytes, Store] = {}
        self.set_backs: list[tuple[int, int]] = []  # place in rows, and to what time
        self._at: dict[bytes, int] = {}  # hash → place in rows
        self._settled: dict[Verification | Decision, int] = {}  # so many statements were stored when it was recorded
        self._copies: dict[tuple[int, bytes], tuple[int, Summary]] = {}  # receiver and kid → version and summary
        self._committed_ms = 0
        self._read: tuple[tuple[int, ...], list[Summary]] = (), []
        self._cached: tuple[Facts | None, list[Any]] = None, []

    # ---- what receivers do -----------------------------------------------------------------------------------------

    def take(self, raws: Iterable[bytes], receiver: int = 0, signature: Signature = "good") -> list[Statement]:
        """One receiver commits a batch; what was new, in its order. `signature`: what was found of each."""
        self.commit()
        new: list[Statement] = []
        offered: dict[bytes, list[Statement]] = {}
        for raw in raws:
            statement = parse(raw)
            offered.setdefault(statement.kid, []).append(statement)
        for kid, statements in offered.items():
            summary, store = self.summary(kid, receiver), self.stores[kid]
            arrival = summary.stored
            for statement, outcome in accept(summary, statements, store.evidence, self.now_ms):
                if outcome in (Outcome.DUPLICATE, Outcome.REFUSED):
                    continue
                number, arrival = statement.number, arrival + 1
                if signature == "unchecked":
                    note_unchecked(summary, number, arrival)
                elif signature == "bad":
                    note_signatures(summary, number, number, [(number, arrival)])
                store.evidence.add(statement, self.now_ms, arrival)
                self._at[statement.hash] = len(self.rows)
                self.rows.append(Row(statement, self.now_ms, signature))
                new.append(statement)
            self._save(summary, receiver)
        self._judge()
        return new

    def commit(self) -> None:
        """Something is committed now: a clock that was set back meanwhile is recorded first."""
        if self.now_ms + STEERED_MS < self._committed_ms:
            self.set_backs.append((len(self.rows), self.now_ms))
            self.rows.append(SetBack(self.now_ms))
            for store in self.stores.values():
                store.evidence.set_back(self.now_ms)
        elif self.now_ms < self._committed_ms:
            return
        self._committed_ms = self.now_ms

    def summary(self, kid: bytes, receiver: int = 0) -> Summary:
        """A receiver's copy of the newest summary of an identity, through every set-back that was recorded."""
        store = self.stores.setdefault(kid, Store(kid))
        version, summary = self._copies.get((receiver, kid), (-1, Summary(kid, self.bounds)))
        if version != store.version and store.state:
            summary = summary_bytes.load(kid, store.state)
            summary.bounds = self.bounds
        for _, to_ms in self.set_backs[summary.set_backs :]:
            summary.set_back(to_ms)
        summary.set_backs = len(self.set_backs)
        return summary

    def _save(self, summary: Summary, receiver: int) -> None:
        store = self.stores[summary.kid]
        store.version += 1
        store.state = summary_bytes.dump(summary)
        self._copies[receiver, summary.kid] = store.version, summary

    def read_again(self, receiver: int = 0, most: int = 3) -> None:
        """One page of what waits to be read again, of each identity."""
        for kid in list(self.stores):
            summary = self.summary(kid, receiver)
            read_again(summary, self.stores[kid].evidence, most)
            self._save(summary, receiver)
        self._judge()

    def check_signatures(self, receiver: int, bad: bool) -> None:
        """The signatures that a link vouched for are checked in the background."""
        for kid in list(self.stores):
            summary = self.summary(kid, receiver)
            waiting = [at for at, one in enumerate(self.rows) if isinstance(one, Row) and one.signature == "unchecked"]
            here = [at for at in waiting if self._row(at).statement.kid == kid]
            found = [(self._row(at).statement.number, self._arrival(at)) for at in here] if bad else []
            for at in here:
                self.rows[at] = self._row(at)._replace(signature="bad" if bad else "good")
            for first, last in list(summary.unchecked):
                note_signatures(summary, first, last, found)
                found = []
            self._save(summary, receiver)
        self._judge()

    def _row(self, at: int) -> Row:
        row = self.rows[at]
        assert isinstance(row, Row)
        return row

    def _arrival(self, at: int) -> int:
        """Which of its key the statement at a place was."""
        kid = self._row(at).statement.kid
        return sum(isinstance(one, Row) and one.statement.kid == kid for one in self.rows[: at + 1])

    # ---- what the registry does ------------------------------------------------------------------------------------

    def stored(self) -> list[Statement]:
        """Every stored statement, as they were committed."""
        return [one.statement for one in self.rows if isinstance(one, Row)]

    def record(self, **facts: Any) -> None:
        """Record facts; they replace those of the same name."""
        self.commit()
        self.registry = replace(self.registry, **facts)
        for one in (*self.registry.verifications, *self.registry.decisions):
            if one not in self._settled:
                self._settled[one] = self.summary(one.kid).stored
                self.rows.append(Recorded(one))
        self._judge()

    def verification(self, named: Statement, *, days: float = 365, longest_days: float = 366) -> Verification | None:
        """A verification of what a stored statement says; None where the boot statement of its start is not stored."""
        starts = [one for one in self.stored() if isinstance(one.body, Boot) and one.kid == named.kid]
        at_or_below = [one for one in starts if one.boot == named.boot and one.number <= named.number]
        boot = named if isinstance(named.body, Boot) else max(at_or_below, key=lambda one: one.number, default=None)
        if boot is None:
            return None
        ends = (round(self.now_ms + DAY_MS * one) for one in (days, longest_days))
        return Verification(named.kid, named.number, named.hash, boot.hash, self.now_ms, *ends)

    def refuses(self, verification: Verification) -> bool:
        """Whether the registry refuses it, because trouble lies after what it names."""
        facts = self.facts((verification,))
        conditions = [one for one in CONDITIONS if one.NAME in TROUBLE]
        return any(one.from_ms <= self.now_ms for one in unmet(self._proof(facts), conditions))

    def facts(self, verifications: Sequence[Verification] | None = None) -> Facts:
        """The facts as the judge takes them, with what the named statements say."""
        registry = self.registry
        if verifications is None:
            verifications = registry.verifications
        return Facts(
            frozenset(self._baseline(one) for one in verifications),
            registry.permits,
            registry.approved,
            frozenset(self._decision(one) for one in registry.decisions),
            frozenset(Retired(*one) for one in registry.retired),
            registry.period_s,
        )

    def _baseline(self, one: Verification) -> Baseline:
        named, boot = self._named(one.hash), self._named(one.boot_hash)
        return Baseline(
            one.kid,
            one.number,
            ParameterState(*state_of(named)) if named else None,
            one.hash,
            device_of(boot.body) if boot and isinstance(boot.body, Boot) else None,
            self._latest_ms(one.hash),
            one.recorded_ms,
            one.until_ms,
            one.longest_ms,
            self._settled[one] if one in self._settled else self.summary(one.kid).stored,
        )

    def _decision(self, one: Decision) -> DecisionFact:
        named = self._named(one.hash)
        assert named is not None
        return DecisionFact(one.kid, named.number, one.hash, self._latest_ms(one.hash), self._settled[one])

    def _named(self, hash_: bytes) -> Statement | None:
        at = self._at.get(hash_)
        return None if at is None else self._row(at).statement

    def _latest_ms(self, hash_: bytes) -> int:
        """When a statement was committed, or an earlier time that the clock was set back to since."""
        at = self._at.get(hash_)
        if at is None:
            return 0
        later = [to_ms for place, to_ms in self.set_backs if place > at]
        return min([self._row(at).commit_ms, *later])

    # ---- verdicts --------------------------------------------------------------------------------------------------

    def summaries(self) -> list[Summary]:
        """The newest summaries, as another reader of the database finds them."""
        versions = tuple(store.version for store in self.stores.values())
        if self._read[0] == versions:
            return self._read[1]
        found = []
        for kid, store in self.stores.items():
            summary = summary_bytes.load(kid, store.state) if store.state else Summary(kid)
            summary.bounds = self.bounds
            found.append(summary)
        self._read = versions, found
        return found

    def _proof(self, facts: Facts) -> Proof:
        summaries = self.summaries()
        active = next((one for one in summaries if one.kid == self.active), Summary(self.active, self.bounds))
        return Proof(active, tuple(one for one in summaries if one.kid != self.active), facts)

    def _judge(self) -> None:
        """Judge the scale if something has changed that the last judgement could see, and keep that as JSON."""
        for kid in list(self.stores):  # each commit takes every summary through the set-backs
            summary = self.summary(kid)
            if summary.set_backs and summary_bytes.dump(summary) != self.stores[kid].state:
                self._save(summary, 0)
        summaries, facts = self.summaries(), self.facts()
        if facts == self._cached[0] and all(one.revision == one.judged for one in summaries):
            return
        standing = judge(summaries, facts, Clock(self.now_ms), self.active).standing
        self._cached = facts, standing.unmet if standing else []
        for summary in summaries:
            summary.note_judged(self.active)
            self._save(summary, 0)

    def from_scratch(self) -> Opinion:
        """The public verdict, from the summaries."""
        return opinion(self.summaries(), self.facts(), self.now_ms, self.active)

    def from_cache(self) -> Opinion:
        """The public verdict, from the last judgement and how fresh the newest summary is."""
        active = next((one for one in self.summaries() if one.kid == self.active), None)
        if active is None:
            return self.from_scratch()
        kept = [Unmet.from_json(one) for one in self._cached[1]]
        freshness = fresh.unmet(fresh.freshness_of(active), self.registry.period_s)
        return Opinion.of([*kept, *freshness], self.now_ms)

    def naively(self) -> tuple[Verdict, dict[str, Verdict]]:
        """The oracle's verdict."""
        return judge_naively(self.rows, self.registry, self.now_ms, self.active)

    @property
    def waits(self) -> bool:
        """Whether stored statements wait to be read again."""
        return any(one.rereads for one in self.summaries())
