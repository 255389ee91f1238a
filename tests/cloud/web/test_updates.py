"""Software for scales by the API: who may bring and send it, and what has to be true of it."""

from __future__ import annotations

import pytest
from kit.updates import made_update
from kit.world import World
from steelyard_cloud import keys
from steelyard_cloud.people.roles import Role
from steelyard_protocol import cbor, downlink
from steelyard_protocol.enrolment import from_base64url, to_base64url

SOFTWARE = bytes(range(32))


def bring(world: World, file: str, role: Role = Role.MANUFACTURER, scale_type: int = 1) -> int:
    answer = world.client(role).post(f"/api/v1/scale-types/{scale_type}/images", json={"package": file})
    return answer.status_code


def test_software_is_sent_once_the_type_approval_names_it(either: World) -> None:
    scale = either.in_use("UP-1")
    maker, admin = either.client(Role.MANUFACTURER), either.client(Role.ADMIN)
    file = made_update(either, SOFTWARE)
    image = maker.post("/api/v1/scale-types/1/images", json={"package": file}).json()["image"]
    refused = maker.post(f"/api/v1/scales/{scale.code}/updates", json={"image": image})
    assert (refused.status_code, refused.json()["code"]) == (409, "not-approved")
    program = {"name": "steelyard", "version": "2", "hash": SOFTWARE.hex()}
    assert admin.post("/api/v1/scale-types/1/software", json=program).is_success
    assert maker.post(f"/api/v1/scales/{scale.code}/updates", json={"image": image}).status_code == 201
    either.until(lambda: len(down(either, scale.down)) >= 2, "key set and manifest")
    key_set, manifest = down(either, scale.down)[-2:]
    assert key_set == keys.read_key_set(either.settings.keys)
    assert manifest == cbor.decode(from_base64url(file))[0]
    assert isinstance(downlink.claimed(manifest), downlink.Update)


def down(world: World, topic: str) -> list[bytes]:
    """What came down to a scale beside receipts."""
    sent = [raw for where, raw in world.broker.published if where == topic]  # type: ignore[attr-defined]
    return [raw for raw in sent if not isinstance(downlink.claimed(raw), downlink.Receipt)]


def test_what_no_known_manufacturer_signed_or_what_is_damaged_is_refused(world: World) -> None:
    genuine = from_base64url(made_update(world, SOFTWARE))
    manifest, image = cbor.decode(genuine)
    wrong = {
        "a stranger's": made_update(world, SOFTWARE, known=False),
        "cut short": to_base64url(genuine[:-1]),
        "another image": to_base64url(cbor.encode([manifest, image[:-1] + b"!"])),
        "no manifest": to_base64url(cbor.encode([keys.read_key_set(world.settings.keys), image])),
        "nothing": "",
        "too long": "A" * 300_000,
    }
    for name, file in wrong.items():
        assert bring(world, file) in (413, 422), name
    assert bring(world, to_base64url(genuine)) == 201
    assert bring(world, to_base64url(genuine)) == 409, "a second time"


@pytest.mark.parametrize("role", [Role.REGULATOR, Role.VERIFICATION, Role.TECHNICIAN])
def test_nobody_else_brings_software(world: World, role: Role) -> None:
    assert bring(world, made_update(world, SOFTWARE), role) == 403


def test_software_of_another_type_is_not_sent_to_a_scale(world: World) -> None:
    scale = world.in_use("UP-2")
    answer = world.client(Role.MANUFACTURER).post(f"/api/v1/scales/{scale.code}/updates", json={"image": 77})
    assert answer.status_code == 404
    assert bring(world, made_update(world, SOFTWARE), scale_type=77) == 404
