"""The page behind the code on a display: when it was signed, whether it was seen, and never a better verdict."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from kit.signing_scale import OTHER_SOFTWARE, SigningScale
from kit.world import World
from sqlalchemy import func, select
from steelyard_cloud.db import database
from steelyard_cloud.db.schema import fresh_codes, scale_types
from steelyard_cloud.scales import fresh as codes
from steelyard_cloud.web.http.context import CODES_AN_HOUR
from steelyard_protocol import fresh


def look(world: World, path: str, language: str = "en") -> httpx.Response:
    return world.client(None).get(path, headers={"Accept-Language": language})


def headings(answer: httpx.Response) -> list[str]:
    return re.findall(r"<h1>(.*?)</h1>", answer.text)[:2]


def now(world: World, scale: SigningScale, **other: Any) -> str:
    return scale.fresh_code(**{"time": world.now // 1000, **other})


def stored(world: World) -> int:
    with database.reading(world.engine) as connection:
        return connection.execute(select(func.count()).select_from(fresh_codes)).scalar_one()


def test_a_code_is_new_once_and_seen_ever_after(either: World) -> None:
    world = either
    scale = world.in_use("HT-1")
    digits = now(world, scale)
    first = look(world, f"/f/{digits}")
    assert (first.status_code, first.headers["cache-control"]) == (200, "no-store")
    assert headings(first) == ["Signed by this scale just now", "Verified and in date, no change reported"]
    assert "Not seen before." in first.text
    assert "1.005 kg" in first.text
    world.now += 120_000
    again = look(world, f"/f/{digits}")
    assert "Not seen before." not in again.text
    assert "Seen before, first at" in again.text
    assert headings(again)[0] == "Signed by this scale 2 minutes ago"
    other = look(world, f"/f/{now(world, scale, nonce=1234)}")
    assert "Not seen before." in other.text
    assert "0000 1234" in other.text
    assert stored(world) == 2


def test_of_a_type_without_parameters_the_load_is_in_intervals(world: World) -> None:
    scale = world.in_use("HT-1")
    with database.writing(world.engine) as connection:
        connection.execute(scale_types.update().values(parameters={}))
    answer = look(world, f"/f/{now(world, scale)}")
    assert answer.status_code == 200
    assert "201 intervals" in answer.text


def test_a_telephone_reads_it_in_capitals_and_people_paste_it(world: World) -> None:
    scale = world.in_use("HT-1")
    digits = now(world, scale)
    for path in (f"/F/{digits}", f"/s?code={digits}", f"/s?code={world.settings.url.upper()}/F/{digits}"):
        answer = look(world, path)
        assert answer.headers["location"] == f"/f/{digits}", path
        assert answer.status_code in (303, 308)


def test_the_page_is_small_in_both_languages_and_needs_no_script(world: World) -> None:
    scale = world.in_use("HT-1")
    for language, heading in (("en", "Signed by this scale just now"), ("zh-CN", "由本秤签署：刚刚")):
        page = look(world, f"/f/{now(world, scale, nonce=len(language))}", language)
        assert headings(page)[0] == heading
        linked = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text))
        assert len(page.content) + sum(len(look(world, path).content) for path in linked) < 50_000
        assert not re.search(r"<script|\son\w+=|style=|javascript:", page.text)


@pytest.mark.parametrize(
    ("other", "line"),
    [
        ({"digest": bytes(16)}, "The scale is adjusted differently from how it was verified."),
        ({"calibration": 1}, "The scale is adjusted differently from how it was verified."),
        ({"configuration": 1}, "The scale is adjusted differently from how it was verified."),
        ({"software": OTHER_SOFTWARE[2][:16]}, "software is not approved"),
        ({"flags": 2 | 1 << 4}, "it is locked"),
        ({"flags": 2 | 1 << 3}, "its case is open"),
    ],
)
def test_a_code_that_contradicts_the_verification_takes_the_good_verdict_away(
    world: World, other: dict[str, Any], line: str
) -> None:
    scale = world.in_use("HT-1")
    answer = look(world, f"/f/{now(world, scale, **other)}")
    assert headings(answer)[1] == "The code speaks against it"
    assert line in answer.text
    assert "Verified and in date" not in answer.text
    assert "Verified and in date" in look(world, f"/s/{scale.code}").text, "the scale's own page is what was reported"


def test_a_good_code_improves_nothing(world: World) -> None:
    scale = world.in_use("HT-1")
    good = now(world, scale)
    scale.map = dict(scale.map)
    honest = scale.map.copy(), scale.calibration_counter
    world.send(scale, scale.cheat())
    world.until(lambda: headings(look(world, f"/s/{scale.code}"))[0].startswith("Altered"), "altered")
    scale.map, scale.calibration_counter = honest
    for digits in (good, now(world, scale)):
        assert headings(look(world, f"/f/{digits}"))[1].startswith("Altered")


def test_old_undated_and_future_codes_are_not_called_new(world: World) -> None:
    scale = world.in_use("HT-1")
    old = look(world, f"/f/{now(world, scale, time=world.now // 1000 - 3600)}")
    assert headings(old)[0] == "Signed by this scale 1 hour ago"
    assert "The code is old" in old.text
    ahead = now(world, scale, time=world.now // 1000 + 3600)
    for digits in (now(world, scale, time=0, flags=4), ahead):
        undated = look(world, f"/f/{digits}")
        assert headings(undated)[0] == "Signed by this scale, at a time that cannot be told"
    past_s = world.now // 1000 - 7200
    before = look(world, f"/f/{now(world, scale, number=1, digest=bytes(16), time=past_s)}")
    assert "The code is old" in before.text, "older than the verification, so it contradicts nothing"
    assert headings(before)[1].startswith("Verified")


def test_a_number_from_before_the_verification_with_a_date_after_it_speaks_against_the_code(world: World) -> None:
    """As from flash that was written back, or from a copy of the key: no honest scale counts down."""
    scale = world.in_use("HT-1")
    world.now += 600_000
    world.send(scale, [scale.snapshot()])
    turned_back = look(world, f"/f/{now(world, scale, number=1)}")
    assert headings(turned_back)[1] == "The code speaks against it"
    assert "its memory was rolled back" in turned_back.text
    undated = look(world, f"/f/{now(world, scale, number=1, time=0, flags=4)}")
    assert headings(undated)[1].startswith("Verified"), "nobody can tell when"
    assert "The code is old" in undated.text


def test_what_is_not_the_scales_is_refused_and_not_stored(world: World) -> None:
    scale = world.in_use("HT-1")
    raw = bytearray(fresh.from_digits(now(world, scale)))
    raw[-1] ^= 1
    forged = look(world, f"/f/{fresh.to_digits(bytes(raw))}")
    assert (forged.status_code, headings(forged)[0]) == (422, "Not genuine")
    assert "Verified" not in forged.text
    unknown = look(world, f"/f/{now(world, world.scale('HT-9'), number=1)}")
    assert (unknown.status_code, headings(unknown)[0]) == (404, "Not on record")
    for digits in ("1", "0", "9" * 362, "1" * 400, "12x", "%E2%91%A0"):
        answer = look(world, f"/f/{digits}")
        assert (answer.status_code, headings(answer)[0]) == (422, "Not a code"), digits
    assert stored(world) == 0


def test_a_statement_of_the_scale_is_no_fresh_code(world: World) -> None:
    scale = world.in_use("HT-1")
    for raw in scale.chain:
        assert look(world, f"/f/{int.from_bytes(raw[-150:], 'big')}").status_code == 422


def test_what_is_remembered_is_bounded_and_an_evicted_code_is_never_new(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(codes, "KEPT", 3)
    scale = world.in_use("HT-1")
    made = [now(world, scale, number=number) for number in range(10, 15)]
    for digits in made:
        assert "Not seen before." in look(world, f"/f/{digits}").text
    assert stored(world) == 3
    assert "cannot be told" in look(world, f"/f/{made[0]}").text
    assert "Seen before" in look(world, f"/f/{made[4]}").text
    assert "Not seen before." not in look(world, f"/f/{made[1]}").text
    assert stored(world) == 3


def test_one_address_reads_so_many_codes_an_hour(world: World) -> None:
    world.app.state.context.codes.an_hour = 3
    assert [look(world, "/f/1").status_code for _ in range(4)] == [422, 422, 422, 429]
    world.now += 3_600_000
    assert look(world, "/f/1").status_code == 422
    assert CODES_AN_HOUR > 100
