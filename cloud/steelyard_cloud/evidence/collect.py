"""Putting an evidence file together from the database."""

from collections.abc import Sequence

from steelyard_cloud.alerts.queries import AlertInScope
from steelyard_cloud.db.database import Connection
from steelyard_cloud.evidence.bundle import (
    Alert,
    Bundle,
    Decision,
    Identity,
    SetBack,
    Software,
    StoredStatement,
    Verification,
)
from steelyard_cloud.evidence.choose import MOST_NUMBERS, LeftOut, Span, StoredChain
from steelyard_cloud.evidence.queries import OnRecord, Row, on_record
from steelyard_cloud.statements.selection import SelectedStatement

__all__ = ["MOST_NUMBERS", "Span", "collect"]

NOTHING: Span = (0, -1)


def collect(
    connection: Connection, of: AlertInScope, *, root: bytes, key_set: bytes, now_ms: int, span: Span | None = None
) -> Bundle:
    """All that the alert rests on, or what there is of it with numbers in `span`; raises EvidenceTooLarge."""
    known = on_record(connection, of.id)
    alert = known.alert
    statements, left_out = _statements(connection, known, span)
    kids = {key.id: key.kid for key in known.identities}
    return Bundle(
        created_ms=now_ms,
        scale=_scale(known.scale),
        identities=tuple(Identity(key.public_key, key.enrolment) for key in known.identities),
        statements=tuple(StoredStatement(one.raw, one.received_ms, one.arrival) for one in statements),
        verifications=tuple(_verification(one, kids[one.identity_id]) for one in known.verifications),
        permits=tuple(known.permits),
        software=tuple(Software(one.software_hash, one.name, one.version) for one in known.software),
        root=root,
        key_set=key_set,
        period_s=known.scale.period_s,
        longest_validity_days=known.scale.longest_validity_days,
        decisions=tuple(_decision(one, kids[one.identity_id]) for one in known.decisions),
        set_backs=tuple(
            SetBack(place, one.latest_ms) for place, one in enumerate(statements) if one.latest_ms < one.received_ms
        ),
        alert=Alert(alert.id, alert.rule, alert.what, alert.opened_ms),
        left_out=tuple(left_out),
    )


def _scale(row: Row) -> dict[str, str]:
    return {
        "public code": row.public_code,
        "maker": row.maker,
        "model": row.model,
        "serial number": row.serial_number,
        "production code": row.production_code,
        "type approval": row.type_approval,
        "place": row.place,
    }


def _verification(row: Row, kid: bytes) -> Verification:
    return Verification(
        kid=kid,
        number=row.number,
        hash=row.hash or b"",
        start_hash=row.start_hash or b"",
        kind=row.kind,
        valid_until=row.valid_until.isoformat(),
        expires_ms=row.expires_ms,
        seal=row.seal,
        institution=row.institution,
        recorded_ms=row.recorded_ms,
        settled=row.settled,
    )


def _decision(row: Row, kid: bytes) -> Decision:
    return Decision(kid, row.number, row.hash, row.reason, row.authority, row.recorded_ms, row.settled)


def _statements(
    connection: Connection, known: OnRecord, span: Span | None
) -> tuple[list[SelectedStatement], list[LeftOut]]:
    """The statements that go into the file, with the arrival of what came late, and the ranges that are left out."""
    chosen: list[SelectedStatement] = []
    left_out: list[LeftOut] = []
    alert = known.alert
    for key in known.identities:
        own = alert.identity_id in (None, key.id)
        facts = [one for one in (*known.verifications, *known.decisions) if one.identity_id == key.id]
        named = [one.number for one in facts]
        starts = [one.start_hash for one in known.verifications if one.identity_id == key.id and one.start_hash]
        chain = StoredChain(alert.scale_id, key.id, key.kid, alert.first_number if own else None, named, starts)
        some, omitted = chain.choose(connection, span if own or span is None else NOTHING)
        chosen += [one if _is_late(one, facts) else one._replace(arrival=0) for one in some]
        left_out += omitted
    return chosen, left_out


def _is_late(one: SelectedStatement, facts: Sequence[Row]) -> bool:
    """Whether it came after a verification or decision of its key that names its number or a higher one."""
    return any(one.number <= fact.number and one.arrival > fact.settled for fact in facts)
