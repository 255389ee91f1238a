"""Which stored statement can be a baseline: a whole map of parameters, and a start of which nothing is doubtful."""

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import Connection, select
from steelyard_protocol import parameters, statement
from steelyard_protocol.bodies import Boot, Kind, Parameters

from steelyard_cloud.db.schema import verifications
from steelyard_cloud.errors import (
    AlreadyVerified,
    NoBaseline,
    NotStoredYet,
    OlderThanBaseline,
    StartNotStored,
    TroubleAfter,
)
from steelyard_cloud.scales import naming
from steelyard_cloud.scales.naming import Name
from steelyard_cloud.scales.queries import ScaleInScope
from steelyard_cloud.statements import queries as statement_queries
from steelyard_cloud.statements.queries import StatementRead


class Named(NamedTuple):
    """The statement that may be verified with its map, and the boot statement of its start with what that says."""

    statement: StatementRead
    map: Mapping[int, int]
    start: StatementRead
    boot: Boot


def named(connection: Connection, scale: ScaleInScope, name: Name) -> Named:
    """What `name` means, of the key that the scale signs with now.

    Raises NotStoredYet, SeveralStatements, NoBaseline, StartNotStored, TroubleAfter, AlreadyVerified and
    OlderThanBaseline.
    """
    identity_id, found = naming.find(connection, scale, name)
    if identity_id != scale.identity_id:
        raise NotStoredYet(number=found.number)
    whole = _whole(connection, scale, found)
    _check_new(connection, identity_id, found)
    return whole


def _whole(connection: Connection, scale: ScaleInScope, found: StatementRead) -> Named:
    if found.kind not in (Kind.BOOT, Kind.PARAMETERS):
        raise NoBaseline(number=found.number)
    one = statement.parse(found.raw)
    if not isinstance(one.body, Boot | Parameters) or parameters.digest(one.body.parameters) != one.digest:
        raise NoBaseline(number=found.number)
    start = statement_queries.start_of(connection, scale.id, scale.identity_id, found.number)
    boot = statement.parse(found.raw if found.kind == Kind.BOOT else start.raw) if start else None
    if start is None or boot is None or boot.boot != one.boot or not isinstance(boot.body, Boot):
        raise StartNotStored(number=found.number, boot=one.boot)
    earlier = statement_queries.start_of(connection, scale.id, scale.identity_id, start.number - 1)
    if earlier is not None and statement.parse(earlier.raw).boot == one.boot:
        raise TroubleAfter(number=earlier.number, why=f"device (two boot statements of start {one.boot})")
    return Named(found, one.body.parameters, found if found.kind == Kind.BOOT else start, boot.body)


def _check_new(connection: Connection, identity_id: int, found: StatementRead) -> None:
    c = verifications.c
    of_key = select(c.number).where(c.identity_id == identity_id).order_by(c.number.desc()).limit(1)
    newest = connection.scalar(of_key)
    if newest is not None and newest == found.number:
        raise AlreadyVerified(number=found.number)
    if newest is not None and newest > found.number:
        raise OlderThanBaseline(number=found.number, baseline=newest)
