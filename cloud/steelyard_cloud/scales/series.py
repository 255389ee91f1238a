"""Weight, zero and noise over time, read from the newest snapshots of a scale."""

from dataclasses import dataclass

from sqlalchemy import Connection
from steelyard_protocol import statement
from steelyard_protocol.bodies import Kind, Snapshot
from steelyard_protocol.parameters import unit_mg

from steelyard_cloud.judge.summary import Summary
from steelyard_cloud.scales import reported
from steelyard_cloud.scales.queries import ScaleInScope


@dataclass(frozen=True)
class Sample:
    """One snapshot; `at_ms` is measured time where the scale had a clock, else the time of receipt."""

    number: int
    at_ms: int
    gross_mg: int
    zero_counts: int
    noise_counts: int
    temperature_cdeg: int


def read(connection: Connection, scale: ScaleInScope, points: int) -> list[Sample]:
    """The newest `points` snapshots of the scale's active identity, the oldest first.

    A weight needs the interval of the parameters that its digest names; a snapshot without a stored map has none
    and is left out.
    """
    summary = reported.summary_of(connection, scale)
    if summary is None:
        return []
    rows = reported.newest_of_kind(connection, scale, Kind.SNAPSHOT, points)
    samples = [_sample(row.raw, row.received_ms, summary) for row in reversed(rows)]
    return [sample for sample in samples if sample is not None]


def _sample(raw: bytes, received_ms: int, summary: Summary) -> Sample | None:
    one = statement.parse(raw)
    parameters = summary.maps.get(one.digest)
    if not isinstance(one.body, Snapshot) or parameters is None:
        return None
    return Sample(
        number=one.number,
        at_ms=one.time * 1000 if one.time else received_ms,
        gross_mg=one.body.gross * unit_mg(parameters),
        zero_counts=one.body.zero_counts,
        noise_counts=one.body.noise_counts,
        temperature_cdeg=one.body.temperature_cdeg,
    )
