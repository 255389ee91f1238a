"""The registry facts of one scale as the rules take them: baselines with their statement's state, permits, software."""

from typing import NamedTuple

from sqlalchemy import Connection, select
from steelyard_protocol.statement import parse

from steelyard_cloud.db.schema import approved_software, identities, permits, scales, statements, verifications
from steelyard_cloud.judge.facts import Baseline, Facts, Permit
from steelyard_cloud.judge.summary import State


class ScaleFacts(NamedTuple):
    """What judging and alerting need to know of a scale."""

    scale_id: int
    shard: str
    organisation_id: int
    division_code: str
    scale_type_id: int
    active_kid: bytes | None
    identity_ids: tuple[int, ...]
    facts: Facts


def load(connection: Connection, scale_id: int) -> ScaleFacts:
    """Read them; a scale that is not registered raises LookupError."""
    scale = connection.execute(
        select(scales.c.shard, scales.c.organisation_id, scales.c.division_code, scales.c.scale_type_id).where(
            scales.c.id == scale_id
        )
    ).one_or_none()
    if scale is None:
        raise LookupError(f"scale {scale_id} is not registered")
    keys = connection.execute(
        select(identities.c.id, identities.c.kid, identities.c.active).where(identities.c.scale_id == scale_id)
    ).all()
    kids = {row.id: row.kid for row in keys}
    approved = connection.scalars(
        select(approved_software.c.software_hash).where(approved_software.c.scale_type_id == scale.scale_type_id)
    )
    return ScaleFacts(
        scale_id,
        scale.shard,
        scale.organisation_id,
        scale.division_code,
        scale.scale_type_id,
        next((row.kid for row in keys if row.active), None),
        tuple(sorted(kids)),
        Facts(
            _baselines(connection, scale_id, kids),
            _permits(connection, scale_id, kids),
            frozenset(approved),
        ),
    )


def _baselines(connection: Connection, scale_id: int, kids: dict[int, bytes]) -> frozenset[Baseline]:
    rows = connection.execute(
        select(verifications.c.identity_id, verifications.c.number).where(verifications.c.scale_id == scale_id)
    )
    return frozenset(
        Baseline(kids[identity_id], number, _state_at(connection, scale_id, identity_id, number))
        for identity_id, number in rows
    )


def _state_at(connection: Connection, scale_id: int, identity_id: int, number: int) -> State | None:
    """The state that the named statement carries; on a fork that of the lowest content hash stands."""
    raw = connection.execute(
        select(statements.c.raw)
        .where(
            statements.c.scale_id == scale_id,
            statements.c.identity_id == identity_id,
            statements.c.number == number,
        )
        .order_by(statements.c.content_hash)
        .limit(1)
    ).scalar_one_or_none()
    if raw is None:
        return None
    named = parse(raw)
    return State(named.digest, named.calibration_counter, named.configuration_counter)


def _permits(connection: Connection, scale_id: int, kids: dict[int, bytes]) -> frozenset[Permit]:
    rows = connection.execute(select(permits).where(permits.c.scale_id == scale_id))
    return frozenset(
        Permit(
            kids[row.identity_id],
            row.permit_hash,
            row.what,
            row.not_before_s,
            row.not_after_s,
            row.calibration_counter,
            row.configuration_counter,
            frozenset(row.fields),
        )
        for row in rows
    )
