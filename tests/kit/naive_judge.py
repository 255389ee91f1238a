"""A second judge of the public verdict, to be read beside docs/verdict.md: slow, plain, over all that is stored.

It keeps no summaries and knows no bounds, and shares no code with the judge but its words and plain facts: what it
says follows from the bytes, the times of commit, what the registry recorded, and the clock.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from typing import Literal, NamedTuple

from steelyard_cloud.judge.facts import PermitFact, PermitUse
from steelyard_cloud.judge.verdict import Verdict
from steelyard_protocol import identity, parameters, weight
from steelyard_protocol.bodies import Boot, Parameters, Snapshot
from steelyard_protocol.events import Event, EventKind, ParameterChange
from steelyard_protocol.statement import LINK_BYTES, Flag, Statement

MINUTE_MS = 60_000
ORDER = list(Verdict)
State = tuple[bytes, int, int]
Unmet = dict[str, Verdict]


Signature = Literal["good", "bad", "unchecked"]


class Row(NamedTuple):
    """A stored statement of any identity of the scale, and when it was committed."""

    statement: Statement
    commit_ms: int
    signature: Signature = "good"


class SetBack(NamedTuple):
    """Stands in the list where the platform's clock was set back, to a time."""

    to_ms: int


class Verification(NamedTuple):
    """As recorded: the number and the hash of a statement, and the hash of the boot statement of the same start."""

    kid: bytes
    number: int
    hash: bytes
    boot_hash: bytes
    recorded_ms: int
    until_ms: int
    longest_ms: int


class Decision(NamedTuple):
    """A regulator's public decision, by the hash of a stored statement."""

    kid: bytes
    hash: bytes


@dataclass(frozen=True)
class Registry:
    """What was recorded of one scale; `retired` has the head of each replaced key as its successor names it."""

    verifications: tuple[Verification, ...] = ()
    decisions: tuple[Decision, ...] = ()
    permits: frozenset[PermitFact] = frozenset()
    approved: frozenset[bytes] = frozenset()
    retired: tuple[tuple[bytes, int], ...] = ()
    period_s: int = 600


class Seen(NamedTuple):
    """A stored statement; its commit, and its own date if it has one, neither later than the clock was set back to."""

    statement: Statement
    number: int
    commit_ms: int
    date_ms: int | None
    signature: str


class Hole(NamedTuple):
    """Missing numbers, and when their grace ends."""

    first: int
    last: int
    until_ms: int


def judge_naively(
    rows: Sequence[Row | SetBack], registry: Registry, now_ms: int, active: bytes
) -> tuple[Verdict, Unmet]:
    """The verdict on a scale, and the word of each condition that is not met. `rows` stand as they were committed."""
    return Scale(_seen(rows), registry, now_ms, active).verdict()


def _seen(rows: Sequence[Row | SetBack]) -> list[Seen]:
    found, set_back_ms = [], 1 << 62
    for row in reversed(rows):
        if isinstance(row, SetBack):
            set_back_ms = min(set_back_ms, row.to_ms)
            continue
        statement, commit_ms, signature = row
        has_clock = bool(statement.flags & Flag.CLOCK_QUALITY)
        own = has_clock and statement.time * 1000 <= commit_ms + 10 * MINUTE_MS
        commit_at_most = min(commit_ms, set_back_ms)
        date_ms = min(statement.time * 1000, commit_at_most) if own else None
        found.append(Seen(statement, statement.number, commit_at_most, date_ms, signature))
    return found[::-1]


def state_of(statement: Statement) -> State:
    """What the head says of the parameters."""
    return statement.digest, statement.calibration_counter, statement.configuration_counter


def after_state(statement: Statement) -> State | None:
    """What a parameter change says of the parameters after it."""
    change = change_in(statement)
    return None if change is None else (change.digest, change.calibration_counter, change.configuration_counter)


def change_in(statement: Statement) -> ParameterChange | None:
    """The parameter change that a statement reports."""
    body = statement.body
    return body.facts if isinstance(body, Event) and isinstance(body.facts, ParameterChange) else None


def event_kind(statement: Statement) -> int:
    """The kind of event that it reports; 0 for another statement."""
    return statement.body.kind if isinstance(statement.body, Event) else 0


def device_of(boot: Boot) -> tuple[object, ...]:
    """What the boot statement says of the machine."""
    return boot.software.hash, boot.hardware, boot.adc, boot.root or b"", boot.production_code, boot.debug_open


def digest(parameter_map: dict[int, int]) -> bytes:
    """The digest of a parameter map."""
    return _digest(tuple(parameter_map.items()))


@cache
def _digest(items: tuple[tuple[int, int], ...]) -> bytes:
    return parameters.digest(dict(items))


def worst(words: Iterable[Verdict]) -> Verdict:
    """The worst word; *Verified* of none."""
    return min(words, key=ORDER.index, default=Verdict.VERIFIED)


class Scale:
    """One scale before the judge; one method for each row of the table."""

    def __init__(self, seen: Sequence[Seen], registry: Registry, now_ms: int, active: bytes) -> None:
        self.registry, self.now_ms, self.active = registry, now_ms, active
        own = [one for one in seen if one.statement.kid == active]
        self.headless = [one for one in own if one.number == 0]
        self.chain = sorted((one for one in own if one.number), key=lambda one: one.number)
        self.others = [one for one in seen if one.statement.kid != active]
        self.by_hash = {one.statement.hash: one for one in seen}
        self.holes = self._holes()
        mine = [one for one in registry.verifications if one.kid == active]
        self.baseline = max(mine, key=lambda one: (one.number, one.recorded_ms, one.hash), default=None)
        self.B = self.baseline.number if self.baseline else 0
        self.F = self.counted_from(active)

    def counted_from(self, kid: bytes) -> int:
        """F(kid)."""
        decided = [self.by_hash[one.hash].number for one in self.registry.decisions if one.kid == kid]
        return max([self.B if kid == self.active else 0, *decided])

    def counted_from_ms(self, kid: bytes) -> int:
        """The later commit of the statements that the baseline and the decisions name."""
        named = [one.hash for one in self.registry.decisions if one.kid == kid]
        named += [self.baseline.hash] if self.baseline else []
        return max((self.by_hash[one].commit_ms for one in named if one in self.by_hash), default=0)

    def _holes(self) -> list[Hole]:
        found, above_ms, next_number = [], 1 << 62, 0
        for one in reversed(self.chain):
            if next_number > one.number + 1:
                found.append(Hole(one.number + 1, next_number - 1, above_ms + 15 * MINUTE_MS))
            above_ms = min(above_ms, one.commit_ms if one.date_ms is None else one.date_ms)
            next_number = one.number
        if next_number > 1:
            found.append(Hole(1, next_number - 1, above_ms + 15 * MINUTE_MS))
        return found[::-1]

    def since(self, number: int) -> list[Seen]:
        """What is stored above a number."""
        return [one for one in self.chain if one.number > number]

    def verdict(self) -> tuple[Verdict, Unmet]:
        """The worst word counts."""
        asked = {"case": self.case(), "baseline": self.baseline_condition(), "fresh": self.fresh()}
        if self.baseline is not None:
            asked |= {
                "parameters": self.parameters(),
                "device": self.device(),
                "validity": self.validity(),
                "chain": Verdict.CANNOT_BE_TOLD if self.breaks_chain() else None,
                "boots": Verdict.CANNOT_BE_TOLD if self.has_unstated_boot() else None,
                "consistent": Verdict.CANNOT_BE_TOLD if self.is_inconsistent() else None,
                "complete": Verdict.CANNOT_BE_TOLD if self.waits() else None,
            }
        unmet = {name: word for name, word in asked.items() if word is not None}
        return worst(unmet.values()), unmet

    # ---- parameters ------------------------------------------------------------------------------------------------

    def parameters(self) -> Verdict | None:
        """Every state since the baseline is the baseline's."""
        named = self.by_hash.get(self.baseline.hash) if self.baseline else None
        if named is None:
            return None
        verified, since = state_of(named.statement), self.since(self.B - 1)
        states = [(one.number, state_of(one.statement)) for one in since]
        changes = [one for one in self.contents() if one.number >= self.B and change_in(one.statement)]
        states += [(one.number, after_state(one.statement) or verified) for one in changes]
        if not changes and all(state == verified for _, state in states):
            return None
        reasons = [(one, self.why_not_permitted(one)) for one in changes]
        if any(why not in (None, "undated", "other session") for _, why in reasons):
            return Verdict.ALTERED
        reached, before = {verified}, 0
        while len(reached) > before:
            before = len(reached)
            steps = [one.statement for one, why in reasons if why in (None, "undated")]
            reached |= {after_state(step) or verified for step in steps if state_of(step) in reached}
        unexplained = [one.number for one, why in reasons if why == "other session"]
        unexplained += [self.first_seen(state) for _, state in states if state not in reached]
        explained_later = all(self.open_hole_before(number) for number in unexplained)
        return Verdict.NOT_VERIFIED if explained_later else Verdict.ALTERED

    def contents(self) -> list[Seen]:
        """The chain without re-signed copies: of these the first counts."""
        firsts: dict[tuple[int, bytes], Seen] = {}
        for one in self.chain:
            firsts.setdefault((one.number, one.statement.content_hash), one)
        return sorted(firsts.values(), key=lambda one: (one.number, one.statement.content_hash))

    def first_seen(self, state: State) -> int:
        """The number at which a state was first seen, ever."""
        return min(one.number for one in self.chain if state in (state_of(one.statement), after_state(one.statement)))

    def open_hole_before(self, number: int) -> bool:
        """Whether something since the baseline is missing below a number, and may still come."""
        return any(hole.last > self.B and hole.first < number and self.now_ms < hole.until_ms for hole in self.holes)

    def why_not_permitted(self, one: Seen) -> str | None:
        """Why the permit that a change names does not cover it; None if it does."""
        change, statement = change_in(one.statement), one.statement
        assert change is not None
        permit = next((it for it in self.registry.permits if it.hash == change.permit and it.kid == self.active), None)
        if permit is None or permit.what not in (PermitUse.ADJUST, PermitUse.REPAIR):
            return "no permit"
        if permit.what == PermitUse.ADJUST and any(field.field not in permit.fields for field in change.changes):
            return "field not permitted"
        granted = permit.calibration_counter, permit.configuration_counter
        before = statement.calibration_counter, statement.configuration_counter
        after = change.calibration_counter, change.configuration_counter
        if not all(at <= old <= new <= at + 1 for at, old, new in zip(granted, before, after, strict=True)):
            return "permit spent"
        uses = [it for it in self.contents() if (other := change_in(it.statement)) and other.permit == permit.hash]
        first = uses[0].statement
        if (first.calibration_counter, first.configuration_counter) != granted or not self.one_session(uses[0], one):
            return "other session"
        dated_s = self.date_s(one)
        if not dated_s:
            return "undated"
        return None if permit.not_before_s <= dated_s <= permit.not_after_s else "outside window"

    def one_session(self, first: Seen, last: Seen) -> bool:
        """Whether no start, and no session's beginning or end, lies between two changes."""
        bounds = (EventKind.SESSION_OPENED, EventKind.SESSION_CLOSED)
        marks = [one.number for one in self.chain if event_kind(one.statement) in bounds]
        same_boot = first.statement.boot == last.statement.boot
        return same_boot and not any(first.number < mark <= last.number for mark in marks)

    def date_s(self, one: Seen) -> int | None:
        """Its own date, or by the next statement with a date, if that is of the same boot."""
        if one.date_ms is not None:
            return one.date_ms // 1000
        later = [it for it in self.chain if it.number > one.number and it.date_ms is not None]
        nearest = [it for it in later if it.number == later[0].number]
        if not nearest or any(it.statement.boot != one.statement.boot for it in nearest):
            return None
        dates = [(it.date_ms or 0) // 1000 - (it.statement.uptime_s - one.statement.uptime_s) for it in nearest]
        return max(0, min(*dates, one.commit_ms // 1000))

    # ---- device, case, baseline, validity, fresh -------------------------------------------------------------------

    def device(self) -> Verdict | None:
        """Every start describes the machine that was verified."""
        assert self.baseline is not None
        named, boot = (self.by_hash.get(one) for one in (self.baseline.hash, self.baseline.boot_hash))
        if named is None or boot is None:
            return None
        assert isinstance(boot.statement.body, Boot)
        verified, words = device_of(boot.statement.body), []
        if boot.statement.body.debug_open or verified[0] not in self.registry.approved:
            words.append(Verdict.ALTERED)
        repaired = any(
            permit.kid == self.active
            and permit.what == PermitUse.REPAIR
            and permit.calibration_counter >= named.statement.calibration_counter
            and permit.configuration_counter >= named.statement.configuration_counter
            and permit.not_after_s * 1000 >= self.baseline.recorded_ms
            for permit in self.registry.permits
        )
        for one in self.since(self.B - 1):
            if isinstance(one.statement.body, Boot) and (other := device_of(one.statement.body)) != verified:
                updated = other[1:] == verified[1:] and other[0] in self.registry.approved
                words.append(Verdict.NOT_VERIFIED if updated or repaired else Verdict.ALTERED)
        return worst(words) if words else None

    def case(self) -> Verdict | None:
        """Never opened, never locked."""
        opened = [
            one.number for one in self.chain if event_kind(one.statement) in (EventKind.CASE_OPENED, EventKind.LOCKED)
        ]
        flagged = [
            one.number
            for one in self.chain
            if one.statement.flags & Flag.CASE_OPEN
            or (one.statement.flags & Flag.LOCKED and event_kind(one.statement) != EventKind.UNLOCKED)
        ]
        newest = max([*opened, *flagged], default=0)
        if newest < max(self.B, 1):
            return None
        unlocked = [one for one in self.since(newest) if event_kind(one.statement) == EventKind.UNLOCKED]
        answered = any(self.answers(one.statement, max(opened, default=0)) for one in unlocked)
        return Verdict.NOT_VERIFIED if answered else Verdict.LOCKED

    def answers(self, unlocked: Statement, opened: int) -> bool:
        """Whether an *unlocked* names the order of a permit that was recorded for the newest opening or lock."""
        assert isinstance(unlocked.body, Event)
        order = unlocked.body.named["order"]
        return bool(order) and any(
            permit.kid == self.active
            and permit.what in (PermitUse.UNLOCK, PermitUse.REPAIR)
            and permit.order_number == order
            and permit.locked_at is not None
            and opened <= permit.locked_at < unlocked.number
            for permit in self.registry.permits
        )

    def baseline_condition(self) -> Verdict | None:
        """A verification names stored statements, and no other names the same."""
        if (
            self.baseline is None
            or self.baseline.hash not in self.by_hash
            or self.baseline.boot_hash not in self.by_hash
        ):
            return Verdict.NOT_VERIFIED
        same = [one for one in self.registry.verifications if one.kid == self.active and one.number == self.B]
        return Verdict.NOT_VERIFIED if len(same) > 1 else None

    def validity(self) -> Verdict | None:
        """In date, and no longer than the type allows."""
        assert self.baseline is not None
        expired = self.now_ms >= self.baseline.until_ms or self.baseline.until_ms > self.baseline.longest_ms
        return Verdict.EXPIRED if expired else None

    def fresh(self) -> Verdict | None:
        """The newest statement has a date that is not long past."""
        dated = [one for one in self.chain if one.date_ms is not None]
        if not dated:
            return Verdict.CANNOT_BE_TOLD
        newest = dated[-1].number
        until_ms = min(one.date_ms or 0 for one in dated if one.number == newest)
        until_ms += max(3 * self.registry.period_s * 1000, MINUTE_MS)
        above = self.since(newest)
        if not above:
            return None if self.now_ms <= until_ms else Verdict.NO_RECENT_DATA
        first_ms = min(one.commit_ms for one in above if one.number == above[0].number)
        return Verdict.CANNOT_BE_TOLD if first_ms <= until_ms else Verdict.NO_RECENT_DATA

    # ---- the four that a decision may settle -----------------------------------------------------------------------

    def breaks_chain(self) -> bool:
        """Something is missing, doubled, lost, or goes down."""
        numbers = [one.number for one in self.chain if one.number >= self.F]
        if len(set(numbers)) < len(numbers):
            return True
        restarts = (EventKind.JOURNAL_LOST, EventKind.ROLLED_BACK)
        if any(event_kind(one.statement) in restarts for one in self.since(self.F)):
            return True
        if any(hole.last > self.F and self.now_ms >= hole.until_ms for hole in self.holes):
            return True
        return any(later.number > self.F and not _follows(earlier, later) for earlier, later in pairwise(self.chain))

    def has_unstated_boot(self) -> bool:
        """A start ran for more than 65 minutes, and its boot statement is not stored."""
        boots = [one.statement for one in self.chain if isinstance(one.statement.body, Boot)]
        stated = {one.boot for one in boots if one.uptime_s <= 65 * 60}
        long = {one.statement.boot for one in self.since(self.F) if one.statement.uptime_s > 65 * 60}
        return not long <= stated

    def is_inconsistent(self) -> bool:
        """What it says does not fit together, or somebody speaks who should be silent."""
        for one in self.since(self.F):
            if one.statement.breaches or contradicts_itself(one.statement) or one.signature == "bad":
                return True
            if isinstance(one.statement.body, Snapshot) and one.statement.digest in self.maps:
                it = one.statement.body
                counts = it.filtered_counts, it.zero_counts, it.temperature_cdeg
                if weight.gross_intervals(self.maps[one.statement.digest], *counts) != it.gross:
                    return True
        heads = dict(self.registry.retired)
        for one in [*self.headless, *self.others]:
            kid = one.statement.kid
            if one.number == 0 and one.commit_ms >= self.counted_from_ms(kid):
                return True
            if kid != self.active and one.number > max(heads.get(kid, 0), self.counted_from(kid)):
                return True
        return False

    @cached_property
    def maps(self) -> dict[bytes, dict[int, int]]:
        """Whole parameter maps by their digests."""
        bodies = [(one.statement.digest, one.statement.body) for one in self.chain]
        whole = [(name, body.parameters) for name, body in bodies if isinstance(body, Boot | Parameters)]
        return {name: body for name, body in whole if digest(body) == name}

    def waits(self) -> bool:
        """Something is not judged yet: a signature, or a weight whose map is not stored."""
        since = self.since(self.F)
        unmapped = (isinstance(one.statement.body, Snapshot) and one.statement.digest not in self.maps for one in since)
        return any(unmapped) or any(one.signature == "unchecked" for one in since)


def _follows(earlier: Seen, later: Seen) -> bool:
    """Whether a statement may come after the one that is stored before it."""
    a, b = earlier.statement, later.statement
    linked = b.number > a.number + 1 or b.link == a.hash[:LINK_BYTES]
    counts_up = a.calibration_counter <= b.calibration_counter and a.configuration_counter <= b.configuration_counter
    return linked and counts_up and (a.boot < b.boot or (a.boot == b.boot and a.uptime_s <= b.uptime_s))


def contradicts_itself(statement: Statement) -> bool:
    """Whether a statement's body and its own head do not go together."""
    body, number = statement.body, statement.number
    if isinstance(body, Boot | Parameters) and digest(body.parameters) != statement.digest:
        return True
    if isinstance(body, Boot):
        return body.thumbprint[: identity.KID_BYTES] != statement.kid or body.head_before >= number
    if not isinstance(body, Event):
        return False
    if change := change_in(statement):
        type_specific = [one.field < parameters.FIRST_DEVICE_KEY for one in change.changes]
        raised = change.calibration_counter - statement.calibration_counter
        raised_type = change.configuration_counter - statement.configuration_counter
        allowed = (0, 0 if all(type_specific) else 1), (0, 1 if any(type_specific) else 0)
        return raised not in allowed[0] or raised_type not in allowed[1]
    if body.kind == EventKind.STATEMENTS_LOST:
        first, last = body.named["first"], body.named["last"]
        return not first <= last < number
    if body.kind in (EventKind.JOURNAL_LOST, EventKind.ROLLED_BACK):
        return int(max(body.named.values())) >= number
    return False
