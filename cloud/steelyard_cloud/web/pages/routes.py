"""All pages as one router; none of them is part of the API's description."""

from fastapi import APIRouter

from steelyard_cloud.web.pages import alerts, complaint_form, complaints, public, scales, sign_in

PARTS = (sign_in, alerts, scales, complaints, complaint_form, public)

router = APIRouter(include_in_schema=False)
for part in PARTS:
    router.include_router(part.router)
