"""All domains of the API as one router under /api/v1."""

from fastapi import APIRouter

from steelyard_cloud.web.api import (
    acts,
    alerts,
    asks,
    bulk,
    catalogue,
    enrolments,
    events,
    life,
    scales,
    service,
    types,
    updates,
)

router = APIRouter(prefix="/api/v1")
PARTS = (service, catalogue, types, enrolments, bulk, scales, acts, life, asks, alerts, events, updates)
for domain in PARTS:
    router.include_router(domain.router)
