"""All domains of the API as one router under /api/v1."""

from fastapi import APIRouter

from steelyard_cloud.web.api import (
    acts,
    alerts,
    asks,
    bulk,
    catalogue,
    divisions,
    enrolments,
    events,
    life,
    log,
    people,
    scales,
    service,
    types,
    updates,
)

router = APIRouter(prefix="/api/v1")
PARTS = (service, people, divisions, log, catalogue, types, enrolments, bulk, scales, acts, life, asks, alerts, events)
for domain in (*PARTS, updates):
    router.include_router(domain.router)
