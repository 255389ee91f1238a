"""Every answer: headers, problem details, limits, languages; and that nothing shown lacks its translation."""

import contextlib
import re
import string
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from kit import messages
from kit.world import World
from steelyard_cloud.alerts.states import TRANSITIONS
from steelyard_cloud.judge import rules
from steelyard_cloud.people.roles import Role
from steelyard_cloud.web import app as web_app
from steelyard_cloud.web.http import security
from steelyard_cloud.web.pages import plots
from steelyard_cloud.web.pages.render import TEMPLATES
from steelyard_cloud.web.words import i18n
from steelyard_cloud.web.words.events import EVENTS
from steelyard_cloud.web.words.findings import RULES
from steelyard_cloud.web.words.i18n import Speech
from steelyard_cloud.web.words.parameters import parameter_difference, parameter_name, parameter_value
from steelyard_cloud.web.words.states import STATES
from steelyard_protocol.events import EventKind
from steelyard_protocol.parameters import FIELDS

PAGES = ("/sign-in", "/s", "/s/0000000000000000", "/nowhere", "/api/v1/health", "/api/v1/scales", "/static/live.js")


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_carries_the_security_headers(quiet: World, path: str) -> None:
    answer = quiet.client(None).get(path)
    for name, value in security.HEADERS.items():
        assert answer.headers[name] == value
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy


def test_style_and_script_are_asked_for_again_only_when_they_changed(quiet: World) -> None:
    client = quiet.client(None)
    first = client.get("/static/public.css")
    assert first.headers["cache-control"] == "no-cache"
    again = client.get("/static/public.css", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get("/api/v1/health").headers["cache-control"] == "no-store"


def test_https_brings_strict_cookies_and_transport_security(tmp_path: Path) -> None:
    made = World(tmp_path / "data")
    try:
        made.app.state.context.settings = made.settings.model_copy(update={"base_url": "https://scales.example"})
        assert made.app.state.context.cookie == "__Host-steelyard"
        shield = security.Shield(made.app, https=True, too_large=lambda _scope: made.app)
        assert "Strict-Transport-Security" in shield.headers
    finally:
        made.discard()


def test_no_template_carries_script_or_style_of_its_own() -> None:
    for template in TEMPLATES.glob("*.html"):
        text = template.read_text()
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", text), template.name
        scripts = re.findall(r"<script[^>]*>", text)
        ours = [f'<script type="module" src="/static/{name}.js">' for name in ("live", "passkey")]
        assert len(scripts) <= 1, template.name
        assert set(scripts) <= set(ours), template.name
        assert "|safe" not in text.replace(" ", ""), template.name


def test_the_script_stays_small() -> None:
    scripts = list(web_app.STATIC.glob("*.js"))
    assert sum(len(one.read_text().splitlines()) for one in scripts) < 300


def test_problems_are_typed_and_in_the_reader_s_language(quiet: World) -> None:
    client = quiet.client(Role.REGULATOR)
    english = client.get("/api/v1/alerts/77")
    assert english.headers["content-type"] == "application/problem+json"
    assert english.json() == {
        "type": "urn:steelyard:problem:not-found",
        "title": "There is no alert 77, or you may not see it.",
        "status": 404,
        "detail": "There is no alert 77, or you may not see it.",
        "code": "not-found",
        "values": {"what": "alert", "name": 77},
    }
    chinese = client.get("/api/v1/alerts/77", headers={"Accept-Language": "zh"}).json()
    assert chinese["detail"] == "没有预警 77，或您无权查看。"
    assert (chinese["code"], chinese["values"]) == ("not-found", {"what": "alert", "name": 77})


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("get", "/api/v1/nothing", 404, "no-such-page"),
        ("delete", "/api/v1/alerts", 405, "wrong-method"),
        ("get", "/api/v1/alerts?severity=9", 422, "malformed"),
        ("get", "/api/v1/alerts/0", 422, "malformed"),
        ("get", "/api/v1/alerts/" + "9" * 40, 422, "malformed"),
        ("get", "/api/v1/scales?limit=100000", 422, "malformed"),
        ("get", "/api/v1/scales/..%2f..%2fetc", 404, "no-such-page"),
        ("get", "/api/v1/scales/UUUUUUUUUUUUUUUU", 404, "not-found"),
    ],
)
def test_a_wrong_request_gets_the_problem_that_names_it(
    quiet: World, method: str, path: str, status: int, code: str
) -> None:
    answer = quiet.client(Role.REGULATOR).request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"\xff\xfe", b'{"name": 1}', b"null", b'{"name": "' + b"x" * 200 + b'"}']
)
def test_a_wrong_body_gets_a_problem(quiet: World, body: bytes) -> None:
    headers = {"Content-Type": "application/json", "Idempotency-Key": "k"}
    answer = quiet.client(Role.ADMIN).post("/api/v1/organisations", content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")


def test_a_body_without_end_is_cut_off(quiet: World) -> None:
    big = b"x" * (security.MAX_BODY_BYTES + 1)
    answer = quiet.client(Role.ADMIN).post("/api/v1/organisations", content=big)
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")
    form = quiet.client(None).post("/sign-in", data={"token": "x" * security.MAX_BODY_BYTES})
    assert form.status_code == 413
    assert form.headers["x-frame-options"] == "DENY"

    def endless() -> Iterator[bytes]:
        while True:
            yield b"x" * 65_536

    with contextlib.suppress(httpx.WriteError, httpx.ReadError):
        unannounced = quiet.client(Role.ADMIN).post("/api/v1/organisations", content=endless())
        assert unannounced.status_code == 413
    assert quiet.client(None).get("/api/v1/health").status_code == 200


def test_a_failure_inside_says_a_reference_and_nothing_else(world: World, caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> None:
        raise RuntimeError("secret detail")

    world.app.state.context.reading = broken
    answer = world.client(None).get("/api/v1/health")
    assert (answer.status_code, answer.json()["code"]) == (500, "failed")
    assert "secret" not in answer.text
    assert answer.json()["values"]["reference"] in caplog.text
    assert "secret detail" in caplog.text


@pytest.mark.parametrize("language", [one for one in i18n.LANGUAGES if one != "en"])
def test_everything_shown_is_translated_with_the_same_places(language: str) -> None:
    assert [message.id for message in messages.lacking(language)] == []
    shown, have = messages.shown(), messages.translated(language)
    assert [one.id for one in have if one.id and shown.get(one.id) is None] == [], (
        "messages that nothing shows any more"
    )

    def places(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}

    for one in have:
        ids = one.id if isinstance(one.id, tuple) else (one.id,)
        texts = one.string if isinstance(one.string, tuple) else (one.string,)
        for form, text in enumerate(texts):
            # Where a language has forms of its own for one and for many, that for one may leave the number out.
            as_in = ids if form == 0 < len(texts) - 1 else ids[-1:]
            assert places(text) in [places(id_) for id_ in as_in], one.id
    assert not [one.id for one in have if re.search(r"%(\(\w+\))?[sd]", str(one.id) + str(one.string))], (
        "places are {name}"
    )


def test_every_code_has_words() -> None:
    assert set(RULES) == set(rules.RULES)
    for name, rule in rules.RULES.items():
        assert rule.__module__.endswith(f".rules.{name}")
        codes = re.findall(r"`([a-z-]+)`", rule.__doc__ or "")
        assert codes, f"the docstring of {name} names its findings"
        assert set(codes) <= set(RULES[name].findings)
    assert set(TRANSITIONS) <= set(STATES)
    speech = Speech("en", UTC)
    for key, field in FIELDS.items():
        assert not parameter_name(speech, key).startswith("Parameter ")
        assert parameter_value(speech, key, field.maximum)
    assert set(EVENTS) == set(EventKind)


def test_times_and_numbers_are_written_as_each_language_does() -> None:
    now = datetime(2026, 11, 23, 2, 42, tzinfo=UTC)
    english, chinese = Speech("en", i18n.zone("Asia/Shanghai")), Speech("zh-CN", i18n.zone("Asia/Shanghai"))
    assert english.moment(now) == chinese.moment(now) == "2026-11-23 10:42:00"
    assert english.ago(now - timedelta(hours=3), now) == "3 hours ago"
    assert chinese.ago(now - timedelta(hours=3), now) == "3小时前"
    assert english.ago(now + timedelta(seconds=3), now) == "just now"
    assert (english.date(now.date()), chinese.date(now.date())) == ("23 November 2026", "2026年11月23日")
    assert parameter_value(english, 41, 16_500_000) == "16.500 kg"
    assert parameter_difference(english, 41, 15_000_000, 16_500_000) == "+10.00 %"
    assert parameter_difference(english, 41, None, 5) == "—"
    assert parameter_difference(english, 32, 84_120, 84_000) == "−120"


def test_plots_have_round_ticks_and_carry_no_script() -> None:
    assert plots.ticks([0.0, 2.755], 0.1, from_zero=False) == [0, 1, 2, 3]
    assert plots.ticks([84_112.0, 84_128.0], 60.0, from_zero=False) == [84_080, 84_100, 84_120, 84_140, 84_160]
    assert plots.ticks([38.0], 30.0, from_zero=True) == [0, 20, 40]
    assert plots.ticks([-5.0, -5.0], 0.1, from_zero=False)[0] < -5 < plots.ticks([-5.0], 0.1, from_zero=False)[-1]
    speech = Speech("zh-CN", i18n.zone("Asia/Shanghai"))
    for name in plots.PLOTS:
        svg = plots.draw(name, [], speech).decode()
        assert "尚无上报数据" in svg
        assert "<script" not in svg
        assert "http://www.w3.org" in svg
        ElementTree.fromstring(svg)
        assert not re.search(r'(?:href|src)="(?!#)', svg)


def test_the_page_on_the_api_lists_every_route(quiet: World) -> None:
    page = (Path(__file__).parents[3] / "docs" / "api.md").read_text()
    listed = set(re.findall(r"^\| `([A-Z]+) (/[^`]*)` \|", page, re.MULTILINE))
    described = quiet.client(None).get("/api/v1/openapi.json").json()["paths"]
    assert listed == {
        (method.upper(), path.removeprefix("/api/v1")) for path, item in described.items() for method in item
    }
