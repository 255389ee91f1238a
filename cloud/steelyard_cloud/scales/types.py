"""Scale types and the software that each type approval names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select
from steelyard_protocol.parameters import FIELDS, FIRST_DEVICE_KEY, KEYS, range_breaches

from steelyard_cloud.db import feeds
from steelyard_cloud.db.schema import approved_software, scale_types, scales
from steelyard_cloud.errors import AlreadyExists, NotFound, WrongValue
from steelyard_cloud.people.audit import Actor, record
from steelyard_cloud.people.organisations import organisation_exists

LONGEST_VALIDITY_DAYS = 1461
"""Of a verification, where the type does not say: four years, the longest that is usual for such scales."""


@dataclass(frozen=True)
class Software:
    """One program that a type approval names: its `hash` is over the legally relevant code, 32 bytes."""

    name: str
    version: str
    hash: bytes


def type_parameters(named: Mapping[str, int]) -> dict[str, int]:
    """Type-specific parameters by name, as the table keeps them by key; raises WrongValue."""
    kept = {}
    for name, value in named.items():
        key = KEYS.get(name, FIRST_DEVICE_KEY)
        if key >= FIRST_DEVICE_KEY:
            raise WrongValue(where=f"parameters.{name}", why="not a type-specific parameter")
        field = FIELDS[key]
        if not field.minimum <= value <= field.maximum:
            raise WrongValue(where=f"parameters.{name}", why=f"{field.minimum} to {field.maximum} expected")
        kept[key] = value
    if found := range_breaches(kept):
        raise WrongValue(where="parameters", why=found[0])
    return {str(key): value for key, value in kept.items()}


def add_scale_type(
    connection: Connection,
    actor: Actor,
    *,
    organisation_id: int,
    maker: str,
    model: str,
    type_approval: str,
    parameters: Mapping[str, int],
    software: Sequence[Software],
    now_ms: int,
    longest_validity_days: int = LONGEST_VALIDITY_DAYS,
) -> int:
    """Record an approved type of a manufacturer with its software; raises AlreadyExists, NotFound, WrongValue."""
    if not organisation_exists(connection, organisation_id):
        raise NotFound(what="organisation", name=organisation_id)
    known = select(scale_types.c.id).where(scale_types.c.maker == maker, scale_types.c.model == model)
    if connection.scalar(known) is not None:
        raise AlreadyExists(what="scale type", name=f"{maker} {model}")
    row = {
        "organisation_id": organisation_id,
        "maker": maker,
        "model": model,
        "type_approval": type_approval,
        "parameters": type_parameters(parameters),
        "longest_validity_days": longest_validity_days,
        "created_ms": now_ms,
    }
    type_id = int(connection.execute(insert(scale_types).values(row).returning(scale_types.c.id)).scalar_one())
    record(connection, actor, "type.add", f"type:{type_id}", {"approval": type_approval}, now_ms)
    for program in software:
        approve_software(connection, actor, scale_type_id=type_id, software=program, now_ms=now_ms)
    return type_id


def approve_software(
    connection: Connection, actor: Actor, *, scale_type_id: int, software: Software, now_ms: int
) -> None:
    """Add a program to a type approval and have the type's scales judged again; raises NotFound, AlreadyExists."""
    if connection.scalar(select(scale_types.c.id).where(scale_types.c.id == scale_type_id)) is None:
        raise NotFound(what="scale type", name=scale_type_id)
    known = select(approved_software.c.id).where(
        approved_software.c.scale_type_id == scale_type_id, approved_software.c.software_hash == software.hash
    )
    if connection.scalar(known) is not None:
        raise AlreadyExists(what="software", name=software.hash.hex())
    row = {
        "scale_type_id": scale_type_id,
        "software_hash": software.hash,
        "name": software.name,
        "version": software.version,
        "recorded_ms": now_ms,
    }
    connection.execute(insert(approved_software).values(row))
    details = {"name": software.name, "version": software.version, "hash": software.hash.hex()}
    record(connection, actor, "type.approve-software", f"type:{scale_type_id}", details, now_ms)
    concerned = select(scales.c.shard).where(scales.c.scale_type_id == scale_type_id).distinct()
    for shard in sorted(connection.scalars(concerned)):
        body = {"scale_type_id": scale_type_id}
        feeds.append(connection, feeds.CHANGES, shard, "scale-type", None, body, now_ms)
