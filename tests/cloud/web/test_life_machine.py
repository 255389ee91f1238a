"""All roles play against the API: no step is written but those of the table, and what is refused leaves no trace."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from kit.life_oracle import STEPS, Life
from kit.world import World
from sqlalchemy import func, select, update
from steelyard_cloud.db import database
from steelyard_cloud.db.schema import audit_log, life_steps, scales
from steelyard_cloud.people.roles import Role
from steelyard_cloud.scales.life import take as taking
from steelyard_cloud.scales.life.rules import row_for, takers
from steelyard_cloud.scales.life.table import TABLE, Row, Stage

EXAMPLES, LENGTH = 4, 35
ROLES = [role.value for role in Role]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world in which a market operator owns every scale."""
    made = World(Path(tmp_path_factory.mktemp("played")) / "data")
    made.start()
    made.registry.add_type(quantity=10_000)
    yield made
    made.stop()


class LifeMachine(RuleBasedStateMachine):
    """Anybody tries anything; the oracle says what must come of it."""

    world: ClassVar[World]
    enrolled: ClassVar[int] = 0
    reached: ClassVar[set[str]] = set()

    @initialize()
    def enrol(self) -> None:
        LifeMachine.enrolled += 1
        self.life, self.clients = Life(), {role: self.world.client(Role(role)) for role in ROLES}
        self.scale = self.world.scale(f"M-{LifeMachine.enrolled}")
        assert self.world.enrol(self.scale).status_code == 201
        with database.writing(self.world.engine) as connection:
            owner = {"owner_id": self.world.organisations["Wenyi Market"]}
            connection.execute(update(scales).where(scales.c.public_code == self.scale.code).values(owner))
            self.id = connection.scalar(select(scales.c.id).where(scales.c.public_code == self.scale.code))
        self.written = self._written()

    def _written(self) -> list[tuple[str, str, str]]:
        with database.reading(self.world.engine) as connection:
            c = life_steps.c
            rows = connection.execute(
                select(c.step, c.from_stage, c.to_stage).where(c.kind == "scale", c.object_id == self.id).order_by(c.id)
            )
            return [tuple(row) for row in rows]

    def _audited(self) -> int:
        with database.reading(self.world.engine) as connection:
            mine = audit_log.c.object == f"scale:{self.id}"
            return connection.scalar(select(func.count()).select_from(audit_log).where(mine)) or 0

    def _send(self, role: str, step: str) -> httpx.Response:
        client, at = self.clients[role], f"/api/v1/scales/{self.scale.code}"
        permit: dict[str, Any] = {"not_after": self.world.now // 1000 + 600}
        permit |= {"calibration_counter": 0, "configuration_counter": 0}
        if step == "place":
            return client.patch(at, json={"place": "Stall 1"})
        if step == "period":
            return client.put(f"{at}/period", json={"period_s": 600, "reason": "as before"})
        if step == "move.ask":
            return client.post(f"{at}/moves", json={"division_code": "330108", "place": "Stall 2"})
        if step == "verification.pass":
            self.world.send(self.scale, [self.scale.boot()])
            said = {"number": self.scale.number, "kind": "initial", "valid_until": "2029-11-30", "seal": "S-1"}
            return client.post(f"{at}/verifications", json=said | self.world.right(self.scale))
        if step == "adjust.permit":
            return client.post(f"{at}/permits", json=permit | {"fields": ["point_1_mg"]})
        if step in ("repair.permit", "repair.unlock"):
            return client.post(
                f"{at}/permits",
                json=permit | {"what": step.partition(".")[2].replace("permit", "repair"), "locked_at": 1},
            )
        given: dict[str, Any] = {"day": "2999-01-01"} if step == "verification.plan" else {}
        given |= {"repair_code": "R-1"} if step == "repair.report" else {}
        if step == "verification.fail":
            given |= self.world.right(self.scale)
            given["sheet"]["conditions"] = "too cold"  # another test than the one that passes
        return client.post(f"{at}/steps", json={"step": step, "reason": "as the machine likes", **given})

    @rule(role=st.sampled_from(ROLES), step=st.sampled_from(STEPS))
    def somebody_tries(self, role: str, step: str) -> None:
        self.try_it(role, step)

    @rule(data=st.data())
    def life_goes_on(self, data: st.DataObject) -> None:
        steps = [step for step in STEPS if step != "scrap" and self.takers(step) and self.life.moves(step)]
        if steps:
            step = data.draw(st.sampled_from(steps))
            self.try_it(data.draw(st.sampled_from(self.takers(step))), step)

    def takers(self, step: str) -> list[str]:
        """Who may take a step now."""
        return [role for role in ROLES if self.life.allows(role, step)]

    def try_it(self, role: str, step: str) -> None:
        before, audited, allowed = self.life.stage, self._audited(), self.life.allows(role, step)
        answer = self._send(role, step)
        assert answer.is_success is allowed, (role, step, before, answer.text)
        assert answer.status_code in (200, 201, 403, 404, 409), answer.text
        if allowed:
            self.life.take(role, step)
            self.written.append((step, before, self.life.stage))
            LifeMachine.reached |= {self.life.stage}
        assert self._audited() == audited + allowed, (role, step)

    @invariant()
    def nothing_else_is_written(self) -> None:
        if hasattr(self, "written"):
            assert self._written() == self.written
            with database.reading(self.world.engine) as connection:
                stage = connection.scalar(select(scales.c.life_stage).where(scales.c.id == self.id))
            assert stage == self.life.stage


def play(world: World) -> None:
    LifeMachine.world = world
    chosen = settings(
        max_examples=EXAMPLES,
        stateful_step_count=LENGTH,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],  # a shorter life is not worth minutes
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(LifeMachine, settings=chosen)


def test_no_step_is_written_but_those_of_the_table(played: World) -> None:
    LifeMachine.reached = set()
    play(played)
    lived = {"verified", "awaiting verification", "verification failed", "in repair", "use forbidden", "out of use"}
    assert lived <= LifeMachine.reached


def without(row: Row) -> list[Row]:
    return [one for one in TABLE if one is not row]


FORBID = next(row for row in TABLE if row.step == "use.forbid")
ASK = next(row for row in TABLE if row.step == "verification.ask")
RELEASE = next(row for row in TABLE if row.step == "use.release")
MUTANTS = {
    "another stage after": [*without(ASK), ASK._replace(to=Stage.VERIFIED)],
    "another way back": [*without(RELEASE), RELEASE._replace(to=Stage.VERIFIED)],
    "a step less": without(FORBID),
}
"""Whether a role or a stage too many is in the table, `tests/cloud/scales/test_life_table.py` tells without playing."""


@pytest.mark.parametrize("mutant", MUTANTS)
def test_with_another_table_it_fails(played: World, monkeypatch: pytest.MonkeyPatch, mutant: str) -> None:
    table = MUTANTS[mutant]
    monkeypatch.setattr(taking, "row_for", lambda step, stage: row_for(step, stage, table))
    monkeypatch.setattr(taking, "takers", lambda step: takers(step, table))
    with pytest.raises(AssertionError):
        play(played)
