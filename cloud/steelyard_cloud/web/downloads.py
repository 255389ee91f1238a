"""Evidence files as downloads; each is logged, because it shows where a scale stands and what it reported."""

from fastapi import Response

from steelyard_cloud.evidence import bundle
from steelyard_cloud.evidence.collect import collect
from steelyard_cloud.registry.actor import record
from steelyard_cloud.web import alert_queries
from steelyard_cloud.web.context import Context, actor_of
from steelyard_cloud.web.roles import Principal


def evidence_response(here: Context, principal: Principal, alert_id: int) -> Response:
    """The sealed evidence file of an alert that the principal may see; raises Unknown and KeysAway."""
    authority, root, key_set = here.authority(), here.root_public(), here.key_set()
    with here.reading() as connection:
        alert = alert_queries.alert_by_id(connection, principal, alert_id)
        made = collect(connection, alert.id, root=root, key_set=key_set, now_ms=here.now_ms())
    data = bundle.write(made, authority.private_key, authority.kid)
    with here.writing() as connection:
        details = {"bytes": len(data), "statements": len(made.statements)}
        record(connection, actor_of(principal), "alert.evidence", f"alert:{alert.id}", details, here.now_ms())
    name = f"steelyard-{alert.scale_code}-alert-{alert.id}.cbor"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type="application/cbor", headers=headers)
