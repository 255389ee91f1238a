"""Every route that names a scale, an alert or a complaint, asked by those who may not see it and by those who may."""

from collections.abc import Iterable
from typing import Any

import httpx
from kit.complaints import PHOTO, complain
from kit.registry import EVERYWHERE, NOBODY
from kit.routes import PUBLIC, routes
from kit.signing_scale import START_S
from kit.updates import made_update
from kit.world import World
from sqlalchemy import func, select
from steelyard_cloud.db import database
from steelyard_cloud.db.schema import audit_log
from steelyard_cloud.people import access, credentials, organisations
from steelyard_cloud.people.audit import Actor
from steelyard_cloud.people.roles import Role
from steelyard_cloud.scales import asks
from steelyard_cloud.scales.queries import scale_by_code
from steelyard_protocol.downlink import Asked

NAMES_ONE = ("{code}", "{alert}", "{complaint}", "/alerts/decide")
DECISION = {"to": "acknowledged", "reason": "seen on site"}
BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("patch", "/api/v1/scales/{code}"): {"place": "Stall 9"},
    ("post", "/api/v1/scales/{code}/verifications"): {
        "number": 2,
        "valid_until": "2029-01-01",
        "kind": "subsequent",
        "seal": "S-2",
    },
    ("post", "/api/v1/scales/{code}/steps"): {"step": "verification.plan", "day": "2999-01-01"},
    ("post", "/scales/{code}/steps"): {"step": "verification.plan", "day": "2999-01-01", "seen": 99},
    ("post", "/scales/{code}/verify"): {"outcome": "pass"},
    ("post", "/api/v1/scales/{code}/moves"): {"division_code": "330108", "place": "Stall 9"},
    ("post", "/api/v1/scales/{code}/decisions"): {"number": 2, "reason": "the network was away"},
    ("put", "/api/v1/scales/{code}/period"): {"period_s": 60, "reason": "a busy stall"},
    ("post", "/api/v1/scales/{code}/permits"): {
        "fields": ["point_1_mg"],
        "not_after": 0xFFFFFFFF,
        "not_before": 0xFFFFF000,
    },
    ("post", "/api/v1/scales/{code}/unlocks"): {
        "key": "0000",
        "question": "00000000",
        "check_digit": "4",
        "reason": "seen on site",
    },
    ("post", "/api/v1/scales/{code}/asks"): {"what": "snapshot"},
    ("post", "/api/v1/scales/{code}/updates"): {"image": 1},
    ("post", "/api/v1/alerts/{alert}/transitions"): DECISION,
    ("post", "/alerts/{alert}/transitions"): DECISION | {"to": "investigating"},
    ("get", "/alerts/decide"): {"to": "confirmed", "alert": 1},
    ("post", "/alerts/decide"): {"to": "confirmed", "reason": "a span too high", "alert": 1},
    ("post", "/complaints/{complaint}/close"): {"answer": "The scale was sealed."},
}


def stranger(world: World, role: Role) -> httpx.Client:
    """Somebody signed in with the role, in an organisation far from the scale."""
    actor = Actor("process:test", 0, None, None)
    with database.writing(world.engine) as connection:
        organisation = organisations.add_organisation(
            connection, actor, name=f"Far {role}", kind="regulator", division_code="330700", now_ms=world.now
        )
        user = organisations.add_user(
            connection, actor, organisation_id=organisation, name=f"Far {role}", role=role.value, now_ms=world.now
        )
        secret = access.create_sign_in_link(connection, user, world.now)
    client = world.client(None)
    assert client.post("/sign-in", data={"token": secret}).status_code == 303
    return client


def ask(client: httpx.Client, route: tuple[str, str], code: str) -> int:
    """The status of the answer to a request that nothing is wrong with but, maybe, who sends it."""
    method, path = route
    path = path.format(code=code, alert=1, complaint=1, name="zero", number=START_S)
    body, csrf = BODIES.get(route, {}), credentials.csrf_token(client.cookies["steelyard"])
    if method == "get":
        return client.get(path, params=body).status_code
    if path.startswith("/api/"):
        return client.request(method, path, json=body, headers={"X-CSRF-Token": csrf}).status_code
    return client.post(path, data=body | {"csrf": csrf}).status_code


def bring_software(world: World, software: bytes) -> None:
    """An image with the number 1 that the type approval names."""
    made = {"package": made_update(world, software)}
    assert world.client(Role.ADMIN).post("/api/v1/scale-types/1/images", json=made).json()["image"] == 1


def answers(clients: Iterable[httpx.Client], route: tuple[str, str], code: str) -> set[int]:
    return {ask(client, route, code) for client in clients}


def test_each_route_answers_who_may_see_the_scale_and_knows_it_not_for_anybody_else(world: World) -> None:
    scale = world.in_use("HT-1")
    world.send(scale, scale.cheat())
    world.until(lambda: len(world.alerts()) == 1, "the alert")
    assert complain(world, scale.code, PHOTO).status_code == 303
    bring_software(world, scale.software[2])
    with database.writing(world.engine) as connection:
        here = scale_by_code(connection, EVERYWHERE, scale.code)
        assert asks.ask(connection, NOBODY, here, asks.Wanted(Asked.SNAPSHOT), START_S * 1000) == START_S
    asked = sorted(route for route in routes(world) - PUBLIC if any(name in route[1] for name in NAMES_ONE))
    assert set(BODIES) <= set(asked)

    def trace() -> int:
        with database.reading(world.engine) as connection:
            return connection.scalar(select(func.count()).select_from(audit_log)) or 0

    strangers = [stranger(world, role) for role in Role if role is not Role.ADMIN]
    before = trace()
    for route in asked:
        assert 404 in answers(strangers, route, scale.code) <= {403, 404}, route
    assert trace() == before, "nothing was done, and nothing was looked at"
    insiders = [world.signed_in(Role.REGULATOR), world.signed_in(Role.VERIFICATION)]
    for route in asked:
        got = answers(insiders, route, scale.code)
        assert got & {200, 201, 303, 409}, (route, got)
