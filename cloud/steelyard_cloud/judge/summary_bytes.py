"""A summary as the database keeps it: CBOR, with what seldom changes encoded once for each revision."""

from typing import Any

import cbor2

from steelyard_cloud.judge.summary import Summary
from steelyard_cloud.judge.summary_parts import (
    Change,
    Device,
    Edge,
    Ends,
    Interval,
    Numbers,
    Opening,
    ParameterState,
    Recent,
    Reread,
    Unlock,
)

FORMAT = 6
"""Another summary has another format: it is made again from the stored statements, and its scale is judged again."""


def dump(summary: Summary) -> bytes:
    """Bytes for the database."""
    # Lists throughout: for tuples cbor2 asks several abstract classes.
    return cbor2.dumps(
        [
            FORMAT,
            [[list(first), list(last), ms] for first, last, ms in summary.intervals],
            [summary.stored, summary.newest_ms, *summary.dated, *summary.undated],
            [[*state, *seen] for state, seen in summary.states.items()],
            [[*state, seen] for state, seen in summary.recent_states.last.items()],
            {digest: list(waiting) for digest, waiting in summary.unmapped.items()},
            [list(one) for one in summary.unchecked],
            summary.revision,
            [summary.judged, summary.replaced],
            _dump_seldom(summary),
        ]
    )


def _dump_seldom(summary: Summary) -> bytes:
    """What does not change without a new revision; most statements leave it as it is, so it is encoded once."""
    revision, encoded = summary.seldom
    if revision != summary.revision:
        encoded = cbor2.dumps(
            [
                [summary.headless_ms, summary.set_backs, summary.case_flagged, summary.case_event],
                summary.lost,
                [_numbers(one) for one in _counted(summary)],
                {what: _numbers(one) for what, one in summary.broken.items()},
                {text: _numbers(one) for text, one in summary.breaches.items()},
                [summary.states_dropped, summary.recent_states.dropped, summary.unmapped_dropped],
                [summary.changes.items, summary.changes.dropped],
                [summary.sessions.items, summary.sessions.dropped],
                [summary.openings, summary.openings_beyond],
                summary.unlocks,
                summary.maps,
                summary.software,
                [[[*device, last] for device, last in summary.devices.last.items()], summary.devices.dropped],
                [summary.stated, summary.unstated.last, summary.unstated.dropped],
                summary.period,
                summary.rereads,
            ]
        )
        summary.seldom = summary.revision, encoded
    return encoded


def _counted(summary: Summary) -> tuple[Numbers, ...]:
    return (
        summary.forks,
        summary.resigned,
        summary.bad_signatures,
        summary.wrong_weights,
        summary.wrong_prices,
        summary.journal_lost,
        summary.rolled_back,
    )


def _numbers(one: Numbers) -> list[Any]:
    return [one.count, one.lowest, one.highest]


def load(kid: bytes, data: bytes) -> Summary:
    """The summary that `dump` wrote, of the identity with these 10 bytes; of another FORMAT an empty, outdated one."""
    format_, *parts = cbor2.loads(data)
    if format_ != FORMAT:
        return Summary(kid, outdated=True)
    intervals, numbers, states, recent, unmapped, unchecked, revision, judged, seldom = parts
    stored, newest_ms, *dates = numbers
    summary = Summary(
        kid=kid,
        intervals=[Interval(Edge(*first), Edge(*last), ms) for first, last, ms in intervals],
        stored=stored,
        newest_ms=newest_ms,
        dated=(dates[0], dates[1]),
        undated=(dates[2], dates[3]),
        states={ParameterState(*row[:3]): (row[3], row[4]) for row in states},
        unmapped={digest: (low, high) for digest, (low, high) in unmapped.items()},
        unchecked=[(first, last) for first, last in unchecked],
        revision=revision,
        judged=judged[0],
        replaced=judged[1],
        seldom=(revision, seldom),
    )
    summary.recent_states.last = {ParameterState(*row[:3]): row[3] for row in recent}
    _load_seldom(summary, *cbor2.loads(seldom))
    return summary


def _load_seldom(summary: Summary, heads: list[int], lost: list[Any], counted: list[Any], *rest: Any) -> None:
    broken, breaches, dropped, changes, sessions, openings, unlocks, maps, software, devices, starts, *last = rest
    summary.headless_ms, summary.set_backs, summary.case_flagged, summary.case_event = heads
    summary.lost = [(first, last) for first, last in lost]
    numbers = [Numbers(*one) for one in counted]
    summary.forks, summary.resigned, summary.bad_signatures = numbers[:3]
    summary.wrong_weights, summary.wrong_prices = numbers[3:5]
    summary.journal_lost, summary.rolled_back = numbers[5:]
    summary.broken = {what: Numbers(*one) for what, one in broken.items()}
    summary.breaches = {text: Numbers(*one) for text, one in breaches.items()}
    summary.states_dropped, summary.recent_states.dropped, summary.unmapped_dropped = dropped
    summary.changes = Ends([_change(row) for row in changes[0]], changes[1])
    summary.sessions = Ends(*sessions)
    summary.openings, summary.openings_beyond = [Opening(*row) for row in openings[0]], openings[1]
    summary.unlocks = [Unlock(*row) for row in unlocks]
    summary.maps = maps
    summary.software = {key: tuple(row) for key, row in software.items()}
    summary.devices = Recent({Device(*row[:-1]): row[-1] for row in devices[0]}, devices[1])
    summary.stated, summary.unstated = [(low, high) for low, high in starts[0]], Recent(starts[1], starts[2])
    summary.period, summary.rereads = tuple(last[0]), [Reread(*row) for row in last[1]]


def _change(row: list[Any]) -> Change:
    number, digest, before, after, permit, fields, *rest = row
    return Change(
        number, digest, ParameterState(*before), ParameterState(*after), permit, tuple(map(tuple, fields)), *rest
    )
