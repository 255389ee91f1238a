"""The registry facts of one scale as the rules take them: baselines with their statement's state, permits, software."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, select
from steelyard_protocol.bodies import Boot, Enrol
from steelyard_protocol.statement import parse

from steelyard_cloud.db.schema import (
    approved_software,
    decisions,
    identities,
    permits,
    scale_types,
    scales,
    verifications,
)
from steelyard_cloud.judge.contents import state_of
from steelyard_cloud.judge.facts import Baseline, Decision, Facts, PermitFact, longest_ms, retired
from steelyard_cloud.judge.starts import device_of
from steelyard_cloud.judge.summary_parts import Device
from steelyard_cloud.scales.life.table import Stage
from steelyard_cloud.statements.queries import StatementRead, named_statement, start_of


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
    columns = (scales.c[name] for name in ("shard", "organisation_id", "division_code", "scale_type_id", "period_s"))
    query = select(*columns, scale_types.c.longest_validity_days).join_from(scales, scale_types)
    scale = connection.execute(query.where(scales.c.id == scale_id)).one_or_none()
    if scale is None:
        raise LookupError(f"scale {scale_id} is not registered")
    keys = connection.execute(
        select(identities.c.id, identities.c.kid, identities.c.active, identities.c.enrolment).where(
            identities.c.scale_id == scale_id
        )
    ).all()
    chains = {row.id: Chain(connection, scale_id, row.id, row.kid) for row in keys}
    approved = connection.scalars(
        select(approved_software.c.software_hash).where(
            approved_software.c.scale_type_id == scale.scale_type_id, approved_software.c.stage == Stage.APPROVED.value
        )
    )
    return ScaleFacts(
        scale_id=scale_id,
        shard=scale.shard,
        organisation_id=scale.organisation_id,
        division_code=scale.division_code,
        scale_type_id=scale.scale_type_id,
        active_kid=next((row.kid for row in keys if row.active), None),
        identity_ids=tuple(sorted(chains)),
        facts=Facts(
            baselines=_baselines(connection, scale_id, chains, scale.longest_validity_days),
            permits=_permits(connection, scale_id, chains),
            approved_software=frozenset(approved),
            decisions=_decisions(connection, scale_id, chains),
            retired=retired(body for body in (parse(row.enrolment).body for row in keys) if isinstance(body, Enrol)),
            period_s=scale.period_s,
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


@dataclass(frozen=True)
class Chain:
    """One identity's stored statements, as registry facts name them."""

    connection: Connection
    scale_id: int
    identity_id: int
    kid: bytes

    def named(self, number: int, hash_: bytes | None) -> StatementRead | None:
        """The stored statement with this number and hash."""
        return named_statement(self.connection, self.scale_id, self.identity_id, number, hash_) if hash_ else None

    def started(self, hash_: bytes | None, up_to: int) -> Device | None:
        """The device that the stored boot statement with this hash describes."""
        found = start_of(self.connection, self.scale_id, self.identity_id, up_to, hash_) if hash_ else None
        body = parse(found.raw).body if found else None
        return device_of(body) if isinstance(body, Boot) else None


def _baselines(
    connection: Connection, scale_id: int, chains: Mapping[int, Chain], longest_days: int
) -> frozenset[Baseline]:
    rows = connection.execute(select(verifications).where(verifications.c.scale_id == scale_id))
    return frozenset(_baseline(row, chains[row.identity_id], longest_days) for row in rows)


def _baseline(row: Row[Any], chain: Chain, longest_days: int) -> Baseline:
    found = chain.named(row.number, row.hash)
    return Baseline(
        kid=chain.kid,
        number=row.number,
        state=state_of(parse(found.raw)) if found else None,
        hash=row.hash or b"",
        device=chain.started(row.start_hash, row.number) if found else None,
        committed_ms=found.received_ms if found else 0,
        recorded_ms=row.recorded_ms,
        until_ms=row.expires_ms,
        longest_ms=longest_ms(row.recorded_ms, longest_days),
        settled=row.settled,
    )


def _decisions(connection: Connection, scale_id: int, chains: Mapping[int, Chain]) -> frozenset[Decision]:
    """Those that name a stored statement."""
    c = decisions.c
    rows = connection.execute(select(c.identity_id, c.number, c.hash, c.settled).where(c.scale_id == scale_id)).all()
    found = [(row, chains[row.identity_id], chains[row.identity_id].named(row.number, row.hash)) for row in rows]
    return frozenset(
        Decision(chain.kid, one.number, one.hash, one.received_ms, row.settled) for row, chain, one in found if one
    )


def _permits(connection: Connection, scale_id: int, chains: Mapping[int, Chain]) -> frozenset[PermitFact]:
    rows = connection.execute(select(permits).where(permits.c.scale_id == scale_id))
    return frozenset(
        PermitFact(
            kid=chains[row.identity_id].kid,
            hash=row.permit_hash,
            what=row.what,
            not_before_s=row.not_before_s,
            not_after_s=row.not_after_s,
            calibration_counter=row.calibration_counter,
            configuration_counter=row.configuration_counter,
            fields=frozenset(row.fields),
            order_number=row.order_number,
            locked_at=row.locked_at,
        )
        for row in rows
    )
