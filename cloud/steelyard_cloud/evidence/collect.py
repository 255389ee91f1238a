"""Putting an evidence file together from the database."""

from typing import Any

from sqlalchemy import Connection, or_, select
from steelyard_protocol.bodies import Kind

from steelyard_cloud.evidence import bundle
from steelyard_cloud.store.evidence import BY_LINK_BAD_SIGNATURE
from steelyard_cloud.store.schema import (
    alerts,
    approved_software,
    identities,
    organisations,
    permits,
    scale_types,
    scales,
    statements,
    verifications,
)

WHOLE_CHAIN = 20_000
"""Up to this many statements a file holds the whole chain."""
BEFORE, AFTER = 2_000, 8_000
"""Of a longer chain it holds these many numbers around the finding, and everything that is not a snapshot."""


def collect(connection: Connection, alert_id: int, *, root: bytes, key_set: bytes, now_ms: int) -> bundle.Bundle:
    """All that the alert rests on; the caller has checked that the reader may see it."""
    alert = connection.execute(select(alerts).where(alerts.c.id == alert_id)).one()
    scale = connection.execute(
        select(scales, scale_types.c.type_approval).join_from(scales, scale_types).where(scales.c.id == alert.scale_id)
    ).one()
    keys = connection.execute(
        select(identities).where(identities.c.scale_id == scale.id).order_by(identities.c.id)
    ).all()
    kids = {key.id: key.kid for key in keys}
    held, left_out = _statements(connection, alert, kids)
    verified = connection.execute(
        select(verifications, organisations.c.name.label("institution"))
        .join_from(verifications, organisations)
        .where(verifications.c.scale_id == scale.id)
        .order_by(verifications.c.id)
    )
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
    connection: Connection, alert: Any, kids: dict[int, bytes]
) -> tuple[list[bundle.Held], list[tuple[bytes, int, int]]]:
    """The statements that go into the file, and the ranges that are held but left out of it."""
    held: list[bundle.Held] = []
    left_out: list[tuple[bytes, int, int]] = []
    vouched = statements.alias()
    for identity_id, kid in kids.items():
        named = (vouched.c.scale_id == alert.scale_id, vouched.c.identity_id == identity_id)
        own = (statements.c.scale_id == alert.scale_id, statements.c.identity_id == identity_id)
        numbers = list(connection.scalars(select(statements.c.number).where(*own).order_by(statements.c.number)))
        query = select(statements.c.number, statements.c.raw, statements.c.received_ms).where(*own)
        if len(numbers) > WHOLE_CHAIN:
            low, high = (alert.first_number or numbers[-1]) - BEFORE, (alert.first_number or numbers[-1]) + AFTER
            unsigned = select(vouched.c.number).where(*named, vouched.c.authentic_by == BY_LINK_BAD_SIGNATURE)
            query = query.where(
                or_(
                    statements.c.number.between(low, high),
                    statements.c.kind != int(Kind.SNAPSHOT),
                    # what only a link vouches for, and what links to it
                    statements.c.number.in_(unsigned),
                    (statements.c.number - 1).in_(unsigned),
                )
            )
        rows = connection.execute(query.order_by(statements.c.number, statements.c.hash)).all()
        held += [bundle.Held(row.raw, row.received_ms) for row in rows]
        left_out += [(kid, first, last) for first, last in _ranges(numbers, {row.number for row in rows})]
    return held, left_out


def _ranges(numbers: list[int], kept: set[int]) -> list[tuple[int, int]]:
    """Runs of consecutive numbers that are not kept."""
    ranges: list[tuple[int, int]] = []
    for number in numbers:
        if number in kept:
            continue
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1] = (ranges[-1][0], number)
        elif not ranges or ranges[-1][1] != number:
            ranges.append((number, number))
    return ranges
