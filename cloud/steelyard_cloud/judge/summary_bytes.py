"""A summary as the database keeps it: CBOR, with what seldom changes encoded once for each revision."""

from typing import Any

import cbor2

from steelyard_cloud.judge.summary import Summary
from steelyard_cloud.judge.summary_parts import Change, Edge, Interval, Numbers, Opening, ParameterState

FORMAT = 3  # a new rule raises it, so that every scale is judged again; 2 keeps openings of the case, 3 sessions too


def dump(summary: Summary) -> bytes:
    """Bytes for the database."""
    # Lists throughout: for tuples cbor2 asks several abstract classes.
    return cbor2.dumps(
        [
            FORMAT,
            [[list(first), list(last), ms] for first, last, ms in summary.intervals],
            summary.stored,
            summary.newest_ms,
            [[*state, *seen] for state, seen in summary.states.items()],
            {digest: list(waiting) for digest, waiting in summary.unmapped.items()},
            [list(one) for one in summary.unchecked],
            summary.revision,
            summary.judged,
            _dump_seldom(summary),
        ]
    )


def _dump_seldom(summary: Summary) -> bytes:
    """What does not change without a new revision; most statements leave it as it is, so it is encoded once."""
    revision, encoded = summary.seldom
    if revision != summary.revision:
        counted = (
            summary.forks,
            summary.resigned,
            summary.bad_signatures,
            summary.wrong_weights,
            summary.journal_lost,
            summary.rolled_back,
        )
        encoded = cbor2.dumps(
            [
                summary.lost,
                [[n.count, n.lowest] for n in counted],
                summary.broken,
                {text: [n.count, n.lowest] for text, n in summary.breaches.items()},
                summary.states_dropped,
                summary.changes,
                summary.maps,
                summary.software,
                summary.period,
                summary.openings,
                summary.openings_beyond,
                summary.sessions,
            ]
        )
        summary.seldom = summary.revision, encoded
    return encoded


def load(kid: bytes, data: bytes) -> Summary:
    """The summary that `dump` wrote, of the identity with these 10 bytes."""
    format_, intervals, stored, newest_ms, states, unmapped, unchecked, revision, judged, seldom = cbor2.loads(data)
    summary = Summary(
        kid=kid,
        intervals=[Interval(Edge(*first), Edge(*last), ms) for first, last, ms in intervals],
        stored=stored,
        newest_ms=newest_ms,
        states={ParameterState(*row[:3]): (row[3], row[4]) for row in states},
        unmapped={digest: (low, high) for digest, (low, high) in unmapped.items()},
        unchecked=[(first, last) for first, last in unchecked],
        revision=revision,
        judged=judged if format_ == FORMAT else -1,
        outdated=format_ != FORMAT,
        seldom=(revision, seldom) if format_ == FORMAT else (-1, b""),
    )
    _load_seldom(summary, cbor2.loads(seldom))
    return summary


def _load_seldom(summary: Summary, seldom: list[Any]) -> None:
    lost, counted, broken, breaches, dropped, changes, maps, software, period, *rest = seldom
    forks, resigned, bad_signatures, wrong_weights, journal_lost, rolled_back = (Numbers(*pair) for pair in counted)
    summary.lost = [(first, last) for first, last in lost]
    summary.forks, summary.resigned, summary.bad_signatures = forks, resigned, bad_signatures
    summary.wrong_weights, summary.journal_lost, summary.rolled_back = wrong_weights, journal_lost, rolled_back
    summary.broken = broken
    summary.breaches = {text: Numbers(*pair) for text, pair in breaches.items()}
    summary.states_dropped = dropped
    summary.changes = [_change(row) for row in changes]
    summary.maps = maps
    summary.software = {key: tuple(row) for key, row in software.items()}
    summary.period = tuple(period)
    if not summary.outdated:  # otherwise these are read again from the evidence
        openings, summary.openings_beyond, summary.sessions = rest
        summary.openings = [Opening(*row) for row in openings]


def _change(row: list[Any]) -> Change:
    number, digest, before, after, permit, fields, *rest = row
    return Change(
        number, digest, ParameterState(*before), ParameterState(*after), permit, tuple(map(tuple, fields)), *rest
    )
