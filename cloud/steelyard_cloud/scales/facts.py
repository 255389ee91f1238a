"""The registry facts of one scale as the rules take them: baselines with their statement's state, permits, software."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, select
from steelyard_protocol.statement import parse

from steelyard_cloud.db.schema import approved_software, identities, permits, scales, verifications
from steelyard_cloud.judge.facts import Baseline, Facts, PermitFact
from steelyard_cloud.judge.summary_parts import ParameterState
from steelyard_cloud.statements.queries import statement_at


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


class NamedStatement(NamedTuple):
    """A statement that a verification names."""

    scale_id: int
    identity_id: int
    number: int


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
        scale_id=scale_id,
        shard=scale.shard,
        organisation_id=scale.organisation_id,
        division_code=scale.division_code,
        scale_type_id=scale.scale_type_id,
        active_kid=next((row.kid for row in keys if row.active), None),
        identity_ids=tuple(sorted(kids)),
        facts=Facts(
            baselines=_baselines(connection, scale_id, kids),
            permits=_permits(connection, scale_id, kids),
            approved_software=frozenset(approved),
        ),
    )


def named_statements(connection: Connection, scale_ids: Sequence[int]) -> list[NamedStatement]:
    """The statements that verifications of these scales name."""
    c = verifications.c
    rows = connection.execute(select(c.scale_id, c.identity_id, c.number).where(c.scale_id.in_(scale_ids)))
    return [NamedStatement(*row) for row in rows]


def scales_of_type(connection: Connection, scale_type_id: int, shard: str) -> Sequence[int]:
    """The scales of a type in a shard."""
    of_type = select(scales.c.id).where(scales.c.scale_type_id == scale_type_id, scales.c.shard == shard)
    return connection.scalars(of_type).all()


def _baselines(connection: Connection, scale_id: int, kids: dict[int, bytes]) -> frozenset[Baseline]:
    rows = connection.execute(
        select(verifications.c.identity_id, verifications.c.number).where(verifications.c.scale_id == scale_id)
    )
    return frozenset(
        Baseline(kids[identity_id], number, _state_at(connection, scale_id, identity_id, number))
        for identity_id, number in rows
    )


def _state_at(connection: Connection, scale_id: int, identity_id: int, number: int) -> ParameterState | None:
    """The state of the parameters that the named statement carries."""
    found = statement_at(connection, scale_id, identity_id, number)
    if found is None:
        return None
    named = parse(found.raw)
    return ParameterState(named.digest, named.calibration_counter, named.configuration_counter)


def _permits(connection: Connection, scale_id: int, kids: dict[int, bytes]) -> frozenset[PermitFact]:
    rows = connection.execute(select(permits).where(permits.c.scale_id == scale_id))
    return frozenset(
        PermitFact(
            kid=kids[row.identity_id],
            hash=row.permit_hash,
            what=row.what,
            not_before_s=row.not_before_s,
            not_after_s=row.not_after_s,
            calibration_counter=row.calibration_counter,
            configuration_counter=row.configuration_counter,
            fields=frozenset(row.fields),
        )
        for row in rows
    )
