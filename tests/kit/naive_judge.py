"""A second judge of the public verdict, to be read beside docs/verdict.md: slow, plain, over all that is stored.

It keeps no summaries and knows no bounds, and shares no code with the judge but its words and plain facts: what it
says follows from the bytes, the times of commit, what the registry recorded, and the clock.
"""

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

from steelyard_cloud.judge.facts import PermitUse
from steelyard_cloud.judge.verdict import Verdict
from steelyard_protocol import sales, weight
from steelyard_protocol.bodies import Boot, Snapshot
from steelyard_protocol.events import Event, EventKind
from steelyard_protocol.sales import Sale
from steelyard_protocol.statement import Flag, Statement

from kit.naive_chain import Chain, Registry
from kit.naive_reading import (
    MINUTE_MS,
    Rows,
    Seen,
    State,
    after_state,
    change_in,
    contradicts_itself,
    device_of,
    event_kind,
    follows,
    may_hide,
    permit_named,
    state_of,
    states_in,
)

ORDER = list(Verdict)
Unmet = dict[str, Verdict]


def judge_naively(rows: Rows, registry: Registry, now_ms: int, active: bytes) -> tuple[Verdict, Unmet]:
    """The verdict on a scale, and the word of each condition that is not met.

    `rows` stand as they were committed, and between them what was recorded.
    """
    return Scale(rows, registry, now_ms, active).verdict()


def worst(words: Iterable[Verdict]) -> Verdict:
    """The worst word; *Verified* of none."""
    return min(words, key=ORDER.index, default=Verdict.VERIFIED)


class Scale(Chain):
    """One scale before the judge; one method for each row of the table."""

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
        verified, since = state_of(named.statement), self.since_baseline(self.contents)
        if any(may_hide(one.statement, "parameters") for one in since):
            return Verdict.ALTERED
        states = [state for one in since for state in states_in(one.statement)]
        changes = [one for one in since if change_in(one.statement)]
        if not changes and all(state == verified for state in states):
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
        unexplained += [self.first_seen(state) for state in states if state not in reached]
        explained_later = all(self.open_hole_before(number) for number in unexplained)
        return Verdict.NOT_VERIFIED if explained_later else Verdict.ALTERED

    def first_seen(self, state: State) -> int:
        """The number at which a state was first seen, ever."""
        return min(one.number for one in self.chain if state in states_in(one.statement))

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
        uses = [it for it in self.contents if (other := change_in(it.statement)) and other.permit == permit.hash]
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
        if any(may_hide(one.statement, "device") for one in self.since_baseline(self.contents)):
            words.append(Verdict.ALTERED)
        for one in self.since_baseline(self.chain):
            if isinstance(one.statement.body, Boot) and (other := device_of(one.statement.body)) != verified:
                updated = other[1:] == verified[1:] and other[0] in self.registry.approved
                words.append(Verdict.NOT_VERIFIED if updated or repaired else Verdict.ALTERED)
        return worst(words) if words else None

    def case(self) -> Verdict | None:
        """Never opened, never locked."""
        if any(may_hide(one.statement, "case") for one in self.since_baseline(self.contents)):
            return Verdict.LOCKED
        events = (EventKind.CASE_OPENED, EventKind.LOCKED)
        opened = [one for one in self.contents if event_kind(one.statement) in events]
        flagged = [
            one
            for one in self.contents
            if one.statement.flags & Flag.CASE_OPEN
            or (one.statement.flags & Flag.LOCKED and event_kind(one.statement) != EventKind.UNLOCKED)
        ]
        in_session = [one for one in [*opened, *flagged] if one.statement.flags & Flag.SESSION_OPEN]
        opened = [one for one in opened if one not in in_session]
        outside = [one for one in [*opened, *flagged] if one not in in_session]
        if not self.since_baseline([*outside, *in_session]):
            return None
        if self.since_baseline(in_session):
            last_in_session = max(in_session, key=lambda one: (one.number, one.statement.boot))
            if not self.is_in_repair(last_in_session):
                outside, opened = [*outside, last_in_session], [*opened, last_in_session]
        if not self.since_baseline(outside):
            return Verdict.NOT_VERIFIED
        newest = max(one.number for one in outside)
        unlocked = [one for one in self.above(newest) if event_kind(one.statement) == EventKind.UNLOCKED]
        last = max((one.number for one in opened), default=0)
        answered = any(self.answers(one.statement, last) for one in unlocked)
        return Verdict.NOT_VERIFIED if answered else Verdict.LOCKED

    def is_in_repair(self, one: Seen) -> bool:
        """Whether a session was open under a permit to repair that no session had named before."""
        bounds = (EventKind.SESSION_OPENED, EventKind.SESSION_CLOSED)
        marks = [it.statement for it in self.contents if event_kind(it.statement) in bounds]
        sessions: dict[int, tuple[int, bytes]] = {}
        for it in marks:
            if it.number <= one.number:
                session = it.boot, permit_named(it)
                sessions[it.number] = min(session, sessions.get(it.number, session))  # of copies the least
        if not sessions:
            return False
        boot, permit = sessions.pop(max(sessions))
        return (
            boot == one.statement.boot
            and all(used != permit for _, used in sessions.values())
            and any(
                it.hash == permit and it.kid == self.active and it.what == PermitUse.REPAIR
                for it in self.registry.permits
            )
        )

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
        above = self.above(newest)
        if not above:
            return None if self.now_ms <= until_ms else Verdict.NO_RECENT_DATA
        first_ms = min(one.commit_ms for one in above if one.number == above[0].number)
        return Verdict.CANNOT_BE_TOLD if first_ms <= until_ms else Verdict.NO_RECENT_DATA

    # ---- the four that a decision may settle -----------------------------------------------------------------------

    def breaks_chain(self) -> bool:
        """Something is missing, doubled, lost, or goes down."""
        numbers = Counter(one.number for one in self.chain)
        if any(numbers[one.number] > 1 for one in self.since_fact(self.chain)):
            return True
        restarts = (EventKind.JOURNAL_LOST, EventKind.ROLLED_BACK)
        if any(event_kind(one.statement) in restarts for one in self.after_fact(self.contents)):
            return True
        if any(hole.last > self.F and self.now_ms >= hole.until_ms for hole in self.holes):
            return True
        # Copies that a fact has settled: the one with the lowest hash stands for them.
        single = {one.number: one for one in sorted(self.chain, key=lambda one: one.statement.hash, reverse=True)}
        pairs = pairwise(single[number] for number in sorted(single))
        return any(
            not follows(earlier, later)
            for earlier, later in pairs
            if later.number > self.F or self.after_fact([earlier, later])
        )

    def has_unstated_boot(self) -> bool:
        """A start ran for more than 65 minutes, and its boot statement is not stored."""
        boots = [one.statement for one in self.chain if isinstance(one.statement.body, Boot)]
        stated = {one.boot for one in boots if one.uptime_s <= 65 * 60}
        long = {one.statement.boot for one in self.after_fact(self.chain) if one.statement.uptime_s > 65 * 60}
        return not long <= stated

    def is_inconsistent(self) -> bool:
        """What it says does not fit together, or somebody speaks who should be silent."""
        for one in self.since_fact(self.chain):
            if one.statement.breaches or contradicts_itself(one.statement) or one.signature == "bad":
                return True
        for one in self.since_fact(self.contents):
            if isinstance(one.statement.body, Snapshot) and one.statement.digest in self.maps:
                it = one.statement.body
                counts = it.filtered_counts, it.zero_counts, it.temperature_cdeg
                if weight.gross_intervals(self.maps[one.statement.digest], *counts) != it.gross:
                    return True
            if isinstance(one.statement.body, Sale) and one.statement.digest in self.maps:
                sold = one.statement.body
                if sales.price(self.maps[one.statement.digest], sold.net, sold.unit_price) != sold.price:
                    return True
        for one in [*self.headless, *self.others]:
            if one.number == 0 and one.commit_ms + 3_000 >= self.counted_from_ms(one.statement.kid):
                return True
        return any(map(self.speaks, self.others))

    def speaks(self, one: Seen) -> bool:
        """Whether a statement of a replaced key is more than its successor says, and than a decision settles."""
        head = dict(self.registry.retired).get(one.statement.kid, 0)
        decided, place = self.counted_from(one.statement.kid)
        return one.number > decided or one.place > place if decided > head else one.number > head

    def waits(self) -> bool:
        """Something is not judged yet: a signature, or a weight or price whose map is not stored."""
        since = self.since_fact(self.contents)
        unmapped = (
            isinstance(one.statement.body, Snapshot | Sale)
            and one.statement.digest not in self.maps
            and "digest" not in one.statement.unread
            for one in since
        )
        return any(unmapped) or any(one.signature == "unchecked" for one in self.since_fact(self.chain))
