"""What the registry knows of an alert's scale, as an evidence file says it."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, select
from sqlalchemy import Row as AnyRow

from steelyard_cloud.db.schema import (
    alerts,
    approved_software,
    decisions,
    identities,
    organisations,
    permits,
    scale_types,
    scales,
    verifications,
)
from steelyard_cloud.scales.life.table import Stage

Row = AnyRow[Any]


class OnRecord(NamedTuple):
    """Rows of the registry about one scale, each list in the order of recording."""

    alert: Row
    scale: Row  # with approval and longest validity of its type
    identities: Sequence[Row]
    verifications: Sequence[Row]  # with the name of the institution
    decisions: Sequence[Row]  # with the name of the authority
    permits: Sequence[bytes]
    software: Sequence[Row]


def on_record(connection: Connection, alert_id: int) -> OnRecord:
    """Read them; the alert must exist."""
    alert = connection.execute(select(alerts).where(alerts.c.id == alert_id)).one()
    scale = connection.execute(
        select(scales, scale_types.c.type_approval, scale_types.c.longest_validity_days)
        .join_from(scales, scale_types)
        .where(scales.c.id == alert.scale_id)
    ).one()
    keys = select(identities).where(identities.c.scale_id == scale.id).order_by(identities.c.id)
    verified = (
        select(verifications, organisations.c.name.label("institution"))
        .join_from(verifications, organisations)
        .where(verifications.c.scale_id == scale.id)
        .order_by(verifications.c.id)
    )
    decided = (
        select(decisions, organisations.c.name.label("authority"))
        .join_from(decisions, organisations)
        .where(decisions.c.scale_id == scale.id)
        .order_by(decisions.c.id)
    )
    permitted = select(permits.c.raw).where(permits.c.scale_id == scale.id).order_by(permits.c.id)
    approved = select(approved_software).where(
        approved_software.c.scale_type_id == scale.scale_type_id, approved_software.c.stage == Stage.APPROVED.value
    )
    return OnRecord(
        alert=alert,
        scale=scale,
        identities=connection.execute(keys).all(),
        verifications=connection.execute(verified).all(),
        decisions=connection.execute(decided).all(),
        permits=connection.scalars(permitted).all(),
        software=connection.execute(approved.order_by(approved_software.c.id)).all(),
    )
