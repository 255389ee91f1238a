"""Steps of a scale's life by the API: who, from where, with what, every reason at once, and what is on record then."""

import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
from kit.signing_scale import SigningScale
from kit.world import World
from sqlalchemy import func, select, update
from steelyard_cloud.db import database
from steelyard_cloud.db.schema import audit_log, feed_entries, life_steps, scale_types, scales, sheets, verifications
from steelyard_cloud.people.roles import Role
from steelyard_protocol import statement
from steelyard_protocol.bodies import Kind
from steelyard_protocol.enrolment import to_base64url
from steelyard_protocol.identity import cose_key

UNTIL = "2029-11-30"


def today(world: World) -> date:
    return datetime.fromtimestamp(world.now / 1000, UTC).date()


def step(world: World, role: Role, scale: SigningScale, name: str, **body: Any) -> httpx.Response:
    return world.client(role).post(f"/api/v1/scales/{scale.code}/steps", json={"step": name, **body})


def sold(world: World, scale: SigningScale) -> None:
    """The market operator has the scale."""
    with database.writing(world.engine) as connection:
        owner = world.organisations["Wenyi Market"]
        connection.execute(update(scales).where(scales.c.public_code == scale.code).values(owner_id=owner))


def produced(world: World, name: str = "HT-1") -> SigningScale:
    scale = world.scale(name)
    assert world.enrol(scale).status_code == 201
    sold(world, scale)
    return scale


def stage(world: World, scale: SigningScale) -> tuple[str, int]:
    with database.reading(world.engine) as connection:
        c = scales.c
        row = connection.execute(select(c.life_stage, c.life_version).where(c.public_code == scale.code)).one()
    return row.life_stage, row.life_version


def counts(world: World) -> tuple[int, ...]:
    with database.reading(world.engine) as connection:
        tables = (life_steps, audit_log, feed_entries, verifications, sheets)
        return tuple(connection.scalar(select(func.count()).select_from(one)) or 0 for one in tables)


def test_a_whole_life_is_on_record_step_by_step(either: World) -> None:
    world = either
    scale = produced(world)
    assert step(world, Role.OPERATOR, scale, "verification.ask").json()["stage"] == "awaiting verification"
    day = (today(world) + timedelta(days=3)).isoformat()
    assert step(world, Role.VERIFICATION, scale, "verification.plan", day=day).status_code == 201
    failed = world.right(scale) | {"reason": "the seal was broken"}
    failed["sheet"]["conditions"] = "15 °C"
    assert step(world, Role.VERIFICATION, scale, "verification.fail", **failed).json()["stage"] == "verification failed"
    assert step(world, Role.OPERATOR, scale, "repair.order", reason="the seal").json()["stage"] == "in repair"
    refused = world.verify(scale)
    assert (refused.status_code, refused.json()["code"]) == (409, "wrong-stage")
    done = step(world, Role.REPAIRER, scale, "repair.report", repair_code="R-7", reason="new seal")
    assert done.json()["stage"] == "awaiting verification"
    assert world.verify(scale).status_code == 201
    world.until(lambda: world.one(scale)["verdict"] == "verified", "verified")
    assert world.one(scale)["life_stage"] == "verified"
    assert step(world, Role.REGULATOR, scale, "use.forbid", reason="false weight").json()["stage"] == "use forbidden"
    shown = world.one(scale)
    assert (shown["verdict"], shown["life_stage"]) == ("not-verified", "use forbidden")
    assert {"condition": "life", "word": "not-verified", "code": "use-forbidden", "values": {}} in shown["unmet"]
    assert "forbidden its use" in world.client(None).get(f"/s/{scale.code}").text
    assert (
        step(world, Role.REGULATOR, scale, "use.release", reason="it was the shop beside").json()["stage"] == "verified"
    )
    assert world.one(scale)["verdict"] == "verified"
    assert step(world, Role.OPERATOR, scale, "use.stop", reason="winter").json()["stage"] == "out of use"
    assert step(world, Role.OPERATOR, scale, "use.resume").json()["stage"] == "verified"
    assert step(world, Role.OPERATOR, scale, "scrap", reason="it fell").json()["stage"] == "scrapped"
    for role, name in ((Role.OPERATOR, "use.resume"), (Role.REGULATOR, "use.forbid"), (Role.OPERATOR, "scrap")):
        again = step(world, role, scale, name, reason="once more")
        assert (again.status_code, again.json()["code"]) == (409, "wrong-stage"), name
    told = world.client(Role.REGULATOR).get(f"/api/v1/scales/{scale.code}/steps").json()
    assert told["can"] == []
    assert [one["step"] for one in told["steps"]][::-1] == [
        "enrol",
        "verification.ask",
        "verification.plan",
        "verification.fail",
        "repair.order",
        "repair.report",
        "verification.pass",
        "use.forbid",
        "use.release",
        "use.stop",
        "use.resume",
        "scrap",
    ]
    assert all(one["to"] == after["from"] for one, after in zip(told["steps"][1:], told["steps"], strict=False))
    assert told["life_version"] == 12
    outbox = [row.body for row in world.entries("outbox") if row.topic == "life" and row.scale_id]
    assert [one["step"] for one in outbox] == [one["step"] for one in told["steps"]][::-1]


def test_passing_is_refused_with_every_reason_at_once(world: World) -> None:
    scale = produced(world)
    world.send(scale, scale.open_case())
    with database.writing(world.engine) as connection:
        connection.execute(update(scale_types).values(stage="suspended", envelope=ENVELOPE))
    world.now += 2 * 3_600_000  # no recent report
    sheet = world.right(scale)["sheet"]
    sheet["tests"][0]["rows"][3]["shown_mg"] = "999000000"
    sheet["masses"] = ["M-1", "M-404"]
    body = {"number": 2, "valid_until": "2020-01-01", "kind": "initial", "seal": "—", "sheet": sheet}
    before = counts(world)
    answer = world.client(Role.VERIFICATION).post(f"/api/v1/scales/{scale.code}/verifications", json=body)
    assert answer.status_code == 422
    codes = [one["code"] for one in answer.json()["reasons"]]
    assert set(codes) == {
        "codes-missing",
        "malformed",
        "scale-locked",
        "type-not-in-force",
        "outside-envelope",
        "not-fresh",
        "trouble-after",
        "sheet-fails",
        "mass-not-certified",
    }
    assert codes[-1] == "not-fresh", "what time alone mends stands last"
    assert answer.json()["code"] == codes[0]
    assert counts(world) == before, "and nothing is half done"


ENVELOPE = {"limits": {"1": [1_000, 14_999_999]}, "adc": ["ads1232"], "hardware": [], "update_keys": [], "r76": {}}


REFUSED = {
    "none": (lambda sheet, *_: None, "sheet-malformed"),
    "of another scale": (lambda sheet, *_: sheet["scale"].update(identity="0" * 16), "sheet-of-another"),
    "of no scale": (lambda sheet, *_: sheet["scale"].pop("identity"), "sheet-malformed"),
    "of another number": (lambda sheet, *_: sheet["scale"].update(serial_number="HT-9"), "sheet-of-another"),
    "of another Max": (lambda sheet, *_: sheet["scale"].update(max_mg="30000000"), "sheet-of-another"),
    "of another Min": (lambda sheet, *_: sheet["scale"].update(min_mg="1"), "sheet-of-another"),
    "of another e": (lambda sheet, *_: sheet["scale"]["ranges"][0].update(e_mg="10000"), "sheet-of-another"),
    "old": (lambda sheet, _, world: sheet.update(tested_on=str(today(world) - timedelta(days=33))), "sheet-malformed"),
    "of tomorrow": (lambda sheet, _, world: sheet.update(tested_on=str(today(world) + timedelta(days=2))), None),
    "of no day": (lambda sheet, *_: sheet.pop("tested_on"), "sheet-malformed"),
    "of an impossible day": (lambda sheet, *_: sheet.update(tested_on="2026-02-30"), "sheet-malformed"),
    "without masses": (lambda sheet, *_: sheet.pop("masses"), "malformed"),
    "with masses of nobody": (lambda sheet, *_: sheet.update(masses=["M-9"]), "mass-not-certified"),
    "failed": (lambda sheet, *_: sheet["tests"][0]["rows"][1].update(shown_mg="110000"), "sheet-fails"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_sheet_that_does_not_show_this_scale_right_today_passes_nothing(quiet: World, what: str) -> None:
    scale = quiet.scale("HT-1")
    if quiet.enrol(scale).status_code == 201:
        quiet.until(lambda: quiet.head(scale) >= 2, "its boot")
    change, code = REFUSED[what]
    sheet = quiet.right(scale)["sheet"]
    change(sheet, scale, quiet)  # type: ignore[arg-type]
    given = None if what == "none" else sheet
    body = {"number": 2, "valid_until": UNTIL, "kind": "initial", "seal": "S-1", "sheet": given}
    answer = quiet.client(Role.VERIFICATION).post(f"/api/v1/scales/{scale.code}/verifications", json=body)
    assert not answer.is_success
    found = answer.json()
    codes = {one["code"] for one in found.get("reasons", [found])}
    assert (
        codes == {code} if code else codes == {"sheet-malformed", "mass-not-certified"} or codes == {"sheet-malformed"}
    )
    assert stage(quiet, scale)[0] == "produced"


def test_masses_are_certified_on_the_day_of_the_test_and_by_the_institution_itself(world: World) -> None:
    scale = produced(world)
    day = today(world)
    own, other = (
        world.client(Role.VERIFICATION),
        world.client(None, token=world.token_for("Ningbo Metrology", "verification", "330200", Role.VERIFICATION)),
    )

    def masses(client: httpx.Client, number: str, first: int, last: int) -> None:
        days = {"from_day": str(day + timedelta(days=first)), "until_day": str(day + timedelta(days=last))}
        named = {"number": number, "mass_class": "M1", "certificate": f"Z-{number}"}
        assert client.post("/api/v1/reference-masses", json=named | days).status_code == 201
        assert client.post("/api/v1/reference-masses", json=named | days).status_code == 409

    for client, number, first, last in (
        (own, "PAST", -30, -1),
        (own, "TO-COME", 1, 30),
        (own, "ONE-DAY", 0, 0),
        (other, "THEIRS", -9, 9),
    ):
        masses(client, number, first, last)
    assert {one["number"] for one in own.get("/api/v1/reference-masses").json()["masses"]} == {
        "M-1",
        "PAST",
        "TO-COME",
        "ONE-DAY",
    }

    def passing(*numbers: str) -> httpx.Response:
        sheet = world.right(scale)["sheet"] | {"masses": list(numbers)}
        body = {"number": 2, "valid_until": UNTIL, "kind": "initial", "seal": "S-1", "sheet": sheet}
        return own.post(f"/api/v1/scales/{scale.code}/verifications", json=body)

    refused = passing("M-1", "PAST", "TO-COME", "THEIRS").json()
    assert [one["values"]["number"] for one in refused["reasons"]] == ["PAST", "TO-COME", "THEIRS"]
    for wrong in ({"until_day": str(day), "from_day": str(day + timedelta(days=1))}, {"mass_class": "Z9"}):
        days = {"from_day": str(day), "until_day": str(day)}
        named = {"number": "X", "mass_class": "M1", "certificate": "Z"}
        assert own.post("/api/v1/reference-masses", json=named | days | wrong).status_code == 422
    assert passing("M-1", "ONE-DAY").status_code == 201


def test_of_two_at_once_the_second_sees_what_the_first_did(either: World) -> None:
    world = either
    scale = produced(world)
    begin, answers = threading.Barrier(6), list[httpx.Response]()

    def forbid() -> None:
        client = world.client(Role.REGULATOR)
        begin.wait()
        body = {"step": "use.forbid", "reason": "false weight"}
        answers.append(client.post(f"/api/v1/scales/{scale.code}/steps", json=body))

    threads = [threading.Thread(target=forbid) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(one.status_code for one in answers) == [201, 409, 409, 409, 409, 409]
    assert {one.json()["code"] for one in answers if one.status_code == 409} == {"wrong-stage"}
    assert stage(world, scale) == ("use forbidden", 2)


def test_a_stale_page_takes_no_step(world: World) -> None:
    scale = produced(world)
    seen = world.one(scale)["life_version"]
    assert step(world, Role.OPERATOR, scale, "verification.ask", seen=seen).status_code == 201
    stale = step(world, Role.OPERATOR, scale, "scrap", reason="it fell", seen=seen)
    assert (stale.status_code, stale.json()["code"]) == (409, "stale-view")
    body = {"number": 2, "valid_until": UNTIL, "kind": "initial", "seal": "S-1", "seen": seen, **world.right(scale)}
    url = f"/api/v1/scales/{scale.code}/verifications"
    assert world.client(Role.VERIFICATION).post(url, json=body).json()["code"] == "stale-view"
    assert world.client(Role.VERIFICATION).post(url, json=body | {"seen": seen + 1}).status_code == 201


def test_only_the_owner_speaks_for_the_owner(world: World) -> None:
    scale = produced(world)
    for name in ("verification.ask", "scrap", "use.stop", "repair.order"):
        refused = step(world, Role.MANUFACTURER, scale, name, reason="it was ours")
        assert (refused.status_code, refused.json()["code"]) == (403, "not-the-owner"), name
    assert stage(world, scale) == ("produced", 1)
    mine = world.scale("HT-2")
    assert world.enrol(mine).status_code == 201
    assert step(world, Role.OPERATOR, mine, "verification.ask").status_code == 404, "it sees its own scales alone"
    assert step(world, Role.MANUFACTURER, mine, "verification.ask").status_code == 201


def test_a_step_without_what_it_needs_says_so_beside_the_field(world: World) -> None:
    scale = produced(world)
    for role, name, body in (
        (Role.REGULATOR, "use.forbid", {}),
        (Role.REGULATOR, "use.forbid", {"reason": "  —  "}),
        (Role.OPERATOR, "scrap", {"reason": "x"}),
        (Role.VERIFICATION, "verification.plan", {}),
        (Role.VERIFICATION, "verification.plan", {"day": "2020-01-01"}),
        (Role.VERIFICATION, "verification.plan", {"day": "tomorrow"}),
        (Role.VERIFICATION, "verification.fail", {"reason": "no sheet"}),
        (Role.VERIFICATION, "verification.fail", world.right(scale)),
        (Role.VERIFICATION, "verification.fail", {"reason": "an empty one", "sheet": {}}),
    ):
        answer = step(world, role, scale, name, **body)
        assert answer.status_code == 422, (name, body, answer.text)
    for name in ("verification.pass", "enrol", "decide", "bless", "type.approve"):
        assert step(world, Role.REGULATOR, scale, name, reason="because").status_code == 422, name
    assert stage(world, scale) == ("produced", 1)
    wrong = step(world, Role.REGULATOR, scale, "verification.ask")
    assert (wrong.status_code, wrong.json()["code"]) == (403, "step-not-allowed")


def test_release_waits_for_the_cause_to_be_gone(world: World) -> None:
    scale = world.in_use("HT-1")
    world.send(scale, scale.cheat())
    world.until(lambda: len(world.alerts()) == 1, "the alert")
    assert step(world, Role.REGULATOR, scale, "use.forbid", reason="it cheats").status_code == 201
    kept = step(world, Role.REGULATOR, scale, "use.release", reason="they asked nicely")
    assert (kept.status_code, kept.json()["code"]) == (409, "cause-not-gone")
    for to in ("acknowledged", "investigating", "confirmed"):
        body = {"to": to, "reason": "seen on site"}
        assert world.client(Role.REGULATOR).post("/api/v1/alerts/1/transitions", json=body).is_success
    assert step(world, Role.REGULATOR, scale, "use.release", reason="fined").json()["stage"] == "verified"
    assert world.one(scale)["verdict"] == "altered", "which it is for all that"


def successor(world: World, old: SigningScale, **other: Any) -> SigningScale:
    """A new board of the same scale, whose enrolment names the old key."""
    new = world.scale(f"{old.serial_number} again")
    new.serial_number, new.production_code = old.serial_number, old.production_code
    keys = [cose_key(new.public_key), cose_key(new.agreement_key)]
    before = [other.get("kid", old.kid), old.number, statement.hash_of(old.chain[-1]), 0, 0]
    plate = ["Hengtai", "ACS-15", other.get("serial", old.serial_number), old.production_code]
    new.append(Kind.ENROL, [*keys, 0, *plate, before])
    return new


def test_a_repair_ends_with_its_code_and_a_new_board_with_its_key(world: World) -> None:
    scale = world.in_use("HT-1")
    ordered = step(world, Role.REPAIRER, scale, "repair.order", reason="dead board")
    assert ordered.json()["stage"] == "in repair"
    assert world.one(scale)["verdict"] == "not-verified"
    for code in ("", "  ", "—", "x" * 33):
        assert not step(world, Role.REPAIRER, scale, "repair.report", repair_code=code, reason="done").is_success

    def report(new: SigningScale) -> httpx.Response:
        given = {"repair_code": "R-9", "reason": "new board", "statement": to_base64url(new.chain[0])}
        return step(world, Role.REPAIRER, scale, "repair.report", **given)

    for wrong in ({"kid": bytes(10)}, {"serial": "HT-2"}):
        codes = [one["code"] for one in report(successor(world, scale, **wrong)).json()["reasons"]]
        assert codes == ["not-permitted", "enrolment-malformed"]
    plain = world.scale("HT-7")
    plain.enrol()
    assert report(plain).json()["reasons"][1]["code"] == "enrolment-malformed", "it names no predecessor"
    new = successor(world, scale)
    assert report(new).json()["code"] == "not-permitted", "a repairer alone replaces no key"
    permit = {"what": "repair", "not_after": world.now // 1000 + 3600}
    given = world.client(Role.REGULATOR).post(f"/api/v1/scales/{scale.code}/permits", json=permit)
    assert given.status_code == 201
    done = report(new)
    assert (done.status_code, done.json()["stage"]) == (201, "awaiting verification")
    assert report(new).json()["code"] == "wrong-stage"
    shown = world.client(Role.ADMIN).get(f"/api/v1/scales/{scale.code}").json()
    assert (shown["public_code"], shown["identity"]) == (scale.code, new.code), "the printed code stays"
    assert "R-9" in world.client(None).get(f"/s/{scale.code}").text
    for raw in (new.chain[0], new.boot()):
        world.send(new, [raw], held=False)
    body = {"number": 2, "valid_until": UNTIL, "kind": "subsequent", "seal": "S-3", **world.right(scale)}

    def verified() -> bool:
        url = f"/api/v1/scales/{scale.code}/verifications"
        return world.client(Role.VERIFICATION).post(url, json=body).status_code == 201

    world.until(verified, "the new key verified")
    world.until(lambda: world.one(scale)["verdict"] == "verified", "green again")


def test_a_move_is_asked_for_and_taken_or_refused_by_the_new_division(world: World) -> None:
    scale = produced(world)
    ningbo = world.client(None, token=world.token_for("Ningbo", "regulator", "330200", Role.REGULATOR))
    shop = world.organisations["Hengtai Scales"]
    url = f"/api/v1/scales/{scale.code}/moves"
    same = {"division_code": "330106", "place": ""}
    assert world.client(Role.OPERATOR).post(url, json=same).status_code == 422
    assert world.client(Role.OPERATOR).post(url, json={"division_code": "330212", "owner": 999}).status_code == 404
    first = world.client(Role.OPERATOR).post(url, json={"division_code": "330212", "place": "A"}).json()["move"]
    target = {"division_code": "330212", "place": "B", "owner": shop}
    second = world.client(Role.OPERATOR).post(url, json=target).json()["move"]
    (waiting,) = ningbo.get("/api/v1/moves").json()["moves"]
    assert (waiting["move"], waiting["place"], waiting["asked_by"]) == (second, "B", "Wenyi Market")
    assert ningbo.post(f"/api/v1/moves/{first}/answer", json={"accepts": True}).status_code == 404
    assert ningbo.post(f"/api/v1/moves/{second}/answer", json={"accepts": False}).status_code == 422, "why?"
    assert world.one(scale)["division_code"] == "330106"
    assert ningbo.post(f"/api/v1/moves/{second}/answer", json={"accepts": True}).status_code == 201
    assert ningbo.post(f"/api/v1/moves/{second}/answer", json={"accepts": True}).status_code == 404
    assert world.one(scale)["division_code"] == "330212"
    assert step(world, Role.OPERATOR, scale, "verification.ask").status_code == 404, "it is theirs no more"
    assert step(world, Role.MANUFACTURER, scale, "verification.ask").status_code == 201


def test_a_sheet_by_which_a_scale_was_failed_or_from_before_its_repair_passes_nothing(world: World) -> None:
    scale = world.in_use("HT-1")
    failed = world.right(scale) | {"reason": "the seal was broken"}
    assert step(world, Role.VERIFICATION, scale, "verification.fail", **failed).status_code == 201
    world.send(scale, [scale.boot()])
    again = world.verify(scale, scale.number)
    assert (again.status_code, "failed by it" in again.text) == (422, True), again.text
    assert step(world, Role.REPAIRER, scale, "repair.order", reason="the seal").status_code == 201
    assert step(world, Role.REPAIRER, scale, "repair.report", repair_code="R-7", reason="new cell").status_code == 201
    old = world.right(scale)
    old["sheet"]["tested_on"] = (today(world) - timedelta(days=1)).isoformat()
    body = {"number": scale.number, "valid_until": "2028-01-01", "kind": "subsequent", "seal": "S-3"}
    refused = world.client(Role.VERIFICATION).post(f"/api/v1/scales/{scale.code}/verifications", json=old | body)
    assert (refused.status_code, "repaired after that day" in refused.text) == (422, True), refused.text
