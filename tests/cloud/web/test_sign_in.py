"""Signing in by invitation, by password with a code, and what a session's cookie is worth: as an outsider tries it."""

import json
import re
from concurrent.futures import ThreadPoolExecutor

import httpx
import pyotp
import pytest
from kit.world import World
from sqlalchemy import func, select
from steelyard_cloud.db import database
from steelyard_cloud.db.schema import audit_log, passkey_challenges, sessions, users
from steelyard_cloud.people import credentials, passwords
from steelyard_cloud.people import sessions as sessions_of_people
from steelyard_cloud.people.roles import Role
from steelyard_cloud.people.sessions import FRESH_MS, GRACE_MS, SETTLED_MS, TURN_MS
from steelyard_protocol.enrolment import to_base64url

PASSWORD = "correct horse battery"
SUPERVISION = "Hangzhou Market Supervision"


class Person:
    """Somebody with a browser, who knows a password and has an app that shows codes."""

    def __init__(self, world: World, role: Role = Role.REGULATOR, organisation: str = SUPERVISION) -> None:
        self.world, self.client = world, world.client(None)
        body = {"name": "Li Na", "role": role.value, "organisation": world.organisations[organisation]}
        self.invitation = world.client(Role.ADMIN).post("/api/v1/invitations", json=body).json()
        self.login, self.secret = "li.na", ""

    @property
    def csrf(self) -> str:
        return credentials.csrf_token(self.client.cookies["steelyard"])

    def follow(self, link: str) -> httpx.Response:
        return self.client.post("/sign-in", data={"token": link.split("token=")[1]})

    def code(self, steps: int = 0) -> str:
        """What the app shows, `steps` of half a minute from now."""
        return pyotp.TOTP(self.secret).at(self.world.now // 1000 + 30 * steps)

    def set_password(self, **other: str) -> httpx.Response:
        """Fill in the form on the page, with the code for the secret that it shows."""
        self.secret = re.findall(r'class="code secret">([A-Z2-7 ]+)<', self.client.get("/account").text)[0].replace(
            " ", ""
        )
        form = {"login": self.login, "password": PASSWORD, "code": self.code(), "csrf": self.csrf} | other
        return self.client.post("/account/password", data=form)

    def sign_in(self, password: str = PASSWORD, code: str | None = None, login: str | None = None) -> httpx.Response:
        form = {"login": login or self.login, "password": password, "code": self.code() if code is None else code}
        return self.client.post("/sign-in/password", data=form)

    def is_in(self) -> bool:
        return self.client.get("/alerts").status_code == 200


@pytest.fixture
def person(world: World) -> Person:
    """Somebody who was invited and has set up a password; signed in, half a minute later."""
    made = Person(world)
    assert made.follow(made.invitation["link"]).headers["location"] == "/account"
    assert made.set_password().status_code == 303
    world.now += 30_000
    return made


def test_an_invitation_opens_nothing_but_the_page_where_a_way_to_sign_in_is_set_up(world: World) -> None:
    person = Person(world)
    assert "You were invited" in person.client.get(person.invitation["link"]).text
    assert person.follow(person.invitation["link"]).status_code == 303
    assert not person.is_in()
    for path in ("/scales", "/organisations", "/audit", "/api/v1/scales", "/api/v1/events"):
        assert person.client.get(path).status_code in (303, 401), path
    csrf = {"X-CSRF-Token": person.csrf}
    assert (
        person.client.post("/api/v1/tokens", json={"name": "x", "role": "regulator"}, headers=csrf).status_code == 401
    )
    assert person.set_password().status_code == 303
    assert person.is_in()
    again = person.follow(person.invitation["link"])
    assert (again.status_code, "new one" in again.text) == (403, True)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("login", "x", "3 to 60 characters"),
        ("login", "li na x", "no blanks"),
        ("password", "short", "12 to 200 characters"),
        ("password", "aaaaaaaaaaaaaaaa", "too easy to guess"),
        ("password", "my-LI.NA-password", "too easy to guess"),
        ("code", "000000", "not the code"),
        ("code", "", "not the code"),
        ("csrf", "0" * 64, "reload the page"),
    ],
)
def test_what_cannot_be_set_is_said_beside_the_field_and_changes_nothing(
    quiet: World, field: str, value: str, said: str
) -> None:
    person = Person(quiet)
    person.follow(person.invitation["link"])
    refused = person.set_password(**{field: value})
    assert refused.status_code in (403, 422)
    assert said in refused.text
    assert not person.is_in()
    assert person.sign_in().status_code == 403


def test_name_password_and_code_open_a_session_and_a_code_works_once(world: World, person: Person) -> None:
    person.client.cookies.clear()
    used = person.code()
    assert person.sign_in(code=used).headers["location"] == "/"
    assert person.is_in()
    other = world.client(None)
    form = {"login": "  LI.na ", "password": PASSWORD, "code": used}
    assert other.post("/sign-in/password", data=form).status_code == 403, "the code was used"
    world.now += 30_000
    assert other.post("/sign-in/password", data=form | {"code": person.code()}).status_code == 303
    for wrong in ({"password": PASSWORD + "x"}, {"code": person.code(-5)}, {"login": "nobody"}, {"code": ""}):
        world.now += 30_000
        refused = other.post("/sign-in/password", data=form | {"code": person.code()} | wrong)
        assert (refused.status_code, "do not fit together" in refused.text) == (403, True), wrong
    forged = other.post("/sign-in/password", data=form, headers={"Sec-Fetch-Site": "cross-site"})
    assert forged.status_code == 403
    with database.reading(world.engine) as connection:
        actions = connection.scalars(select(audit_log.c.action).where(audit_log.c.actor.like("user:%"))).all()
    assert {"user.invite", "user.set-password", "user.sign-in"} <= set(actions)


def test_what_is_kept_of_a_password_tells_nothing(world: World, person: Person) -> None:
    with database.reading(world.engine) as connection:
        row = connection.execute(select(users).where(users.c.login == person.login)).one()
    assert row.password.startswith("$argon2id$")
    assert PASSWORD not in str(row)


def test_failures_make_a_person_wait_longer_and_longer_and_tries_at_once_count_each(
    world: World, person: Person
) -> None:
    def guess(_: int) -> int:
        client = world.client(None)
        form = {"login": person.login, "password": "wrong wrong wrong", "code": "000000"}
        return client.post("/sign-in/password", data=form).status_code

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(guess, range(12))) == {403}
    with database.reading(world.engine) as connection:
        assert connection.scalar(select(users.c.failures).where(users.c.login == person.login)) == 5
    assert person.sign_in().status_code == 403, "also with the right ones"
    assert person.is_in(), "whoever is in stays in"
    world.now += 60_000
    guess(0)
    world.now += 60_000
    assert person.sign_in().status_code == 403, "the sixth failure takes two minutes"
    world.now += 60_000
    assert person.sign_in().status_code == 303
    assert [passwords.wait_ms(failures) // 60_000 for failures in (4, 5, 6, 10, 11, 99)] == [0, 1, 2, 32, 60, 60]


def test_failures_from_one_address_end_for_an_hour_and_successes_do_not_count(world: World, person: Person) -> None:
    world.app.state.context.tries.an_hour = 4
    for _ in range(3):
        assert person.sign_in(login="nobody").status_code == 403
    for _ in range(2):
        assert person.sign_in().status_code == 303
        world.now += 30_000
    assert person.sign_in(login="nobody").status_code == 403
    refused = person.sign_in()
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "3600")
    world.now += 3_600_000
    assert person.sign_in().status_code == 303


def test_a_crowd_that_signs_in_does_not_take_the_threads_of_other_pages(quiet: World) -> None:
    for _ in range(passwords.MOST_WAITING):
        assert passwords._line.acquire(blocking=False)
    try:
        form = {"login": "nobody", "password": PASSWORD, "code": "000000"}
        refused = quiet.client(None).post("/sign-in/password", data=form)
    finally:
        passwords._line.release(passwords.MOST_WAITING)
    assert (refused.status_code, "try again in a few seconds" in refused.text) == (429, True)


def test_to_recover_is_to_begin_again(world: World, person: Person) -> None:
    admin, before = world.client(Role.ADMIN), person.client.cookies["steelyard"]
    user = person.invitation["user"]
    first = admin.post(f"/api/v1/users/{user}/recovery").json()["link"]
    link = admin.post(f"/api/v1/users/{user}/recovery").json()["link"]
    assert person.is_in(), "until the link is used"
    assert person.follow(first).status_code == 403, "a newer one replaces it"
    assert person.follow(link).status_code == 303
    assert world.client(None).get("/api/v1/alerts", headers={"Cookie": f"steelyard={before}"}).status_code == 401
    assert not person.is_in()
    assert person.sign_in().status_code == 403, "the old password is gone"


def test_who_is_stopped_is_out_at_once_and_comes_back_only_by_a_new_invitation(world: World, person: Person) -> None:
    admin, user = world.client(Role.ADMIN), person.invitation["user"]
    assert admin.patch(f"/api/v1/users/{user}", json={"active": False}).json()["active"] is False
    assert not person.is_in()
    assert person.sign_in().status_code == 403
    assert admin.post(f"/api/v1/users/{user}/recovery").status_code == 422
    assert admin.patch(f"/api/v1/users/{user}", json={"active": True}).json()["signs_in"] is False
    assert person.sign_in().status_code == 403


def test_a_session_s_cookie_turns_and_a_copy_of_the_one_before_ends_it(world: World, person: Person) -> None:
    first = person.client.cookies["steelyard"]
    csrf = person.csrf

    def with_cookie(cookie: str) -> httpx.Response:
        return world.client(None).get("/scales", headers={"Cookie": f"steelyard={cookie}"})

    assert "set-cookie" not in person.client.get("/scales").headers
    world.now += TURN_MS
    assert "set-cookie" not in person.client.get("/api/v1/scales").headers, "programs do not keep cookies"
    assert person.client.get("/scales").status_code == 200
    second = person.client.cookies["steelyard"]
    assert second != first
    assert person.csrf == csrf, "a form that is open still works"
    assert "set-cookie" not in with_cookie(first).headers, "a request that was under way"
    world.now += SETTLED_MS
    healed = with_cookie(first)
    third = healed.headers["set-cookie"].split("=", 1)[1].split(";")[0]
    assert third not in (first, second), "whose answer was lost gets another"
    world.now += GRACE_MS
    assert with_cookie(third).status_code == 200
    assert with_cookie(second).status_code == 303, "neither the newest nor the one before"
    assert with_cookie(third).status_code == 303, "and then the session has ended for both"


def test_a_cookie_with_a_foreign_half_opens_nothing_and_ends_only_what_it_knows(world: World, person: Person) -> None:
    stays, turns = person.client.cookies["steelyard"].split(".")
    for cookie in (f"x.{turns}", ".", "", "x", f"{turns}.{stays}"):
        answer = world.client(None).get("/scales", headers={"Cookie": f"steelyard={cookie}"})
        assert answer.status_code == 303, cookie
    assert person.is_in()


def test_a_browser_left_open_does_not_change_how_somebody_signs_in(world: World, person: Person) -> None:
    world.now += FRESH_MS
    assert "sign out and in again" in person.client.get("/account").text
    form = {"login": "other", "password": PASSWORD, "code": person.code(), "csrf": person.csrf}
    assert person.client.post("/account/password", data=form).status_code == 403
    csrf = {"X-CSRF-Token": person.csrf}
    for path in ("/account/passkeys/options", "/account/passkeys"):
        assert person.client.post(path, json={}, headers=csrf).status_code == 403, path
    assert person.client.post("/account/sessions/end", data={"csrf": person.csrf}).status_code == 303
    assert not person.is_in()


def test_a_person_has_at_most_twenty_sessions(world: World, person: Person) -> None:
    oldest = person.client.cookies["steelyard"]
    with database.writing(world.engine) as connection:
        for later in range(1, 20):
            sessions_of_people.begin(connection, person.invitation["user"], world.now + later)
    assert person.is_in()
    world.now += 30_000
    assert person.sign_in().status_code == 303
    with database.reading(world.engine) as connection:
        assert connection.scalar(select(func.count()).select_from(sessions)) == 20
    assert world.client(None).get("/scales", headers={"Cookie": f"steelyard={oldest}"}).status_code == 303
    assert person.is_in()


def test_at_an_address_without_a_name_there_are_no_passkeys(quiet: World) -> None:
    client = quiet.client(None)
    assert "data-passkey" not in client.get("/sign-in").text
    refused = client.post("/sign-in/passkey/options")
    assert (refused.status_code, "has no name" in refused.text) == (409, True)


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"id": 1},
        {"id": "x", "response": {"clientDataJSON": "eyJ9"}},
        {"response": []},
        {"id": "x", "response": {"clientDataJSON": to_base64url(b"[" * 50_000)}},
        {"id": "x", "response": {"clientDataJSON": to_base64url(b'{"a":' * 30_000)}},
    ],
)
def test_nonsense_instead_of_a_passkey_is_refused(world: World, answer: dict[str, object]) -> None:
    world.app.state.context.settings = world.settings.model_copy(update={"base_url": "http://localhost:1"})
    client = world.client(None)
    assert client.post("/sign-in/passkey/options").json()["userVerification"] == "required"
    refused = client.post("/sign-in/passkey", json=answer)
    assert refused.status_code == 403


def test_a_wrong_answer_uses_the_challenge_up_and_counts_as_a_try(world: World) -> None:
    world.app.state.context.settings = world.settings.model_copy(update={"base_url": "http://localhost:1"})
    client = world.client(None)
    asked = client.post("/sign-in/passkey/options").json()["challenge"]
    said = {"type": "webauthn.get", "challenge": asked, "origin": "http://localhost:1"}
    answer = {"id": "eA", "response": {"clientDataJSON": to_base64url(json.dumps(said).encode())}}
    with database.reading(world.engine) as connection:
        before = connection.scalar(select(func.count()).select_from(passkey_challenges))
    assert client.post("/sign-in/passkey", json=answer).status_code == 403
    with database.reading(world.engine) as connection:
        after = connection.scalar(select(func.count()).select_from(passkey_challenges))
    assert (before, after) == (1, 0)
    statuses = {client.post("/sign-in/passkey", json=answer).status_code for _ in range(100)}
    assert statuses == {403, 429}
