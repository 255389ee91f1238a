"""The pages of a scale's life: what is done there, what is refused beside what was typed, in both languages."""

import json
import re
from datetime import UTC, datetime
from typing import Any

import httpx
from kit.signing_scale import SigningScale
from kit.world import World
from steelyard_cloud.people import credentials
from steelyard_cloud.people.roles import Role


def produced(world: World) -> SigningScale:
    scale = world.scale("HT-1")
    assert world.enrol(scale).status_code == 201
    return scale


def send(client: httpx.Client, path: str, **fields: Any) -> httpx.Response:
    files = fields.pop("files", None)
    csrf = credentials.csrf_token(client.cookies["steelyard"])
    return client.post(path, data={"csrf": csrf, **fields}, files=files)


def typed(page: str, scale: SigningScale) -> dict[str, Any]:
    """The form as somebody fills it in for a scale without any error: half of e added, 1.4 e more is answered."""
    rows = re.findall(r'<td class="number">([0-9.]+)</td>.*?name="shown-(\d+)"', page, re.DOTALL)
    fields: dict[str, Any] = {}
    for load, at in rows:
        fields |= {f"shown-{at}": load, f"added-{at}": "2.5"}
        if f'name="before-{at}"' in page:
            fields |= {f"before-{at}": load, f"shown-{at}": str(float(load) + 5), f"added-{at}": "7"}
    return fields


def test_a_verification_is_typed_in_and_passed(world: World) -> None:
    scale, client = produced(world), world.signed_in(Role.VERIFICATION)
    page = client.get(f"/scales/{scale.code}/verify").text
    assert len(re.findall('name="shown-', page)) == 38
    seen = re.search(r'name="seen" value="(\d+)"', page)
    assert seen is not None
    known = {"seen": seen[1], "number": "2", "kind": "initial", "valid_until": "2029-11-30", "outcome": "pass"}
    day = datetime.fromtimestamp(world.now / 1000, UTC).date().isoformat()
    given = known | typed(page, scale) | {"tested_on": day, "conditions": "20 °C"}
    refused = send(client, f"/scales/{scale.code}/verify", **(given | {"valid_until": ""}), seal="")
    assert refused.status_code == 422
    assert "the seal is missing" in refused.text
    assert "the reference masses that were used are expected" in refused.text, "all at once"
    assert "valid_until" in refused.text
    assert 'value="20 °C"' in refused.text, "what was typed stays"
    assert 'name="shown-37" inputmode="decimal" size="8" maxlength="16" aria-label="Row 38: shown" value="15005.0"' in (
        refused.text
    )
    wrong = given | {"shown-5": "one kilogram", "seal": "S-1", "masses": "M-1"}
    assert send(client, f"/scales/{scale.code}/verify", **wrong).status_code == 422
    passed = send(client, f"/scales/{scale.code}/verify", **given, seal="S-1", masses="M-1")
    assert (passed.status_code, passed.headers["location"]) == (303, f"/scales/{scale.code}/life")
    assert "Pass the verification" in client.get(f"/scales/{scale.code}/life").text
    stale = send(client, f"/scales/{scale.code}/verify", **given, seal="S-1", masses="M-1")
    assert stale.status_code == 409
    assert "Somebody has taken another step" in stale.text


def test_a_sheet_is_uploaded_and_a_scale_fails(world: World) -> None:
    scale, client = produced(world), world.signed_in(Role.VERIFICATION)
    sheet = world.right(scale)["sheet"]
    known = {"seen": "1", "outcome": "fail", "reason": "the case is broken"}
    for raw in (b"{", b"[]", json.dumps({**sheet, "sheet": 2}).encode()):
        bad = send(client, f"/scales/{scale.code}/verify", **known, files={"file": ("sheet.json", raw)})
        assert bad.status_code == 422
    raw = json.dumps(sheet).encode()
    done = send(client, f"/scales/{scale.code}/verify", **known, files={"file": ("sheet.json", raw)})
    assert done.status_code == 303
    page = client.get(f"/scales/{scale.code}/life?lang=zh-CN").text
    assert "检定不合格" in page
    assert "the case is broken" in page


def test_a_step_is_taken_from_its_form_and_a_refusal_keeps_what_was_typed(world: World) -> None:
    scale, client = produced(world), world.signed_in(Role.REGULATOR)
    at = f"/scales/{scale.code}/steps"
    assert 'value="use.forbid"' in client.get(f"/scales/{scale.code}/life").text
    refused = send(client, at, step="use.forbid", seen=1, reason="x")
    assert refused.status_code == 422
    assert ">x</textarea>" in refused.text
    assert send(client, at, step="use.forbid", seen=1, reason="false weight").status_code == 303
    assert send(client, at, step="use.release", seen=1, reason="all is well").status_code == 409, "a stale page"
    assert send(client, at, step="use.release", seen=2, reason="all is well").status_code == 303
    for step in ("verification.pass", "decide", "bless"):
        assert send(client, at, step=step, seen=3, reason="because").status_code == 422
    assert send(client, at, step="scrap", seen=2**40, reason="because").status_code == 422
    assert client.post(at, data={"step": "scrap", "seen": "3", "reason": "forged"}).status_code == 403
    maker = world.signed_in(Role.MANUFACTURER)
    assert 'value="use.forbid"' not in maker.get(f"/scales/{scale.code}/life").text
    assert send(maker, at, step="use.forbid", seen=3, reason="not theirs").status_code == 403
    assert send(maker, at, step="verification.ask", seen=3).status_code == 303
    assert world.one(scale)["life_stage"] == "awaiting verification"
