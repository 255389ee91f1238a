"""What the adversary signs with the key: changes, lies, losses, and what he does to the case."""

from typing import Any

from hypothesis import strategies as st
from steelyard_protocol import statement
from steelyard_protocol.bodies import Kind
from steelyard_protocol.events import EventKind
from steelyard_protocol.statement import Flag

from kit.adversary.counting import move
from kit.adversary.moves import Moves
from kit.adversary.world import WAYS
from kit.parameters import MAP
from kit.verdict_platform import RECEIVERS

GROWN: tuple[dict[str, Any], ...] = (
    {"flags": 2 | 1 << 12},
    {"extra": (5, "later")},
    {"flags": 1 << 10 | 2, "extra": (1,)},
)
UNREADABLE: tuple[dict[str, Any], ...] = (
    {"uptime": -1},
    {"boot": 0},
    {"kind": 0},
    {"time": 0},
    {"flags": 1 << 16},
    {"digest": b"short"},
    {"calibration_counter": -1},
    {"link": b""},
)
"""Overrides of `SigningScale.append`: each makes one field unreadable, and the others stay."""
UNREADABLE_BODIES: tuple[tuple[int, Any], ...] = (
    (Kind.BOOT, ["x"]),
    (Kind.BOOT, "no array"),
    (Kind.PARAMETERS, [{40: 1}, None]),
    (Kind.EVENT, ["x", []]),
    (Kind.EVENT, [int(EventKind.PARAMETER_CHANGE), [[[40, 1, 2]]]]),
    (Kind.EVENT, [int(EventKind.CASE_OPENED), [-1]]),
    (Kind.EVENT, [int(EventKind.LOCKED), []]),
    (Kind.EVENT, [int(EventKind.ADC_FAULT), []]),
)


class Frauds(Moves):
    """Each is one or a few statements under the scale's own key."""

    # ---- frauds ------------------------------------------------------------------------------------------------------

    @move(way=st.sampled_from(WAYS), permille=st.integers(1, 4), undated=st.booleans(), which=st.integers(-1, 3))
    def raise_span(self, way: str, permille: int, undated: bool, which: int) -> None:
        """In a session or out of one, under a permit or none."""
        permit = self.permits[which % len(self.permits)].hash if self.permits and which >= 0 else None
        head = {"flags": 0} if undated else {}
        commit = 2 if which == 2 else 1
        raws = [self._sign(self.scale.raise_span, 10 * permille, permit, commit=commit, **head)]
        self._go_on(way, [*raws, self._sign(self.scale.parameters)] if permille > 1 else raws)

    @move(count=st.integers(0, 5), permille=st.integers(1, 4))
    def verify_beyond_a_fraud(self, count: int, permille: int) -> None:
        """A fraud is kept back and undone, and honest people verify the scale as it is afterwards."""
        scale = self.scale
        self.pending += [self._sign(scale.raise_span, 10 * permille), self._sign(scale.change, {40: MAP[40]})]
        scale.skip(count)
        self._send([self._sign(scale.boot), self._sign(scale.snapshot)])
        self._verify_newest(days=365)
        self.kind = "everything"

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

    @move(way=st.sampled_from(WAYS), what=st.sampled_from(UNREADABLE_BODIES))
    def unreadable_body(self, way: str, what: tuple[int, Any]) -> None:
        """A start, a map, a change or an opening that nobody can read."""
        self._go_on(way, [self._sign(self.scale.append, *what)])

    @move(way=st.sampled_from(WAYS), lie=st.sampled_from((0, 0, -1, 1)))
    def sell(self, way: str, lie: int) -> None:
        """A sale, whose price may be wrong."""
        self._go_on(way, [self._sign(self.scale.sale, self.scale.number + 1, lie=lie)])

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

    @move(way=st.sampled_from(WAYS), what=st.sampled_from(GROWN))
    def grown_head(self, way: str, what: dict[str, Any]) -> None:
        """Flags and elements of a later version: they must not end green."""
        self._go_on(way, [self._sign(self.scale.snapshot, **what)])

    @move(way=st.sampled_from(WAYS), what=st.sampled_from(UNREADABLE))
    def unreadable_head(self, way: str, what: dict[str, Any]) -> None:
        self._go_on(way, [self._sign(self.scale.snapshot, **what)])

    @move(number=st.integers(0, 1))
    def headless(self, number: int) -> None:
        scale = self.scale
        payload: list[Any] = [3, 0, len(self.sent)] if number else [3, 0, *[0] * 9, scale.number + len(self.sent)]
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

    # ---- losses ------------------------------------------------------------------------------------------------------

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

    # ---- the case ----------------------------------------------------------------------------------------------------

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
