"""docs/api.md says what each route answers; here real answers are compared with it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from kit.updates import made_update
from kit.world import World
from steelyard_cloud import keys
from steelyard_cloud.people.roles import Role
from steelyard_protocol.codes import check_digit, key_number
from steelyard_protocol.enrolment import to_base64url

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "api.md").read_text()
ANSWERS: dict[str, Any] = json.loads(re.findall(r"^```json\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)[0])
TYPES = {"text": str, "number": (int, float), "boolean": bool}
NOT_JSON = {"GET /events", "GET /alerts/{alert}/evidence"}


def differences(pattern: Any, value: Any, where: str) -> list[str]:
    """How a value differs from a pattern of the page; names that the page does not have count too."""
    if isinstance(pattern, str) and pattern in ANSWERS:
        pattern = ANSWERS[pattern]
    if isinstance(pattern, dict):
        return in_object(pattern, value, where)
    if isinstance(pattern, list):
        if not isinstance(value, list):
            return [f"{where} is no list"]
        return [text for one in value for text in differences(pattern[0], one, f"{where}[]")]
    kind = pattern.removesuffix("?")
    if kind == "any" or (value is None and pattern.endswith("?")):
        return []
    fits = isinstance(value, TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))
    return [] if fits else [f"{where} is {value!r} and not {pattern}"]


def in_object(pattern: dict[str, Any], value: Any, where: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{where} is no object"]
    if "may be empty" in pattern and not value:
        return []
    wanted = {**ANSWERS.get(pattern.get("...", ""), {}), **pattern}
    for instruction in ("...", "may be empty"):
        wanted.pop(instruction, None)
    anything = wanted.pop("*", None)
    required = {name for name in wanted if not name.endswith("?")}
    named = {name.removesuffix("?"): one for name, one in wanted.items()}
    found = [f"{where}.{name} is missing" for name in required - set(value)]
    for name, one in value.items():
        if name not in named and anything is None:
            found.append(f"{where}.{name} is not on the page")
        else:
            found += differences(named.get(name, anything), one, f"{where}.{name}")
    return found


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """One real answer of each route: a scale's story from the organisation to the decided alert."""
    made = World(tmp_path_factory.mktemp("answers") / "data")
    made.start()
    try:
        made.registry.add_type(quantity=20)
        return collected(made)
    finally:
        made.stop()


def collected(world: World) -> dict[str, Any]:
    found: dict[str, Any] = {}

    def ask(role: Role | None, route: str, body: Any = None, **names: object) -> Any:
        method, path = route.split()
        sent = {"content": names.pop("content")} if "content" in names else {"json": body}
        answer = world.client(role).request(method, "/api/v1" + path.format(**names), **sent)
        assert answer.is_success, (route, answer.text)
        found[route.partition("?")[0]] = answer.json()
        return answer.json()

    region = {"name": "Yiwu", "kind": "manufacturer", "division_code": "330782"}
    maker = ask(Role.ADMIN, "POST /organisations", region)["organisation"]
    ask(Role.ADMIN, "PUT /organisations/{organisation}/divisions", {"covers": ["330782"]}, organisation=maker)
    person = {"name": "Li Na", "role": "manufacturer", "organisation": maker}
    user = ask(Role.ADMIN, "POST /invitations", person)["user"]
    ask(Role.ADMIN, "POST /users/{user}/recovery", user=user)
    ask(Role.ADMIN, "PATCH /users/{user}", {"manages": True}, user=user)
    token = ask(Role.ADMIN, "POST /tokens", person | {"scope": ["read"]})["token"]
    for route in ("GET /organisations/{organisation}/users", "GET /organisations/{organisation}/tokens"):
        ask(Role.ADMIN, route, organisation=maker)
    ask(Role.ADMIN, "DELETE /tokens/{token}", token=token)
    zone = {"name": "High-tech Zone", "parent": "330700", "since": "2026-11-01"}
    zone_code = ask(Role.ADMIN, "POST /divisions", zone)["code"]
    merger = {"into": "330702", "on": "2026-11-02", "reason": "State Council, 2026"}
    ask(Role.ADMIN, "POST /divisions/{division}/merger", merger, division=zone_code)
    kind = {"organisation": maker, "maker": "Yiwu", "model": "Y-1", "type_approval": "PA-1"}
    made = ask(Role.ADMIN, "POST /scale-types", kind)["scale_type"]
    program = {"name": "agent", "version": "1", "hash": "ab" * 32}
    ask(Role.ADMIN, "POST /scale-types/{scale_type}/software", program, scale_type=made)
    order = {"number": "O-2", "scale_type": 1, "quantity": 1, "division_code": "330106"}
    ask(Role.MANUFACTURER, "POST /factory-orders", order)
    other = {"order": "O-2", "statement": to_base64url(world.scale("HT-2").enrol())}
    ask(Role.MANUFACTURER, "POST /enrolments", other)

    scale = world.in_use("HT-1")
    world.send(scale, [scale.snapshot(), *scale.cheat()])
    world.until(lambda: bool(world.alerts()), "an alert")
    alert = world.alerts()[0]["id"]
    scale_2 = world.scale("HT-3")
    assert world.enrol(scale_2).is_success
    stated = {"number": 2, "valid_until": "2029-11-30", "kind": "subsequent", "seal": "S-2", **world.right(scale_2)}
    ask(Role.VERIFICATION, "POST /scales/{code}/verifications", stated, code=scale_2.code)
    ask(Role.REGULATOR, "PUT /scales/{code}/period", {"period_s": 60, "reason": "a busy stall"}, code=scale.code)
    decided = {"number": scale.number, "reason": "the network was away"}
    ask(Role.REGULATOR, "POST /scales/{code}/decisions", decided, code=scale.code)
    permit = {"fields": ["gravity_use_um_s2"], "not_after": world.now // 1000 + 3600}
    ask(Role.REGULATOR, "POST /scales/{code}/permits", permit, code=scale.code)
    key = key_number(keys.read_unlock(world.settings.keys).kid)
    shown = {"key": key, "question": "48151623", "check_digit": check_digit(key + "48151623"), "reason": "seen on site"}
    ask(Role.REGULATOR, "POST /scales/{code}/unlocks", shown, code=scale.code)
    ask(Role.REGULATOR, "PATCH /scales/{code}", {"place": "Stall 9"}, code=scale.code)
    ask(Role.REGULATOR, "POST /alerts/{alert}/transitions", {"to": "acknowledged", "reason": "seen"}, alert=alert)
    wanted = ask(Role.REGULATOR, "POST /scales/{code}/asks", {"what": "fresh"}, code=scale.code)["ask"]
    ask(Role.REGULATOR, "GET /scales/{code}/asks/{number}", code=scale.code, number=wanted)
    file = made_update(world, scale.software[2])
    image = ask(Role.MANUFACTURER, "POST /scale-types/{scale_type}/images", {"package": file}, scale_type=1)["image"]
    ask(Role.MANUFACTURER, "POST /scales/{code}/updates", {"image": image}, code=scale.code)
    _life(world, ask, scale.code)
    for route in ("GET /health", "GET /root"):
        ask(None, route)
    for route in [route for route in ANSWERS if route.startswith("GET ") and route not in found]:
        ask(Role.REGULATOR, route, code=scale.code, alert=alert)
    assert found["GET /scales/{code}"]["standing"]
    assert found["GET /scales/{code}"]["verifications"]
    assert found["GET /scales/{code}"]["decisions"]
    assert found["GET /scales/{code}"]["unmet"]
    assert found["GET /scales/{code}/statements"]["statements"]
    assert found["GET /alerts"]["alerts"]
    found["PROBLEM"] = world.client(Role.REGULATOR).get("/api/v1/alerts/77777").json()
    return found


def _life(world: World, ask: Any, code: str) -> None:
    """The routes of the table of steps."""
    applied = {
        "maker": "Hengtai",
        "model": "HT-60",
        "envelope": {"limits": {"max_mg": [1_000, 60_000_000]}, "adc": ["hx711"]},
    }
    made = ask(Role.MANUFACTURER, "POST /scale-types", applied)["scale_type"]
    submitted = {"name": "agent", "version": "2", "hash": "cd" * 32}
    ask(Role.MANUFACTURER, "POST /scale-types/{scale_type}/software", submitted, scale_type=made)
    approved = {"step": "type.approve", "type_approval": "PA-9"}
    ask(Role.TYPE_EVALUATION, "POST /scale-types/{scale_type}/steps", approved, scale_type=made)
    step = {"step": "software.approve", "hash": "cd" * 32}
    ask(Role.TYPE_EVALUATION, "POST /scale-types/{scale_type}/software/steps", step, scale_type=made)
    ask(Role.TYPE_EVALUATION, "GET /scale-types")
    ask(Role.TYPE_EVALUATION, "GET /scale-types/{scale_type}", scale_type=made)
    rows = "statement,place\n" + to_base64url(world.scale("HT-5").enrol()) + ",Stall 5\n"
    ask(Role.MANUFACTURER, "POST /enrolments/bulk?order=ORDER-1", content=rows)
    ask(Role.VERIFICATION, "POST /scales/{code}/steps", {"step": "verification.plan", "day": "2999-01-01"}, code=code)
    ask(Role.REGULATOR, "GET /scales/{code}/steps", code=code)
    move = ask(Role.ADMIN, "POST /scales/{code}/moves", {"division_code": "330108", "place": "Stall 1"}, code=code)[
        "move"
    ]
    ask(Role.REGULATOR, "GET /moves")
    ask(Role.REGULATOR, "POST /moves/{move}/answer", {"accepts": True}, move=move)
    masses = {"number": "M-2", "mass_class": "F2", "certificate": "Z-1"}
    days = {"from_day": "2026-01-01", "until_day": "2027-01-01"}
    ask(Role.VERIFICATION, "POST /reference-masses", masses | days)
    ask(Role.VERIFICATION, "GET /reference-masses")


NO_ROUTES = ("SCALE", "ALERT", "TYPE", "STEP", "USER", "DIVISION")


@pytest.mark.parametrize("route", [name for name in ANSWERS if name not in NO_ROUTES])
def test_real_answer_is_as_documented(answers: dict[str, Any], route: str) -> None:
    assert differences(ANSWERS[route], answers[route], route) == []


def test_every_route_is_documented(quiet: World) -> None:
    routes = {
        f"{method.upper()} {path.removeprefix('/api/v1')}"
        for path, methods in quiet.client(None).get("/api/v1/openapi.json").json()["paths"].items()
        for method in methods
    }
    assert routes - NOT_JSON == {name for name in ANSWERS if " " in name}


def test_a_departure_is_seen() -> None:
    health = ANSWERS["GET /health"]
    for wrong in ({}, {"status": 1}, {"status": None}, {"status": "ok", "more": 1}, []):
        assert differences(health, wrong, "health")
