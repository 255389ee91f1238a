"""All pages as one router; none of them is part of the API's description."""

from fastapi import APIRouter, Depends

from steelyard_cloud.web.pages import (
    alerts,
    check,
    complaint_form,
    complaints,
    fresh,
    public,
    scales,
    sign_in,
    sold,
    steps,
    verify,
)
from steelyard_cloud.web.pages.working import ingest_works

PARTS = (sign_in, alerts, steps, verify, scales, complaints, complaint_form, check, fresh, sold, public)

router = APIRouter(include_in_schema=False)
for part in PARTS:
    needs_ingest = [] if part is sign_in else [Depends(ingest_works)]
    router.include_router(part.router, dependencies=needs_ingest)
