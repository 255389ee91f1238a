"""Putting an evidence file together from the database."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, select

from steelyard_cloud.db.schema import (
    alerts,
    approved_software,
    identities,
    organisations,
    permits,
    scale_types,
    scales,
    verifications,
)
from steelyard_cloud.evidence import bundle
from steelyard_cloud.evidence.choose import Chain, Span

NOTHING: Span = (0, -1)


def collect(
    connection: Connection, alert_id: int, *, root: bytes, key_set: bytes, now_ms: int, span: Span | None = None
) -> bundle.Bundle:
    """All that the alert rests on, or what it has of the numbers in `span`; the caller has checked that the reader may
    see it. Raises EvidenceTooLarge.
    """
    alert = connection.execute(select(alerts).where(alerts.c.id == alert_id)).one()
    scale = connection.execute(
        select(scales, scale_types.c.type_approval).join_from(scales, scale_types).where(scales.c.id == alert.scale_id)
    ).one()
    keys = connection.execute(
        select(identities).where(identities.c.scale_id == scale.id).order_by(identities.c.id)
    ).all()
    kids = {key.id: key.kid for key in keys}
    verified = connection.execute(
        select(verifications, organisations.c.name.label("institution"))
        .join_from(verifications, organisations)
        .where(verifications.c.scale_id == scale.id)
        .order_by(verifications.c.id)
    ).all()
    held, left_out = _statements(connection, alert, kids, verified, span)
    permitted = select(permits.c.raw).where(permits.c.scale_id == scale.id).order_by(permits.c.id)
    approved = select(approved_software).where(approved_software.c.scale_type_id == scale.scale_type_id)
    return bundle.Bundle(
        created_ms=now_ms,
        scale={
            "public code": scale.public_code,
            "maker": scale.maker,
            "model": scale.model,
            "serial number": scale.serial_number,
            "production code": scale.production_code,
            "type approval": scale.type_approval,
            "place": scale.place,
        },
        identities=tuple(bundle.Identity(key.public_key, key.enrolment) for key in keys),
        statements=tuple(held),
        verifications=tuple(
            bundle.Verification(
                kids[one.identity_id],
                one.number,
                one.kind,
                one.valid_until.isoformat(),
                one.seal,
                one.institution,
                one.recorded_ms,
            )
            for one in verified
        ),
        permits=tuple(connection.scalars(permitted)),
        software=tuple(
            bundle.Software(one.software_hash, one.name, one.version)
            for one in connection.execute(approved.order_by(approved_software.c.id))
        ),
        root=root,
        key_set=key_set,
        alert=bundle.Alert(alert.id, alert.rule, alert.what, alert.opened_ms),
        left_out=tuple(left_out),
    )


def _statements(
    connection: Connection, alert: Any, kids: dict[int, bytes], verified: Sequence[Row[Any]], span: Span | None
) -> tuple[list[bundle.Held], list[tuple[bytes, int, int]]]:
    """The statements that go into the file, and the ranges that are held but left out of it."""
    held: list[bundle.Held] = []
    left_out: list[tuple[bytes, int, int]] = []
    for identity_id, kid in kids.items():
        own = alert.identity_id in (None, identity_id)
        named = [one.number for one in verified if one.identity_id == identity_id]
        finding = alert.first_number if own else None
        chain = Chain(connection, alert.scale_id, identity_id, kid, finding, named)
        some, omitted = chain.choose(span if own or span is None else NOTHING)
        held += some
        left_out += omitted
    return held, left_out
