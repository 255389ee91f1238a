"""Updates: a manufacturer's signed software for a type, and sending it to a scale of that type once it is approved."""

from typing import NamedTuple

from sqlalchemy import Connection, insert, select, update
from steelyard_protocol import downlink, identity
from steelyard_protocol.downlink import KeySet, Role
from steelyard_protocol.package import Package

from steelyard_cloud.db import feeds
from steelyard_cloud.db.schema import approved_software, scale_types, scales, software_images, updates
from steelyard_cloud.errors import AlreadyExists, NotApproved, NotFound, Refusal, UpdateForged, refuse
from steelyard_cloud.people.audit import Actor, record
from steelyard_cloud.scales import store
from steelyard_cloud.scales.envelope import Envelope
from steelyard_cloud.scales.life.table import Stage
from steelyard_cloud.scales.queries import ScaleInScope
from steelyard_cloud.scales.refusals import OutsideEnvelope
from steelyard_cloud.scales.type_state import type_by_id


def check_signature(package: Package, key_set: bytes, root: bytes) -> None:
    """Raise UpdateForged unless a manufacturer's key of the key set, which the root has signed, signed the manifest."""
    held = downlink.open_order(key_set, root)
    keys = held.keys if isinstance(held, KeySet) else ()
    signers = [point for point, roles in keys if roles & Role.MANUFACTURER and identity.kid(point) == package.kid]
    if not any(package.verifies(point) for point in signers):
        raise UpdateForged(key=identity.to_text(package.kid))


def add_image(
    connection: Connection,
    actor: Actor,
    *,
    scale_type_id: int,
    organisation_id: int | None,
    package: Package,
    now_ms: int,
) -> int:
    """Record software for a type of the acting manufacturer (None: of any), whose signature was checked.

    Raises NotFound, AlreadyExists.
    """
    owner = connection.scalar(select(scale_types.c.organisation_id).where(scale_types.c.id == scale_type_id))
    if owner is None or organisation_id not in (None, owner):
        raise NotFound(what="scale type", name=scale_type_id)
    made = package.update
    refuse(_outside(type_by_id(connection, scale_type_id).envelope, package))
    c = software_images.c
    known = select(c.id).where(c.scale_type_id == scale_type_id, c.image_hash == made.image)
    if connection.scalar(known) is not None:
        raise AlreadyExists(what="image", name=made.image.hex())
    row = {
        "scale_type_id": scale_type_id,
        "hardware": made.hardware,
        "number": made.number,
        "version": made.version,
        "software_hash": made.software,
        "image_hash": made.image,
        "manifest": package.manifest,
        "image": package.image,
        "recorded_ms": now_ms,
    }
    image_id = int(connection.execute(insert(software_images).values(row).returning(c.id)).scalar_one())
    details = {"image": image_id, "version": made.version, "number": made.number, "hash": made.software.hex()}
    record(connection, actor, "type.add-image", f"type:{scale_type_id}", details, now_ms)
    return image_id


def _outside(envelope: Envelope, package: Package) -> list[Refusal]:
    """Where an image is for other hardware, or signed by another key, than the type approval allows."""
    hardware, keys = package.update.hardware, envelope.update_keys
    found: list[Refusal] = []
    if envelope.hardware and hardware not in envelope.hardware:
        found.append(OutsideEnvelope(what="hardware", value=hardware, allowed=", ".join(envelope.hardware)))
    if keys and not any(key.startswith(package.kid) for key in keys):
        allowed = ", ".join(identity.to_text(key[: len(package.kid)]) for key in keys)
        found.append(OutsideEnvelope(what="update key", value=identity.to_text(package.kid), allowed=allowed))
    return found


def send(connection: Connection, actor: Actor, scale: ScaleInScope, image_id: int, key_set: bytes, now_ms: int) -> None:
    """Record that a scale is to have an image of its type, so that it is sent; raises NotFound, NotApproved."""
    c = software_images.c
    of_type = select(scales.c.scale_type_id).where(scales.c.id == scale.id).scalar_subquery()
    query = select(c.id, c.scale_type_id, c.software_hash, c.number).where(c.id == image_id, c.scale_type_id == of_type)
    image = connection.execute(query).first()
    if image is None:
        raise NotFound(what="image for this scale's type", name=image_id)
    approved = select(approved_software.c.id).where(
        approved_software.c.scale_type_id == image.scale_type_id,
        approved_software.c.software_hash == image.software_hash,
        approved_software.c.stage == Stage.APPROVED.value,
    )
    if connection.scalar(approved) is None:
        raise NotApproved(hash=image.software_hash.hex())
    identity_id = store.active_identity(connection, scale.id).id
    row = {"scale_id": scale.id, "identity_id": identity_id, "image_id": image_id, "key_set": key_set}
    made = insert(updates).values(**row, recorded_ms=now_ms).returning(updates.c.id)
    update_id = connection.execute(made).scalar_one()
    details = {"image": image_id, "number": image.number}
    record(connection, actor, "scale.update", f"scale:{scale.id}", details, now_ms)
    feeds.append(connection, feeds.CHANGES, scale.shard, "update", scale.id, {"update_id": update_id}, now_ms)


class ToSend(NamedTuple):
    """What goes to an identity when it is to be updated, in this order."""

    identity_id: int
    key_set: bytes
    manifest: bytes


def update_to_send(connection: Connection, update_id: int, now_ms: int) -> ToSend:
    """What is to be sent of a recorded update; notes that it is sent now."""
    c = updates.c
    connection.execute(update(updates).where(c.id == update_id).values(sent_ms=now_ms))
    query = select(c.identity_id, c.key_set, software_images.c.manifest).join_from(updates, software_images)
    return ToSend(*connection.execute(query.where(c.id == update_id)).one())
