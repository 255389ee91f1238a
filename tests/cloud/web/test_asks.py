"""Asking a scale by the API: who may, for what, and what is told of it."""

import pytest
from kit.world import World
from steelyard_cloud.people.roles import Role


def test_an_ask_is_recorded_and_can_be_looked_at(either: World) -> None:
    scale = either.in_use("AS-1")
    client = either.client(Role.REGULATOR)
    made = client.post(f"/api/v1/scales/{scale.code}/asks", json={"what": "fresh"})
    assert made.status_code == 201, made.text
    found = client.get(f"/api/v1/scales/{scale.code}/asks/{made.json()['ask']}").json()
    assert (found["scale"], found["what"], found["code"]) == (scale.code, "fresh", None)
    assert client.get(f"/api/v1/scales/{scale.code}/asks/1").status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"what": "snapshot", "value": 1},
        {"what": "fresh", "value": 1},
        {"what": "resend"},
        {"what": "period"},
        {"what": "period", "value": 86_401},
        {"what": "resend", "value": 0},
        {"what": "dance"},
        {},
    ],
    ids=str,
)
def test_what_cannot_be_asked_is_refused(world: World, body: dict[str, object]) -> None:
    scale = world.in_use("AS-2")
    assert world.client(Role.REGULATOR).post(f"/api/v1/scales/{scale.code}/asks", json=body).status_code == 422


def test_only_who_supervises_asks(world: World) -> None:
    scale = world.in_use("AS-3")
    for role in (Role.MANUFACTURER, Role.TECHNICIAN):
        answer = world.client(role).post(f"/api/v1/scales/{scale.code}/asks", json={"what": "snapshot"})
        assert answer.status_code == 403
