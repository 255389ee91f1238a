"""Who may do what: tokens, sessions, forged requests, roles, regions, and requests that come twice."""

import httpx
import pytest
from kit.commands import COMMANDS, ORGANISATION
from kit.world import World
from sqlalchemy import Table, delete, func, select, update
from sqlalchemy.exc import DBAPIError
from steelyard_cloud.alerts import decisions
from steelyard_cloud.db import database, idempotency
from steelyard_cloud.db.idempotency import KEPT_MS
from steelyard_cloud.db.schema import (
    audit_log,
    idempotency_keys,
    organisations,
    sign_in_links,
    tokens,
    users,
)
from steelyard_cloud.people import access, credentials, sessions
from steelyard_cloud.people.roles import READ, SCOPES, Role
from steelyard_cloud.web.http.recent_views import AGAIN_MS
from steelyard_protocol.enrolment import to_base64url


def cookie(secret: str) -> dict[str, str]:
    """The header of a request with this session."""
    return {"Cookie": f"steelyard={secret}"}


def test_a_token_is_kept_only_as_its_hash_and_dies_by_revocation_and_age(world: World) -> None:
    secret = world.tokens[Role.REGULATOR]
    assert secret.startswith("sy_")
    with database.reading(world.engine) as connection:
        kept = connection.scalars(select(tokens.c.token_hash)).all()
    assert credentials.digest(secret) in kept
    assert all(secret.encode() not in one for one in kept)
    client = world.client(Role.REGULATOR)
    assert client.get("/api/v1/alerts").status_code == 200
    with database.writing(world.engine) as connection:
        connection.execute(
            update(tokens).where(tokens.c.token_hash == credentials.digest(secret)).values(revoked_ms=world.now)
        )
        short = access.create_token(
            connection,
            name="short",
            role=Role.REGULATOR,
            organisation_id=world.organisations["Hangzhou Market Supervision"],
            now_ms=world.now,
            days=1,
        )
    assert client.get("/api/v1/alerts").status_code == 401
    aged = world.client(None, token=short)
    assert aged.get("/api/v1/alerts").status_code == 200
    world.now += 86_400_001
    assert aged.get("/api/v1/alerts").status_code == 401


def test_a_token_does_nothing_outside_its_scope(world: World) -> None:
    scale = world.in_use("HT-1")
    url, period = f"/api/v1/scales/{scale.code}", {"period_s": 60, "reason": "a busy stall"}
    expected = {("read",): (200, 403), ("scales",): (403, 200), ("read", "scales"): (200, 200), ("alerts",): (403, 403)}
    for scope, statuses in expected.items():
        with database.writing(world.engine) as connection:
            secret = access.create_token(
                connection,
                name="narrow",
                role=Role.REGULATOR,
                organisation_id=world.organisations["Hangzhou Market Supervision"],
                now_ms=world.now,
                scope=frozenset(scope),
            )
        client = world.client(None, token=secret)
        got = client.get(url), client.put(f"{url}/period", json=period)
        assert tuple(answer.status_code for answer in got) == statuses, scope
        for answer in got:
            assert answer.is_success or answer.json()["code"] == "out-of-scope"
        assert client.get("/alerts").status_code == statuses[0], "a page is read too"
        assert client.post("/alerts/1/transitions", data={}).status_code == 403
        assert client.post("/api/v1/nowhere").status_code == 404


def test_a_token_with_a_scope_gives_nobody_more_than_it_has(world: World) -> None:
    with database.writing(world.engine) as connection:
        own = world.organisations["Zhejiang Platform"]
        narrow = {"name": "narrow", "role": Role.ADMIN, "organisation_id": own, "now_ms": world.now}
        secret = access.create_token(connection, **narrow, scope=frozenset({"people", "read"}))
    client = world.client(None, token=secret)
    person = {"name": "full", "role": "admin", "organisation": own}
    tried = [
        client.post("/api/v1/tokens", json=person),
        client.post("/api/v1/tokens", json=person | {"scope": ["read", "alerts"]}),
        client.post("/api/v1/invitations", json=person),
        client.post("/api/v1/users/2/recovery"),
        client.patch("/api/v1/users/2", json={"manages": True}),
    ]
    assert [(one.status_code, one.json()["code"]) for one in tried] == [(403, "scoped-token")] * 5
    assert client.post("/api/v1/tokens", json=person | {"scope": ["read"]}).status_code == 201
    assert client.patch("/api/v1/users/2", json={"active": False}).status_code == 200, "it may stop somebody"


def test_every_change_by_the_api_is_in_one_scope(world: World) -> None:
    described = world.client(None).get("/api/v1/openapi.json").json()["paths"]
    tags = {
        tag for item in described.values() for method, one in item.items() if method != "get" for tag in one["tags"]
    }
    assert {*tags, READ} == set(SCOPES)


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer sy_wrong", "Basic sy_x", "Bearer " + "x" * 5000])
def test_without_a_good_token_the_answer_is_a_problem_and_nothing_else(world: World, header: str) -> None:
    answer = world.client(None).get("/api/v1/scales", headers={"Authorization": header} if header else {})
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.json()["code"] == "not-signed-in"


def test_a_sign_in_link_works_once_for_an_hour_and_looking_at_it_does_not_spend_it(world: World) -> None:
    link = world.sign_in_link(Role.REGULATOR)
    secret = link.split("token=")[1]
    client = world.client(None)
    for _ in range(2):
        assert "Open the console" in client.get(link).text
    first = client.post("/sign-in", data={"token": secret})
    assert first.status_code == 303
    cookie = first.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    second = world.client(None).post("/sign-in", data={"token": secret})
    assert second.status_code == 403
    late = world.sign_in_link(Role.REGULATOR).split("token=")[1]
    world.now += access.LINK_MS
    assert world.client(None).post("/sign-in", data={"token": late}).status_code == 403


def test_a_session_ends_by_signing_out_by_age_and_by_deactivation(world: World) -> None:
    client = world.signed_in(Role.REGULATOR)
    assert client.get("/alerts").status_code == 200
    csrf = credentials.csrf_token(client.cookies["steelyard"])
    old = cookie(client.cookies["steelyard"])
    assert client.post("/sign-out", data={"csrf": csrf}).status_code == 303
    assert world.client(None).get("/api/v1/alerts", headers=old).status_code == 401
    other = world.signed_in(Role.REGULATOR)
    world.now += access.SESSION_MS
    assert other.get("/alerts").headers["location"] == "/sign-in"
    third = world.signed_in(Role.REGULATOR)
    with database.writing(world.engine) as connection:
        connection.execute(update(users).where(users.c.id == world.users[Role.REGULATOR]).values(active=False))
    assert third.get("/alerts").headers["location"] == "/sign-in"


def test_a_session_changes_nothing_without_the_token_of_its_forms(world: World) -> None:
    client = world.signed_in(Role.ADMIN)
    good = credentials.csrf_token(client.cookies["steelyard"])
    url = "/api/v1/organisations"
    for headers in ({}, {"X-CSRF-Token": "0" * 64}, {"X-CSRF-Token": good, "Sec-Fetch-Site": "cross-site"}):
        answer = client.post(url, json=ORGANISATION, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "forged-request"), headers
    with database.reading(world.engine) as connection:
        known = connection.scalars(select(organisations.c.name)).all()
    assert ORGANISATION["name"] not in known
    assert client.post(url, json=ORGANISATION, headers={"X-CSRF-Token": good}).status_code == 201
    assert client.post("/sign-out", data={"csrf": "x"}).status_code == 403
    assert client.post("/sign-in", data={"token": "x"}, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_who_may_not_see_alerts_hears_of_none(world: World) -> None:
    for role in set(Role) - {Role.ADMIN, Role.REGULATOR, Role.VERIFICATION}:
        assert (
            world.client(None, token=world.token_for(f"A {role}", "platform", "330106", role))
            .get("/api/v1/events?topics=alert")
            .status_code
            == 403
        ), role


def test_people_see_their_own_region_or_organisation_and_nobody_else_s(world: World) -> None:
    own = world.in_use("HT-1")
    world.order("ORDER-JINHUA", 1, 5, "330702")
    far = world.scale("HT-2")
    assert world.enrol(far, order="ORDER-JINHUA").status_code == 201
    world.send(own, own.cheat())
    world.until(lambda: len(world.alerts()) == 1, "the alert")
    alert = world.alerts()[0]["id"]

    def seen(client: httpx.Client) -> set[str]:
        return {scale["public_code"] for scale in client.get("/api/v1/scales").json()["scales"]}

    district = world.client(None, token=world.token_for("Xihu", "regulator", "330106", Role.REGULATOR))
    other = world.client(None, token=world.token_for("Jinhua", "regulator", "330700", Role.REGULATOR))
    province = world.client(None, token=world.token_for("Zhejiang", "regulator", "330000", Role.REGULATOR))
    country = world.client(None, token=world.token_for("SAMR", "regulator", "000000", Role.REGULATOR))
    maker = world.client(None, token=world.token_for("Other maker", "manufacturer", "330700", Role.MANUFACTURER))
    assert seen(district) == {own.code}
    assert seen(other) == {far.code}
    assert seen(province) == seen(country) == seen(world.client(Role.MANUFACTURER)) == {own.code, far.code}
    assert seen(maker) == set()
    for path in (
        f"/api/v1/scales/{own.code}",
        f"/api/v1/scales/{own.code}/statements",
        f"/api/v1/scales/{own.code}/series",
        f"/api/v1/alerts/{alert}",
        f"/api/v1/alerts/{alert}/evidence",
        f"/scales/{own.code}",
        f"/scales/{own.code}/plots/zero.svg",
        f"/alerts/{alert}",
        f"/alerts/{alert}/evidence",
    ):
        assert other.get(path).status_code == 404, path
        assert district.get(path).status_code == 200, path
    body = {"to": "acknowledged", "reason": "not mine"}
    assert other.post(f"/api/v1/alerts/{alert}/transitions", json=body).status_code == 404
    assert other.get("/api/v1/alerts").json() == {"alerts": [], "total": 0}
    assert other.get("/api/v1/statistics").json()["alerts"] == 0
    permit = {"fields": ["point_1_mg"], "not_after": world.now // 1000 + 3600}
    assert other.post(f"/api/v1/scales/{own.code}/permits", json=permit).status_code == 404


def test_no_number_is_too_large_for_an_answer(quiet: World) -> None:
    admin, big = quiet.client(Role.ADMIN), 2**70
    for path in (f"scales?after={big}", f"alerts?before={big}", f"alerts/{big}"):
        assert admin.get(f"/api/v1/{path}").status_code == 422, path
    desk = quiet.client(Role.REGULATOR)
    for path in (f"scales?after={big}", f"alerts?before={big}", f"alerts/decide?to=closed&alert={big}"):
        assert desk.get(f"/{path}").status_code == 422, path
    order = {"number": "N", "scale_type": big, "quantity": 1, "division_code": "330106"}
    assert quiet.client(Role.MANUFACTURER).post("/api/v1/factory-orders", json=order).status_code == 422


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_is_carried_out_for_the_roles_that_may_and_leaves_no_trace_for_others(
    world: World, command: str
) -> None:
    scale, second = world.in_use("HT-1"), world.scale("HT-2")
    world.send(scale, [*scale.cheat(), scale.boot()])
    world.until(lambda: len(world.alerts()) == 1, "the alert")
    body, allowed = COMMANDS[command]
    method, path = command.split()[:2]
    if path == "/enrolments":
        body = body | {"statement": to_base64url(second.enrol())}
    if path.endswith("verifications"):
        body = body | {"number": scale.number, **world.right(scale)}
        for to in ("acknowledged", "investigating", "confirmed"):  # an undecided alert keeps a verification back
            decision = {"to": to, "reason": "seen on site"}
            assert world.client(Role.REGULATOR).post("/api/v1/alerts/1/transitions", json=decision).is_success, to

    def trace() -> int:
        with database.reading(world.engine) as connection:
            return connection.scalar(select(func.count()).select_from(audit_log)) or 0

    def ask(role: Role | None) -> httpx.Response:
        return world.client(role).request(method, f"/api/v1{path.replace('CODE', scale.code)}", json=body)

    before = trace()
    for role in (*(set(Role) - allowed), None):
        answer = ask(role)
        expected = (401,) if role is None else (403, 404) if path == "/scales/CODE" else (403,)
        assert answer.status_code in expected, f"{command} as {role}: {answer.status_code}"
    assert trace() == before
    for role in allowed:
        answer = ask(role)
        done_before = answer.status_code == 409 and trace() > before
        assert answer.is_success or done_before, f"{command} as {role}: {answer.text}"
    assert trace() > before


def test_who_supervises_a_division_may_hand_a_scale_over_with_its_alerts(world: World) -> None:
    scale = world.in_use("HT-1")
    world.send(scale, scale.cheat())
    world.until(lambda: len(world.alerts()) == 1, "the alert")
    there = world.client(None, token=world.token_for("Ningbo", "regulator", "330200", Role.REGULATOR))
    elsewhere = {"place": "Ningbo, fishmonger", "division_code": "330212"}
    url = f"/api/v1/scales/{scale.code}"
    assert there.patch(url, json=elsewhere).status_code == 404, "it cannot be drawn in, only handed over"
    for role in (Role.TECHNICIAN, Role.MANUFACTURER, Role.VERIFICATION):
        refused = world.client(role).patch(url, json=elsewhere)
        assert (refused.status_code, refused.json()["code"]) == (403, "not-allowed"), role
    handed = world.client(Role.REGULATOR).patch(url, json=elsewhere)
    assert (handed.status_code, handed.json()["division_code"]) == (200, "330106"), "until the new division accepts"
    assert world.client(Role.REGULATOR).get("/api/v1/moves").json() == {"moves": []}
    (move,) = there.get("/api/v1/moves").json()["moves"]
    assert (move["scale"], move["division_code"], move["from"]["division_code"]) == (scale.code, "330212", "330106")
    own = world.client(Role.REGULATOR).post(f"/api/v1/moves/{move['move']}/answer", json={"accepts": True})
    assert own.status_code == 404, "it cannot accept for the other"
    assert there.post(f"/api/v1/moves/{move['move']}/answer", json={"accepts": True}).status_code == 201
    world.until(lambda: world.alerts() == [], "the alert going with it")
    assert [alert["scale"] for alert in there.get("/api/v1/alerts").json()["alerts"]] == [scale.code]
    assert there.get("/api/v1/alerts/1/evidence").status_code == 200
    world.send(scale, scale.cheat(200))
    world.until(lambda: there.get("/api/v1/alerts").json()["total"] == 2, "the next alert in the new division")


def test_what_was_used_up_does_not_pile_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idempotency, "KEPT_LEAST", 1)
    admin = world.client(Role.ADMIN)

    def kept(table: Table) -> int:
        with database.reading(world.engine) as connection:
            return connection.scalar(select(func.count()).select_from(table)) or 0

    for number in range(3):
        body = ORGANISATION | {"name": f"Office {number}"}
        answer = admin.post("/api/v1/organisations", json=body, headers={"Idempotency-Key": f"k{number}"})
        assert answer.status_code == 201
        world.sign_in_link(Role.REGULATOR)
        assert (kept(idempotency_keys), kept(sign_in_links)) == (min(number + 1, 2), 1)
        world.now += KEPT_MS


def test_a_repeated_post_has_one_effect_and_one_answer(world: World) -> None:
    admin = world.client(Role.ADMIN)
    key = {"Idempotency-Key": "order-2026-11-23-1"}
    first = admin.post("/api/v1/organisations", json=ORGANISATION, headers=key)
    again = admin.post("/api/v1/organisations", json=ORGANISATION, headers=key)
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert again.headers["idempotent-replayed"] == "true"
    other = admin.post("/api/v1/organisations", json=ORGANISATION | {"name": "Another"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    without = admin.post("/api/v1/organisations", json=ORGANISATION)
    assert (without.status_code, without.json()["code"]) == (409, "already-exists")


def test_a_refused_post_keeps_no_key_so_that_it_can_be_sent_again(world: World) -> None:
    scale = world.scale("HT-3")
    assert world.enrol(scale).status_code == 201
    scale.snapshot()
    body = {"number": 4, "valid_until": "2030-01-01", "kind": "initial", "seal": "S-1", **world.right(scale)}
    client = world.client(Role.VERIFICATION)
    key = {"Idempotency-Key": "verify-1"}
    early = client.post(f"/api/v1/scales/{scale.code}/verifications", json=body, headers=key)
    assert (early.status_code, early.json()["code"]) == (409, "not-stored-yet")
    world.send(scale, [scale.chain[2], scale.boot()])
    late = client.post(f"/api/v1/scales/{scale.code}/verifications", json=body, headers=key)
    assert late.status_code == 201, late.text


def test_the_audit_log_names_who_did_what_and_cannot_be_changed(world: World) -> None:
    scale = world.in_use("HT-4")
    world.send(scale, scale.cheat())
    world.until(lambda: len(world.alerts()) == 1, "the alert")
    regulator = world.signed_in(Role.REGULATOR)
    assert regulator.get("/alerts/1/evidence").status_code == 200
    with database.reading(world.engine) as connection:
        log = [(row.actor.split(":")[0], row.action) for row in connection.execute(select(audit_log))]
    for entry in (
        ("token", "scale.enrol"),
        ("token", "scale.verify"),
        ("user", "user.sign-in"),
        ("user", "alert.evidence"),
    ):
        assert entry in log, entry
    for statement in (delete(audit_log), update(audit_log).values(actor="user:0")):
        with pytest.raises(DBAPIError, match="append-only"), database.writing(world.engine) as connection:
            connection.execute(statement)


def test_the_audit_log_says_who_looked_at_what_and_once_for_a_page_that_keeps_itself_fresh(world: World) -> None:
    scale = world.in_use("HT-4")
    world.send(scale, scale.cheat())
    world.until(lambda: len(world.alerts()) == 1, "the alert")

    def looks() -> list[tuple[str, str, str]]:
        with database.reading(world.engine) as connection:
            rows = connection.execute(
                select(audit_log).where(audit_log.c.action.like("%.look")).order_by(audit_log.c.id)
            )
            return [(row.actor, row.action, row.object) for row in rows if row.actor != admin]

    admin = "token:1"  # by which the test itself looks
    regulator, stranger = (
        world.signed_in(Role.REGULATOR),
        world.client(None, token=world.token_for("Ningbo", "regulator", "330200", Role.REGULATOR)),
    )
    scale_paths = [f"/scales/{scale.code}", f"/api/v1/scales/{scale.code}", f"/scales/{scale.code}/plots/zero.svg"]
    for path in (*scale_paths, *scale_paths, f"/s/{scale.code}", "/scales", "/alerts"):
        assert regulator.get(path).status_code == 200
    user = f"user:{world.users[Role.REGULATOR]}"
    assert looks() == [(user, "scale.look", "scale:1")]
    for path in ("/alerts/1", "/api/v1/alerts/1"):
        assert regulator.get(path).status_code == 200
        assert stranger.get(path).status_code == 404
    assert looks()[1:] == [(user, "alert.look", "alert:1")]
    for path in ("", "/statements", "/series"):
        before = len(looks())
        world.now += AGAIN_MS
        assert regulator.get(f"/api/v1/scales/{scale.code}{path}").status_code == 200
        assert len(looks()) == before + 1


def test_a_key_that_is_away_is_told_without_telling_where_it_should_be(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    scale = world.in_use("HT-4")
    (world.settings.keys / "authority.pem").unlink()
    body = {"fields": ["point_1_mg"], "not_after": 0xFFFFFFFF, "not_before": 0xFFFFF000}
    for language in ("en", "zh-CN"):
        url = f"/api/v1/scales/{scale.code}/permits?lang={language}"
        answer = world.client(Role.REGULATOR).post(url, json=body)
        assert (answer.status_code, answer.json()["code"]) == (503, "keys-unavailable")
        assert str(world.settings.keys) not in answer.text
        assert ".pem" not in answer.text
    assert str(world.settings.keys / "authority.pem") in caplog.text


def test_a_decision_follows_the_steps_and_keeps_its_reason(world: World) -> None:
    scale = world.in_use("HT-5")
    world.send(scale, scale.cheat())
    world.until(lambda: len(world.alerts()) == 1, "the alert")
    regulator = world.client(Role.REGULATOR)
    url = "/api/v1/alerts/1/transitions"
    leap = regulator.post(url, json={"to": "closed", "reason": "wish"})
    assert (leap.status_code, leap.json()["code"]) == (409, "wrong-state")
    assert regulator.post(url, json={"to": "acknowledged", "reason": "  "}).status_code == 422
    state = "open"
    for to in ("acknowledged", "investigating", "confirmed", "closed"):
        assert to in decisions.steps(state)
        assert regulator.post(url, json={"to": to, "reason": f"because {to}"}).status_code == 201
        state = to
    found = regulator.get("/api/v1/alerts/1").json()
    assert (found["status"], found["still_found"], found["can"]) == ("closed", True, [])
    assert world.one(scale)["verdict"] == "altered", "closing an alert clears nothing"
    page = world.signed_in(Role.REGULATOR).get("/alerts/1").text
    assert "because confirmed" in page


def test_a_decision_cannot_be_slipped_in_by_a_form_of_another_site(world: World) -> None:
    scale = world.in_use("HT-6")
    world.send(scale, scale.cheat())
    world.until(lambda: len(world.alerts()) == 1, "the alert")
    client = world.signed_in(Role.REGULATOR)
    answer = client.post("/alerts/1/transitions", data={"to": "acknowledged", "reason": "forged", "csrf": ""})
    assert answer.status_code == 403
    several = client.post("/alerts/decide", data={"to": "acknowledged", "reason": "forged", "alert": "1"})
    assert several.status_code == 403
    good = {"csrf": credentials.csrf_token(client.cookies["steelyard"])}
    part = {"to": "acknowledged", "reason": "one of them is unknown", "alert": ["1", "99"]}
    assert client.post("/alerts/decide", data=part | good).status_code == 404
    assert world.alerts()[0]["status"] == "open", "all or none"
    by_token = world.client(Role.REGULATOR).post("/alerts/1/transitions", data={"to": "acknowledged", "reason": "abc"})
    assert by_token.status_code == 401


def test_an_unknown_session_is_nobody(world: World) -> None:
    with database.writing(world.engine) as connection:
        over = sessions.begin(connection, world.users[Role.REGULATOR], world.now - access.SESSION_MS)
    for secret in (over, "", "x" * 3000):
        assert world.client(None).get("/api/v1/alerts", headers=cookie(secret)).status_code == 401
