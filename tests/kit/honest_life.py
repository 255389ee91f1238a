"""An honest scale in a shop, signed by the kit: what happens to it without anybody's guilt, and what people then do.

`expected` is the verdict that it should have: the worst of what is still open. Each event leaves the scale delivered.
"""

from collections.abc import Sequence
from typing import Any

from steelyard_cloud.judge.facts import PermitFact, PermitUse
from steelyard_cloud.judge.summary_parts import BOUNDS, Bounds
from steelyard_cloud.judge.verdict import Verdict, worst
from steelyard_protocol.bodies import Boot, Parameters
from steelyard_protocol.events import EventKind
from steelyard_protocol.statement import Flag, hash_of

from kit.naive_chain import Decision
from kit.signing_scale import SOFTWARE, START_S, SigningScale
from kit.verdict_platform import Platform

DAY_S = 86_400
TYPED_2042_S = 15 * 366 * DAY_S


class HonestLife:
    """One scale, its platform, and the time that both go by; `open` is what keeps it from being *Verified*, and why."""

    def __init__(self, seed: int = 1, period_s: int = 600, bounds: Bounds = BOUNDS, *, verified: bool = True) -> None:
        self.true_s, self.clock_s = START_S, 0
        self.scale = SigningScale(seed, period_s=period_s)
        self.seed = seed
        self.other: dict[int, Any] = {}  # what was fitted since the board was made
        self.open: dict[str, Verdict] = {}
        self.sent = 0
        self.platform = Platform(self.scale.kid, self.true_s * 1000, bounds)
        self.platform.record(approved=frozenset({SOFTWARE[2]}), period_s=period_s)
        self.send(self.sign("enrol"), self.boot())
        if verified:
            self.verify()

    @property
    def expected(self) -> Verdict:
        """The verdict that it should have."""
        return worst(self.open.values())

    def sign(self, what: str, *values: Any, **named: Any) -> bytes:
        """A period passes, and the scale signs."""
        scale = self.scale
        self.pass_s(scale.period_s)
        scale.time_s = self.true_s + self.clock_s - scale.period_s
        raw: bytes = getattr(scale, what)(*values, **named)
        return raw

    def boot(self, **named: Any) -> bytes:
        """A start, on what is fitted."""
        return self.sign("boot", other=self.other, **named)

    def pass_s(self, seconds: int) -> None:
        """Time passes."""
        self.true_s += seconds
        self.platform.now_ms = self.true_s * 1000

    def send(self, *raws: bytes) -> None:
        """The network brings these."""
        self.sent += len(raws)
        for at in range(0, len(raws), 40):
            self.platform.take(raws[at : at + 40], self.sent % 3)

    def trade(self, count: int) -> None:
        """Snapshots, each sent at once."""
        for at in range(count):
            self.send(self.sign("snapshot", 1_000 * at))

    def trade_offline(self, count: int) -> list[bytes]:
        """Snapshots that are not sent yet."""
        return [self.sign("snapshot", 1_000 * at) for at in range(count)]

    # ---- the network and the power ---------------------------------------------------------------------------------

    def outage(self, count: int, drip: int) -> Verdict:
        """The network is away for a while, and the scale catches up in drips; what was shown meanwhile."""
        raws = self.trade_offline(count)
        shown = self.platform.from_cache().word
        for at in range(0, len(raws), drip):
            self.send(*raws[at : at + drip])
        return shown

    def late_within_grace(self) -> None:
        """A statement comes ten minutes after the one that follows it."""
        late, following = self.trade_offline(2)
        self.send(following)
        self.pass_s(600)
        self.send(late)

    def brown_out(self, restarts: int) -> None:
        """The plug is loose: of quick restarts only the first are stated, the last after most of an hour."""
        for at in range(restarts):
            if at < 6:
                self.send(self.boot())
            else:
                self.scale.boot_number, self.scale.uptime_s = self.scale.boot_number + 1, 0
        if restarts > 6:
            self.trade(5)
            self.send(self.boot(late=True))
        self.trade(8)

    def cut_while_signing(self) -> None:
        """Power fails after a statement was signed, and before it was released: the scale signs that number again."""
        lost = self.scale.branch()
        lost.snapshot(2_000)
        self.send(self.boot())

    # ---- the clock -------------------------------------------------------------------------------------------------

    def flat_battery(self) -> None:
        """The scale starts without the time."""
        self.scale.flags &= ~Flag.CLOCK_QUALITY
        self.send(self.boot())
        self.open["clock"] = Verdict.CANNOT_BE_TOLD

    def type_2042(self) -> None:
        """Somebody types the year 2042."""
        self.clock_s = TYPED_2042_S
        self.send(self.sign("event", EventKind.CLOCK_SET, self.true_s, self.true_s + TYPED_2042_S, 1))
        self.open["clock"] = Verdict.CANNOT_BE_TOLD

    def set_clock(self) -> None:
        """The owner has the clock set."""
        self.clock_s = 0
        self.scale.flags |= 2
        self.send(self.sign("event", EventKind.CLOCK_SET, 0, self.true_s, 2))
        self.open.pop("clock", None)

    # ---- losses ----------------------------------------------------------------------------------------------------

    def lose_journal(self, unsent: int) -> None:
        """The scale goes on at the first number that it knows was never used."""
        head = self.scale.number
        self.trade_offline(unsent)
        self.send(self.sign("event", EventKind.JOURNAL_LOST, head, link=bytes(16)), self.boot())
        self.open["lost"] = Verdict.CANNOT_BE_TOLD

    def fail_sector(self, count: int) -> None:
        """A sector of the flash fails before its statements were sent."""
        first = self.scale.number + 1
        self.trade_offline(count)
        self.send(self.sign("event", EventKind.STATEMENTS_LOST, first, self.scale.number))
        self.trade(2)
        self.open["lost"] = Verdict.CANNOT_BE_TOLD

    # ---- work on the scale -----------------------------------------------------------------------------------------

    def permit(self, what: PermitUse, locked_at: int | None = None, fields: Sequence[int] = (32, 40)) -> PermitFact:
        """The authority permits something for a day."""
        known = self.platform.registry.permits
        _, calibration, configuration = self.scale.state()
        window = self.true_s - 60, self.true_s + DAY_S
        order = len(known) + 1
        hash_ = hash_of(b"permit" + bytes([self.seed % 256, order % 256, order // 256]))
        one = PermitFact(
            self.scale.kid, hash_, what, *window, calibration, configuration, frozenset(fields), order, locked_at
        )
        self.platform.record(permits=known | {one})
        return one

    def adjust(self, counts: int) -> None:
        """An adjustment under a permit."""
        permit = self.permit(PermitUse.ADJUST)
        opened = self.sign("event", EventKind.SESSION_OPENED, permit.hash)
        self.send(
            opened,
            self.sign("change", {40: counts}, permit.hash),
            self.sign("change", {32: 100_001}, permit.hash, commit=2),
        )
        self.send(self.sign("parameters"), self.sign("event", EventKind.SESSION_CLOSED, 2))
        self.open["work"] = Verdict.NOT_VERIFIED

    def open_case(self) -> int:
        """The case is opened, and the scale locks itself; the number of *locked*."""
        opened = self.sign("event", EventKind.CASE_OPENED, self.true_s)
        self.scale.flags |= Flag.LOCKED | Flag.CASE_OPEN
        self.send(opened, self.sign("event", EventKind.LOCKED, 1))
        self.open["case"] = Verdict.LOCKED
        return self.scale.number

    def unlock(self, order: int) -> None:
        """The case is closed, and the order is entered."""
        self.scale.flags &= ~Flag.CASE_OPEN
        raw = self.sign("event", EventKind.UNLOCKED, 1, order)
        self.scale.flags &= ~Flag.LOCKED
        self.send(raw)

    def begin_repair(self, permit: PermitFact) -> None:
        """A session for case and adjustment begins under a permit; the case is opened in it, and stays open."""
        self.scale.flags |= Flag.SESSION_OPEN
        self.send(self.sign("event", EventKind.SESSION_OPENED, permit.hash))
        self.scale.flags |= Flag.CASE_OPEN
        self.send(self.sign("event", EventKind.CASE_OPENED, self.true_s))
        self.open["case"] = Verdict.NOT_VERIFIED

    def end_repair(self, closed: bool = True) -> None:
        """It is ended by command, and a case that is open locks."""
        self.scale.flags &= ~(Flag.SESSION_OPEN | (Flag.CASE_OPEN if closed else 0))
        if not closed:
            self.scale.flags |= Flag.LOCKED
            self.open["case"] = Verdict.LOCKED
        self.send(self.sign("event", EventKind.SESSION_CLOSED, 2))

    def repair(self, hardware: str) -> None:
        """The ADC is exchanged under a permit to repair; power ends the session, and a code unlocks."""
        self.begin_repair(self.permit(PermitUse.REPAIR))
        self.scale.flags &= ~Flag.SESSION_OPEN
        self.scale.flags |= Flag.LOCKED
        self.other[3] = hardware
        self.send(self.boot(), self.sign("event", EventKind.LOCKED, 1))
        self.unlock(self.permit(PermitUse.UNLOCK, self.scale.number).order_number)
        self.send(self.boot())
        self.open.pop("case")
        self.open["work"] = Verdict.NOT_VERIFIED

    def update(self, software: bytes) -> None:
        """Another program, which the type approval lists."""
        self.platform.record(approved=self.platform.registry.approved | {software})
        self.scale.software = (*self.scale.software[:2], software)
        self.send(self.boot())
        self.open["work"] = Verdict.NOT_VERIFIED

    def exchange_board(self) -> None:
        """A new board with a new key, whose enrolment names the old key's head."""
        old, self.seed = self.scale, self.seed + 1_000_003
        scale = self.scale = SigningScale(self.seed, period_s=old.period_s)
        scale.map, scale.software, scale.flags = dict(old.map), old.software, old.flags
        self.platform.active = scale.kid
        self.platform.record(retired=(*self.platform.registry.retired, (old.kid, old.number)))
        self.send(self.sign("enrol"), self.boot(), self.sign("snapshot"))
        self.open["work"] = Verdict.NOT_VERIFIED
        self.open.pop("lost", None)

    # ---- what people record ----------------------------------------------------------------------------------------

    def verify(self) -> bool:
        """An institution verifies what the newest boot or parameters statement says; whether the registry lets it."""
        platform = self.platform
        own = [one for one in platform.stored() if one.kid == self.scale.kid]
        named = max((one for one in own if isinstance(one.body, Boot | Parameters)), key=lambda one: one.number)
        verification = platform.verification(named, days=3_650, longest_days=3_651)
        if verification is None or platform.refuses(verification):
            return False
        platform.record(verifications=(*platform.registry.verifications, verification))
        self.open.pop("lost", None)
        self.open.pop("work", None)
        return True

    def verify_anew(self) -> bool:
        """The scale is started for it first."""
        self.send(self.boot())
        return self.verify()

    def decide(self) -> None:
        """A regulator's public decision at the newest statement."""
        newest = max((one for one in self.platform.stored() if one.kid == self.scale.kid), key=lambda one: one.number)
        decisions = (*self.platform.registry.decisions, Decision(self.scale.kid, newest.hash))
        self.platform.record(decisions=decisions)
        self.open.pop("lost", None)
