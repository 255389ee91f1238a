"""Enrolment, verification and permits by the API: what is bound, what is refused, and when it takes effect."""

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from kit.parameters import MAP
from kit.platform_side import accepts_permit
from kit.signing_scale import MAKER, MODEL, OTHER_SOFTWARE, SOFTWARE
from kit.world import World
from sqlalchemy import select
from steelyard_cloud import keys
from steelyard_cloud.db import database
from steelyard_cloud.db.schema import factory_orders, identities, permits, scales, verifications
from steelyard_cloud.people.roles import Role
from steelyard_protocol import cbor, cose, downlink, identity, p256, statement
from steelyard_protocol.bodies import Kind
from steelyard_protocol.enrolment import from_base64url, to_base64url
from steelyard_protocol.identity import cose_key
from steelyard_simulator import SimulatedScale


def post(world: World, raw: bytes, order: str = "ORDER-1") -> httpx.Response:
    """An enrolment by the manufacturer's token."""
    body = {"order": order, "statement": to_base64url(raw)}
    return world.client(Role.MANUFACTURER).post("/api/v1/enrolments", json=body)


def used(world: World) -> int:
    with database.reading(world.engine) as connection:
        return int(connection.scalar(select(factory_orders.c.used)) or 0)


def test_enrolment_gives_what_the_scale_needs_and_the_same_bytes_give_the_same_answer(either: World) -> None:
    scale = either.scale("HT-1")
    raw = scale.enrol()
    first, again = post(either, raw), post(either, raw)
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert (first.json()["public_code"], first.json()["identity"]) == (scale.code, scale.code)
    signed = cose.decode_sign1(from_base64url(first.json()["answer"]))
    names, key_set, broker, period = cbor.decode(signed.payload)
    assert names == scale.kid
    root = keys.read_root_public(either.settings.keys)
    held = downlink.open_order(key_set, root)
    assert isinstance(held, downlink.KeySet)
    assert broker == [either.settings.broker_host, either.settings.broker_port, False, None]
    assert period == 600
    assert used(either) == 1
    with database.reading(either.engine) as connection:
        row = connection.execute(select(identities)).one()
    assert row.thumbprint == identity.thumbprint(scale.public_key)
    assert row.enrolment == raw


def test_a_scale_with_its_keys_in_a_secure_element_is_shown_as_one(
    world: World, simulate: Callable[..., SimulatedScale]
) -> None:
    scale = simulate(board="simulated_element")
    scale.console("enrol element")
    enrolled = scale.console_json(f"enrol maker={MAKER} model={MODEL} serial=HT-1 code=P-1")
    answer = post(world, from_base64url(enrolled["statement"]))
    assert answer.status_code == 201, answer.text
    page = world.signed_in(Role.REGULATOR).get(f"/scales/{enrolled['public_code']}").text
    assert "in a secure element" in page


def forged_enrolments(world: World) -> dict[str, bytes]:
    """Enrolment statements that must not be taken, by what is wrong with them."""
    scale = world.scale("HT-forged")
    good = scale.enrol()
    other = p256.public_key(hashlib.sha256(b"other").digest())
    head = [1, 1, statement.NO_LINK, 0, 0, 0, 1, bytes(16), 0, 0]
    body = [cose_key(scale.public_key), cose_key(other), 0, "Hengtai", "ACS-15", "HT-forged", "P", None]
    foreign = [cose_key(other), *body[1:]]
    linked = [1, 1, bytes([1] * 16), *head[3:]]
    succeeding = [*body[:7], [scale.kid, 5, bytes(32), 0, 0]]

    def signed(with_head: list[object], with_body: list[object]) -> bytes:
        return statement.build(scale.private_key, scale.kid, [*with_head, with_body])

    return {
        "garbage": b"\x00\x01\x02",
        "empty": b"",
        "truncated": good[:-5],
        "signature changed": good[:-1] + bytes([good[-1] ^ 1]),
        "serial number changed": good.replace(b"HT-forged", b"HT-other!"),
        "another key inside": signed(head, foreign),
        "not the first statement": scale.boot(),
        "links to something": signed(linked, body),
        "number two": signed([1, 2, *head[2:]], body),
        "succeeds another key": signed(head, succeeding),
        "too long": good + bytes(3000),
    }


def test_a_forged_or_damaged_enrolment_is_refused_and_uses_nothing_up(either: World) -> None:
    for what, raw in forged_enrolments(either).items():
        answer = post(either, raw)
        assert answer.status_code == 422, (what, answer.text)
        assert answer.json()["code"] in ("enrolment-malformed", "enrolment-forged", "malformed"), what
    assert used(either) == 0


def test_one_identity_one_serial_number_one_order(either: World) -> None:
    scale = either.scale("HT-1")
    assert post(either, scale.enrol()).status_code == 201
    twin = either.scale("HT-1", either.now // 1000 - 5)
    second = post(either, twin.enrol())
    assert (second.status_code, second.json()["code"]) == (409, "identity-taken")
    same_serial = either.scale("other seed")
    same_serial.serial_number = "HT-1"
    taken = post(either, same_serial.enrol())
    assert (taken.status_code, taken.json()["code"]) == (409, "already-exists")
    same_code = either.scale("HT-3")
    same_code.production_code = scale.production_code
    taken = post(either, same_code.enrol())
    assert (taken.status_code, taken.json()["code"]) == (409, "already-exists")
    assert taken.json()["detail"] == f"The scale with the production code {scale.production_code} already exists."
    for order in ("ORDER-404", ""):
        assert post(either, either.scale("HT-2").enrol(), order).status_code in (404, 422)
    assert used(either) == 1


def test_an_order_is_for_its_type_and_its_quantity(either: World) -> None:
    either.order("ORDER-SMALL", 1, 1, "330106")
    assert post(either, either.scale("HT-1").enrol(), "ORDER-SMALL").status_code == 201
    full = post(either, either.scale("HT-2").enrol(), "ORDER-SMALL")
    assert (full.status_code, full.json()["code"]) == (409, "order-used-up")
    admin = either.client(Role.ADMIN)
    other_type = {
        "organisation": either.organisations["Hengtai Scales"],
        "maker": "Hengtai",
        "model": "TCS-60",
        "type_approval": "PA-2",
    }
    made = admin.post("/api/v1/scale-types", json=other_type).json()["scale_type"]
    either.order("ORDER-OTHER", made, 5, "330106")
    wrong = post(either, either.scale("HT-3").enrol(), "ORDER-OTHER")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "other-type")


def test_a_verification_is_refused_while_trouble_lies_after_its_statement(either: World) -> None:
    scale = either.scale("HT-1")
    assert either.enrol(scale).status_code == 201
    either.send(scale, [scale.snapshot(), *scale.cheat(), scale.snapshot()])
    assert either.one(scale)["verdict"] == "not-verified"
    assert either.alerts() == [], "before the first baseline nothing is unpermitted"
    refused = either.verify(scale, number=2)
    assert (refused.status_code, refused.json()["code"]) == (409, "trouble-after")
    assert "parameters" in refused.json()["detail"]
    assert either.verify(scale, number=scale.number - 2).status_code == 201, "the map as it is now"
    either.until(lambda: either.one(scale)["verdict"] == "verified", "what was verified is what is there")


def test_a_verification_names_a_held_statement_with_the_whole_parameters(either: World) -> None:
    scale = either.scale("HT-1")
    assert either.enrol(scale).status_code == 201
    either.send(scale, [scale.snapshot()])
    for number, status, code in ((9, 409, "not-stored-yet"), (3, 422, "no-baseline"), (1, 422, "no-baseline")):
        answer = either.verify(scale, number=number)
        assert (answer.status_code, answer.json()["code"]) == (status, code), number
    assert either.verify(scale, until="2020-01-01").json()["code"] == "malformed"
    blank = {"number": 2, "valid_until": "2030-01-01", "kind": "initial", "seal": "   "}
    url = f"/api/v1/scales/{scale.code}/verifications"
    client = either.client(Role.VERIFICATION)
    for seal in ("   ", "\u200b", "\u200b—"):
        assert client.post(url, json=blank | {"seal": seal}).json()["code"] == "codes-missing", ascii(seal)
    for bad in (
        {"number": 0},
        {"number": True},
        {"number": 2**40},
        {"kind": "other"},
        {"extra": 1},
        {"valid_until": 5},
        {"valid_until": "2029-11-30T00:00:00"},
        {"valid_until": "2029-11-30T00:00:00-12:00"},
        {"valid_until": "9999-12-31"},
    ):
        assert client.post(url, json=blank | {"seal": "S"} | bad).status_code == 422, bad
    either.send(scale, [scale.append(Kind.PARAMETERS, [{**scale.map, 41: 14_000_000}, None])])
    belied = either.verify(scale, number=4)
    assert (belied.status_code, belied.json()["code"]) == (422, "no-baseline"), "its header names other parameters"
    assert either.verify(scale).json()["code"] == "trouble-after", "statement 4 contradicts itself"
    either.send(scale, [scale.boot()])
    assert either.verify(scale, number=5).status_code == 201
    for number, code in ((5, "already-verified"), (2, "older-than-baseline")):
        again = either.verify(scale, number=number)
        assert (again.status_code, again.json()["code"]) == (409, code)
    with database.reading(either.engine) as connection:
        assert len(connection.execute(select(verifications)).all()) == 1
    for reason in ("   ", "\u200b" * 5, "…—…"):
        decided = {"number": 5, "reason": reason}
        answer = either.client(Role.REGULATOR).post(f"/api/v1/scales/{scale.code}/decisions", json=decided)
        assert answer.status_code == 422, ascii(reason)


def test_a_verification_is_of_one_scale(either: World) -> None:
    before, verified, after = (either.scale(f"HT-{number}") for number in range(3))
    for scale in (before, verified, after):
        assert either.enrol(scale).status_code == 201
    assert either.verify(verified).status_code == 201
    either.until(lambda: either.one(verified)["verdict"] == "verified", "the verification in effect")
    with database.reading(either.engine) as connection:
        stages = connection.execute(select(scales.c.public_code, scales.c.life_stage)).all()
    assert dict(map(tuple, stages)) == {before.code: "produced", verified.code: "verified", after.code: "produced"}
    assert [either.one(scale)["verdict"] for scale in (before, after)] == ["not-verified"] * 2
    assert [either.one(scale)["standing"].get("baseline_number") for scale in (before, after)] == [None] * 2


def test_a_start_that_is_stated_twice_is_no_baseline(either: World) -> None:
    """Which of the two machines was verified could not be said."""
    scale = either.scale("HT-1")
    assert either.enrol(scale).status_code == 201
    number, uptime_s = scale.boot_number, scale.uptime_s
    again = scale.branch()
    again.boot_number, again.uptime_s = number - 1, uptime_s
    either.send(again, [again.boot(other={2: "another board"}), again.parameters()])
    for at in (3, 4):
        refused = either.verify(again, number=at)
        assert (refused.status_code, refused.json()["code"]) == (409, "trouble-after"), at
        assert "two boot statements" in refused.json()["detail"]


def test_a_permitted_adjustment_raises_nothing_and_asks_for_a_new_verification(either: World) -> None:
    scale = either.in_use("HT-1")
    body = {"fields": ["point_1_mg"], "not_before": 0, "not_after": either.now // 1000 + 3600}
    body["not_before"] = body["not_after"] - 30 * 86_400
    answer = either.client(Role.VERIFICATION).post(f"/api/v1/scales/{scale.code}/permits", json=body)
    assert answer.status_code == 201, answer.text
    raw = from_base64url(answer.json()["permit"])
    root = keys.read_root_public(either.settings.keys)
    order = accepts_permit(raw, keys.read_key_set(either.settings.keys), root)
    assert (order.identity, order.fields) == (scale.kid, (41,))
    with database.reading(either.engine) as connection:
        assert connection.execute(select(permits.c.raw)).scalar_one() == raw
    either.until(
        lambda: any(topic.endswith("/down") and sent == raw for topic, sent in either.broker.published), "sent"
    )
    either.send(scale, scale.adjust({41: MAP[41] - 1000}, permit=raw))
    either.until(lambda: either.one(scale)["standing"]["adjusted_since"], "the adjustment judged")
    assert either.alerts() == []
    assert either.one(scale)["verdict"] == "not-verified"
    assert either.verify(scale, number=scale.number - 1).status_code == 201
    either.until(lambda: either.one(scale)["verdict"] == "verified", "verified anew")


@pytest.mark.parametrize(
    "change",
    [
        {"fields": ["gain"]},
        {"fields": []},
        {"not_before": 50, "not_after": 40},
        {"not_after": 5},
        {"not_before": 0},
        {"calibration_counter": 70_000},
        {"what": "unlock"},
        {"not_after": "tomorrow"},
    ],
)
def test_an_impossible_permit_is_refused(either: World, change: dict[str, object]) -> None:
    scale = either.in_use("HT-1")
    body = {"fields": ["point_1_mg"], "not_after": either.now // 1000 + 3600}
    answer = either.client(Role.VERIFICATION).post(f"/api/v1/scales/{scale.code}/permits", json=body | change)
    assert answer.status_code == 422, answer.text
    with database.reading(either.engine) as connection:
        assert connection.execute(select(permits)).all() == []


def test_software_is_judged_by_the_type_approval_as_it_stands(either: World) -> None:
    scale = either.in_use("HT-1")
    scale.software = OTHER_SOFTWARE
    either.send(scale, [scale.boot()])
    either.until(lambda: [alert["rule"] for alert in either.alerts()] == ["software"], "the software found")
    assert either.one(scale)["verdict"] == "altered"
    program = {"name": OTHER_SOFTWARE[0], "version": OTHER_SOFTWARE[1], "hash": OTHER_SOFTWARE[2].hex()}
    admin = either.client(Role.ADMIN)
    assert admin.post("/api/v1/scale-types/1/software", json=program).status_code == 201
    either.until(lambda: either.one(scale)["verdict"] == "not-verified", "the update approved, and not verified yet")
    either.until(lambda: not either.alerts(status="all")[0]["still_found"], "the finding gone")
    again = admin.post("/api/v1/scale-types/1/software", json=program)
    assert (again.status_code, again.json()["code"]) == (409, "already-exists")


def test_scale_types_take_only_what_they_may_fix(either: World) -> None:
    admin = either.client(Role.ADMIN)
    body = {"organisation": 2, "maker": "A", "model": "B", "type_approval": "C"}
    for parameters in ({"point_1_mg": 5}, {"max_mg": 0}, {"gain": 3}, {"max_mg": "15"}):
        assert admin.post("/api/v1/scale-types", json=body | {"parameters": parameters}).status_code == 422
    assert admin.post("/api/v1/scale-types", json=body | {"organisation": 99}).status_code == 404
    program = {"name": SOFTWARE[0], "version": "1", "hash": "xyz"}
    assert admin.post("/api/v1/scale-types", json=body | {"software": [program]}).status_code == 422


def test_statements_come_back_byte_for_byte_page_by_page(either: World) -> None:
    scale = either.in_use("HT-1")
    either.send(scale, [scale.snapshot(250_000 * n) for n in range(6)])
    client = either.client(Role.REGULATOR)
    found: list[bytes] = []
    before: int | None = None
    while True:
        query = {"limit": 3} | ({"before": before} if before else {})
        page = client.get(f"/api/v1/scales/{scale.code}/statements", params=query).json()
        found += [from_base64url(one["statement"]) for one in page["statements"]]
        if "next" not in page:
            break
        before = page["next"]
    assert found == scale.chain[::-1]
    series = client.get(f"/api/v1/scales/{scale.code.lower()}/series").json()
    assert series["gross_mg"] == [250_000 * n for n in range(6)]
    assert series["number"] == [3, 4, 5, 6, 7, 8]
    counted = client.get("/api/v1/statistics").json()
    assert (counted["scales"], counted["stored"], counted["gaps"], counted["forks"]) == (1, 8, 0, 0)
    either.until(lambda: client.get("/api/v1/statistics").json()["receipted"] == 8, "receipts counted")


def test_a_place_is_recorded_and_moves_the_scale_to_its_region(either: World) -> None:
    scale = either.in_use("HT-1")
    client = either.client(Role.ADMIN)
    moved = client.patch(f"/api/v1/scales/{scale.code}", json={"place": " 南星桥 3 ", "division_code": "330102"})
    assert (moved.status_code, moved.json()["place"]) == (200, "南星桥 3")
    district = either.client(None, token=either.token_for("Shangcheng", "regulator", "330102", Role.REGULATOR))
    assert [one["place"] for one in district.get("/api/v1/scales").json()["scales"]] == ["南星桥 3"]
    for nowhere in ("33", "999999", "330104"):  # the last one has ended
        wrong = client.patch(f"/api/v1/scales/{scale.code}", json={"place": "x", "division_code": nowhere})
        assert wrong.status_code == 422, nowhere


def test_the_root_is_public_and_the_boot_statement_names_it(either: World) -> None:
    scale = either.in_use("HT-1")
    told = either.client(None).get("/api/v1/root").json()
    named = statement.parse(scale.chain[1])
    assert named.kind == Kind.BOOT
    assert told["thumbprint"] == named.body.root.hex()
    assert from_base64url(told["public_key"]) == keys.read_root_public(either.settings.keys)
    assert either.client(None).get("/api/v1/health").json() == {"status": "ok"}


def at_once(jobs: list[Callable[[], httpx.Response]]) -> list[httpx.Response]:
    """The answers to requests that start together."""
    with ThreadPoolExecutor(len(jobs)) as pool:
        return [one.result() for one in [pool.submit(job) for job in jobs]]


def test_the_same_key_from_many_clients_at_once_has_one_effect(either: World) -> None:
    body = {"name": "Jinhua Supervision", "kind": "regulator", "division_code": "330700"}
    key = {"Idempotency-Key": "one"}
    clients = [either.client(Role.ADMIN) for _ in range(6)]
    answers = at_once([lambda c=c: c.post("/api/v1/organisations", json=body, headers=key) for c in clients])
    assert [answer.status_code for answer in answers] == [201] * 6
    assert len({answer.text for answer in answers}) == 1


def test_an_order_for_one_scale_is_used_once_by_many_at_once(either: World) -> None:
    either.order("ORDER-ONE", 1, 1, "330106")
    scales = [either.scale(f"HT-{n}").enrol() for n in range(4)]
    answers = at_once([lambda raw=raw: post(either, raw, "ORDER-ONE") for raw in scales])
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


def test_permits_given_at_once_have_different_numbers(either: World) -> None:
    scale = either.in_use("HT-1")
    body = {"fields": ["point_1_mg"], "not_after": either.now // 1000 + 3600}
    clients = [either.client(Role.VERIFICATION) for _ in range(4)]
    answers = at_once([lambda c=c: c.post(f"/api/v1/scales/{scale.code}/permits", json=body) for c in clients])
    assert [answer.status_code for answer in answers] == [201] * 4
    assert len({answer.json()["hash"] for answer in answers}) == 4


def test_a_sign_in_link_pressed_twice_at_once_opens_one_session(either: World) -> None:
    secret = either.sign_in_link(Role.REGULATOR).split("token=")[1]
    clients = [either.client(None) for _ in range(4)]
    answers = at_once([lambda c=c: c.post("/sign-in", data={"token": secret}) for c in clients])
    assert sorted(answer.status_code for answer in answers) == [303, 403, 403, 403]
