"""All pages as one router; none of them is part of the API's description."""

from fastapi import APIRouter, Depends

from steelyard_cloud.web.pages import (
    account,
    alerts,
    audit,
    check,
    complaint_form,
    complaints,
    divisions,
    fresh,
    organisations,
    public,
    scales,
    sign_in,
    sold,
    steps,
    verify,
)
from steelyard_cloud.web.pages.working import ingest_works

WITHOUT_SCALES = (sign_in, account, organisations, divisions, audit)
PARTS = (*WITHOUT_SCALES, alerts, steps, verify, scales, complaints, complaint_form, check, fresh, sold, public)

router = APIRouter(include_in_schema=False)
for part in PARTS:
    needs_ingest = [] if part in WITHOUT_SCALES else [Depends(ingest_works)]
    router.include_router(part.router, dependencies=needs_ingest)
