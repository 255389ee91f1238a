"""Organisations, users, scale types with their approved software, and factory orders."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select
from steelyard_protocol.parameters import FIELDS, FIRST_DEVICE_KEY, KEYS

from steelyard_cloud.db import feeds
from steelyard_cloud.db.schema import (
    approved_software,
    factory_orders,
    organisations,
    scale_types,
    scales,
    users,
)
from steelyard_cloud.errors import AlreadyExists, NotFound, WrongValue
from steelyard_cloud.people.audit import Actor, record

ORGANISATION_KINDS = ("platform", "manufacturer", "verification", "regulator", "operator", "repair")


@dataclass(frozen=True)
class Software:
    """One program that a type approval names: its `hash` is over the legally relevant code, 32 bytes."""

    name: str
    version: str
    hash: bytes


def _new(result: object) -> int:
    (key,) = result.inserted_primary_key  # type: ignore[attr-defined]  # SQLAlchemy types it away on Core results
    return int(key)


def add_organisation(
    connection: Connection, actor: Actor, *, name: str, kind: str, division_code: str, now_ms: int
) -> int:
    """Record an organisation and give its id; raises AlreadyExists."""
    known = select(organisations.c.id).where(organisations.c.name == name, organisations.c.kind == kind)
    if connection.scalar(known) is not None:
        raise AlreadyExists(what="organisation", name=name)
    row = {"name": name, "kind": kind, "division_code": division_code, "created_ms": now_ms}
    organisation_id = _new(connection.execute(insert(organisations).values(row)))
    record(
        connection, actor, "organisation.add", f"organisation:{organisation_id}", {"name": name, "kind": kind}, now_ms
    )
    return organisation_id


def add_user(connection: Connection, actor: Actor, *, organisation_id: int, name: str, role: str, now_ms: int) -> int:
    """Record a person who may sign in and give the id; raises NotFound."""
    if connection.scalar(select(organisations.c.id).where(organisations.c.id == organisation_id)) is None:
        raise NotFound(what="organisation", name=organisation_id)
    row = {"organisation_id": organisation_id, "name": name, "role": role, "active": True, "created_ms": now_ms}
    user_id = _new(connection.execute(insert(users).values(row)))
    record(connection, actor, "user.add", f"user:{user_id}", {"role": role}, now_ms)
    return user_id


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
        kept[str(key)] = value
    return kept


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
) -> int:
    """Record an approved type of a manufacturer with its software ; raises AlreadyExists, NotFound, WrongValue."""
    if connection.scalar(select(organisations.c.id).where(organisations.c.id == organisation_id)) is None:
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
        "created_ms": now_ms,
    }
    type_id = _new(connection.execute(insert(scale_types).values(row)))
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


def add_factory_order(
    connection: Connection,
    actor: Actor,
    *,
    number: str,
    organisation_id: int,
    scale_type_id: int,
    quantity: int,
    division_code: str,
    now_ms: int,
) -> int:
    """Record how many scales of a type a manufacturer may enrol for a division; raises AlreadyExists, NotFound."""
    if connection.scalar(select(factory_orders.c.id).where(factory_orders.c.number == number)) is not None:
        raise AlreadyExists(what="factory order", name=number)
    owner = connection.scalar(select(scale_types.c.organisation_id).where(scale_types.c.id == scale_type_id))
    if owner is None or owner != organisation_id:
        raise NotFound(what="scale type", name=scale_type_id)
    row = {
        "number": number,
        "organisation_id": organisation_id,
        "scale_type_id": scale_type_id,
        "quantity": quantity,
        "used": 0,
        "division_code": division_code,
        "created_ms": now_ms,
    }
    order_id = _new(connection.execute(insert(factory_orders).values(row)))
    record(connection, actor, "order.add", f"order:{order_id}", {"number": number, "quantity": quantity}, now_ms)
    return order_id
