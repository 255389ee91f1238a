"""A summary whose times have been through a set-back of the platform's clock: none is later, earlier ones stay."""

from typing import Any

import pytest
from kit.canonical import canonical
from kit.signing_scale import SigningScale
from steelyard_cloud.judge import summary_bytes
from steelyard_cloud.judge.chain import holes
from steelyard_cloud.judge.intake import accept
from steelyard_cloud.judge.stored import StatementsInMemory
from steelyard_cloud.judge.summary import Summary
from steelyard_protocol.statement import parse

AHEAD_S = 400 * 86_400


@pytest.fixture
def ahead() -> tuple[Summary, int]:
    """The summary of a scale of which all but two statements came while the clock was ahead; and true time then."""
    scale, summary, evidence = SigningScale(), Summary(SigningScale().kid), StatementsInMemory()

    def take(commit_s: int, *raws: bytes) -> None:
        for raw in raws:
            accept(summary, [parse(raw)], evidence, commit_s * 1000)
            evidence.add(parse(raw), commit_s * 1000)

    take(scale.time_s + 1200, scale.enrol(), scale.boot())
    to_s = scale.time_s + 600
    scale.time_s += AHEAD_S
    scale.skip(1)
    take(to_s + AHEAD_S, scale.raise_span(), *scale.open_case(), scale.snapshot(), scale.snapshot(flags=0))
    headless = scale.snapshot(number=0)
    take(to_s + AHEAD_S, headless)
    return summary, to_s * 1000


def times(summary: Summary) -> dict[str, Any]:
    """Every time of the platform's clock in it, ms."""
    return {
        "newest": summary.newest_ms,
        "headless": summary.headless_ms,
        "dated": summary.dated[1],
        "undated": summary.undated[1],
        "earliest": [one.earliest_ms for one in summary.intervals],
        "holes": [one.seen_ms for one in holes(summary)],
        "kept": [
            s * 1000 for one in [*summary.changes.items, *summary.openings] for s in (one.committed_s, one.dated_s)
        ],
    }


def test_no_time_is_later_than_what_the_clock_was_set_to(ahead: tuple[Summary, int]) -> None:
    summary, to_ms = ahead
    early_ms = summary.intervals[0].earliest_ms
    assert early_ms < to_ms
    before = times(summary)
    assert min(before[name] for name in ("newest", "headless", "dated", "undated")) > to_ms, "it has all of them"
    assert len(before["kept"]) == 4
    assert min(before["kept"]) > to_ms
    revision = summary.revision
    summary.set_back(to_ms)
    expected: dict[str, Any] = dict.fromkeys(("newest", "headless", "dated", "undated"), to_ms)
    assert times(summary) == {**expected, "earliest": [early_ms, to_ms], "holes": [to_ms], "kept": [to_ms] * 4}
    assert summary.revision > revision, "it is to be judged again"


def test_a_set_back_to_a_later_time_changes_nothing_else(ahead: tuple[Summary, int]) -> None:
    summary, _ = ahead
    before = canonical(summary)
    summary.set_back(summary.newest_ms)
    assert canonical(summary) == before


def test_how_many_set_backs_it_has_been_through_is_kept(ahead: tuple[Summary, int]) -> None:
    summary, to_ms = ahead
    summary_bytes.dump(summary)
    summary.set_back(to_ms)
    summary.set_backs = 3
    again = summary_bytes.load(summary.kid, summary_bytes.dump(summary))
    assert (canonical(again), again.set_backs) == (canonical(summary), 3)
