"""A scale that was verified, and what the judge says of it: for the tests of single conditions."""

from collections.abc import Callable

from steelyard_cloud.judge.summary_parts import Bounds
from steelyard_cloud.judge.verdict import Verdict
from steelyard_protocol import p256

from kit.honest_life import HonestLife

ALTERED, LOCKED, NOT_VERIFIED = Verdict.ALTERED, Verdict.LOCKED, Verdict.NOT_VERIFIED
EXPIRED, NO_RECENT_DATA, CANNOT_BE_TOLD = Verdict.EXPIRED, Verdict.NO_RECENT_DATA, Verdict.CANNOT_BE_TOLD
VERIFIED = Verdict.VERIFIED
OTHER = b"o" * 32
TINY = Bounds(2, 3, 3, 4, 4)
Trouble = Callable[[HonestLife], object]


def start(bounds: Bounds = TINY) -> HonestLife:
    """A scale that was verified and has traded; its summaries have these bounds."""
    life = HonestLife(bounds=bounds)
    life.trade(2)
    assert said(life) == {}
    return life


def said(life: HonestLife) -> dict[tuple[str, str], Verdict]:
    """(condition, code) → word, of all that is not met now."""
    scratch, cached = life.platform.from_scratch(), life.platform.from_cache()
    assert scratch == cached
    return {(one.condition, one.code): one.word for one in scratch.unmet}


def send(life: HonestLife, what: str, *values: object, **named: object) -> None:
    """The scale signs something, and the network brings it."""
    life.send(life.sign(what, *values, **named))


def by_link(signature: str) -> Trouble:
    """A snapshot that is stored by a link; what was found of its own signature."""

    def trouble(life: HonestLife) -> None:
        life.platform.take([life.sign("snapshot")], 0, signature)  # type: ignore[arg-type]

    return trouble


def fork(life: HonestLife) -> None:
    """Two contents under one number."""
    twin = life.scale.branch()
    life.send(life.sign("snapshot"), twin.snapshot(1_000))


def resign(life: HonestLife) -> None:
    """One content under two signatures."""
    raw = life.sign("snapshot")
    life.send(raw, raw[:-64] + p256.lower(bytes(reversed(raw[-64:]))))


def reboot(life: HonestLife, **other: object) -> None:
    """A start on another machine."""
    at = {"hardware": 2, "adc": 3, "debug": 5, "root": 7, "production_code": 11}
    life.send(life.sign("boot", other={at[name]: value for name, value in other.items()}))


def silently(life: HonestLife) -> None:
    """The map becomes another one, and nothing says so."""
    life.scale.map[40] -= 1


def word(life: HonestLife) -> Verdict:
    """From scratch, from the cache and naively the same."""
    platform = life.platform
    scratch, cached, naive = platform.from_scratch(), platform.from_cache(), platform.naively()
    assert scratch == cached
    assert (scratch.word, {one.condition for one in scratch.unmet}) == (naive[0], set(naive[1]))
    return scratch.word


def unmet(life: HonestLife) -> set[str]:
    """The conditions that are not met."""
    return {one.condition for one in life.platform.from_scratch().unmet}
