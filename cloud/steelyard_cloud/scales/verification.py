"""Verification: an institution fixes a scale's baseline at one named statement.

The statement must be stored and carry the complete set of parameters (a boot or a parameters statement), so that what
was verified is on record byte for byte. The baseline takes effect there, whenever it was typed in.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, insert, select, update
from steelyard_protocol import parameters, statement
from steelyard_protocol.bodies import Boot, Kind, Parameters

from steelyard_cloud.db import feeds
from steelyard_cloud.db.schema import scales, verifications
from steelyard_cloud.errors import AlreadyVerified, CodesMissing, NoBaseline, NotStoredYet, WrongValue
from steelyard_cloud.people.audit import Actor, record
from steelyard_cloud.scales import store
from steelyard_cloud.scales.queries import ScaleInScope
from steelyard_cloud.scales.verdicts import verification_code
from steelyard_cloud.statements import queries as statement_queries

KINDS = ("initial", "subsequent")
VERIFIED = "verified"


@dataclass(frozen=True)
class Verified:
    """A recorded verification; `code` is the verification code, the third of the three codes."""

    id: int
    code: str


def record_verification(
    connection: Connection,
    actor: Actor,
    scale: ScaleInScope,
    *,
    number: int,
    kind: str,
    valid_until: date,
    seal: str,
    today: date,
    now_ms: int,
) -> Verified:
    """Record a verification of the scale's active identity at statement `number`.

    Raises NotFound, WrongValue (date), NotStoredYet, NoBaseline, CodesMissing and AlreadyVerified.
    """
    if valid_until <= today:
        raise WrongValue(where="valid_until", why="a day to come is expected")
    identity_id = store.active_identity(connection, scale.id).id
    _check_codes(connection, scale, identity_id, number, seal)
    _check_new(connection, identity_id, number, kind)
    said = {"number": number, "kind": kind, "seal": seal}
    row = {
        **said,
        "scale_id": scale.id,
        "identity_id": identity_id,
        "valid_until": valid_until,
        "organisation_id": actor.organisation_id,
        "division_code": actor.division_code,
        "recorded_ms": now_ms,
    }
    made = int(connection.execute(insert(verifications).values(row).returning(verifications.c.id)).scalar_one())
    connection.execute(update(scales).where(scales.c.id == scale.id).values(life_stage=VERIFIED))
    details = {**said, "valid_until": valid_until.isoformat()}
    record(connection, actor, "scale.verify", f"scale:{scale.id}", details, now_ms)
    feeds.append(connection, feeds.CHANGES, scale.shard, "verification", scale.id, {"verification": made}, now_ms)
    return Verified(made, verification_code(made, valid_until))


def _check_new(connection: Connection, identity_id: int, number: int, kind: str) -> None:
    c = verifications.c
    same = select(c.id).where(c.identity_id == identity_id, c.number == number, c.kind == kind)
    if connection.scalar(same) is not None:
        raise AlreadyVerified(number=number)


def _check_codes(connection: Connection, scale: ScaleInScope, identity_id: int, number: int, seal: str) -> None:
    found = statement_queries.statement_at(connection, scale.id, identity_id, number)
    if found is None:
        raise NotStoredYet(number=number)
    if found.kind not in (Kind.BOOT, Kind.PARAMETERS):
        raise NoBaseline(number=number)
    named = statement.parse(found.raw)
    if not isinstance(named.body, Boot | Parameters) or parameters.digest(named.body.parameters) != named.digest:
        raise NoBaseline(number=number)
    if isinstance(named.body, Boot) and named.body.production_code != scale.production_code:
        raise CodesMissing(missing="the production code on record")
    if not seal.strip():
        raise CodesMissing(missing="the seal")
