"""All domains of the API as one router under /api/v1."""

from fastapi import APIRouter

from steelyard_cloud.web.api import (
    acts,
    alerts,
    asks,
    catalogue,
    divisions,
    enrolments,
    events,
    log,
    people,
    scales,
    service,
    updates,
)

router = APIRouter(prefix="/api/v1")
for domain in (service, people, divisions, log, catalogue, enrolments, scales, acts, asks, alerts, events, updates):
    router.include_router(domain.router)
