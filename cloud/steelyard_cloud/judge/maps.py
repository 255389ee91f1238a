"""Whole parameter maps behind the digests in a summary, as far as the stored statements give them."""

from collections.abc import Mapping

from steelyard_protocol import parameters

from steelyard_cloud.judge.summary import Summary
from steelyard_cloud.judge.summary_parts import ParameterState

Map = Mapping[int, int]


def state_at(summary: Summary, number: int) -> ParameterState | None:
    """The state that the header of statement `number` carried: the last one seen first at or before it."""
    position = 2 * number
    seen = [(first, state) for state, (first, last) in summary.states.items() if first <= position <= last]
    return max(seen)[1] if seen else None


def map_of(summary: Summary, digest: bytes) -> Map | None:
    """The parameters with a digest: from a statement that carries them whole, or by following a reported change."""
    known = summary.maps.get(digest)
    if known is not None:
        return known
    for change in summary.changes.items:
        before = summary.maps.get(change.before.digest)
        if change.after.digest == digest and before is not None:
            after = dict(before)
            for key, _, new in change.fields:
                if new is None:
                    after.pop(key, None)
                else:
                    after[key] = new
            # The event is the scale's word: only a whole map with the digest that it signs ever after is one.
            return after if parameters.digest(after) == digest and not parameters.breaches(after) else None
    return None
