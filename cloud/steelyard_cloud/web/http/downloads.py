"""Evidence files as downloads; each is logged, because it shows where a scale stands and what it reported."""

from typing import Annotated

from fastapi import Depends, Query, Response

from steelyard_cloud.alerts import queries as alert_queries
from steelyard_cloud.errors import WrongValue
from steelyard_cloud.evidence import bundle
from steelyard_cloud.evidence.collect import MOST_NUMBERS, Span, collect
from steelyard_cloud.people.audit import actor_of, record
from steelyard_cloud.people.roles import Principal
from steelyard_cloud.web.http.context import Context

Number = Annotated[int | None, Query(ge=1, le=0xFFFFFFFF)]


def asked_span(first: Number = None, last: Number = None) -> Span | None:
    """The numbers that a reader asks for by `first` and `last`; None for what the alert rests on. Raises WrongValue."""
    if first is None and last is None:
        return None
    if first is None or last is None or last < first:
        raise WrongValue(where="first, last", why="both are expected, the lower one first")
    if last - first >= MOST_NUMBERS:
        raise WrongValue(where="first, last", why=f"at most {MOST_NUMBERS} numbers at a time are expected")
    return first, last


AskedSpan = Annotated[Span | None, Depends(asked_span)]


def evidence_response(here: Context, principal: Principal, alert_id: int, span: Span | None) -> Response:
    """The sealed evidence file of an alert that the principal may see.

    Raises NotFound, KeysUnavailable and EvidenceTooLarge.
    """
    authority, root, key_set = here.authority(), here.root_public(), here.key_set()
    with here.reading() as connection:
        alert = alert_queries.alert_by_id(connection, principal, alert_id)
        made = collect(connection, alert, root=root, key_set=key_set, now_ms=here.now_ms(), span=span)
    data = bundle.write(made, authority.private_key, authority.kid)
    with here.writing() as connection:
        details = {"bytes": len(data), "statements": len(made.statements), "span": span}
        record(connection, actor_of(principal), "alert.evidence", f"alert:{alert.id}", details, here.now_ms())
    part = f"-{span[0]}-{span[1]}" if span else ""
    name = f"steelyard-{alert.scale_code}-alert-{alert.id}{part}.cbor"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type="application/cbor", headers=headers)
