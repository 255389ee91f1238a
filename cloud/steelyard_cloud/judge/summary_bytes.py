"""A summary as the database keeps it: CBOR, with what seldom changes encoded once for each revision."""

from collections.abc import Callable
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
    Session,
    Unlock,
    Waiting,
)

FORMAT = 8
"""Another summary has another format: it is made again from the stored statements, and its scale is judged again."""


def dump(summary: Summary) -> bytes:
    """Bytes for the database."""
    # Lists throughout: for tuples cbor2 asks several abstract classes.
    return cbor2.dumps(
        [
            FORMAT,
            [[list(first), list(last), ms] for first, last, ms in summary.intervals],
            [summary.stored, summary.arrived, summary.newest_ms, *summary.dated, *summary.undated],
            [[*state, *seen] for state, seen in summary.states.items()],
            _recent(summary.recent_states),
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
                [summary.headless_ms, summary.set_backs],
                [
                    summary.case_flagged,
                    summary.case_event,
                    *summary.case_latest,
                    *summary.case_in_session,
                    *summary.case_in_session_latest,
                    summary.unchecked_latest,
                ],
                summary.lost,
                [_numbers(one) for one in _counted(summary)],
                {what: _numbers(one) for what, one in summary.broken.items()},
                {text: _numbers(one) for text, one in summary.breaches.items()},
                {condition: _numbers(one) for condition, one in summary.hidden.items()},
                [summary.states_dropped, summary.recent_states.dropped, summary.recent_states.latest_dropped],
                _ends(summary.changes),
                _ends(summary.sessions),
                [summary.openings, summary.openings_beyond],
                summary.unlocks,
                summary.maps,
                summary.software,
                [_recent(summary.devices), summary.devices.dropped, summary.devices.latest_dropped],
                summary.stated,
                [_recent(summary.unstated), summary.unstated.dropped, summary.unstated.latest_dropped],
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
        summary.unmapped_dropped,
    )


def _numbers(one: Numbers) -> list[Any]:
    return [one.count, one.lowest, one.highest, one.latest, one.newest]


def _ends(one: Ends[Any]) -> list[Any]:
    return [one.items, one.dropped, one.latest, one.latest_dropped]


def _recent(one: Recent[Any]) -> list[Any]:
    """Each value (as a list, if it is a tuple) with where it was last seen."""
    latest = one.latest
    return [[list(value) if type(value) is not int else value, at, *latest[value]] for value, at in one.last.items()]


def load(kid: bytes, data: bytes) -> Summary:
    """The summary that `dump` wrote, of the identity with these 10 bytes; of another FORMAT an empty, outdated one."""
    format_, *parts = cbor2.loads(data)
    if format_ != FORMAT:
        return Summary(kid, outdated=True)
    intervals, numbers, states, recent, unmapped, unchecked, revision, judged, seldom = parts
    stored, arrived, newest_ms, *dates = numbers
    summary = Summary(
        kid=kid,
        intervals=[Interval(Edge(*first), Edge(*last), ms) for first, last, ms in intervals],
        stored=stored,
        arrived=arrived,
        newest_ms=newest_ms,
        dated=(dates[0], dates[1]),
        undated=(dates[2], dates[3]),
        states={ParameterState(*row[:3]): (row[3], row[4]) for row in states},
        unmapped={digest: Waiting(*one) for digest, one in unmapped.items()},
        unchecked=[(first, last) for first, last in unchecked],
        revision=revision,
        judged=judged[0],
        replaced=judged[1],
        seldom=(revision, seldom),
    )
    _load_seldom(summary, *cbor2.loads(seldom))
    dropped = summary.recent_states
    summary.recent_states = _load_recent(ParameterState._make, recent, dropped.dropped, dropped.latest_dropped)
    return summary


def _load_seldom(
    summary: Summary, heads: list[int], latest: list[int], lost: list[Any], counted: list[Any], *rest: Any
) -> None:
    broken, breaches, hidden, dropped, changes, sessions, openings, unlocks, maps, software, *last = rest
    devices, stated, unstated, period, rereads = last
    summary.headless_ms, summary.set_backs = heads
    summary.case_flagged, summary.case_event, *case, summary.unchecked_latest = latest
    summary.case_latest, summary.case_in_session = (case[0], case[1]), (case[2], case[3])
    summary.case_in_session_latest = case[4], case[5]
    summary.lost = [(first, last) for first, last in lost]
    numbers = [Numbers(*one) for one in counted]
    summary.forks, summary.resigned, summary.bad_signatures = numbers[:3]
    summary.wrong_weights, summary.wrong_prices, summary.journal_lost = numbers[3:6]
    summary.rolled_back, summary.unmapped_dropped = numbers[6:]
    summary.broken = {what: Numbers(*one) for what, one in broken.items()}
    summary.breaches = {text: Numbers(*one) for text, one in breaches.items()}
    summary.hidden = {condition: Numbers(*one) for condition, one in hidden.items()}
    summary.states_dropped, summary.recent_states.dropped, summary.recent_states.latest_dropped = dropped
    summary.changes = Ends([_change(row) for row in changes[0]], *changes[1:])
    summary.sessions = Ends([Session(*row) for row in sessions[0]], *sessions[1:])
    summary.openings, summary.openings_beyond = [Opening(*row) for row in openings[0]], openings[1]
    summary.unlocks = [Unlock(*row) for row in unlocks]
    summary.maps = maps
    summary.software = {key: tuple(row) for key, row in software.items()}
    summary.devices = _load_recent(Device._make, *devices)
    summary.stated, summary.unstated = [(low, high) for low, high in stated], _load_recent(int, *unstated)
    summary.period, summary.rereads = tuple(period), [Reread(*row) for row in rereads]


def _load_recent(make: Callable[[Any], Any], rows: list[Any], dropped: int, latest_dropped: int) -> Recent[Any]:
    values = [(make(value), at, came) for value, at, *came in rows]
    last, latest = {value: at for value, at, _ in values}, {value: (at, under) for value, _, (at, under) in values}
    return Recent(last, dropped, latest, latest_dropped)


def _change(row: list[Any]) -> Change:
    number, digest, before, after, permit, fields, *rest = row
    return Change(
        number, digest, ParameterState(*before), ParameterState(*after), permit, tuple(map(tuple, fields)), *rest
    )
