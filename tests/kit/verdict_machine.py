"""The adversary of the public verdict as a Hypothesis state machine.

He has the key, the flash, the network and the clocks, the platform's too; registry facts come in between, as honest
people would record them. After every step the verdict is told by the judge from scratch, from its cache, and by the
naive judge, and nothing may have improved but by what docs/verdict.md lists.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from steelyard_cloud.judge.facts import PermitFact, PermitUse
from steelyard_cloud.judge.summary import Summary
from steelyard_cloud.judge.summary_parts import BOUNDS, Bounds
from steelyard_cloud.judge.verdict import RANK, Opinion, Verdict, worst
from steelyard_protocol import p256, statement
from steelyard_protocol.bodies import Boot, Kind, Parameters
from steelyard_protocol.events import EventKind
from steelyard_protocol.statement import Flag, Statement

from kit.naive_judge import Decision
from kit.parameters import MAP
from kit.signing_scale import SOFTWARE, START_S, SigningScale
from kit.verdict_platform import RECEIVERS, Platform

SMALL = Bounds(4, 4, 4, 4, 8)
UPDATE = b"u" * 32
OTHER = b"o" * 32
WAYS = ("now", "now", "now", "now", "keep", "keep", "alone")
HOUR_S = 3600
DAYS = (365, 365, 365, 365, 365, 0.04, 400)  # until when a verification is valid; 366 are allowed


class FalseGreen(AssertionError):
    """The judge says *Verified*, and the naive judge does not."""


class Counts:
    """What a run of the machine has reached."""

    def __init__(self) -> None:
        self.moves: Counter[str] = Counter()
        self.decided: Counter[str] = Counter()
        self.words: Counter[str] = Counter()
        self.statements = self.steps = self.lives = 0


COUNTS = Counts()
MOVES: list[str] = []


def move(**draws: st.SearchStrategy[Any]) -> Callable[[Callable[..., None]], Any]:
    """A rule of the machine that is counted."""

    def decorate(function: Callable[..., None]) -> Any:
        @wraps(function)
        def counted(machine: "VerdictMachine", **drawn: Any) -> None:
            function(machine, **drawn)
            COUNTS.moves[function.__name__] += 1

        MOVES.append(function.__name__)
        return rule(**draws)(counted)

    return decorate


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
        or bool(summary.states_dropped or summary.unmapped_dropped)
        or len(summary.maps) >= bounds.states
        or len(summary.unlocks) >= bounds.numbers
        or len(summary.stated) >= bounds.intervals
        or len(summary.intervals) >= bounds.intervals
    )


MAY_IMPROVE = {
    "decision": {"chain", "boots", "consistent", "complete"},
    "permit": {"parameters", "device", "case"},
    "approval": {"device"},
    "period": {"fresh"},
    "work": {"complete"},
    "time": set[str](),
}
"""What may improve which conditions; arrivals stand in `_by_arrival`, and a verification may improve all."""


class VerdictMachine(RuleBasedStateMachine):
    """One scale's life under attack."""

    only_false_green = False

    def __init__(self) -> None:
        super().__init__()
        self.pending: list[bytes] = []
        self.sent: list[bytes] = []
        self.before: dict[str, Verdict] = {}
        self.kind = "everything"
        self.new: list[Statement] = []
        self.set_backs = 0

    # ---- the world -------------------------------------------------------------------------------------------------

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
        self._record("verification", verifications=(*self.platform.registry.verifications, verification))
        return True

    # ---- what an honest scale does too -----------------------------------------------------------------------------

    @move(count=st.integers(1, 25), way=st.sampled_from(WAYS), load=st.integers(0, 10))
    def snapshots(self, count: int, way: str, load: int) -> None:
        self._go_on(way, [self._sign(self.scale.snapshot, 1_000 * load) for _ in range(count)])

    @move(count=st.integers(1, 3), way=st.sampled_from(WAYS))
    def undated(self, count: int, way: str) -> None:
        self._go_on(way, [self._sign(self.scale.snapshot, flags=0) for _ in range(count)])

    @move(way=st.sampled_from(WAYS), software=st.sampled_from((None, None, None, UPDATE, OTHER)))
    def boot(self, way: str, software: bytes | None) -> None:
        self._go_on(way, [self._sign(self.scale.boot, software=software)])

    @move(way=st.sampled_from(WAYS))
    def whole_map(self, way: str) -> None:
        self._go_on(way, [self._sign(self.scale.parameters)])

    @move(count=st.integers(1, 4), days=st.sampled_from(DAYS))
    def set_right(self, count: int, days: float) -> None:
        """Honest people find out, put everything right and have the scale verified."""
        scale = self.scale
        self.clock_s = self.skew_s = 0
        scale.flags, scale.map = 2, dict(MAP)
        kept, self.pending = self.pending, []
        self._send([*kept, self._sign(scale.boot), *[self._sign(scale.snapshot) for _ in range(count)]])
        while self.platform.waits:
            self.platform.read_again()
        self.platform.check_signatures(0, bad=False)
        self._verify_newest(days=days)
        self.kind = "everything"

    @move(hours=st.sampled_from((0.05, 0.3, 0.6, 2, 9_000)))
    def quiet(self, hours: float) -> None:
        self.true_s += round(hours * HOUR_S)
        self._set_platform_clock()
        self.kind = "time"

    # ---- the network -----------------------------------------------------------------------------------------------

    @precondition(lambda self: self.pending)
    @move()
    def catch_up(self) -> None:
        kept, self.pending = self.pending, []
        self._send(kept)

    @precondition(lambda self: self.pending)
    @move(at=st.integers(0, 20), reverse=st.booleans())
    def drip(self, at: int, reverse: bool) -> None:
        if reverse:
            self.pending.reverse()
        self._send([self.pending.pop(at % len(self.pending))])

    @precondition(lambda self: self.pending)
    @move(at=st.integers(0, 20))
    def lose(self, at: int) -> None:
        self.pending.pop(at % len(self.pending))
        self._send([])

    @precondition(lambda self: self.sent)
    @move(at=st.integers(0, 200), count=st.integers(1, 5))
    def replay(self, at: int, count: int) -> None:
        first = at % len(self.sent)
        self._send(self.sent[first : first + count])

    # ---- the clocks ------------------------------------------------------------------------------------------------

    @move(by_s=st.sampled_from((-400 * 86_400, -HOUR_S, -60, 0, 0, 300, 700, HOUR_S, 15 * 366 * 86_400)))
    def scale_clock(self, by_s: int) -> None:
        self.clock_s = by_s
        self._go_on("now", [self._sign(self.scale.event, EventKind.CLOCK_SET, 0, self.true_s, 2)])

    @move(by_s=st.sampled_from((-HOUR_S, -60, 0, 0, 0, 300, HOUR_S, 400 * 86_400)))
    def platform_clock(self, by_s: int) -> None:
        ahead = by_s >= self.skew_s
        self.skew_s = by_s
        self._set_platform_clock()
        self.kind = "time" if ahead else "everything"

    # ---- the flash and the key -------------------------------------------------------------------------------------

    @move()
    def copy_flash(self) -> None:
        self.images = [*self.images[-2:], self.scale.branch()]

    @precondition(lambda self: self.images)
    @move(at=st.integers(0, 2), way=st.sampled_from(WAYS), starts=st.booleans())
    def write_flash_back(self, at: int, way: str, starts: bool) -> None:
        """The scale goes on from an old image; the other machine's flash stays to go on with."""
        image = self.images.pop(at % len(self.images))
        self.images.append(self.scale)
        self.scale = image.branch()
        self._go_on(way, [self._sign(self.scale.boot if starts else self.scale.snapshot)])

    @move(count=st.integers(1, 3), way=st.sampled_from(WAYS))
    def skip_numbers(self, count: int, way: str) -> None:
        self.scale.skip(count)
        self._go_on(way, [self._sign(self.scale.snapshot)])

    @move(way=st.sampled_from(WAYS))
    def resign(self, way: str) -> None:
        raw = self._sign(self.scale.snapshot)
        self._go_on(way, [raw, raw[:-64] + p256.lower(bytes(reversed(raw[-64:])))])

    @move(way=st.sampled_from(WAYS), first=st.booleans())
    def fork_newest(self, way: str, first: bool) -> None:
        """Another statement under the number of the newest."""
        twin = self.scale.branch()
        raws = [self._sign(self.scale.snapshot, 2_000), twin.boot() if first else twin.snapshot(3_000)]
        self._go_on(way, raws)

    @move(count=st.integers(1, 9), way=st.sampled_from(WAYS), state=st.booleans())
    def no_boot_statement(self, count: int, way: str, state: bool) -> None:
        """A start that is not stated, or after a while."""
        self.scale.boot_number += 1
        self.scale.uptime_s = 3_900 if count > 3 else 0
        raws = [self._sign(self.scale.snapshot) for _ in range(count)]
        self._go_on(way, [*raws, self._sign(self.scale.boot, late=True)] if state else raws)

    # ---- frauds ----------------------------------------------------------------------------------------------------

    @move(way=st.sampled_from(WAYS), permille=st.integers(1, 4), undated=st.booleans(), which=st.integers(-1, 3))
    def raise_span(self, way: str, permille: int, undated: bool, which: int) -> None:
        """In a session or out of one, under a permit or none."""
        permit = self.permits[which % len(self.permits)].hash if self.permits and which >= 0 else None
        head = {"flags": 0} if undated else {}
        commit = 2 if which == 2 else 1
        raws = [self._sign(self.scale.raise_span, 10 * permille, permit, commit=commit, **head)]
        self._go_on(way, [*raws, self._sign(self.scale.parameters)] if permille > 1 else raws)

    @move(way=st.sampled_from(WAYS), which=st.integers(0, 3), close=st.booleans())
    def session(self, way: str, which: int, close: bool) -> None:
        named = self.permits[which % len(self.permits)].hash if self.permits else None
        kind, fact = (EventKind.SESSION_CLOSED, 2) if close else (EventKind.SESSION_OPENED, named)
        self._go_on(way, [self._sign(self.scale.event, kind, fact)])

    @move(way=st.sampled_from(WAYS))
    def restore(self, way: str) -> None:
        self._go_on(way, [self._sign(self.scale.change, {40: MAP[40]}), self._sign(self.scale.parameters)])

    @move(way=st.sampled_from(WAYS), back=st.booleans(), counted=st.booleans())
    def change_silently(self, way: str, back: bool, counted: bool) -> None:
        """The map is another one, and no event says so."""
        self.scale.map[40] = MAP[40] if back else MAP[40] - 100_000
        if not back:
            self.scale.calibration_counter += counted
        self._go_on(way, [self._sign(self.scale.snapshot), self._sign(self.scale.parameters)])

    @move(way=st.sampled_from(WAYS), digest=st.integers(0, 5))
    def lie_in_head(self, way: str, digest: int) -> None:
        lies: dict[str, Any] = {"digest": bytes([digest]) * 16} if digest else {"calibration_counter": 0}
        self._go_on(way, [self._sign(self.scale.snapshot, **lies)])

    @move(way=st.sampled_from(WAYS), field=st.sampled_from((2, 3, 5, 7, 5, 11)), value=st.integers(0, 9))
    def other_machine(self, way: str, field: int, value: int) -> None:
        """A boot statement that names other hardware, ADC, root or production code, or an open debug port."""
        others = {2: f"hardware {value}", 3: f"adc {value}", 5: True, 7: bytes([value]) * 32, 11: f"P-{value}"}
        self._go_on(way, [self._sign(self.scale.boot, other={field: others[field]})])

    @move(way=st.sampled_from(WAYS), lie=st.sampled_from((-1, 1, 200)))
    def wrong_weight(self, way: str, lie: int) -> None:
        self._go_on(way, [self._sign(self.scale.snapshot, 1_000, lie=lie)])

    @move(way=st.sampled_from(WAYS), what=st.integers(0, 6))
    def contradict(self, way: str, what: int) -> None:
        """Map and digest, event and head, or a field and its range do not go together."""
        scale = self.scale
        append, event = scale.append, scale.event
        match what:
            case 0:
                raw = self._sign(append, Kind.PARAMETERS, [{**scale.map, 40: 1}, None])
            case 1:
                raw = self._sign(append, Kind.SNAPSHOT, [1, 2])
            case 2:
                raw = self._sign(event, EventKind.STATEMENTS_LOST, 5, scale.number + 7)
            case 3:
                raw = self._sign(event, EventKind.SESSION_CLOSED, 77)
            case 4:
                raw = self._sign(append, Kind.BOOT, [1])
            case 5:
                raw = self._sign(append, Kind.ENROL, [])
            case _:
                raw = self._sign(event, EventKind.PERIOD_CHANGED, 0, 5)
        self._go_on(way, [raw])

    @move(way=st.sampled_from(WAYS), kind=st.sampled_from((9, 77)), event=st.booleans())
    def unknown_kind(self, way: str, kind: int, event: bool) -> None:
        """Something of a later version: it must not end green."""
        raw = self._sign(self.scale.event, 99, 1, 2) if event else self._sign(self.scale.append, kind, ["later"])
        self._go_on(way, [raw])

    @move(number=st.integers(0, 1))
    def headless(self, number: int) -> None:
        scale = self.scale
        payload: list[Any] = [1, 2, 3] if number else [3, 0, *[0] * 9, scale.number + len(self.sent)]
        self._send([statement.build(scale.private_key, scale.kid, payload)])

    @move(signature=st.sampled_from(("unchecked", "unchecked", "bad")))
    def vouched_by_link(self, signature: str) -> None:
        raw = self._sign(self.scale.snapshot)
        self._send([*self.pending, raw], signature)
        self.pending = []

    @move(bad=st.booleans())
    def check_signatures(self, bad: bool) -> None:
        self._set_platform_clock()
        self.platform.check_signatures(len(self.sent) % RECEIVERS, bad)
        self.kind = "work"

    @move(count=st.integers(1, 4))
    def read_again(self, count: int) -> None:
        self._set_platform_clock()
        for at in range(count):
            self.platform.read_again(at % RECEIVERS)
        self.kind = "work"

    # ---- losses ----------------------------------------------------------------------------------------------------

    @move(count=st.integers(0, 3), link=st.booleans(), way=st.sampled_from(WAYS))
    def lose_journal(self, count: int, link: bool, way: str) -> None:
        scale = self.scale
        head = scale.number
        scale.skip(count)
        named = {} if link else {"link": bytes(16)}
        self._go_on(way, [self._sign(scale.event, EventKind.JOURNAL_LOST, head, **named)])

    @move(count=st.integers(0, 3), way=st.sampled_from(WAYS))
    def roll_back(self, count: int, way: str) -> None:
        scale = self.scale
        scale.skip(count)
        self._go_on(way, [self._sign(scale.event, EventKind.ROLLED_BACK, max(1, scale.number))])

    @move(way=st.sampled_from(WAYS), first=st.integers(1, 5))
    def lose_statements(self, way: str, first: int) -> None:
        raws = [self._sign(self.scale.snapshot) for _ in range(first % 3)]
        last = self.scale.number
        raws = [self._sign(self.scale.event, EventKind.STATEMENTS_LOST, max(1, last - first), last)]
        self._go_on(way, raws)

    # ---- the case --------------------------------------------------------------------------------------------------

    @move(way=st.sampled_from(WAYS), lock=st.booleans(), hide=st.booleans())
    def open_case(self, way: str, lock: bool, hide: bool) -> None:
        scale = self.scale
        raws = [self._sign(scale.event, EventKind.CASE_OPENED, 0)]
        if lock:
            scale.flags |= Flag.LOCKED | Flag.CASE_OPEN
            raws.append(self._sign(scale.event, EventKind.LOCKED, 1))
        if hide:
            scale.flags &= ~(Flag.LOCKED | Flag.CASE_OPEN)
        self._go_on(way, raws)

    @move(way=st.sampled_from(WAYS), flag=st.sampled_from((Flag.LOCKED, Flag.CASE_OPEN)))
    def flag_case(self, way: str, flag: int) -> None:
        self._go_on(way, [self._sign(self.scale.snapshot, flags=2 | flag)])

    @move(way=st.sampled_from(WAYS), which=st.integers(-1, 9), known=st.booleans())
    def unlock(self, way: str, which: int, known: bool) -> None:
        orders = [one.order_number for one in self.permits if one.order_number]
        order = orders[which % len(orders)] if orders and known and which >= 0 else (None if which < 0 else which)
        flags = self.scale.flags
        self.scale.flags &= ~(Flag.LOCKED | Flag.CASE_OPEN)
        self._go_on(way, [self._sign(self.scale.event, EventKind.UNLOCKED, 1, order, flags=flags & ~Flag.CASE_OPEN)])

    # ---- the key that was replaced ---------------------------------------------------------------------------------

    @precondition(lambda self: self.retired is None)
    @move(verify=st.booleans())
    def replace_board(self, verify: bool) -> None:
        """The board is exchanged; the new key's enrolment names the head of the old one."""
        old = self.retired = self.scale
        kept, self.pending, self.images = self.pending, [], []
        self._send(kept)
        scale = self.scale = SigningScale(1_000_000_000 + COUNTS.lives, period_s=old.period_s)
        scale.map = dict(old.map)
        self._set_platform_clock()
        self.platform.active = scale.kid
        self._record("everything", retired=((old.kid, old.number),))
        self._send([self._sign(scale.enrol), self._sign(scale.boot), self._sign(scale.snapshot)])
        if verify:
            self._verify_newest()
        self.kind = "everything"

    @precondition(lambda self: self.retired is not None)
    @move(count=st.integers(1, 2), headless=st.integers(0, 4))
    def retired_key_speaks(self, count: int, headless: int) -> None:
        old = self.retired
        assert old is not None
        self.true_s += 1
        old.time_s = self.true_s - old.period_s
        raws = [old.snapshot() for _ in range(count)]
        if not headless:
            raws = [statement.build(old.private_key, old.kid, [len(self.sent)])]
        self._send(raws)

    # ---- the registry ----------------------------------------------------------------------------------------------

    @move(back=st.sampled_from((0, 0, 0, 1, 2)), days=st.sampled_from(DAYS))
    def verify(self, back: int, days: float) -> None:
        if not self._verify_newest(back, days=days):
            self._set_platform_clock()
            self.kind = "time"

    @move(back=st.sampled_from((0, 0, 0, 1, 5)), retired=st.booleans())
    def decide(self, back: int, retired: bool) -> None:
        kid = self.retired.kid if retired and self.retired else self.platform.active
        own = sorted((one for one in self.platform.stored() if one.kid == kid and one.number), key=lambda it: it.number)
        decisions = self.platform.registry.decisions
        if own:
            decisions = (*decisions, Decision(kid, own[-1 - back % len(own)].hash))
        self._record("decision", decisions=decisions)

    @move(what=st.sampled_from(PermitUse), hours=st.sampled_from((1, 24, 9_000)), fields=st.booleans())
    def permit(self, what: PermitUse, hours: int, fields: bool) -> None:
        scale, now_s = self.scale, self.platform.now_ms // 1000
        permit = PermitFact(
            scale.kid,
            bytes([len(self.permits) + 1]) * 32,
            what,
            now_s,
            now_s + hours * HOUR_S,
            scale.calibration_counter,
            scale.configuration_counter,
            frozenset({32, 40} if fields else {32}),
            (len(self.permits) + 1) // 2,
            scale.number if what in (PermitUse.UNLOCK, PermitUse.REPAIR) else None,
        )
        self.permits.append(permit)
        self._record("permit", permits=frozenset(self.permits))

    @move()
    def approve(self) -> None:
        self._record("approval", approved=frozenset({SOFTWARE[2], UPDATE}))

    @move(period_s=st.sampled_from((5, 60, 600)))
    def register_period(self, period_s: int) -> None:
        self._record("period", period_s=period_s)

    # ---- after every step ------------------------------------------------------------------------------------------

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
            assert (cached.word, set(worst_by_condition(cached))) == (scratch.word, set(now)), "the cache is stale"
            self._compare(scratch, word, unmet)
            self._check_improvement(now)
        self.before, self.new = now, []
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
