"""Every test of a scale's weighing after OIML R 76-1 (class III), with one range or several, as rows of a sheet.

Errors are taken as R 76 takes them: before rounding, by adding tenths of e until the indication changes. All in mg.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from steelyard_protocol import parameters, sales

from kit.sheet import Map, Row, Sheet
from kit.verifier import Bench, Look

HALF, QUARTER, FIFTH = Decimal("0.5"), Decimal("0.25"), Decimal("0.2")
AT_MPE = (20, 100, 200, 500, 510, 1_000, 1_500, 2_000, 2_010, 2_700)  # in e; Min, and where the MPE changes
UNIT_PRICE = 1_299


class Scale:
    """A scale on the bench with what its map says of its ranges."""

    def __init__(self, bench: Bench, map_: Map) -> None:
        self.bench, self.map = bench, map_
        self.ranges = parameters.ranges(map_)
        self.e, self.most = map_[3], map_[1]

    def interval(self, load: Decimal | int) -> int:
        """e for this load."""
        return next(e for end, e in self.ranges if load <= end or end == self.most)

    def mpe(self, load: Decimal | int) -> Decimal:
        """Maximum permissible error on initial verification: in e of the load's own range."""
        e = self.interval(load)
        return e * (HALF if load <= 500 * e else Decimal(1) if load <= 2_000 * e else Decimal("1.5"))

    def error(self, load: int) -> tuple[Look, Decimal, Decimal]:
        """What is shown, the masses added, and E = I + e/2 - dL - L."""
        e = self.interval(load)
        before = self.bench.settle(load)
        for tenths in range(1, 26):
            added = e * Decimal(tenths) / 10
            if shown(self.bench.settle(load + added)) > shown(before):
                break
        return before, added, shown(before) + e * HALF - added - load

    def loads(self) -> list[int]:
        """At least ten, with Min, Max, both sides of each end of a range, and where the permissible error changes."""
        found, begin = {self.map[2], self.most}, 0
        for end, e in self.ranges:
            found |= {e * steps for steps in AT_MPE if begin + 5 * e <= e * steps <= end - 5 * e}
            found |= {end - 10 * e, end + 10 * self.interval(end + 1)} if end < self.most else set()
            begin = end
        return sorted(load for load in found if load >= self.map[2])


def shown(look: Look) -> Decimal:
    assert look.shown is not None
    return Decimal(look.shown)


def intervals(scale: Scale) -> list[Row]:
    rows, minimum = [], scale.map[2]
    for end, e in scale.ranges:
        steps = end // e
        rows.append(Row(f"{steps} intervals", right=100 <= steps <= 10_000 and (end == scale.most or steps >= 500)))
    return [*rows, Row("Min is 20 e", Decimal(minimum), right=minimum == 20 * scale.e)]


def weighing(scale: Scale) -> list[Row]:
    at_zero, added, zero_error = scale.error(10 * scale.e)
    rows = [Row("zero", Decimal(10 * scale.e), shown(at_zero), added)]
    for direction, loads in (("up", scale.loads()), ("down", scale.loads()[::-1])):
        for load in loads:
            look, added, error = scale.error(load)
            right = look.interval == scale.interval(load)
            rows.append(
                Row(
                    direction,
                    Decimal(load),
                    shown(look),
                    added,
                    found=error - zero_error,
                    limit=scale.mpe(load),
                    right=right,
                )
            )
    return rows


def eccentricity(scale: Scale) -> list[Row]:
    load = scale.most // 3 // scale.e * scale.e
    centre, rows = _mean_at(scale, load, 0), []
    for corner in range(1, 5):
        error = _mean_at(scale, load, corner) - centre
        row = Row(f"corner {corner}", Decimal(load), *_as_seen(scale, load, error), found=error)
        rows.append(replace(row, limit=scale.mpe(load)))
    return rows


def _as_seen(scale: Scale, load: int, error: Decimal) -> tuple[Decimal, Decimal]:
    """Indication and added masses by which somebody at the scale finds this error."""
    e = Decimal(scale.interval(load))
    indicated = (load + error + e * HALF) // e * e
    return indicated, indicated + e * HALF - load - error


def _mean_at(scale: Scale, load: int, corner: int) -> Decimal:
    scale.bench.settle(load, corner)
    return scale.bench.mean()


def discrimination(scale: Scale) -> list[Row]:
    rows = []
    for load in (scale.map[2], scale.most // 2, scale.most):
        added = scale.interval(load) * Decimal("1.4")
        before = scale.bench.settle(load)
        after = scale.bench.settle(load + added)
        rows.append(
            Row("1.4 d more", Decimal(load), shown(after), added, shown(before), right=shown(after) > shown(before))
        )
    return rows


def repeatability(scale: Scale) -> list[Row]:
    load, errors, rows = scale.most // 2, [], []
    for number in range(1, 11):
        scale.bench.put(load, 5)
        errors.append(scale.bench.mean() - load)
        scale.bench.put(0, 5)
        row = Row(f"weighing {number}", Decimal(load), *_as_seen(scale, load, errors[-1]))
        rows.append(replace(row, found=max(errors) - min(errors), limit=scale.mpe(load)))
    return rows


def creep(scale: Scale) -> list[Row]:
    e = scale.interval(scale.most)
    scale.bench.put(scale.most, 5)
    at_once = scale.bench.mean()
    scale.bench.ask("wait", 15 * 60)
    after_15 = scale.bench.mean()
    scale.bench.ask("wait", 15 * 60)
    after_30 = scale.bench.mean()
    load = Decimal(scale.most)
    return [
        Row("30 min", load, found=after_30 - at_once, limit=HALF * e),
        Row("from 15 to 30 min", load, found=after_30 - after_15, limit=FIFTH * e),
    ]


def zero_return(scale: Scale) -> list[Row]:
    scale.bench.put(0, 1800)
    zero = scale.bench.mean()
    scale.bench.put(scale.most, 1800)
    scale.bench.put(0, 5)
    return [Row("after 30 min of Max", found=scale.bench.mean() - zero, limit=HALF * scale.e)]


def zero_setting(scale: Scale) -> list[Row]:
    rows, bench = [], scale.bench
    for load in (Decimal("7.3") * scale.e, Decimal("-4.4") * scale.e, Decimal(0)):
        bench.settle(load)
        bench.ask("press", "set_zero")
        rows.append(Row("set", load, found=bench.mean(), limit=QUARTER * scale.e))
    for away, lit in ((Decimal(0), True), (Decimal("0.55"), False), (Decimal("-0.55"), False)):
        bench.settle(away * scale.e)
        seen = bench.ask("wait", 1).at_zero
        rows.append(Row(f"sign of zero {'lit' if lit else 'dark'}", away * scale.e, right=seen is lit))
    bench.settle(0)
    bench.ask("press", "set_zero")
    return rows


def zero_tracking(scale: Scale) -> list[Row]:
    """Within half of e the zero follows by half of e a second at most; a load is not tracked away."""
    bench, rows = scale.bench, []
    bench.settle(0)
    before = bench.ask("track", 500).zero_counts
    for load in (HALF * scale.e * 4 / 5, Decimal(10 * scale.e)):
        bench.put(load, 1)
        for second in range(1, 4):
            now = bench.ask("wait", 1)
            moved = Decimal((now.zero_counts - before) * scale.e) / now.e_counts
            limit = HALF * scale.e if load < scale.e else Decimal(0)
            rows.append(Row(f"second {second}", load, found=round(moved), limit=limit))
            before = now.zero_counts
    bench.settle(0)
    bench.ask("track", 0)
    bench.ask("press", "set_zero")
    return rows


def stability(scale: Scale) -> list[Row]:
    """Two adjacent values at most for five seconds after it is called stable, as what is printed may be."""
    rows = []
    for load in (scale.map[2], scale.most // 3, scale.most):
        scale.bench.put(0)
        seen = [scale.bench.settle(load)] + [scale.bench.ask("wait", 0.2) for _ in range(25)]
        spread = max(map(shown, seen)) - min(map(shown, seen))
        rows.append(Row("5 s", Decimal(load), found=spread, limit=Decimal(scale.interval(load))))
    scale.bench.put(0, 5)
    return rows


def temperature(scale: Scale) -> list[Row]:
    """In steps of 5 degrees the empty scale shifts by 1 e at most; at the ends and at 20 it weighs within the MPE."""
    rows, bench = [], scale.bench
    bench.put(0, 5)
    last, before = 20, bench.mean()
    for celsius in (25, 30, 35, 40, 35, 30, 25, 20, 15, 10, 5, 0, -5, -10, 0, 20):
        bench.ask("heat", celsius, 60)
        now = bench.mean()
        limit = Decimal(scale.e * abs(celsius - last)) / 5
        rows.append(Row(f"empty, {last} to {celsius} °C", found=now - before, limit=limit))
        last, before = celsius, now
        if celsius in (40, -10):
            rows += _weighed_at(scale, celsius)
            before = bench.mean()
    return rows


def _weighed_at(scale: Scale, celsius: int) -> list[Row]:
    bench, rows = scale.bench, []
    bench.settle(0)
    bench.ask("press", "set_zero")
    for load in (scale.map[2], scale.most // 2, scale.most):
        bench.settle(load)
        rows.append(Row(f"{celsius} °C", Decimal(load), found=bench.mean() - load, limit=scale.mpe(load)))
    bench.put(0, 30)
    return rows


def tare(scale: Scale) -> list[Row]:
    """A tare makes zero within a quarter of e, or of the smallest e; net weights keep the MPE of their own load."""
    bench, e, rows = scale.bench, scale.e, []
    container = scale.most // 2 + e * Decimal("0.4") * (len(scale.ranges) > 1)
    bench.settle(container)
    bench.ask("press", "set_tare")
    rows.append(Row("zero", container, shown(bench.ask("wait", 0)), right=bench.ask("wait", 0).shown == 0))
    for net in (scale.map[2], 500 * e, scale.most // 3 // e * e):
        look = bench.settle(container + net)
        limit = scale.mpe(net) + Decimal(scale.interval(net)) / 2  # of rounding
        rows.append(Row("net", Decimal(net), shown(look), found=shown(look) - net, limit=limit))
    bench.ask("press", "clear_tare")
    bench.settle(0)
    return rows


def overload(scale: Scale) -> list[Row]:
    e, rows = scale.interval(scale.most), []
    for steps, blank in ((9, False), (11, True)):
        load = Decimal(scale.most + steps * e)
        look = scale.bench.put(load, 5)
        seen = None if look.shown is None else Decimal(look.shown)
        rows.append(Row(f"Max + {steps} e", load, seen, right=(look.shown is None) is blank))
    look = scale.bench.put(-25 * scale.e, 5)
    rows.append(Row("- 25 e", Decimal(-25 * scale.e), right=look.shown is None))
    scale.bench.put(0, 5)
    return rows


def price(scale: Scale) -> list[Row]:
    """Net weight times unit price, rounded once, beside the weight that it is of."""
    rows, unit = [], parameters.unit_mg(scale.map)
    scale.bench.ask("unit price", UNIT_PRICE)
    for load in (scale.map[2], scale.most // 3, scale.most):
        look = scale.bench.settle(load)
        to_pay = sales.price(scale.map, int(shown(look)) // unit, UNIT_PRICE)
        rows.append(Row(f"{look.price} at {UNIT_PRICE} a kg", Decimal(load), shown(look), right=look.price == to_pay))
    rows.append(Row("none at zero", right=scale.bench.put(0, 5).price is None))
    return rows


TESTS: dict[str, Callable[[Scale], list[Row]]] = {
    "intervals": intervals,
    "weighing": weighing,
    "eccentricity": eccentricity,
    "discrimination": discrimination,
    "repeatability": repeatability,
    "zero setting": zero_setting,
    "zero tracking": zero_tracking,
    "stability": stability,
    "tare": tare,
    "overload": overload,
    "price": price,
    "creep": creep,
    "zero return": zero_return,
    "temperature": temperature,
}


SLOW = ("creep", "zero return", "temperature")
"""What depends on the cell alone, not on how it is filtered."""


def sheet_of(bench: Bench, map_: Map, conditions: str, *, leave_out: tuple[str, ...] = ()) -> Sheet:
    """Do every test, in an order in which none spoils the next."""
    scale = Scale(bench, map_)
    return Sheet(map_, conditions, {name: test(scale) for name, test in TESTS.items() if name not in leave_out})
