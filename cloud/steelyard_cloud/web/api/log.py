"""The audit log: what was done and looked at, and by whom."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends

from steelyard_cloud.people import log
from steelyard_cloud.people.roles import Principal
from steelyard_cloud.web.http.audit import Asked, reader_of_log
from steelyard_cloud.web.http.context import Here
from steelyard_cloud.web.http.fields import Before, Limit

router = APIRouter(tags=["log"])


@router.get("/audit")
def entries(
    here: Here,
    principal: Annotated[Principal, Depends(reader_of_log)],
    asked: Asked,
    before: Before = None,
    limit: Limit = 100,
) -> dict[str, Any]:
    """Entries, the newest first: for administrators all, for supervision those of offices in their divisions, for
    managers those of their own organisation. `actor` and `object` are exact ("user:7", "scale:12"), `action` is how
    it begins, `since` and `until` are days."""
    here.log_list(principal, "audit", **asked.told)
    with here.reading() as connection:
        found = log.entries(connection, principal, asked.wanted, before=before, limit=limit)
    return {"entries": [vars(one) for one in found]}
