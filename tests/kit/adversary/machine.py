"""The adversary of the public verdict as a Hypothesis state machine.

He has the key, the flash, the network and the clocks, the platform's too; registry facts come in between, as honest
people would record them. After every step the verdict is told by the judge from scratch, from its cache, and by the
naive judge, and nothing may have improved but by what docs/verdict.md lists.
"""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition
from steelyard_cloud.judge.facts import PermitFact, PermitUse
from steelyard_protocol import statement
from steelyard_protocol.bodies import Kind
from steelyard_protocol.events import EventKind
from steelyard_protocol.statement import hash_of

from kit.adversary.counting import COUNTS, move
from kit.adversary.frauds import UNREADABLE_BODIES, Frauds
from kit.adversary.moves import DAYS, HOUR_S, UPDATE
from kit.naive_chain import Decision
from kit.signing_scale import SOFTWARE, SigningScale

LATE: tuple[tuple[str, tuple[Any, ...], dict[str, Any]], ...] = (
    ("snapshot", (), {}),
    ("snapshot", (), {"lie": 1}),
    ("snapshot", (), {"digest": b"d" * 16}),
    ("snapshot", (), {"link": b"l" * 16}),
    ("boot", (), {"software": UPDATE}),
    ("boot", (), {"other": {3: "late"}}),
    ("append", (Kind.BOOT, ["x"]), {}),
    ("event", (EventKind.CASE_OPENED, 0), {}),
)
"""What comes after something with a higher number was named: a method of the scale, and what it is given."""


class VerdictMachine(Frauds):
    """One scale's life under attack."""

    # ---- the key that was replaced -----------------------------------------------------------------------------------

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

    # ---- the registry ------------------------------------------------------------------------------------------------

    @move(to=st.sampled_from(("confirmed", "authorised", "false", "closed")))
    def decide_alerts(self, to: str) -> None:
        """The regulator has looked at each."""
        self.alerts.decide(to)
        self.kind = "time"

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

    @move(what=st.sampled_from(UNREADABLE_BODIES))
    def decide_on_what_nobody_can_read(self, what: tuple[int, Any]) -> None:
        """The regulator takes it for a fault of the transmission, which it may be."""
        kept, self.pending = self.pending, []
        raw = self._sign(self.scale.append, *what)
        self._send([*kept, raw])
        stored = [Decision(one.kid, one.hash) for one in self.new if one.hash == hash_of(raw)]
        self._record("everything", decisions=(*self.platform.registry.decisions, *stored))

    @move(decides=st.booleans(), fraud=st.sampled_from(LATE))
    def name_far_ahead(self, decides: bool, fraud: tuple[str, tuple[Any, ...], dict[str, Any]]) -> None:
        """Something is still to come when a start after it is named."""
        scale, (what, values, named) = self.scale, fraud
        self.pending.append(self._sign(getattr(scale, what), *values, **named))
        self._send([self._sign(scale.boot), self._sign(scale.snapshot)])
        if decides:
            newest = max((one.number, one.hash) for one in self.platform.stored() if one.kid == scale.kid)
            decisions = (*self.platform.registry.decisions, Decision(scale.kid, newest[1]))
            self._record("everything", decisions=decisions)
        else:
            self._verify_newest()
        self.kind = "everything"

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
