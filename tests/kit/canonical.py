"""A value that is equal for summaries of the same statements, in whatever order those came."""

from typing import Any

from steelyard_cloud.judge.summary import Summary


def canonical(one: Summary) -> tuple[Any, ...]:
    """All of a summary that does not depend on the order in which its statements came."""
    return (
        [(run.first._replace(arrival=0), run.last._replace(arrival=0), run.earliest_ms) for run in one.intervals],
        (one.stored, one.newest_ms, one.headless_ms, one.dated, one.undated),
        one.lost,
        [one.forks, one.resigned, one.bad_signatures, one.wrong_weights, one.wrong_prices],
        [one.journal_lost, one.rolled_back],
        sorted(one.breaks().items()),
        sorted(one.breaches.items(), key=lambda item: item[0]),
        sorted(one.states.items()),
        one.states_dropped,
        one.recent_states,
        ([change._replace(arrival=0) for change in one.changes.items], one.changes.dropped),
        ([opening._replace(arrival=0) for opening in one.openings], one.openings_beyond),
        one.sessions,
        (one.case_flagged, one.case_event, one.unlocks),
        sorted(one.hidden.items(), key=lambda item: item[0]),
        sorted(one.maps.items()),
        sorted((digest, waiting.first, waiting.last) for digest, waiting in one.unmapped.items()),
        sorted(one.software.items()),
        (one.devices, one.stated, one.unstated),
        one.period,
    )
