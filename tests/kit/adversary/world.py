"""The world of the machine: a scale, its platform and three clocks, and what is compared after every step."""

from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant
from steelyard_cloud.judge.facts import PermitFact
from steelyard_cloud.judge.summary import Summary
from steelyard_cloud.judge.summary_parts import BOUNDS, Bounds
from steelyard_cloud.judge.verdict import RANK, Opinion, Verdict, worst
from steelyard_protocol.bodies import Boot, Kind, Parameters
from steelyard_protocol.statement import Flag, Statement

from kit.adversary.counting import COUNTS, FalseGreen, Unreported
from kit.alert_book import AlertBook
from kit.signing_scale import SOFTWARE, START_S, SigningScale
from kit.verdict_platform import RECEIVERS, Platform

SMALL = Bounds(4, 4, 4, 4, 8)
WAYS = ("now", "now", "now", "now", "keep", "keep", "alone")


def worst_by_condition(opinion: Opinion) -> dict[str, Verdict]:
    """Condition → its worst word."""
    names = {one.condition for one in opinion.unmet}
    return {name: worst(one.word for one in opinion.unmet if one.condition == name) for name in names}


def overflowed(summary: Summary) -> bool:
    """Whether a bound has dropped something, or may have."""
    bounds = summary.bounds
    dropped = (summary.recent_states, summary.devices, summary.changes, summary.sessions, summary.unstated)
    return (
        any(one.dropped for one in dropped)
        or bool(summary.states_dropped or summary.unmapped_dropped.count)
        or len(summary.maps) >= bounds.states
        or len(summary.unlocks) >= bounds.numbers
        or len(summary.stated) >= bounds.intervals
        or is_full(summary)
    )


def is_full(summary: Summary) -> bool:
    """Whether a statement that makes one more hole is refused: not stored, so that it comes again later."""
    return len(summary.intervals) >= summary.bounds.intervals


MAY_IMPROVE = {
    "decision": {"chain", "boots", "consistent", "complete"},
    "permit": {"parameters", "device", "case"},
    "approval": {"device"},
    "period": {"fresh"},
    "work": {"complete"},
    "time": set[str](),
}
"""What may improve which conditions; arrivals stand in `_by_arrival`, and a verification may improve all."""


class World(RuleBasedStateMachine):
    """One scale's life, before anybody moves."""

    only_false_green = False

    def __init__(self) -> None:
        super().__init__()
        self.pending: list[bytes] = []
        self.sent: list[bytes] = []
        self.before: dict[str, Verdict] = {}
        self.was_full = False
        self.kind = "everything"
        self.new: list[Statement] = []
        self.set_backs = 0

    # ---- the world ------------------------------------------------------------------------------------------------

    @initialize(small=st.booleans(), period_s=st.sampled_from((600, 600, 60, 5)))
    def begin(self, small: bool, period_s: int) -> None:
        """A scale is made, registered and verified."""
        COUNTS.lives += 1
        self.true_s, self.skew_s, self.clock_s = START_S, 0, 0
        scale = self.scale = SigningScale(1 + COUNTS.lives, period_s=period_s)
        self.retired: SigningScale | None = None
        self.images: list[SigningScale] = []
        self.permits: list[PermitFact] = []
        self.platform = Platform(scale.kid, self.true_s * 1000, SMALL if small else BOUNDS)
        self.platform.record(approved=frozenset({SOFTWARE[2]}), period_s=period_s)
        self.alerts = AlertBook(self.platform)
        self._send([self._sign(scale.enrol), self._sign(scale.boot)])
        self._verify_newest()
        self.kind = "everything"

    def _sign(self, move: Callable[..., bytes], *values: Any, **named: Any) -> bytes:
        """A period passes, and the scale signs by its own clock."""
        scale = self.scale
        self.true_s += scale.period_s
        scale.time_s = self.true_s + self.clock_s - scale.period_s
        return move(*values, **named)

    def _go_on(self, way: str, raws: Sequence[bytes]) -> None:
        """What was signed is sent after all before it, kept back, or sent before what was kept back."""
        if way == "keep":
            self.pending += raws
            self._send([])
        elif way == "alone":
            self._send(raws)
        else:
            kept, self.pending = self.pending, []
            self._send([*kept, *raws])

    def _send(self, raws: Sequence[bytes], signature: Any = "good") -> None:
        self._set_platform_clock()
        self.kind = "arrival"
        receiver = len(self.sent) % RECEIVERS
        self.new = self.platform.take(raws, receiver, signature)
        self.sent += raws

    def _set_platform_clock(self) -> None:
        self.platform.now_ms = (self.true_s + self.skew_s) * 1000 + len(self.sent)

    def _record(self, kind: str, **facts: Any) -> None:
        self._set_platform_clock()
        self.kind = kind
        self.platform.record(**facts)

    def _verify_newest(self, back: int = 0, **named: Any) -> bool:
        own = [one for one in self.platform.stored() if one.kid == self.platform.active]
        whole = sorted((one for one in own if isinstance(one.body, Boot | Parameters)), key=lambda one: one.number)
        if len(whole) <= back:
            return False
        self.true_s += 1
        self._set_platform_clock()
        verification = self.platform.verification(whole[-1 - back], **named)
        if verification is None or self.platform.refuses(verification):
            return False
        self.alerts.decide(("confirmed", "closed")[len(self.sent) % 2])  # else it would be refused
        self._record("verification", verifications=(*self.platform.registry.verifications, verification))
        return True

    # ---- after every step -----------------------------------------------------------------------------------------

    @invariant()
    def end_step(self) -> None:
        """The verdicts agree, and nothing improved that may not."""
        COUNTS.steps += 1
        platform = self.platform
        scratch, cached = platform.from_scratch(), platform.from_cache()
        word, unmet = platform.naively()
        if scratch.word is Verdict.VERIFIED and word is not Verdict.VERIFIED:
            raise FalseGreen(f"{unmet}")
        now = worst_by_condition(scratch)
        if not self.only_false_green:
            if unreported := self.alerts.unreported():
                raise Unreported(f"{unreported} {self.alerts.describe()}")
            assert (cached.word, set(worst_by_condition(cached))) == (scratch.word, set(now)), "the cache is stale"
            self._compare(scratch, word, unmet)
            self._check_improvement(now)
        self.before, self.new = now, []
        self.was_full = any(map(is_full, self.platform.summaries()))
        self._count(word, unmet)

    def _compare(self, scratch: Opinion, word: Verdict, unmet: dict[str, Verdict]) -> None:
        summaries = self.platform.summaries()
        if self.platform.waits:
            return
        if any(map(overflowed, summaries)):
            assert RANK[scratch.word] <= RANK[word], f"what overflows is the better verdict: {scratch} but {unmet}"
            return
        assert (scratch.word, worst_by_condition(scratch)) == (word, unmet), f"{scratch} but {word} {unmet}"

    def _check_improvement(self, now: dict[str, Verdict]) -> None:
        set_backs = len(self.platform.set_backs)
        was_set_back, self.set_backs = set_backs > self.set_backs, set_backs
        if was_set_back or self.kind in ("everything", "verification"):
            return
        improved = {name for name, word in self.before.items() if RANK[now.get(name, Verdict.VERIFIED)] > RANK[word]}
        allowed = self._by_arrival() if self.kind == "arrival" else MAY_IMPROVE[self.kind]
        assert improved <= allowed, f"{improved - allowed} improved by {self.kind}: {self.before} is now {now}"

    def _by_arrival(self) -> set[str]:
        """What the new statements may improve."""
        allowed: set[str] = set()
        for one in self.new:
            if one.flags & Flag.CLOCK_QUALITY:
                allowed.add("fresh")
            if isinstance(one.body, Boot | Parameters):
                allowed.add("complete")
            if one.number < self.platform.summary(one.kid).head:
                allowed |= {"chain", "boots", "parameters"}
                allowed |= {"complete"} if self.was_full else set()
            if one.kind == Kind.EVENT:
                allowed.add("case")
        return allowed

    def _count(self, word: Verdict, unmet: dict[str, Verdict]) -> None:
        COUNTS.words[word] += 1
        deciding = [name for name, one in unmet.items() if one is word]
        if len(deciding) == 1:
            COUNTS.decided[deciding[0]] += 1

    def teardown(self) -> None:
        """Count what was stored."""
        if hasattr(self, "platform"):
            COUNTS.statements += len(self.platform.stored())
