"""What a cheat may sign, keep back, and send after a fact has named something above it."""

from collections.abc import Callable, Sequence

from steelyard_cloud.judge.verdict import Verdict
from steelyard_protocol.bodies import Kind
from steelyard_protocol.events import EventKind
from steelyard_protocol.statement import Flag

from kit.conditions import ALTERED, CANNOT_BE_TOLD, LOCKED, OTHER
from kit.honest_life import HonestLife
from kit.parameters import MAP

Cheat = Callable[[HonestLife], Sequence[bytes]]


def undone(life: HonestLife) -> Sequence[bytes]:
    return [life.sign("raise_span"), life.sign("change", {40: MAP[40]}), life.sign("parameters")]


def silently_undone(life: HonestLife) -> Sequence[bytes]:
    life.scale.map[40] -= 1
    raws = [life.sign("parameters"), life.sign("snapshot")]
    life.scale.map[40] += 1
    return raws


def long_run(life: HonestLife) -> Sequence[bytes]:
    life.scale.boot_number, life.scale.uptime_s = 2, 4_000
    return [life.sign("snapshot")]


LATE: dict[str, tuple[Cheat, Verdict, str]] = {
    "software": (lambda life: [life.sign("boot", software=OTHER)], ALTERED, "device"),
    "ADC": (lambda life: [life.sign("boot", other={3: "other"})], ALTERED, "device"),
    "map that the head does not name": (
        lambda life: [life.sign("append", Kind.PARAMETERS, [{**MAP, 40: 1_500_000}, None])],
        ALTERED,
        "parameters",
    ),
    "case opened": (lambda life: [life.sign("event", EventKind.CASE_OPENED, 0)], LOCKED, "case"),
    "locked": (lambda life: [life.sign("event", EventKind.LOCKED, 1)], LOCKED, "case"),
    "case flag": (lambda life: [life.sign("snapshot", flags=2 | Flag.CASE_OPEN)], LOCKED, "case"),
    "unreadable start": (lambda life: [life.sign("append", Kind.BOOT, [1])], ALTERED, "device"),
    "journal lost": (
        lambda life: [life.sign("event", EventKind.JOURNAL_LOST, life.scale.number)],
        CANNOT_BE_TOLD,
        "chain",
    ),
    "rolled back": (lambda life: [life.sign("event", EventKind.ROLLED_BACK, 1)], CANNOT_BE_TOLD, "chain"),
    "link": (lambda life: [life.sign("snapshot", link=OTHER[:16])], CANNOT_BE_TOLD, "chain"),
    "counter that goes down": (lambda life: [life.sign("snapshot", boot=9, uptime=60)], CANNOT_BE_TOLD, "chain"),
    "contradiction": (lambda life: [life.sign("boot", other={0: OTHER})], CANNOT_BE_TOLD, "consistent"),
    "weight": (lambda life: [life.sign("snapshot", lie=1)], CANNOT_BE_TOLD, "consistent"),
    "start that nothing states": (long_run, CANNOT_BE_TOLD, "boots"),
}
"""name → what is signed, the verdict, and the condition that is not met."""
