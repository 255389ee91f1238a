"""Verification: an institution fixes a scale's baseline at one named statement.

The statement must be held and carry the whole set of parameters (a boot or a parameters statement), so that what was
verified is on record byte for byte. The baseline takes effect there, whenever it was typed in.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, insert, select, update
from steelyard_protocol import parameters, statement
from steelyard_protocol.bodies import Boot, Kind, Parameters

from steelyard_cloud.db import feeds
from steelyard_cloud.db.schema import identities, scales, statements, verifications
from steelyard_cloud.errors import (
    AlreadyVerified,
    CodesMissing,
    NoBaseline,
    NotFound,
    NotHeldYet,
    WrongValue,
)
from steelyard_cloud.people.audit import Actor, record

KINDS = ("initial", "subsequent")
VERIFIED = "verified"


@dataclass(frozen=True)
class Verified:
    """A recorded verification; `code` is the verification code, the third of the three codes."""

    id: int
    code: str


def verification_code(verification_id: int, valid_until: date) -> str:
    """The verification code of a recorded verification, as plate and public page show it."""
    return f"V{valid_until.year}-{verification_id:06d}"


def verify(
    connection: Connection,
    actor: Actor,
    *,
    scale_id: int,
    number: int,
    kind: str,
    valid_until: date,
    seal: str,
    today: date,
    now_ms: int,
) -> Verified:
    """Record a verification of the scale's active identity at statement `number`.

    Raises NotFound, WrongValue (date), NotHeldYet, NoBaseline, CodesMissing and AlreadyVerified.
    """
    if valid_until <= today:
        raise WrongValue(where="valid_until", why="a day to come is expected")
    scale = connection.execute(
        select(scales.c.id, scales.c.shard, scales.c.production_code, identities.c.id.label("identity_id"))
        .join_from(scales, identities)
        .where(scales.c.id == scale_id, identities.c.active)
    ).first()
    if scale is None:
        raise NotFound(what="scale", name=scale_id)
    _check_codes(connection, scale, number, seal)
    same = (
        verifications.c.identity_id == scale.identity_id,
        verifications.c.number == number,
        verifications.c.kind == kind,
    )
    if connection.scalar(select(verifications.c.id).where(*same)) is not None:
        raise AlreadyVerified(number=number)
    verification_id = connection.execute(
        insert(verifications)
        .values(
            scale_id=scale.id,
            identity_id=scale.identity_id,
            number=number,
            kind=kind,
            valid_until=valid_until,
            seal=seal,
            organisation_id=actor.organisation_id,
            division_code=actor.division_code,
            recorded_ms=now_ms,
        )
        .returning(verifications.c.id)
    ).scalar_one()
    connection.execute(update(scales).where(scales.c.id == scale.id).values(state=VERIFIED))
    details = {"number": number, "kind": kind, "valid_until": valid_until.isoformat(), "seal": seal}
    record(connection, actor, "scale.verify", f"scale:{scale.id}", details, now_ms)
    body = {"verification": int(verification_id)}
    feeds.append(connection, feeds.CHANGES, scale.shard, "verification", scale.id, body, now_ms)
    return Verified(int(verification_id), verification_code(int(verification_id), valid_until))


def _check_codes(connection: Connection, scale: Any, number: int, seal: str) -> None:
    held = connection.execute(
        select(statements.c.raw, statements.c.kind)
        .where(
            statements.c.scale_id == scale.id,
            statements.c.identity_id == scale.identity_id,
            statements.c.number == number,
        )
        .order_by(statements.c.content_hash)  # of a fork the one that the rules take
    ).first()
    if held is None:
        raise NotHeldYet(number=number)
    if held.kind not in (Kind.BOOT, Kind.PARAMETERS):
        raise NoBaseline(number=number)
    named = statement.parse(held.raw)
    if not isinstance(named.body, Boot | Parameters) or parameters.digest(named.body.parameters) != named.digest:
        raise NoBaseline(number=number)
    if isinstance(named.body, Boot) and named.body.production_code != scale.production_code:
        raise CodesMissing(missing="the production code on record")
    if not seal.strip():
        raise CodesMissing(missing="the seal")
