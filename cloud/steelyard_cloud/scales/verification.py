"""Verification: an institution fixes a scale's baseline at one named statement.

The statement must be stored and carry the complete set of parameters (a boot or a parameters statement), so that what
was verified is on record byte for byte; it is named by its hash, and so is the boot statement of the same start, which
says on what machine. The baseline takes effect there, whenever it was typed in. What is wrong must lie before it.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from sqlalchemy import Connection, insert, select, update
from steelyard_protocol import parameters, statement
from steelyard_protocol.bodies import Boot, Kind, Parameters

from steelyard_cloud.db import feeds
from steelyard_cloud.db.schema import scales, verifications
from steelyard_cloud.errors import (
    AlreadyVerified,
    CodesMissing,
    NoBaseline,
    NotStoredYet,
    OlderThanBaseline,
    StartNotStored,
    TamperUndecided,
    TroubleAfter,
    WrongValue,
)
from steelyard_cloud.judge.contents import state_of
from steelyard_cloud.judge.facts import Baseline
from steelyard_cloud.judge.starts import device_of
from steelyard_cloud.people.audit import Actor, record
from steelyard_cloud.scales import naming, store, trouble
from steelyard_cloud.scales.naming import Name
from steelyard_cloud.scales.queries import ScaleInScope
from steelyard_cloud.scales.verdicts import verification_code
from steelyard_cloud.statements import queries as statement_queries
from steelyard_cloud.statements.queries import StatementRead

IN_USE = "in use"


@dataclass(frozen=True)
class Verified:
    """A recorded verification; `code` is the verification code, the third of the three codes."""

    id: int
    code: str
    number: int
    hash: bytes


def record_verification(
    connection: Connection,
    actor: Actor,
    scale: ScaleInScope,
    *,
    name: Name,
    kind: str,
    valid_until: date,
    seal: str,
    zone: tzinfo,
    now_ms: int,
) -> Verified:
    """Record a verification of the scale's active identity at the statement that `name` means.

    `zone` is where the platform is: the verification expires when the day `valid_until` is over there. Raises
    WrongValue (date), NotStoredYet, SeveralStatements, NoBaseline, StartNotStored, CodesMissing, AlreadyVerified,
    OlderThanBaseline, TamperUndecided, NotJudgedYet and TroubleAfter.
    """
    expires_ms = _expires_ms(valid_until, zone, store.longest_validity_days(connection, scale.id), now_ms)
    settled = statement_queries.stored_of(connection, scale.identity_id)  # first: what comes meanwhile is not settled
    named, start = _checked(connection, scale, name, seal, expires_ms, now_ms, settled)
    said = {"number": named.number, "kind": kind, "seal": seal}
    row = said | {
        "hash": named.hash,
        "start_hash": start.hash,
        "scale_id": scale.id,
        "identity_id": scale.identity_id,
        "valid_until": valid_until,
        "expires_ms": expires_ms,
        "organisation_id": actor.organisation_id,
        "division_code": actor.division_code,
        "recorded_ms": now_ms,
        "settled": settled,
    }
    made = int(connection.execute(insert(verifications).values(row).returning(verifications.c.id)).scalar_one())
    connection.execute(update(scales).where(scales.c.id == scale.id).values(life_stage=IN_USE))
    details = {**said, "hash": named.hash.hex(), "valid_until": valid_until.isoformat()}
    record(connection, actor, "scale.verify", f"scale:{scale.id}", details, now_ms)
    feeds.append(connection, feeds.CHANGES, scale.shard, "verification", scale.id, {"verification": made}, now_ms)
    return Verified(made, verification_code(made, valid_until), named.number, named.hash)


def _checked(
    connection: Connection, scale: ScaleInScope, name: Name, seal: str, expires_ms: int, now_ms: int, settled: int
) -> tuple[StatementRead, StatementRead]:
    """The statement that may be verified, and the boot statement of its start."""
    identity_id, named = naming.find(connection, scale, name)
    if identity_id != scale.identity_id:
        raise NotStoredYet(number=named.number)  # of the key that the scale signs with now
    start = _check_codes(connection, scale, named, seal)
    _check_new(connection, identity_id, named)
    if undecided := store.undecided_tamper(connection, scale.id):
        raise TamperUndecided(alerts=", ".join(map(str, undecided)))
    baseline = _baseline(named, start, expires_ms, now_ms, settled)
    trouble.after_verification(connection, scale, baseline, now_ms)
    return named, start


def _expires_ms(valid_until: date, zone: tzinfo, longest_days: int, now_ms: int) -> int:
    """When the last day is over; raises WrongValue for one that is past, or later than the type allows."""
    today = datetime.fromtimestamp(now_ms / 1000, zone).date()
    if valid_until <= today:
        raise WrongValue(where="valid_until", why="a day to come is expected")
    latest = today + timedelta(days=longest_days)
    if valid_until > latest:
        raise WrongValue(where="valid_until", why=f"at most {longest_days} days, until {latest.isoformat()}")
    return int(datetime.combine(valid_until + timedelta(days=1), time(), zone).timestamp()) * 1000


def _check_new(connection: Connection, identity_id: int, named: StatementRead) -> None:
    c = verifications.c
    of_key = select(c.number).where(c.identity_id == identity_id).order_by(c.number.desc()).limit(1)
    newest = connection.scalar(of_key)
    if newest is not None and newest == named.number:
        raise AlreadyVerified(number=named.number)
    if newest is not None and newest > named.number:
        raise OlderThanBaseline(number=named.number, baseline=newest)


def _check_codes(connection: Connection, scale: ScaleInScope, named: StatementRead, seal: str) -> StatementRead:
    """The boot statement of the start in which the named statement was made."""
    if named.kind not in (Kind.BOOT, Kind.PARAMETERS):
        raise NoBaseline(number=named.number)
    one = statement.parse(named.raw)
    if not isinstance(one.body, Boot | Parameters) or parameters.digest(one.body.parameters) != one.digest:
        raise NoBaseline(number=named.number)
    start = statement_queries.start_of(connection, scale.id, scale.identity_id, named.number)
    boot = statement.parse(named.raw if named.kind == Kind.BOOT else start.raw) if start else None
    if start is None or boot is None or boot.boot != one.boot or not isinstance(boot.body, Boot):
        raise StartNotStored(number=named.number, boot=one.boot)
    earlier = statement_queries.start_of(connection, scale.id, scale.identity_id, start.number - 1)
    if earlier is not None and statement.parse(earlier.raw).boot == one.boot:
        raise TroubleAfter(number=earlier.number, why=f"device (two boot statements of start {one.boot})")
    if boot.body.production_code != scale.production_code:
        raise CodesMissing(missing="the production code on record")
    if not any(map(str.isalnum, seal)):  # invisible characters are no seal
        raise CodesMissing(missing="the seal")
    return named if named.kind == Kind.BOOT else start


def _baseline(named: StatementRead, start: StatementRead, expires_ms: int, now_ms: int, settled: int) -> Baseline:
    """The fact as the judge would take it."""
    body = statement.parse(start.raw).body
    return Baseline(
        kid=statement.parse(named.raw).kid,
        number=named.number,
        state=state_of(statement.parse(named.raw)),
        hash=named.hash,
        device=device_of(body) if isinstance(body, Boot) else None,
        committed_ms=named.received_ms,
        recorded_ms=now_ms,
        until_ms=expires_ms,
        settled=settled,
    )
