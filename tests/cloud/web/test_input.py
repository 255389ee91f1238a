"""Whatever is sent, the answer is a result or a problem that names the field; never a failure of the platform."""

import itertools
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.commands import COMMANDS
from kit.world import World
from steelyard_cloud.people import credentials
from steelyard_cloud.people.roles import Role

BAD_TEXT = ["\0", "a\0b", "\ud800", "x\udfff", "a" * 5_000]
texts = st.one_of(st.sampled_from(BAD_TEXT), st.text(), st.text(st.characters(categories=["Cs", "Cc"]), min_size=1))
numbers = st.one_of(st.integers(), st.sampled_from([-1, 2**31, 2**62, 2**63, 2**64, 10**400]), st.floats())
anything = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, texts),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=8,
)
IN_FULL = {
    "post /scale-types": {"parameters": {"max_mg": 15_000_000}, "software": []},
    "post /enrolments": {"place": "Stall"},
    "post /scales/CODE/permits": {"calibration_counter": 0, "configuration_counter": 0, "what": "adjust"},
}
FORMS = {
    "/alerts/1/transitions": {"to": "acknowledged", "reason": "seen on site"},
    "/alerts/decide": {"to": "acknowledged", "reason": "seen on site", "alert": "1"},
}
FORMS["/s/0123456789ABCDEF/complaint"] = dict.fromkeys(("words", "place", "bought", "weighed", "paid"), "Apples")
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
unhurried = settings(deadline=None, max_examples=20, database=None)


@st.composite
def bodies(draw: st.DrawFn, good: dict[str, Any]) -> Any:
    """A good body of which one thing is not as it should be, or something else altogether."""
    if draw(st.integers(0, 9)) == 0:
        return draw(anything)
    body = dict(good)
    for name in draw(st.lists(st.sampled_from(sorted(good)), min_size=1, max_size=2)):
        body[name] = draw(anything)
    if draw(st.integers(0, 4)) == 0:
        body[draw(texts)] = draw(anything)
    return body


def answers_well(answer: httpx.Response) -> None:
    """It is a result, or a problem as RFC 9457 has it."""
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["detail"]


def asker(client: httpx.Client, method: str, url: str) -> Callable[[Any], None]:
    """Sends a body and looks at the answer."""

    def ask(body: Any) -> None:
        content = json.dumps(body).encode()
        answers_well(client.request(method, url, content=content, headers={"Content-Type": "application/json"}))

    return ask


def test_no_body_makes_the_platform_fail(either: World) -> None:
    scale = either.in_use("HT-1")
    for command, (body, allowed) in COMMANDS.items():
        method, path = command.split()[:2]
        good = body | IN_FULL.get(command, {})
        client = either.client(sorted(allowed)[0])
        ask = asker(client, method, f"/api/v1{path.replace('CODE', scale.code)}")
        for name, value in itertools.product(good, BAD_TEXT):
            ask(good | {name: value})
            ask(good | {name: [value]})
            ask(good | {name: {value: 1}})
        unhurried(given(bodies(good))(ask))()


def test_no_form_makes_the_platform_fail(either: World) -> None:
    client = either.signed_in(Role.REGULATOR)
    csrf = {"csrf": credentials.csrf_token(client.cookies["steelyard"])}
    for path, good in FORMS.items():
        for name, value in itertools.product(good | csrf, (*BAD_TEXT[:2], "\ufffe", "a" * 5_000)):
            answer = client.post(path, data=good | csrf | {name: value})
            assert answer.status_code < 500, answer.text
        halved = client.post(path, content=b"reason=%ED%A0%80&to=" + b"%00", headers=FORM)
        assert halved.status_code < 500


@pytest.mark.parametrize(
    "path", ["scales?q=%00", "alerts?q=%00", "alerts?status=%00", "alerts?rule=a%00", "scales/%00", "scales/%ED%A0%80"]
)
def test_no_address_makes_the_platform_fail(either: World, path: str) -> None:
    answers_well(either.client(Role.ADMIN).get(f"/api/v1/{path}"))
    for page in (f"/{path}", "/s?code=%00", "/s/%00"):
        assert either.signed_in(Role.REGULATOR).get(page).status_code < 500


def test_what_no_database_keeps_is_refused_by_its_name(quiet: World) -> None:
    admin = quiet.client(Role.ADMIN)
    body = {"name": "Jinhua\0", "kind": "regulator", "division_code": "330700"}
    answer = admin.post("/api/v1/organisations", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")
    assert answer.json()["values"]["where"] == "name"
    for letter in ("\x1b", "\x85", "\u202e", "\u2066"):
        turned = admin.post("/api/v1/organisations", json=body | {"name": f"Jinhua {letter}auhniJ"})
        assert (turned.status_code, turned.json()["values"]["where"]) == (422, "name"), letter
    for name in ("金华市场监管局", "Jinhua\tNorth", "سوق", "👩\u200d⚖️"):
        assert admin.post("/api/v1/organisations", json=body | {"name": name}).status_code == 201, name
    deep = admin.post("/api/v1/scale-types", content=b"[" * 50_000, headers={"Content-Type": "application/json"})
    assert deep.status_code in (400, 422)


def test_an_enrolment_names_its_scale_in_characters_that_a_label_can_show(either: World) -> None:
    scale = either.scale("HT-1\0")
    answer = either.enrol(scale)
    assert (answer.status_code, answer.json()["code"]) == (422, "enrolment-malformed")
