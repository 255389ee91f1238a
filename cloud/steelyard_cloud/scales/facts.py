"""The registry facts of one scale as the rules take them: baselines with their statement's state, permits, software."""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, select
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
from steelyard_cloud.statements import queries
from steelyard_cloud.statements.queries import StatementRead


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
    return load_all(connection, [scale_id])[scale_id]


def load_all(connection: Connection, scale_ids: Collection[int]) -> dict[int, ScaleFacts]:
    """The same of several, for as many queries as of one; at most `statements.sql.IN_LIST`."""
    if not scale_ids:
        return {}
    columns = (
        scales.c[name] for name in ("id", "shard", "organisation_id", "division_code", "scale_type_id", "period_s")
    )
    query: Select[Any] = select(*columns, scale_types.c.longest_validity_days).join_from(scales, scale_types)
    found: dict[int, Row[Any]] = {row.id: row for row in connection.execute(query.where(scales.c.id.in_(scale_ids)))}
    if missing := set(scale_ids) - found.keys():
        raise LookupError(f"scale {min(missing)} is not registered")
    registered = Registered(connection, scale_ids)
    c = approved_software.c
    of_types = c.scale_type_id.in_({row.scale_type_id for row in found.values()})
    approved: dict[int, set[bytes]] = {}
    for type_id, software_hash in connection.execute(
        select(c.scale_type_id, c.software_hash).where(of_types, c.stage == Stage.APPROVED.value)
    ):
        approved.setdefault(type_id, set()).add(software_hash)
    return {
        scale_id: _facts(row, registered, frozenset(approved.get(row.scale_type_id, ())))
        for scale_id, row in found.items()
    }


def _facts(scale: Row[Any], registered: "Registered", approved: frozenset[bytes]) -> ScaleFacts:
    keys = registered.keys.get(scale.id, [])
    enrolments = (parse(row.enrolment).body for row in keys)
    return ScaleFacts(
        scale_id=scale.id,
        shard=scale.shard,
        organisation_id=scale.organisation_id,
        division_code=scale.division_code,
        scale_type_id=scale.scale_type_id,
        active_kid=next((row.kid for row in keys if row.active), None),
        identity_ids=tuple(sorted(row.id for row in keys)),
        facts=Facts(
            baselines=registered.baselines(scale.id, scale.longest_validity_days),
            permits=registered.permits_of(scale.id),
            approved_software=approved,
            decisions=registered.decisions_of(scale.id),
            retired=retired(body for body in enrolments if isinstance(body, Enrol)),
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


class Registered:
    """What the registry has recorded of some scales, by their ids, with the statements that it names."""

    def __init__(self, connection: Connection, scale_ids: Collection[int]) -> None:
        c = identities.c
        columns = c.id, c.scale_id, c.kid, c.active, c.enrolment
        self.keys = _by_scale(connection, select(*columns).where(c.scale_id.in_(scale_ids)))
        self._verified = _by_scale(connection, select(verifications).where(verifications.c.scale_id.in_(scale_ids)))
        self._decided = _by_scale(connection, select(decisions).where(decisions.c.scale_id.in_(scale_ids)))
        self._permits = _by_scale(connection, select(permits).where(permits.c.scale_id.in_(scale_ids)))
        self._kids = {row.id: row.kid for rows in self.keys.values() for row in rows}
        named = [row for facts in (self._verified, self._decided) for rows in facts.values() for row in rows]
        by_hash = {(row.scale_id, row.identity_id, row.number, row.hash) for row in named if row.hash}
        self._named = queries.named_statements(connection, by_hash)
        self._connection = connection

    def _statement(self, row: Row[Any]) -> StatementRead | None:
        """The stored statement that a fact names."""
        return self._named.get((row.scale_id, row.identity_id, row.number, row.hash))

    def _device(self, row: Row[Any], named: StatementRead) -> Device | None:
        """The device that the stored boot statement describes which a verification names: mostly both are one."""
        if row.start_hash is None:
            return None
        start: StatementRead | None = named
        if row.start_hash != row.hash:
            of = row.scale_id, row.identity_id, row.number, row.start_hash
            start = queries.start_of(self._connection, *of)
        body = parse(start.raw).body if start else None
        return device_of(body) if isinstance(body, Boot) else None

    def baselines(self, scale_id: int, longest_days: int) -> frozenset[Baseline]:
        """The verifications."""
        return frozenset(self._baseline(row, longest_days) for row in self._verified.get(scale_id, ()))

    def _baseline(self, row: Row[Any], longest_days: int) -> Baseline:
        found = self._statement(row)
        return Baseline(
            kid=self._kids[row.identity_id],
            number=row.number,
            state=state_of(parse(found.raw)) if found else None,
            hash=row.hash or b"",
            device=self._device(row, found) if found else None,
            committed_ms=found.received_ms if found else 0,
            recorded_ms=row.recorded_ms,
            until_ms=row.expires_ms,
            longest_ms=longest_ms(row.recorded_ms, longest_days),
            settled=row.settled,
        )

    def decisions_of(self, scale_id: int) -> frozenset[Decision]:
        """Those that name a stored statement."""
        found = [(row, self._statement(row)) for row in self._decided.get(scale_id, ())]
        return frozenset(
            Decision(self._kids[row.identity_id], one.number, one.hash, one.received_ms, row.settled)
            for row, one in found
            if one
        )

    def permits_of(self, scale_id: int) -> frozenset[PermitFact]:
        """What was permitted."""
        return frozenset(
            PermitFact(
                kid=self._kids[row.identity_id],
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
            for row in self._permits.get(scale_id, ())
        )


def _by_scale(connection: Connection, query: Select[Any]) -> dict[int, list[Row[Any]]]:
    found: dict[int, list[Row[Any]]] = {}
    for row in connection.execute(query):
        found.setdefault(row.scale_id, []).append(row)
    return found
