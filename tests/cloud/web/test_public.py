"""The public page: one verdict in the right order, small, without script, in two languages, and silent on suspicion."""

import re
from datetime import date

import httpx
import pytest
from kit.parameters import MAP
from kit.signing_scale import OTHER_SOFTWARE
from kit.world import World
from steelyard_cloud.people.roles import Role


def look(world: World, code: str, language: str = "en") -> httpx.Response:
    return world.client(None).get(f"/s/{code}", headers={"Accept-Language": language})


def heading(answer: httpx.Response) -> str:
    found = re.search(r"<h1>(.*?)</h1>", answer.text)
    assert found
    return found[1]


def test_each_verdict_as_a_consumer_meets_it(world: World) -> None:
    scale = world.scale("HT-1")
    assert heading(look(world, scale.code)) == "Not on record"
    assert look(world, scale.code).status_code == 404
    assert world.enrol(scale, place="龙翔桥市场 A-12").status_code == 201
    assert heading(look(world, scale.code)) == "Not verified"
    assert world.verify(scale).status_code == 201
    world.until(lambda: heading(look(world, scale.code)).startswith("Verified and in date"), "verified")
    good = look(world, scale.code).text
    for part in ("HT-1", "Hengtai", "ACS-15", "龙翔桥市场 A-12", "浙A 204418", "P-2026-11", "V2029-000001", "12315"):
        assert part in good
    assert "Hangzhou Metrology Institute" in good
    assert "30 November 2029" in good
    world.now += 31 * 60_000
    assert heading(look(world, scale.code)) == "No recent data"
    world.send(scale, scale.open_case())
    world.until(lambda: heading(look(world, scale.code)) == "Locked", "locked")
    world.send(scale, scale.cheat())
    world.until(lambda: heading(look(world, scale.code)).startswith("Altered"), "altered")
    altered = look(world, scale.code).text
    assert "1.000 kg on the pan is now shown as 1.100 kg: +10.0 %." in altered
    assert "How it can be corrected" in altered


def test_restored_parameters_are_still_altered(world: World) -> None:
    scale = world.in_use("HT-1")
    world.send(scale, scale.cheat())
    world.send(scale, scale.adjust({40: MAP[40]}))
    world.until(lambda: len(world.alerts()) == 2, "both changes found")
    assert heading(look(world, scale.code)).startswith("Altered")


def test_an_open_investigation_is_not_shown_but_what_the_scale_signed_is(world: World) -> None:
    scale = world.in_use("HT-1")
    world.send(scale, [scale.snapshot(500_000, lie=3)])
    world.until(lambda: [alert["rule"] for alert in world.alerts()] == ["weight"], "the lie found")
    page = look(world, scale.code).text
    assert heading(look(world, scale.code)) == "Cannot be told"
    assert "does not follow from what it measured" in page
    assert "alert" not in page.lower()
    assert "investigat" not in page.lower()
    scale.software = OTHER_SOFTWARE
    world.send(scale, [scale.boot()])
    world.until(lambda: heading(look(world, scale.code)).startswith("Altered"), "altered")


def test_the_repair_code_is_what_the_scale_itself_last_said(world: World) -> None:
    scale = world.in_use("HT-1")
    assert "none: never repaired" in look(world, scale.code).text
    scale.repair_code = "R-2027-03"
    world.send(scale, [scale.boot()])
    assert "R-2027-03" in look(world, scale.code).text


def test_an_expired_verification_is_called_expired(world: World) -> None:
    scale = world.in_use("HT-1")
    world.now += 5 * 366 * 86_400_000
    assert heading(look(world, scale.code)) == "Verification expired"


def test_what_cannot_be_authenticated_never_changes_the_verdict(world: World) -> None:
    scale = world.in_use("HT-1")
    forged = bytearray(scale.snapshot(900_000))
    forged[-1] ^= 1
    scale.number -= 1
    world.send(scale, [bytes(forged)], held=False)
    counted = world.client(Role.ADMIN)
    world.until(lambda: counted.get("/api/v1/statistics").json()["quarantined"] != {}, "the forgery quarantined")
    assert heading(look(world, scale.code)).startswith("Verified")


def test_the_page_is_small_needs_no_script_and_loads_nothing_from_elsewhere(world: World) -> None:
    scale = world.in_use("HT-1", "x" * 120)
    world.send(scale, scale.cheat())
    world.until(lambda: heading(look(world, scale.code)).startswith("Altered"), "altered")
    client = world.client(None)
    for language in ("en", "zh-CN"):
        page = look(world, scale.code, language)
        assert "<script" not in page.text
        assert not re.search(r"\son\w+=|style=|javascript:", page.text)
        linked = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text))
        assert linked == {"/static/icon.svg", "/static/public.css"}
        total = len(page.content) + sum(len(client.get(path).content) for path in linked)
        assert total < 50_000
        assert not re.findall(r'(?:src|href)="(?:https?:)?//', page.text)


def test_the_language_follows_the_phone_or_the_choice(world: World) -> None:
    scale = world.in_use("HT-1")
    for accept, language in (
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"),
        ("zh-TW", "zh-CN"),
        ("qaa-DE,en;q=0.5", "en"),  # qaa to qtz name no language that could be added
        ("qab", "en"),
        ("en;q=0.1,zh;q=0.2", "zh-CN"),
        (";;q=x,,", "en"),
        ("", "en"),
    ):
        answer = look(world, scale.code, accept)
        assert (answer.headers["content-language"], f'<html lang="{language}">' in answer.text) == (language, True), (
            accept
        )
        assert "Accept-Language" in answer.headers["vary"]
    client = world.client(None)
    chosen = client.get(f"/s/{scale.code}?lang=zh-CN", headers={"Accept-Language": "en"})
    assert heading(chosen) == "检定在有效期内，未见改动"
    assert heading(client.get(f"/s/{scale.code}", headers={"Accept-Language": "en"})) == "检定在有效期内，未见改动"


def test_a_code_may_be_typed_as_people_type(world: World) -> None:
    scale = world.in_use("HT-1")
    client = world.client(None)
    typed = f" {scale.code[:8].lower()}-{scale.code[8:].replace('1', 'l').replace('0', 'o')} "
    found = client.get("/s", params={"code": typed}, follow_redirects=True)
    assert str(found.url).endswith(f"/s/{scale.code}")
    assert heading(found).startswith("Verified")
    lower = client.get(f"/s/{scale.code.lower()}")
    assert (lower.status_code, lower.headers["location"]) == (308, f"/s/{scale.code}")


AROUND = (
    "{}.",
    "{})",
    "({})",
    "{}%0A",
    "{}%0D%0A",
    "{}%250A",
    "{}%00",
    "{}/",
    "{}//",
    "%20{}",
    "{}%E3%80%82",
    "%EF%BB%BF{}",
)
PATHS = ("/s/", "/S/", "/s//", "/s/https://x.example/s/", "/S/https%3A%2F%2Fx.example%2FS%2F")


@pytest.mark.parametrize("path", [*(f"/s/{one}" for one in AROUND), *(f"{one}{{}}" for one in PATHS)])
def test_a_scanned_code_is_found_with_what_stood_around_it(world: World, path: str) -> None:
    scale = world.in_use("HT-1")
    for code in (scale.code, scale.code.lower(), full_width(scale.code)):
        answer = world.client(None).get(path.format(code), follow_redirects=True)
        assert (answer.status_code, str(answer.url)) == (200, f"{world.settings.url}/s/{scale.code}")
        assert heading(answer).startswith("Verified")


def full_width(code: str) -> str:
    """As a Chinese keyboard writes it."""
    return "".join(chr(ord(one) + 0xFEE0) for one in code)


def test_a_code_is_found_in_every_search_field_however_it_is_typed(world: World) -> None:
    scale, other = world.in_use("HT-1"), world.in_use("HT-2")
    link = f"{world.settings.url}/s/{scale.code}"
    blanks = f"  {scale.code[:4]} {scale.code[4:8]}-{scale.code[8:].lower()}"
    public, regulator = world.client(None), world.signed_in(Role.REGULATOR)
    world.send(scale, scale.cheat())
    world.until(lambda: len(world.alerts()) == 1, "an alert")
    complaint = {"words": "too heavy", "place": "Stall 7"}
    assert public.post(f"/s/{scale.code}/complaint", data=complaint).status_code == 303
    for typed in (link, f"{link}.", link.upper(), f"Look: {link}?lang=en", full_width(scale.code), blanks, scale.code):
        found = public.get("/s", params={"code": typed}, follow_redirects=True)
        assert str(found.url) == f"{world.settings.url}/s/{scale.code}", typed
        scales = regulator.get("/scales", params={"q": typed}).text
        assert (f"/scales/{scale.code}" in scales, other.code in scales) == (True, False), typed
        assert "/alerts/1" in regulator.get("/alerts", params={"q": typed, "state": "all"}).text, typed
        assert "/complaints/1" in regulator.get("/complaints", params={"q": typed}).text, typed
        assert heading(regulator.get(f"/scales/{typed.rpartition('/')[2]}", follow_redirects=True)).startswith(
            "Hengtai"
        )


NO_CODE = (
    "U" * 16,
    "short",
    "<script>alert(1)",
    "%2e%2e",
    "A" * 5000,
    "' OR 1=1 --",
    "\0",
    "\ufffd",
    "a/b/c",
    "?",
    "#",
    "%",
    "0" * 15,
)


@pytest.mark.parametrize("typed", NO_CODE)
@pytest.mark.parametrize("end", ["", "/complaint"])
def test_what_cannot_be_a_code_is_called_that_and_comes_back_escaped(quiet: World, typed: str, end: str) -> None:
    client = quiet.client(None)
    quoted = httpx.URL("/", params={"x": typed}).query.decode()[2:].replace("+", "%20")
    answers = [client.get(f"{start}{quoted}{end}", follow_redirects=True) for start in ("/s/", "/S/")]
    answers.append(client.get("/s", params={"code": typed}, follow_redirects=True))
    answers.append(client.get("/s", params={"code": typed, "lang": "zh-CN"}, follow_redirects=True))
    for answer, language in zip(answers, ("en", "en", "en", "zh"), strict=True):
        assert answer.status_code == 404
        assert heading(answer) == {"en": "This is not a code of a scale", "zh": "这不是秤的编码"}[language]
        assert {"en": "A code has 16 letters and digits", "zh": "编码由 16 位字母和数字组成"}[language] in answer.text
        assert 'name="code"' in answer.text, "it can be typed again"
        assert "<script>" not in answer.text
        assert len(answer.content) < 10_000


@pytest.mark.parametrize(
    "path", ["/s/%FF%FE", "/s/%C0%80", "/s/%ED%A0%80", "/S/%00", "/s?code=%00", "/s?code=%ED%A0%80"]
)
def test_bytes_that_are_no_text_are_no_code(quiet: World, path: str) -> None:
    answer = quiet.client(None).get(path)
    assert (answer.status_code, heading(answer)) == (404, "This is not a code of a scale")


def test_a_code_that_could_be_one_is_not_on_record(quiet: World) -> None:
    answer = look(quiet, "Z" * 16)
    assert (answer.status_code, heading(answer)) == (404, "Not on record")
    assert f"/s/{'Z' * 16}/complaint" in answer.text
    assert "please say where you saw it" in look(quiet, f"{'Z' * 16}/complaint").text
    assert look(quiet, f"{'z' * 16}.").headers["location"] == f"/s/{'Z' * 16}", "first to its one address"


def test_an_empty_search_shows_the_field_again(quiet: World) -> None:
    client = quiet.client(None)
    for path in ("/s", "/s/", "/S", "/S/", "/s?code=", "/s?code=%20%20", "/s?code=%E3%80%80"):
        answer = client.get(path, follow_redirects=True)
        assert (answer.status_code, 'name="code"' in answer.text) == (200, True), path
    assert client.get("/stall", follow_redirects=True).status_code == 404
    assert "There is nothing at this address." in client.get("/stall").text


def test_zone_and_telephone_are_those_of_the_instance(world: World) -> None:
    scale = world.in_use("HT-1", "Stall 3")
    assert 'href="tel:12315"' in look(world, scale.code).text
    here = world.app.state.context
    elsewhere = {"time_zone": "America/New_York", "complaint_number": "+1 212-555-0100"}
    world.now = 1_900_000_000_000  # 2030-03-17 17:46:40 UTC
    china = look(world, scale.code).text
    here.settings = here.settings.model_copy(update=elsewhere)
    page = look(world, scale.code).text
    assert ('href="tel:+12125550100"' in page, "Call +1 212-555-0100" in page) == (True, True)
    assert re.findall("<time>.*?</time>", page) != re.findall("<time>.*?</time>", china)
    here.settings = here.settings.model_copy(update={"complaint_number": ""})
    assert "tel:" not in look(world, scale.code).text
    assert here.now().astimezone(here.zone).date() == date(2030, 3, 17)
    here.settings = here.settings.model_copy(update={"time_zone": "Asia/Shanghai"})
    assert here.now().astimezone(here.zone).date() == date(2030, 3, 18)
