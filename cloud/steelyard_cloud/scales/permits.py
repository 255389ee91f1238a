"""Permits: signed, one-use authorisations to adjust a scale, recorded before anybody can use them."""

from sqlalchemy import Connection, func, insert, select
from steelyard_protocol import downlink, statement
from steelyard_protocol.parameters import KEYS

from steelyard_cloud.db import feeds
from steelyard_cloud.db.schema import identities, permits, scales
from steelyard_cloud.errors import NotFound, WrongValue, WrongWindow
from steelyard_cloud.keys import PlatformKey
from steelyard_cloud.people.audit import Actor, record

LONGEST_DAYS = 31


def field_keys(names: list[str]) -> tuple[int, ...]:
    """Keys of the parameters named, rising; raises WrongValue for an unknown name."""
    unknown = [name for name in names if name not in KEYS]
    if unknown:
        raise WrongValue(where="fields", why=f"no parameter is called {', '.join(unknown)}")
    return tuple(sorted({KEYS[name] for name in names}))


def permit(
    connection: Connection,
    actor: Actor,
    authority: PlatformKey,
    *,
    scale_id: int,
    fields: tuple[int, ...],
    not_before_s: int,
    not_after_s: int,
    calibration_counter: int,
    configuration_counter: int,
    now_ms: int,
) -> bytes:
    """Sign a permit to adjust `fields` of the scale's active identity while both counters stand at the values given.

    Times are Unix seconds. Gives the signed permit; raises NotFound and WrongWindow.
    """
    if not not_before_s < not_after_s or not_after_s * 1000 <= now_ms:
        raise WrongWindow(days=LONGEST_DAYS)
    if not_after_s - not_before_s > LONGEST_DAYS * 86_400:
        raise WrongWindow(days=LONGEST_DAYS)
    scale = connection.execute(
        select(scales.c.id, scales.c.shard, identities.c.id.label("identity_id"), identities.c.kid)
        .join_from(scales, identities)
        .where(scales.c.id == scale_id, identities.c.active)
    ).first()
    if scale is None:
        raise NotFound(what="scale", name=scale_id)
    order_number = (connection.scalar(select(func.max(permits.c.order_number))) or 0) + 1
    order = downlink.Permit(
        identity=scale.kid,
        what=downlink.PermitFor.ADJUST,
        order_number=order_number,
        by=actor.number,
        not_before=not_before_s,
        not_after=not_after_s,
        calibration_counter=calibration_counter,
        configuration_counter=configuration_counter,
        fields=fields,
    )
    raw = downlink.sign(order, authority.private_key, authority.kid)
    permit_id = connection.execute(
        insert(permits)
        .values(
            scale_id=scale.id,
            identity_id=scale.identity_id,
            permit_hash=statement.hash_of(raw),
            what=int(order.what),
            order_number=order_number,
            by_number=actor.number,
            not_before_s=not_before_s,
            not_after_s=not_after_s,
            calibration_counter=calibration_counter,
            configuration_counter=configuration_counter,
            fields=list(fields),
            raw=raw,
            organisation_id=actor.organisation_id,
            division_code=actor.division_code,
            recorded_ms=now_ms,
        )
        .returning(permits.c.id)
    ).scalar_one()
    record(
        connection, actor, "scale.permit", f"scale:{scale.id}", {"order": order_number, "fields": list(fields)}, now_ms
    )
    feeds.append(connection, feeds.CHANGES, scale.shard, "permit", scale.id, {"permit_id": permit_id}, now_ms)
    return raw
