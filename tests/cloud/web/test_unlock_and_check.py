"""Unlock codes for those who may give them, and check codes for everybody: by the real web server and judge."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import httpx
import pytest
from kit.signing_scale import OTHER_SOFTWARE, SigningScale
from kit.world import World
from sqlalchemy import func, select
from steelyard_cloud import keys
from steelyard_cloud.db import database
from steelyard_cloud.db.schema import audit_log, check_questions, permits
from steelyard_cloud.people.roles import Role
from steelyard_cloud.scales import checking
from steelyard_cloud.web.http.context import QUESTIONS_AN_HOUR
from steelyard_protocol import cbor, ocra
from steelyard_protocol.agreement import Purpose
from steelyard_protocol.codes import ORDER_OF_CODES, check_digit, key_number
from steelyard_protocol.events import EventKind
from steelyard_protocol.head import Flag

QUESTION = "48151623"


def heading(answer: httpx.Response) -> str:
    found = re.search(r"<h1>(.*?)</h1>", answer.text)
    assert found
    return found[1]


def unlock_key(world: World) -> keys.PlatformKey:
    return keys.read_unlock(world.settings.keys)


def unlock(world: World, scale: SigningScale, role: Role = Role.REGULATOR, **other: Any) -> httpx.Response:
    number = key_number(unlock_key(world).kid)
    body = {
        "key": number,
        "question": QUESTION,
        "check_digit": check_digit(number + QUESTION),
        "reason": "seen on site",
    }
    return world.client(role).post(f"/api/v1/scales/{scale.code}/unlocks", json=body | other)


def test_the_code_is_what_the_scale_expects_and_its_order_is_on_record(either: World) -> None:
    world = either
    scale = world.in_use("HT-1")
    world.send(scale, scale.open_case())
    given = unlock(world, scale)
    assert given.status_code == 201, given.text
    expected = scale.answer(Purpose.UNLOCK, ocra.UNLOCK, unlock_key(world).public_key, QUESTION, None)
    assert given.json() == {"scale": scale.code, "answer": expected}
    assert unlock(world, scale).json()["answer"] == expected
    with database.reading(world.engine) as connection:
        [order] = connection.execute(select(permits)).all()
        acts = connection.scalars(select(audit_log.c.action).where(audit_log.c.action == "scale.unlock")).all()
    assert (order.order_number, order.locked_at, order.sent_ms) == (ORDER_OF_CODES + int(QUESTION), scale.number, None)
    assert order.by_number & 0x80000000, "a token has given it"
    assert len(acts) == 2
    assert all(topic != scale.down or b"permit" not in raw for topic, raw in world.broker.published)


def test_unlocked_by_that_code_the_scale_is_not_verified_instead_of_locked(world: World) -> None:
    scale = world.in_use("HT-1")
    world.send(scale, scale.open_case())
    world.until(lambda: heading(world.client(None).get(f"/s/{scale.code}")) == "Locked", "locked")
    assert unlock(world, scale).status_code == 201
    scale.flags &= ~(Flag.LOCKED | Flag.CASE_OPEN)
    world.send(scale, [scale.event(EventKind.UNLOCKED, 2, ORDER_OF_CODES + int(QUESTION))])
    world.until(lambda: heading(world.client(None).get(f"/s/{scale.code}")) == "Not verified", "unlocked")
    world.send(scale, scale.open_case())
    world.until(lambda: heading(world.client(None).get(f"/s/{scale.code}")) == "Locked", "locked again")
    scale.flags &= ~(Flag.LOCKED | Flag.CASE_OPEN)
    world.send(scale, [scale.event(EventKind.UNLOCKED, 2, ORDER_OF_CODES + int(QUESTION)), scale.snapshot()])
    assert heading(world.client(None).get(f"/s/{scale.code}")) == "Locked", "a code opens once"


def test_two_scales_may_draw_the_same_question_and_orders_go_on_below(world: World) -> None:
    first, second = world.in_use("HT-1"), world.in_use("HT-2")
    assert unlock(world, first).status_code == 201
    assert unlock(world, second).status_code == 201
    assert unlock(world, first).json()["answer"] != unlock(world, second).json()["answer"]
    body = {"what": "repair", "not_after": world.now // 1000 + 3600}
    assert world.client(Role.REGULATOR).post(f"/api/v1/scales/{first.code}/permits", json=body).status_code == 201
    with database.reading(world.engine) as connection:
        assert 1 in connection.scalars(select(permits.c.order_number)).all()


@pytest.mark.parametrize(
    ("other", "status", "code"),
    [
        ({"check_digit": "x"}, 422, "malformed"),
        ({"question": "4815162"}, 422, "malformed"),
        ({"question": "４８１５１６２３"}, 422, "malformed"),
        ({"reason": ""}, 422, "malformed"),
        ({"question": "48151624"}, 422, "wrong-check-digit"),  # one digit: always found, unlike two that change places
    ],
)
def test_what_was_read_wrongly_gets_no_code(world: World, other: dict[str, Any], status: int, code: str) -> None:
    answer = unlock(world, world.in_use("HT-1"), **other)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_another_unlock_key_and_another_role_get_none(world: World) -> None:
    scale = world.in_use("HT-1")
    number = f"{(int(key_number(unlock_key(world).kid)) + 1) % 10_000:04d}"
    other = unlock(world, scale, key=number, check_digit=check_digit(number + QUESTION))
    assert (other.status_code, other.json()["code"]) == (409, "other-unlock-key")
    for role in (Role.MANUFACTURER, Role.TECHNICIAN, Role.ADMIN):
        assert unlock(world, scale, role).status_code == 403
    (world.settings.keys / "unlock.pem").unlink()
    body = {"key": number, "question": QUESTION, "check_digit": "0", "reason": "seen on site"}
    gone = world.client(Role.REGULATOR).post(f"/api/v1/scales/{scale.code}/unlocks", json=body)
    assert gone.status_code == 503


# ---- check codes ---------------------------------------------------------------------------------------------------


def ask(world: World, scale: SigningScale) -> str:
    page = world.client(None).post(f"/s/{scale.code}/check")
    found = re.search(r'name="question" value="([0-9]{8})"', page.text)
    assert found, page.text
    return found[1]


def tell(world: World, scale: SigningScale, question: str, answer: str) -> httpx.Response:
    return world.client(None).post(f"/s/{scale.code}/check", data={"question": question, "answer": answer})


def answer_of(world: World, scale: SigningScale, question: str, software: bytes | None = None) -> str:
    session = (software or scale.software[2]) + hashlib.sha256(cbor.encode(scale.map)).digest()
    return scale.answer(Purpose.CHECK, ocra.CHECK, unlock_key(world).public_key, question, session)


def test_approved_software_in_the_verified_state_is_told_from_all_else(either: World) -> None:
    world = either
    scale = world.in_use("HT-1")
    question = ask(world, scale)
    right = answer_of(world, scale, question)
    good = tell(world, scale, question, f"{right[:4]} {right[4:]}")
    assert heading(good) == "Approved software, verified state"
    assert "can lie here too" in good.text
    assert tell(world, scale, question, right).status_code == 409, "a question is answered once"
    question = ask(world, scale)
    other = tell(world, scale, question, answer_of(world, scale, question, OTHER_SOFTWARE[2]))
    assert heading(other) == "Not approved software in its verified state"
    question = ask(world, scale)
    scale.map = {**scale.map, 40: scale.map[40] - 1}
    assert heading(tell(world, scale, question, answer_of(world, scale, question))).startswith("Not approved")


def test_an_unlock_code_is_no_answer(world: World) -> None:
    scale = world.in_use("HT-1")
    question = ask(world, scale)
    code = scale.answer(Purpose.UNLOCK, ocra.UNLOCK, unlock_key(world).public_key, question, None)
    assert heading(tell(world, scale, question, code)).startswith("Not approved")


def test_questions_end_after_ten_minutes_three_tries_and_for_other_scales(world: World) -> None:
    scale, other = world.in_use("HT-1"), world.in_use("HT-2")
    question = ask(world, scale)
    assert tell(world, other, question, answer_of(world, other, question)).status_code == 409
    wrong = f"{(int(answer_of(world, scale, question)) + 1) % 10**8:08d}"
    assert [tell(world, scale, question, wrong).status_code for _ in range(4)] == [200, 200, 200, 409]
    assert tell(world, scale, question, answer_of(world, scale, question)).status_code == 409
    question = ask(world, scale)
    world.now += checking.LASTS_MS
    assert tell(world, scale, question, answer_of(world, scale, question)).status_code == 409


def test_whoever_asks_too_much_keeps_nobody_else_from_asking(world: World) -> None:
    scale, other = world.in_use("HT-1"), world.in_use("HT-2")
    for _ in range(QUESTIONS_AN_HOUR):
        ask(world, scale)
    full = world.client(None).post(f"/s/{scale.code}/check")
    assert full.status_code == 429
    assert "Too many questions" in full.text
    ask(world, other)
    transport = httpx.HTTPTransport(local_address="127.0.0.2")
    with httpx.Client(base_url=world.settings.url, transport=transport) as neighbour:
        assert neighbour.post(f"/s/{scale.code}/check").status_code == 200
    world.now += checking.HOUR_MS
    ask(world, scale)
    with database.reading(world.engine) as connection:
        assert connection.execute(select(func.count()).select_from(check_questions)).scalar_one() == 2


def test_what_is_stored_of_questions_is_bounded_whoever_asks(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "MOST", 2)
    scale = world.in_use("HT-1")
    assert [world.client(None).post(f"/s/{scale.code}/check").status_code for _ in range(3)] == [200, 200, 429]


@pytest.mark.parametrize("answer", ["", "1234567", "123456789", "１２３４５６７８", "1234567x", "<b>"])
def test_what_is_no_answer_costs_no_try(world: World, answer: str) -> None:
    scale = world.in_use("HT-1")
    question = ask(world, scale)
    assert tell(world, scale, question, answer).status_code == 422
    assert heading(tell(world, scale, question, answer_of(world, scale, question))).startswith("Approved")


def test_without_a_verification_there_is_nothing_to_check(world: World) -> None:
    scale = world.scale("HT-1")
    assert world.client(None).get(f"/s/{scale.code}/check").status_code == 404
    assert world.enrol(scale).status_code == 201
    page = world.client(None).post(f"/s/{scale.code}/check")
    assert (page.status_code, "There is no verification" in page.text) == (409, True)


def test_the_form_is_chinese_too_small_and_of_this_site_only(world: World) -> None:
    scale = world.in_use("HT-1")
    client, chinese = world.client(None), {"Accept-Language": "zh"}
    page = client.get(f"/s/{scale.code.lower()}/check", headers=chinese, follow_redirects=True)
    assert heading(page) == "核对软件"
    for path in (f"/S/{scale.code}/check", f"/S/{scale.code.lower()}/CHECK"):  # codes for QR are printed in capitals
        assert client.get(path).headers["location"] == f"/s/{scale.code}/check"
    assert client.get(f"/S/{scale.code}/Complaint").headers["location"] == f"/s/{scale.code}/complaint"
    assert len(page.content) < 10_000
    assert "<script" not in page.text
    forged = client.post(f"/s/{scale.code}/check", headers={"Sec-Fetch-Site": "cross-site"})
    assert forged.status_code == 403
