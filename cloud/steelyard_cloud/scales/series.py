"""Weight, zero and noise over time, read from the newest snapshots of a scale."""

from dataclasses import dataclass

from sqlalchemy import Connection, select
from steelyard_protocol import statement
from steelyard_protocol.bodies import Kind, Snapshot

from steelyard_cloud.db.schema import statements
from steelyard_cloud.judge.summary import Summary
from steelyard_cloud.scales import queries
from steelyard_cloud.scales.queries import Scale

_E = 3


@dataclass(frozen=True)
class Sample:
    """One snapshot; `at_ms` is measured time where the scale had a clock, else the time of receipt."""

    number: int
    at_ms: int
    gross_mg: int
    zero_counts: int
    noise_counts: int
    temperature_cdeg: int


def read(connection: Connection, scale: Scale, points: int) -> list[Sample]:
    """The newest `points` snapshots of the scale's active identity, the oldest first.

    A weight needs the interval e of the parameters that its digest names; a snapshot without a held map has none and is
    left out.
    """
    summary = queries.summary_of(connection, scale.identity_id)
    if summary is None:
        return []
    rows = connection.execute(
        select(statements.c.raw, statements.c.received_ms)
        .where(
            statements.c.scale_id == scale.id,
            statements.c.identity_id == scale.identity_id,
            statements.c.kind == int(Kind.SNAPSHOT),
        )
        .order_by(statements.c.number.desc())
        .limit(points)
    ).all()
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
        gross_mg=one.body.gross * parameters[_E],
        zero_counts=one.body.zero_counts,
        noise_counts=one.body.noise_counts,
        temperature_cdeg=one.body.temperature_cdeg,
    )
