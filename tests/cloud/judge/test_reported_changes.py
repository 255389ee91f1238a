"""What a page makes of changes that a scale reports: whoever made its program also made its events."""

import pytest
from kit.signing_scale import SigningScale
from steelyard_cloud.judge.intake import summarise
from steelyard_cloud.judge.maps import map_of
from steelyard_protocol import parameters
from steelyard_protocol.events import EventKind

COMMITTED_MS = 1_800_000_000_000


@pytest.mark.parametrize(
    "changes", [[[41, 15_000_000, None]], [[3, 5_000, None]], [[40, 1_530_000, -1]], [[63, None, 1]]]
)
def test_a_reported_change_that_leaves_no_whole_map_is_no_map(changes: list[list[int | None]]) -> None:
    """Nothing could be weighed by it, and the page that says "altered" must not break on it."""
    scale = SigningScale()
    raws = [scale.enrol(), scale.boot()]
    after = dict(scale.map)
    for field, _, new in changes:
        assert field is not None
        after.pop(field, None)
        if new is not None:
            after[field] = new
    digest = parameters.digest(after)
    raws.append(scale.event(EventKind.PARAMETER_CHANGE, changes, None, digest, 1, 0))
    assert map_of(summarise(scale.kid, ((raw, COMMITTED_MS) for raw in raws)), digest) is None


def test_a_reported_change_that_belies_its_digest_is_no_map() -> None:
    scale = SigningScale()
    raws = [scale.enrol(), scale.boot()]
    raws.append(scale.event(EventKind.PARAMETER_CHANGE, [[40, 1_530_000, 1_520_000]], None, bytes(16), 1, 0))
    assert map_of(summarise(scale.kid, ((raw, COMMITTED_MS) for raw in raws)), bytes(16)) is None


def test_an_honest_change_is_followed() -> None:
    scale = SigningScale()
    raws = [scale.enrol(), scale.boot(), scale.raise_span()]
    summary = summarise(scale.kid, ((raw, COMMITTED_MS) for raw in raws))
    assert map_of(summary, parameters.digest(scale.map)) == scale.map


def test_a_digest_that_nothing_carries_and_no_change_leads_to_has_no_map() -> None:
    scale = SigningScale()
    raws = [scale.enrol(), scale.boot()]
    assert map_of(summarise(scale.kid, ((raw, COMMITTED_MS) for raw in raws)), bytes(16)) is None
    raws.append(scale.raise_span())
    assert map_of(summarise(scale.kid, ((raw, COMMITTED_MS) for raw in raws)), bytes(16)) is None
