"""What the registry has of a scale, by bare ids: for this domain's own functions and for ingest, not for the web.

Nothing here asks who may see the scale. `queries` and `reported` do, for those who are signed in, and `public` chooses
what anybody may know; the web imports those.
"""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, insert, select, update
from steelyard_protocol import identity
from steelyard_protocol.bodies import Boot, Enrol, Kind
from steelyard_protocol.statement import Statement, parse

from steelyard_cloud.db.schema import (
    alerts,
    decisions,
    identities,
    life_steps,
    organisations,
    permits,
    scale_codes,
    scale_types,
    scales,
    verifications,
)
from steelyard_cloud.errors import NotFound
from steelyard_cloud.judge.findings import Severity
from steelyard_cloud.scales.plate_codes import PlateCode
from steelyard_cloud.scales.verdicts import PublicDecision, Verification
from steelyard_cloud.statements import queries as statement_queries

UNDECIDED = ("open", "regressed", "acknowledged", "investigating")


class ActiveIdentity(NamedTuple):
    """The identity that a scale signs with now."""

    id: int
    kid: bytes


def active_identity(connection: Connection, scale_id: int) -> ActiveIdentity:
    """The active identity of a scale; raises NotFound."""
    row = connection.execute(
        select(identities.c.id, identities.c.kid).where(identities.c.scale_id == scale_id, identities.c.active)
    ).first()
    if row is None:
        raise NotFound(what="scale", name=scale_id)
    return ActiveIdentity(*row)


def verifications_of(connection: Connection, scale_id: int) -> list[Verification]:
    """All verifications of a scale, the newest first."""
    query = (
        select(verifications, organisations.c.name.label("institution"))
        .join_from(verifications, organisations)
        .where(verifications.c.scale_id == scale_id)
        .order_by(verifications.c.number.desc(), verifications.c.id.desc())
    )
    return [
        Verification(
            id=row.id,
            number=row.number,
            hash=row.hash or b"",
            kind=row.kind,
            valid_until=row.valid_until,
            seal=row.seal,
            institution=row.institution,
            recorded_ms=row.recorded_ms,
        )
        for row in connection.execute(query)
    ]


def decisions_on(connection: Connection, scale_id: int) -> list[PublicDecision]:
    """All decisions on a scale, the newest first."""
    c = decisions.c
    query = (
        select(c.number, c.hash, c.reason, organisations.c.name, c.recorded_ms)
        .join_from(decisions, organisations)
        .where(c.scale_id == scale_id)
        .order_by(c.id.desc())
    )
    return [PublicDecision(*row) for row in connection.execute(query)]


def longest_validity_days(connection: Connection, scale_id: int) -> int:
    """For how many days a verification of the scale's type may be valid."""
    query = select(scale_types.c.longest_validity_days).join_from(scales, scale_types).where(scales.c.id == scale_id)
    return int(connection.execute(query).scalar_one())


def undecided_tamper(connection: Connection, scale_id: int) -> list[int]:
    """Ids of the scale's tamper alerts that no regulator has decided."""
    c = alerts.c
    query = select(c.id).where(c.scale_id == scale_id, c.severity == int(Severity.TAMPER), c.status.in_(UNDECIDED))
    return list(connection.scalars(query.order_by(c.id)))


def reported_repair_code(connection: Connection, scale_id: int) -> str | None:
    """The repair code of the newest repair that was reported; None for a scale without one."""
    c = life_steps.c
    of_scale = (c.kind == "scale", c.object_id == scale_id, c.step == "repair.report")
    evidence = connection.scalar(select(c.evidence).where(*of_scale).order_by(c.id.desc()).limit(1))
    return None if evidence is None else str(evidence["repair_code"])


def repair_code(connection: Connection, scale_id: int, identity_id: int) -> str | None:
    """The repair code of the newest repair, or that which the newest start names; None for one never repaired."""
    return reported_repair_code(connection, scale_id) or stated_repair_code(connection, scale_id, identity_id)


def stated_repair_code(connection: Connection, scale_id: int, identity_id: int) -> str | None:
    """The repair code that the newest start names; None where it names none."""
    found = statement_queries.newest_of_kind(connection, scale_id, identity_id, Kind.BOOT, 1)
    body = parse(found[0].raw).body if found else None
    return body.repair_code if isinstance(body, Boot) else None


def permit_to_send(connection: Connection, permit_id: int, now_ms: int) -> tuple[int, bytes]:
    """The id of the identity that a recorded permit is for, and its bytes; notes that it is sent now."""
    sent = update(permits).where(permits.c.id == permit_id).values(sent_ms=now_ms)
    row = connection.execute(sent.returning(permits.c.identity_id, permits.c.raw)).one()
    return row.identity_id, row.raw


def insert_identity(connection: Connection, scale_id: int, first: Statement, body: Enrol, now_ms: int) -> None:
    """Bind a key to a scale, as the one that it signs with from now on."""
    row = {
        "scale_id": scale_id,
        "kid": first.kid,
        "text": identity.to_text(first.kid),
        "shard": identity.shard(first.kid),
        "thumbprint": identity.thumbprint(body.signing_point),
        "public_key": body.signing_point,
        "agreement_key": body.agreement_point,
        "key_store_class": body.key_store_class,
        "enrolment": first.raw,
        "active": True,
        "enrolled_ms": now_ms,
    }
    connection.execute(insert(identities).values(row))


def keep_codes(connection: Connection, scale_id: int, codes: Sequence[PlateCode]) -> None:
    """Put the codes on a new scale's plate on record."""
    rows = [
        {"scale_id": scale_id, "scheme": one.scheme.value, "code": one.code, "read_as": one.read_as} for one in codes
    ]
    if rows:
        connection.execute(insert(scale_codes), rows)


def codes_of(connection: Connection, scale_id: int) -> list[tuple[str, str]]:
    """Scheme and code of each on a scale's plate."""
    c = scale_codes.c
    found = connection.execute(select(c.scheme, c.code).where(c.scale_id == scale_id).order_by(c.id))
    return [(row.scheme, row.code) for row in found]
