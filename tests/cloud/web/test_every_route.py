"""Every route × every role × own, other and parent region: who is let in, who is refused, who is told *not found*."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import httpx
import pytest
from kit.complaints import PHOTO, complain
from kit.registry import EVERYWHERE, NOBODY
from kit.route_rules import DONE, NOT_SIGNED_IN, OWN_SESSION, RULED, RULES, STREAM, Route, Rule
from kit.routes import PUBLIC, routes
from kit.signing_scale import START_S
from kit.updates import made_update
from kit.world import World
from sqlalchemy import select
from steelyard_cloud.db import database
from steelyard_cloud.db.schema import audit_log
from steelyard_cloud.people import credentials, organisations, sessions
from steelyard_cloud.people.roles import KINDS, Role
from steelyard_cloud.scales import asks
from steelyard_cloud.scales.queries import scale_by_code
from steelyard_protocol.downlink import Asked

REGIONS = {"own": "330106", "other": "330700", "parent": "330000"}
MAKER = "Hengtai Scales"


@dataclass
class Somebody:
    """A person of a role in an office of a region, signed in."""

    role: Role
    region: str
    actor: str
    client: httpx.Client

    @property
    def sees(self) -> bool:
        """Whether the scale, its alert and its complaint are in their region, or their own organisation's."""
        if self.role in (Role.REGULATOR, Role.VERIFICATION, Role.REPAIRER):
            return self.region != "other"
        return self.role is Role.ADMIN or (self.role is Role.MANUFACTURER and self.region == "own")

    def ask(self, route: Route, rule: Rule, code: str) -> httpx.Response:
        """The answer to a request that nothing is wrong with but, maybe, who sends it."""
        return ask(self.client, route, rule, code, credentials.csrf_token(self.client.cookies["steelyard"]))


def ask(client: httpx.Client, route: Route, rule: Rule, code: str, csrf: str) -> httpx.Response:
    method, path = route
    names = {
        "alert": 1,
        "move": 1,
        "complaint": 1,
        "name": "zero",
        "number": START_S,
        "scale_type": 1,
        "organisation": 4,
    }
    path = path.format(code=code, user=4, token=9, division="330110", **names)
    if method == "get":
        return client.get(path, params=rule.body)
    if path.startswith("/api/"):
        return client.request(method, path, json=rule.body or None, headers={"X-CSRF-Token": csrf})
    return client.post(path, data=rule.body | {"csrf": csrf})


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One scale with an alert, a complaint, an ask and software for it."""
    made = World(tmp_path_factory.mktemp("routes") / "data")
    made.start()
    try:
        made.registry.add_type(quantity=20)
        scale = made.in_use("HT-1")
        made.send(scale, scale.cheat())
        made.until(lambda: len(made.alerts()) == 1, "the alert")
        assert complain(made, scale.code, PHOTO).status_code == 303
        package = {"package": made_update(made, scale.software[2])}
        assert made.client(Role.ADMIN).post("/api/v1/scale-types/1/images", json=package).json()["image"] == 1
        with database.writing(made.engine) as connection:
            here = scale_by_code(connection, EVERYWHERE, scale.code)
            wanted = asks.Wanted(Asked.SNAPSHOT)
            assert asks.ask(connection, NOBODY, here, wanted, START_S * 1000) == START_S
        made.token_for("Spare", "supervision", "330106", Role.REGULATOR)  # the token 9, which the walk ends
        made.code = scale.code  # type: ignore[attr-defined]
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="module")
def everybody(world: World) -> list[Somebody]:
    """One person of each role in each region; the manufacturer at home is the one of the scale."""
    return [somebody(world, role, region) for role, region in product(Role, REGIONS)]


def somebody(world: World, role: Role, region: str, *, manages: bool = False) -> Somebody:
    kind = next(kind for kind, roles in KINDS.items() if role in roles)
    with database.writing(world.engine) as connection:
        if role is Role.MANUFACTURER and region == "own":
            organisation = world.organisations[MAKER]
        else:
            name, code = f"{role} in {region}{' too' if manages else ''}", REGIONS[region]
            organisation = organisations.add_organisation(
                connection, NOBODY, name=name, kind=kind, division_code=code, now_ms=world.now
            )
        known = {"organisation_id": organisation, "name": "Li Na", "role": role.value, "manages": manages}
        user = organisations.add_user(connection, NOBODY, now_ms=world.now, **known)
        cookie = sessions.begin(connection, user, world.now)
    client = world.client(None)
    client.cookies.set("steelyard", cookie)
    return Somebody(role, region, f"user:{user}", client)


def traces(world: World, after: int = 0) -> list[tuple[int, str, str]]:
    """Number, actor and action of the entries of the audit log behind one of them."""
    c = audit_log.c
    with database.reading(world.engine) as connection:
        rows = connection.execute(select(c.id, c.actor, c.action).where(c.id > after).order_by(c.id))
        return [(row.id, row.actor, row.action) for row in rows]


def test_no_route_is_without_a_rule_and_no_rule_without_a_route(world: World) -> None:
    assert routes(world) | PUBLIC == RULED
    about_a_case = ("{code}", "{alert}", "{complaint}", "/alerts", "/complaints", "/scales", "/audit")
    for (method, path), rule in RULES.items():
        assert rule.logs or (method == "get" and not path.endswith(about_a_case)), path
        assert rule.case or not any(name in path for name in about_a_case[:3]), path


@pytest.mark.parametrize("route", RULES, ids=lambda route: " ".join(route))
def test_a_route_answers_each_role_of_each_region_as_its_rule_says(
    world: World, everybody: list[Somebody], route: Route
) -> None:
    rule, code = RULES[route], world.code  # type: ignore[attr-defined]
    before = traces(world)[-1][0]
    done, kept_out = [], []
    for one in everybody:
        answer = one.ask(route, rule, code)
        who = f"{one.role} of the {one.region} region: {answer.status_code} {answer.text[:300]}"
        if one.role not in rule.roles or (rule.case and not one.sees):
            assert answer.status_code == (404 if one.role in rule.roles else 403), who
            kept_out.append(one.actor)
        else:
            assert answer.headers.get("location") != "/sign-in", who
            assert answer.status_code in DONE | rule.refused, who
            done += [one.actor] * (answer.status_code in DONE)
    assert done or rule.refused, "nobody could do it"
    assert not [trace for trace in traces(world, before) if trace[1] in kept_out], "a refusal left a trace"
    logged = [actor for _, actor, action in traces(world) if action == rule.logs]
    assert not rule.logs or set(done[:1] if rule.same else done) <= set(logged)
    public = ask(world.client(None), route, rule, code, "")
    assert public.status_code == 401 or public.headers.get("location") == "/sign-in", public.status_code


def test_nobody_is_let_in_without_a_session_or_a_token(world: World) -> None:
    client = world.client(None)
    for method, path in (OWN_SESSION | {STREAM}) - NOT_SIGNED_IN:
        answer = client.request(method, path.format(passkey=1), json={} if method == "post" else None)
        assert answer.status_code in (401, 403) or answer.headers.get("location") == "/sign-in", path


def test_a_manager_manages_their_own_organisation_and_no_other(world: World) -> None:
    """By the same routes as an administrator; of others' organisations, people and tokens nothing is known."""
    one = somebody(world, Role.REGULATOR, "own", manages=True)
    mine = next(iter(one.client.get("/api/v1/organisations").json()["organisations"]))["id"]
    csrf = {"X-CSRF-Token": credentials.csrf_token(one.client.cookies["steelyard"])}
    foreign = {"organisation": 4, "user": 4, "token": 9}
    for route, rule in RULES.items():
        if rule.roles == {Role.ADMIN} and any(word in route[1] for word in ("users", "tokens", "invitations")):
            assert one.ask(route, rule, "").status_code == 404, (route, foreign)
    person = {"name": "Wu", "role": "regulator"}
    invited = one.client.post("/api/v1/invitations", json=person, headers=csrf)
    assert invited.status_code == 201
    for role in ("admin", "verification"):
        wrong = one.client.post("/api/v1/invitations", json=person | {"role": role}, headers=csrf)
        assert (wrong.status_code, "one of regulator" in wrong.text) == (422, True)
        assert one.client.post("/api/v1/tokens", json=person | {"role": role}, headers=csrf).status_code == 422
    listed = one.client.get(f"/api/v1/organisations/{mine}/users").json()["users"]
    assert [user["name"] for user in listed] == ["Li Na", "Wu"]
    assert one.client.get("/organisations").headers["location"] == f"/organisations/{mine}"
    made = one.client.post("/api/v1/tokens", json=person | {"scope": ["read", "scales"]}, headers=csrf).json()
    assert world.client(None, token=made["secret"]).get("/api/v1/scales").status_code == 200
    assert one.client.delete(f"/api/v1/tokens/{made['token']}", headers=csrf).status_code == 200
    assert world.client(None, token=made["secret"]).get("/api/v1/scales").status_code == 401
    itself = one.client.patch(f"/api/v1/users/{one.actor.split(':')[1]}", json={"active": False}, headers=csrf)
    assert itself.status_code == 422
    entries = one.client.get("/api/v1/audit", params={"action": "token.", "actor": one.actor}).json()["entries"]
    assert [(entry["action"], entry["who"]) for entry in entries] == [
        ("token.revoke", "Li Na"),
        ("token.make", "Li Na"),
    ]
