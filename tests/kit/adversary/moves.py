"""What the adversary does without a lie: the network, the clocks, the flash, and what honest people do."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition
from steelyard_protocol import p256
from steelyard_protocol.events import EventKind

from kit.adversary.counting import move
from kit.adversary.world import WAYS, World
from kit.parameters import MAP

UPDATE, OTHER = b"u" * 32, b"o" * 32
HOUR_S = 3600
DAYS = (365, 365, 365, 365, 365, 0.04, 400)  # until when a verification is valid; 366 are allowed


class Moves(World):
    """Statements are signed, kept back, sent, sent again; clocks are set; flash is copied."""

    # ---- what an honest scale does too -------------------------------------------------------------------------------

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
        self._put_right(count, days)

    @move(holes=st.sampled_from((1, 9)))
    def lossy_network(self, holes: int) -> None:
        """After everything was put right so much is late that there are more holes than small bounds keep."""
        self._put_right(1, 365)
        raws = []
        for _ in range(holes):
            self.scale.skip(1)
            raws.append(self._sign(self.scale.snapshot))
        self._send(raws)
        self.kind = "everything"

    def _put_right(self, count: int, days: float) -> None:
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

    # ---- the network -------------------------------------------------------------------------------------------------

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

    # ---- the clocks --------------------------------------------------------------------------------------------------

    @move(by_s=st.sampled_from((-400 * 86_400, -HOUR_S, -60, 0, 0, 300, 700, HOUR_S, 15 * 366 * 86_400)))
    def scale_clock(self, by_s: int) -> None:
        self.clock_s = by_s
        self._go_on("now", [self._sign(self.scale.event, EventKind.CLOCK_SET, 0, self.true_s, 2)])

    @move(by_s=st.sampled_from((-HOUR_S, -60, -1, 0, 0, 300, HOUR_S, 400 * 86_400)))
    def platform_clock(self, by_s: int) -> None:
        ahead = by_s >= self.skew_s
        self.skew_s = by_s
        self._set_platform_clock()
        self.kind = "time" if ahead else "everything"

    # ---- the flash and the key ---------------------------------------------------------------------------------------

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
