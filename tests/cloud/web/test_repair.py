"""A repair from the API to the page: the real agent, the real registry, receiver and judge; statements go by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from kit.chain import exported
from kit.registry import ORDER
from kit.repair import closed, events, locked, opened
from kit.sheet import right_sheet
from kit.signing_scale import MAKER, MODEL
from kit.world import World
from steelyard_cloud import keys
from steelyard_cloud.people.roles import Role
from steelyard_protocol import identity, statement
from steelyard_protocol.bodies import Boot, Kind
from steelyard_protocol.enrolment import from_base64url
from steelyard_protocol.events import EventKind
from steelyard_simulator.flashing import factory_file
from steelyard_simulator.scale import SimulatedScale


class OnRecord:
    """A real agent that is enrolled and verified; `deliver` takes to the platform what it has stated since."""

    def __init__(self, world: World, scale: SimulatedScale) -> None:
        self.world, self.scale, self.delivered = world, scale, 0
        scale.advance(5)
        scale.console(f"time {world.now // 1000}")
        world.registry.approve(bytes.fromhex(scale.console_json("status")["software"]["hash"]))
        named = scale.console_json(f"enrol maker={MAKER} model={MODEL} serial=R-1 code=PC-R-1")
        self.code = named["identity"]
        body = {"order": ORDER, "statement": named["statement"]}
        answer = world.client(Role.MANUFACTURER).post("/api/v1/enrolments", json=body)
        assert answer.status_code == 201, answer.text
        scale.console("enrol accept " + answer.json()["answer"])
        boot = next(one for one in map(statement.parse, exported(scale)) if one.kind == Kind.BOOT)
        self.deliver()
        assert isinstance(boot.body, Boot)
        day = datetime.fromtimestamp(world.now / 1000, UTC).date()
        body = {"number": boot.number, "valid_until": "2029-11-30", "kind": "initial", "seal": "浙A 1"}
        body["sheet"] = right_sheet(self.code, day, dict(boot.body.parameters))
        verified = world.client(Role.VERIFICATION).post(f"/api/v1/scales/{self.code}/verifications", json=body)
        assert verified.status_code == 201, verified.text

    def deliver(self) -> None:
        """Hand over what is new, and wait until it is judged."""
        raws = exported(self.scale, self.delivered + 1)
        self.delivered += len(raws)
        kid = identity.from_text(self.code)
        topic = f"sy/1/{identity.shard(kid)}/{self.code}/up"
        self.world.send(SimpleNamespace(up=topic, code=self.code, number=self.delivered), raws)  # type: ignore[arg-type]

    def permit(self, **other: Any) -> str:
        """A permit to repair, by the API."""
        body = {"what": "repair", "not_after": self.world.now // 1000 + 3600} | other
        answer = self.world.client(Role.REGULATOR).post(f"/api/v1/scales/{self.code}/permits", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["permit"])

    def says(self, word: str) -> bool:
        """Whether the public page's verdict becomes this."""
        page = self.world.client(None)
        self.world.until(lambda: f"<h1>{word}" in page.get(f"/s/{self.code}").text, word)
        return True

    def alerts(self) -> list[str]:
        """Which rules have found something."""
        answer = self.world.client(Role.REGULATOR).get("/api/v1/alerts")
        assert answer.status_code == 200, answer.text
        return sorted(one["rule"] for one in answer.json()["alerts"])


@pytest.fixture
def known(world: World, simulate: Callable[..., SimulatedScale]) -> OnRecord:
    root = keys.read_root_public(world.settings.keys)
    return OnRecord(world, simulate(factory=factory_file(root)))


def repair(known: OnRecord) -> None:
    """The case is opened, the span adjusted, the case closed."""
    scale = known.scale
    opened(scale)
    scale.adjustment_switch(True)
    scale.place(10.0)
    scale.advance(5)
    scale.console("adjust span 11 kg")
    scale.adjustment_switch(False)
    closed(scale)


def test_a_repair_under_a_permit_is_not_verified_and_raises_nothing(known: OnRecord) -> None:
    permit = known.permit()
    published = known.world.broker.published
    known.world.until(lambda: from_base64url(permit) in [raw for _, raw in published], "sent to the scale, too")
    known.scale.console(f"repair open {permit}")
    repair(known)
    known.scale.console("repair close")
    known.deliver()
    assert known.says("Not verified")
    assert known.alerts() == []
    life = known.world.signed_in(Role.REGULATOR).get(f"/scales/{known.code}").text
    assert "Repair permitted by" in life
    opened(known.scale)
    known.deliver()
    assert known.says("Locked")
    assert known.alerts() == ["case"]


def test_without_a_permit_the_same_is_locked_or_altered(known: OnRecord) -> None:
    scale = known.scale
    scale.adjustment_switch(True)
    scale.place(10.0)
    scale.advance(5)
    scale.console("adjust span 11 kg")
    known.deliver()
    assert known.says("Altered")
    repair(known)
    assert locked(scale)
    known.deliver()
    assert known.alerts() == ["case", "parameter_change"]


def test_a_scale_that_is_locked_is_repaired_under_a_permit_that_answers_its_lock_by_itself(known: OnRecord) -> None:
    opened(known.scale)
    known.deliver()
    assert known.says("Locked")
    assert known.scale.console_json(f"repair open {known.permit()}")["repair"]
    repair(known)
    known.scale.console("repair close")
    known.deliver()
    assert not locked(known.scale)
    assert known.says("Not verified")
    assert EventKind.UNLOCKED in [kind for kind, _ in events(known.scale)]
