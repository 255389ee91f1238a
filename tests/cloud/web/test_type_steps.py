"""Types and their software: applied for, decided, limited; and production orders with their enrolment in bulk."""

from typing import Any

import httpx
import pytest
from kit.signing_scale import OTHER_SOFTWARE, SOFTWARE, SigningScale
from kit.updates import made_update
from kit.world import World
from sqlalchemy import func, select, update
from steelyard_cloud.db import database
from steelyard_cloud.db.schema import approved_software, factory_orders, scale_types, scales
from steelyard_cloud.errors import WrongValue
from steelyard_cloud.people.roles import Role
from steelyard_cloud.scales import csv_in, envelope, plate_codes
from steelyard_protocol.enrolment import to_base64url

LIMITS = {"max_mg": [15_000_000, 15_000_000], "e_mg": [5_000, 5_000]}
APPLIED: dict[str, Any] = {
    "maker": "Hengtai",
    "model": "HT-60",
    "envelope": {"limits": LIMITS, "adc": ["hx711"], "r76": {"accuracy_class": "III"}},
}


def of_type(world: World, role: Role, type_id: int, step: str, **body: Any) -> httpx.Response:
    return world.client(role).post(f"/api/v1/scale-types/{type_id}/steps", json={"step": step, **body})


def test_a_type_is_applied_for_and_decided(either: World) -> None:
    world = either
    maker = world.client(Role.MANUFACTURER)
    assert maker.post("/api/v1/scale-types", json=APPLIED | {"envelope": None}).status_code == 422
    made = maker.post("/api/v1/scale-types", json=APPLIED).json()["scale_type"]
    assert maker.post("/api/v1/scale-types", json=APPLIED).status_code == 409
    assert maker.post("/api/v1/scale-types", json=APPLIED | {"model": "ＨＴ－６０"}).status_code == 409, "as it is read"
    order = {"number": "O-1", "scale_type": made, "quantity": 5, "division_code": "330106"}
    early = maker.post("/api/v1/factory-orders", json=order)
    assert (early.status_code, early.json()["code"]) == (409, "type-not-in-force")
    assert of_type(world, Role.MANUFACTURER, made, "type.approve", type_approval="PA-9").status_code == 403
    both = of_type(world, Role.TYPE_EVALUATION, made, "type.approve")
    assert (both.status_code, both.json()["values"]["where"]) == (422, "type_approval")
    assert of_type(world, Role.TYPE_EVALUATION, made, "type.refuse").status_code == 422, "why?"
    assert of_type(world, Role.TYPE_EVALUATION, made, "type.refuse", reason="no report").json()["stage"] == "refused"
    stranger = world.client(None, token=world.token_for("Other", "manufacturer", "330700", Role.MANUFACTURER))
    assert stranger.post(f"/api/v1/scale-types/{made}/steps", json={"step": "type.apply"}).status_code == 404
    assert stranger.get(f"/api/v1/scale-types/{made}").status_code == 404
    narrower = {"envelope": {"limits": LIMITS, "hardware": ["rev-b"]}}
    assert of_type(world, Role.MANUFACTURER, made, "type.apply", **narrower).json()["stage"] == "applied"
    seen = maker.get(f"/api/v1/scale-types/{made}").json()
    assert (seen["stage"], seen["envelope"]["hardware"], seen["life_version"]) == ("applied", ["rev-b"], 3)
    approved = of_type(world, Role.TYPE_EVALUATION, made, "type.approve", type_approval="PA-9", seen=3)
    assert approved.json()["stage"] == "in force"
    assert (
        of_type(world, Role.TYPE_EVALUATION, made, "type.suspend", reason="x1y", seen=3).json()["code"] == "stale-view"
    )
    assert maker.post("/api/v1/factory-orders", json=order).status_code == 201
    amended = {"envelope": {"adc": ["nau7802"]}, "reason": "another converter"}
    assert of_type(world, Role.TYPE_EVALUATION, made, "type.amend", **amended).json()["stage"] == "in force"
    for step, stage in (("type.suspend", "suspended"), ("type.approve", "in force"), ("type.withdraw", "withdrawn")):
        assert of_type(world, Role.TYPE_EVALUATION, made, step, reason="as tested").json()["stage"] == stage
    for step in ("type.approve", "type.amend", "type.suspend", "type.withdraw", "type.refuse"):
        again = of_type(world, Role.TYPE_EVALUATION, made, step, reason="once more")
        assert (again.status_code, again.json()["code"]) == (409, "wrong-stage"), step
    told = world.client(Role.TYPE_EVALUATION).get(f"/api/v1/scale-types/{made}").json()
    assert [one["step"] for one in told["steps"]][-1] == "type.apply"
    assert told["envelope"]["adc"] == ["nau7802"]


@pytest.mark.parametrize(
    "given",
    [
        {"limits": {"colour": [1, 2]}},
        {"limits": {"max_mg": [2, 1]}},
        {"limits": {"max_mg": [1]}},
        {"limits": {"max_mg": [0, 1]}},
        {"limits": {"max_mg": [1_000, 10**12]}},
        {"adc": [""]},
        {"hardware": ["x" * 65]},
        {"update_keys": ["ab"]},
        {"update_keys": ["G" * 64]},
        {"r76": {"colour": "red"}},
        {"r76": {"accuracy_class": ""}},
        {"csv": "max_mg,1,2", "adc": ["hx711"]},
        {"csv": "max_mg\n"},
        {"csv": "max_mg,light,heavy"},
        {"csv": "colour,red"},
        {"csv": "accuracy_class,"},
        {"more": 1},
    ],
)
def test_an_envelope_that_says_nothing_that_can_be_checked_is_refused(quiet: World, given: dict[str, Any]) -> None:
    body = APPLIED | {"envelope": given}
    assert quiet.client(Role.MANUFACTURER).post("/api/v1/scale-types", json=body).status_code == 422


CSV = (
    "field,lowest,highest\nmax_mg,3000000,30000000\ne_mg,5000\nadc,hx711\nadc,ads1232\n"
    "test_laboratory,浙江所\nhardware,rev-b\n"
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_an_envelope_comes_by_csv_in_any_of_the_encodings(encoding: str, separator: str) -> None:
    raw = CSV.replace(",", separator).encode(encoding)
    found = envelope.read(envelope.from_csv(raw))
    assert found.limits == {1: (3_000_000, 30_000_000), 3: (5_000, 5_000)}
    assert (found.adc, found.hardware, found.r76) == (("hx711", "ads1232"), ("rev-b",), {"test_laboratory": "浙江所"})
    assert envelope.Envelope.from_json(found.as_json()) == found


@pytest.mark.parametrize("raw", [b"\xff\xff\xff", b"a\x00b", b'"open', b"x" * 5_000, b"a,b\n" * 1_100])
def test_what_is_no_csv_is_refused(raw: bytes) -> None:
    with pytest.raises(WrongValue):
        csv_in.rows(raw)


def test_what_is_written_as_csv_is_no_formula() -> None:
    text = csv_in.written(("a",), [("=1+1",), ("@x",), ("-5",), ("good",)])
    assert text.splitlines() == ["\ufeffa", "'=1+1", "'@x", "'-5", "good"]


def test_a_scale_outside_the_envelope_of_its_type_is_not_verified(world: World) -> None:
    scale = world.scale("HT-1")
    assert world.enrol(scale).status_code == 201
    kept = envelope.read({"limits": {"point_1_mg": [1, 14_999_999]}, "hardware": ["rev-b"], "adc": ["hx711"]}).as_json()
    with database.writing(world.engine) as connection:
        connection.execute(update(scale_types).values(envelope=kept))
    refused = world.verify(scale).json()
    assert [one["values"]["what"] for one in refused["reasons"]] == ["point_1_mg", "hardware"]
    file = made_update(world, scale.software[2])
    image = world.client(Role.MANUFACTURER).post("/api/v1/scale-types/1/images", json={"package": file})
    assert image.json()["code"] == "outside-envelope"
    with database.writing(world.engine) as connection:
        connection.execute(update(scale_types).values(envelope=envelope.read({"update_keys": ["ab" * 32]}).as_json()))
    image = world.client(Role.MANUFACTURER).post("/api/v1/scale-types/1/images", json={"package": file})
    assert image.json()["values"]["what"] == "update key"


def test_software_is_submitted_approved_and_revoked_which_is_a_finding_on_each_scale(world: World) -> None:
    scales_of_type = [world.in_use(f"HT-{number}") for number in range(2)]
    maker, evaluation = world.client(Role.MANUFACTURER), world.client(Role.TYPE_EVALUATION)
    new = {"name": OTHER_SOFTWARE[0], "version": "0.2.0", "hash": OTHER_SOFTWARE[2].hex()}
    url = "/api/v1/scale-types/1/software"
    assert maker.post(url, json=new).status_code == 201
    assert maker.post(url, json=new).status_code == 409
    stranger = world.client(None, token=world.token_for("Other", "manufacturer", "330700", Role.MANUFACTURER))
    assert stranger.post(url, json=new | {"hash": "ee" * 32}).status_code == 404
    for scale in scales_of_type:
        scale.software = OTHER_SOFTWARE
        world.send(scale, [scale.boot()])
    world.until(lambda: len(world.alerts(rule="software")) == 2, "submitted is not approved")

    def decide(step: str, **body: Any) -> httpx.Response:
        return evaluation.post(f"{url}/steps", json={"step": step, "hash": new["hash"], **body})

    assert decide("software.approve").json()["stage"] == "approved"
    world.until(lambda: not any(one["still_found"] for one in world.alerts(rule="software")), "approved")
    assert decide("software.revoke").status_code == 422, "why?"
    assert decide("software.revoke", reason="it rounds up").json()["stage"] == "revoked"
    world.until(lambda: all(one["still_found"] for one in world.alerts(rule="software")), "revoked")
    assert len(world.alerts(rule="software")) == 2
    assert decide("software.approve").json()["code"] == "wrong-stage"
    file = made_update(world, OTHER_SOFTWARE[2])
    image = maker.post("/api/v1/scale-types/1/images", json={"package": file}).json()["image"]
    sent = maker.post(f"/api/v1/scales/{scales_of_type[0].code}/updates", json={"image": image})
    assert sent.json()["code"] == "not-approved", "nor is it sent to anybody"
    with database.reading(world.engine) as connection:
        kept = connection.execute(select(approved_software.c.software_hash, approved_software.c.stage)).all()
    assert dict(map(tuple, kept)) == {SOFTWARE[2]: "approved", OTHER_SOFTWARE[2]: "revoked"}


# ---- enrolment in bulk ---------------------------------------------------------------------------------------------


def file_of(some: list[SigningScale], *more: str, encoding: str = "utf-8") -> bytes:
    lines = ["statement,place", *(f"{to_base64url(one.enrol())},龙翔桥 {at}" for at, one in enumerate(some)), *more]
    return "\r\n".join(lines).encode(encoding)


def bulk(world: World, raw: bytes, query: str = "?order=ORDER-1") -> httpx.Response:
    return world.client(Role.MANUFACTURER).post(f"/api/v1/enrolments/bulk{query}", content=raw)


def used(world: World) -> tuple[int, int]:
    with database.reading(world.engine) as connection:
        taken = connection.scalar(select(factory_orders.c.used).where(factory_orders.c.number == "ORDER-1"))
        return taken or 0, connection.scalar(select(func.count()).select_from(scales)) or 0


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_file_is_enrolled_row_by_row_and_goes_on_where_it_stopped(world: World, encoding: str) -> None:
    some = [world.scale(f"HT-{number}") for number in range(4)]
    twin = world.scale("HT-x")
    twin.serial_number = "ht−Ｏ"  # reads like HT-0
    first = bulk(world, file_of(some[:2], "nonsense,x", "", to_base64url(twin.enrol()), encoding=encoding)).json()
    assert [(row["line"], row["result"], row["code"]) for row in first["rows"]] == [
        (2, "enrolled", ""),
        (3, "enrolled", ""),
        (4, "refused", "enrolment-malformed"),
        (6, "refused", "already-exists"),
    ]
    assert used(world) == (2, 2), "what is refused uses up nothing"
    again = bulk(world, file_of(some, encoding=encoding)).json()
    assert [row["result"] for row in again["rows"]] == ["known", "known", "enrolled", "enrolled"]
    assert [row["answer"] for row in again["rows"][:2]] == [row["answer"] for row in first["rows"][:2]]
    assert all(row["answer"] and row["public_code"] == one.code for row, one in zip(again["rows"], some, strict=True))
    assert used(world) == (4, 4)
    assert world.one(some[3])["place"] == "龙翔桥 3"
    report = bulk(world, file_of(some), "?order=ORDER-1&as_csv=true")
    assert report.headers["content-type"].startswith("text/csv")
    assert report.text.splitlines()[1].split(",")[1:4] == ["known", "HT-0", some[0].code]


def test_an_order_has_room_for_so_many_and_a_file_says_which_are_too_many(world: World) -> None:
    world.order("SMALL", 1, 2, "330106")
    done = bulk(world, file_of([world.scale(f"HT-{number}") for number in range(4)]), "?order=SMALL").json()
    assert [row["code"] for row in done["rows"]] == ["", "", "order-used-up", "order-used-up"]
    assert (done["enrolled"], done["known"], done["refused"]) == (2, 0, 2)


@pytest.mark.parametrize(
    "raw",
    [b"", b"statement", b"place\nx", b"statement,statement\nx,y", b"statement,colour\nx,red", b"\xff\xfe\xff\n\xff"],
)
def test_what_is_no_file_of_enrolments_is_refused_whole(quiet: World, raw: bytes) -> None:
    answer = bulk(quiet, raw)
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")


# ---- codes of other schemes ----------------------------------------------------------------------------------------

GS1 = "https://id.example/01/09506000134352/21/HT-4711"


def test_codes_of_other_schemes_are_one_scale_s_and_lead_to_it(world: World) -> None:
    scale, other = world.scale("HT-1"), world.scale("HT-2")
    codes = [
        {"scheme": "gs1-digital-link", "code": GS1},
        {"scheme": "ecode", "code": "100012345678901"},
        {"scheme": "gb-t-36377", "code": "91330100MA27X1234X0112345"},
        {"scheme": "free", "code": "秤 7 号"},
    ]

    def enrol(one: SigningScale, given: list[dict[str, str]]) -> httpx.Response:
        body = {"order": "ORDER-1", "statement": to_base64url(one.enrol()), "codes": given}
        return world.client(Role.MANUFACTURER).post("/api/v1/enrolments", json=body)

    assert enrol(scale, codes).status_code == 201
    assert world.one(scale)["codes"] == codes
    reader = world.client(None)
    for typed in (
        GS1,
        "http://another.example/x/01/9506000134352/21/HT-4711?linkType=all",
        "秤7号",
        "1000 1234 5678 901",
    ):
        assert reader.get("/s", params={"code": typed}).headers["location"] == f"/s/{scale.code}", typed
    assert reader.get("/s", params={"code": scale.code}).headers["location"] == f"/s/{scale.code}"
    for taken in (codes[3] | {"code": "秤７号"}, codes[1] | {"code": "100012345678901 "}):
        refused = enrol(other, [taken])
        assert (refused.status_code, refused.json()["code"]) == (409, "already-exists")
    assert enrol(other, [{"scheme": "free", "code": scale.code}]).status_code == 422, "that would lead people astray"
    assert enrol(other, [codes[0] | {"code": GS1[:-1] + "2"}] * 2).status_code == 409
    assert enrol(other, [codes[0] | {"code": GS1[:-1] + "2"}]).status_code == 201


@pytest.mark.parametrize(
    ("scheme", "code"),
    [
        ("gs1-digital-link", "https://id.example/01/09506000134353/21/1"),
        ("gs1-digital-link", "https://id.example/01/09506000134352"),
        ("gs1-digital-link", "ftp://id.example/01/09506000134352/21/1"),
        ("gs1-digital-link", "https://id.example/01/095060001343520/21/1"),
        ("gs1-digital-link", "https://[/01/09506000134352/21/1"),
        ("gs1-digital-link", "4711"),
        ("ecode", "X00012345678901"),
        ("ecode", "1"),
        ("gb-t-36377", "浙A-12345678"),
        ("free", " "),
        ("free", "—"),
        ("free", "x" * 201),
        ("qr", "1"),
    ],
)
def test_what_is_no_code_of_its_scheme_is_refused(scheme: str, code: str) -> None:
    with pytest.raises(WrongValue):
        plate_codes.read(scheme, code)
