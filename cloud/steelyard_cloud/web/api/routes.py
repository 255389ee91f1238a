"""All domains of the API as one router under /api/v1."""

from fastapi import APIRouter

from steelyard_cloud.web.api import acts, alerts, catalogue, enrolments, events, scales, service

router = APIRouter(prefix="/api/v1")
for domain in (service, catalogue, enrolments, scales, acts, alerts, events):
    router.include_router(domain.router)
