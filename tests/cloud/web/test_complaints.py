"""Complaints: bounded, without a name, on a phone without script; read and answered by who supervises the scale."""

import contextlib
import re

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit.complaints import BARE, PHOTO, TOLD, complain
from kit.world import World
from sqlalchemy import select
from steelyard_cloud.complaints import photos
from steelyard_cloud.complaints import service as registry
from steelyard_cloud.db import database
from steelyard_cloud.db.schema import audit_log, complaints
from steelyard_cloud.people import credentials
from steelyard_cloud.people.roles import Role
from steelyard_cloud.web.http import allowance, context

UNKNOWN = "0123456789ABCDEF"


def reference_of(answer: httpx.Response) -> str:
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].split("reference=")[1]


def test_a_consumer_complains_and_the_supervision_reads_and_answers(either: World) -> None:
    world = either
    scale = world.in_use("HT-1", "Stall 3")
    page = world.client(None).get(f"/s/{scale.code}").text
    assert f'href="/s/{scale.code}/complaint"' in page
    form = world.client(None).get(f"/s/{scale.code}/complaint")
    assert form.status_code == 200
    assert "<script" not in form.text
    assert len(form.content) < 20_000
    reference = reference_of(complain(world, scale.code, PHOTO))
    assert reference in world.client(None).get(f"/s/{scale.code}/complaint?reference={reference}").text
    desk = world.signed_in(Role.REGULATOR)
    listed = desk.get("/complaints").text
    assert TOLD["words"][:30] in listed
    (path,) = set(re.findall(r"/complaints/\d+", listed))
    one = desk.get(path).text
    assert all(text in one for text in (reference, "Apples", "1.10 kg", "13.2", "Stall 3"))
    picture = desk.get(f"{path}/photo.jpg")
    assert (picture.content, picture.headers["content-type"]) == (BARE, "image/jpeg")
    csrf = {"csrf": credentials.csrf_token(desk.cookies["steelyard"])}
    answer = {"answer": "Checked on site with 1 kg: in order."}
    assert desk.post(f"{path}/close", data=answer).status_code == 403
    assert desk.post(f"{path}/close", data=csrf | {"answer": " "}).status_code == 422
    assert desk.post(f"{path}/close", data=csrf | answer).status_code == 303
    assert desk.post(f"{path}/close", data=csrf | answer).status_code == 409
    assert answer["answer"] in desk.get(path).text
    assert TOLD["words"][:30] not in desk.get("/complaints").text
    assert TOLD["words"][:30] in desk.get("/complaints?state=all").text
    assert TOLD["words"][:30] in desk.get(f"/complaints?state=all&q={reference.lower()}").text
    assert TOLD["words"][:30] not in desk.get(f"/complaints?state=all&q={UNKNOWN}").text
    assert world.one(scale)["verdict"] == "verified", "a complaint changes no verdict"
    with database.reading(world.engine) as connection:
        log = [(row.actor.split(":")[0], row.action) for row in connection.execute(select(audit_log))]
    for entry in (("public", "complaint.make"), ("user", "complaint.look"), ("user", "complaint.close")):
        assert entry in log, entry


def test_only_who_supervises_the_scale_reads_a_complaint_and_it_goes_with_the_scale(world: World) -> None:
    scale = world.in_use("HT-1")
    complain(world, scale.code)
    complain(world, UNKNOWN, place="Night market, third row")
    there = world.client(None, token=world.token_for("Ningbo", "regulator", "330200", Role.REGULATOR))
    country = world.client(None, token=world.token_for("SAMR", "regulator", "000000", Role.REGULATOR))
    own = world.client(Role.REGULATOR)
    assert [client.get("/complaints/1").status_code for client in (own, there, country)] == [200, 404, 200]
    assert [client.get("/complaints/2").status_code for client in (own, there, country)] == [404, 404, 200]
    assert "Night market" in country.get("/complaints").text
    own.patch(f"/api/v1/scales/{scale.code}", json={"place": "x", "division_code": "330212"})
    (move,) = there.get("/api/v1/moves").json()["moves"]
    assert own.get("/complaints/1").status_code == 200, "the other division has not accepted it yet"
    assert there.post(f"/api/v1/moves/{move['move']}/answer", json={"accepts": True}).status_code == 201
    assert [client.get("/complaints/1").status_code for client in (own, there)] == [404, 200]
    assert there.get("/complaints/1/photo.jpg").status_code == 404, "there is none"


@pytest.mark.parametrize(
    ("told", "photo"),
    [({"words": " a "}, None), ({}, b"GIF89a"), ({}, PHOTO[:-40]), ({}, PHOTO + bytes(photos.MAX_BYTES))],
)
def test_what_is_wrong_is_said_beside_the_form_which_keeps_what_was_typed(
    world: World, told: dict[str, str], photo: bytes | None
) -> None:
    answer = complain(world, UNKNOWN, photo, **told)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert 'value="Apples"' in answer.text


def test_nothing_is_taken_beyond_its_bounds(world: World) -> None:
    assert complain(world, UNKNOWN, bytes(5 * 1024 * 1024)).status_code == 413
    assert complain(world, UNKNOWN, words="x" * 501).status_code == 422
    assert complain(world, UNKNOWN, paid="x" * 41).status_code == 422
    assert complain(world, "not-a-code").status_code == 404
    forged = world.client(None).post(f"/s/{UNKNOWN}/complaint", data=TOLD, headers={"Sec-Fetch-Site": "cross-site"})
    assert forged.status_code == 403
    with database.reading(world.engine) as connection:
        assert connection.execute(select(complaints.c.id)).all() == []


def test_one_address_complains_five_times_an_hour_and_a_scale_has_so_many_a_day(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(context.COMPLAINTS_AN_HOUR):
        reference_of(complain(world, UNKNOWN))
    refused = complain(world, UNKNOWN)
    assert refused.status_code == 429
    assert 'value="Apples"' in refused.text
    world.now += allowance.HOUR_MS
    monkeypatch.setattr(registry, "A_SCALE_A_DAY", 6)
    reference_of(complain(world, UNKNOWN))
    assert complain(world, UNKNOWN).status_code == 429
    reference_of(complain(world, UNKNOWN[::-1]))
    monkeypatch.setattr(registry, "ALL_A_DAY", 7)
    assert complain(world, UNKNOWN[::-1]).status_code == 429
    world.now += registry.DAY_MS
    reference_of(complain(world, UNKNOWN))


def test_addresses_are_counted_by_their_subscriber_and_kept_by_nobody() -> None:
    one = allowance.Allowance(1)
    assert one.spend("2001:db8:1:2::1", 0)
    assert not one.spend("2001:db8:1:2:ffff::9", 1)
    assert one.spend("2001:db8:1:3::1", 1)
    assert one.spend("192.0.2.1", 1)
    assert one.spend("192.0.2.2", 1)
    assert not one.spend("192.0.2.2", allowance.HOUR_MS)
    assert one.spend("192.0.2.2", allowance.HOUR_MS + 1)
    assert "192.0.2" not in repr(vars(one))


def test_a_photo_loses_what_the_camera_wrote_and_nothing_of_the_picture() -> None:
    assert photos.bare(PHOTO) == BARE
    assert photos.bare(BARE) == BARE


@given(st.one_of(st.binary(max_size=200), st.binary(max_size=60).map(lambda data: PHOTO[:40] + data + PHOTO[60:])))
def test_any_bytes_are_a_photo_or_none(data: bytes) -> None:
    with contextlib.suppress(photos.NotAPhoto):
        assert photos.bare(data)[:2] == b"\xff\xd8"
