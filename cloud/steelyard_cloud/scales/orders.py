"""Factory orders: how many scales of a type a manufacturer may enrol, and for which division."""

from sqlalchemy import Connection, insert, select

from steelyard_cloud.db.schema import factory_orders, scale_types
from steelyard_cloud.errors import AlreadyExists, NotFound, refuse
from steelyard_cloud.people.audit import Actor, record
from steelyard_cloud.people.divisions import in_force
from steelyard_cloud.scales.type_state import type_by_id


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
    """Record how many scales of a type a manufacturer may enrol for a division, or raise a Refusal."""
    if connection.scalar(select(factory_orders.c.id).where(factory_orders.c.number == number)) is not None:
        raise AlreadyExists(what="factory order", name=number)
    owner = connection.scalar(select(scale_types.c.organisation_id).where(scale_types.c.id == scale_type_id))
    if owner is None or owner != organisation_id:
        raise NotFound(what="scale type", name=scale_type_id)
    in_force(connection, division_code)
    refuse(type_by_id(connection, scale_type_id).not_in_force())
    row = {
        "number": number,
        "organisation_id": organisation_id,
        "scale_type_id": scale_type_id,
        "quantity": quantity,
        "used": 0,
        "division_code": division_code,
        "created_ms": now_ms,
    }
    order_id = int(connection.execute(insert(factory_orders).values(row).returning(factory_orders.c.id)).scalar_one())
    record(connection, actor, "order.add", f"order:{order_id}", {"number": number, "quantity": quantity}, now_ms)
    return order_id
