"""Invariants 4 and 5 on the history of a real scale: found alike in every order, partition and repetition.

Both databases take part. The history has it all: a permitted adjustment, a cheat, power cuts, a clock set late, a flash
rolled back so that two lives share numbers. Registry facts arrive in between, at any place.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from kit.chain import exported
from kit.cloud_desk import Desk
from kit.platform_side import Platform
from kit.signing_scale import MAKER, MODEL, PRODUCTION_CODE, START_S
from kit.whole_system import topic_of
from sqlalchemy import select
from steelyard_cloud.db import database
from steelyard_cloud.db.schema import scales
from steelyard_cloud.ingest.mqtt.broker import Message
from steelyard_cloud.ingest.receiver import Receiver
from steelyard_cloud.judge.facts import Clock
from steelyard_cloud.judge.judge import Judgement, judge
from steelyard_cloud.keys import PlatformKey
from steelyard_cloud.scales import facts as scale_facts
from steelyard_cloud.settings import SHARDS
from steelyard_cloud.statements import summaries as summary_store
from steelyard_cloud.statements.keys import load_keys_of
from steelyard_cloud.statements.sql import Conflict
from steelyard_protocol import identity, statement
from steelyard_protocol.bodies import Boot
from steelyard_protocol.enrolment import to_base64url
from steelyard_protocol.parameters import KEYS
from steelyard_simulator.flashing import factory_file
from steelyard_simulator.scale import SimulatedScale

NOW_MS = (START_S + 10_000_000) * 1000
GRAVITY = KEYS["gravity_use_um_s2"]
VERIFIED = 2  # the boot statement
ORDERS = {"sqlite": 6, "postgresql": 3}


@dataclass
class History:
    """A scale as the registry knows it, and everything that it ever signed."""

    raws: list[bytes]

    def __post_init__(self) -> None:
        self.kid = statement.parse(self.raws[0]).kid
        self.code = identity.to_text(self.kid)

    def enrol(self) -> bytes:
        """Statement 1."""
        return self.raws[0]

    def software(self) -> bytes:
        """The hash that the boot statement names."""
        body = statement.parse(self.raws[VERIFIED - 1]).body
        assert isinstance(body, Boot)
        return body.software.hash

    def state(self) -> tuple[bytes, int, int]:
        """What a permit is made for: the counters from the factory."""
        return bytes(16), 0, 0


def history(scale: SimulatedScale, platform: Platform, office: Desk, copy: Path) -> History:
    """Let the scale live through all of it; `office` issues its permit."""
    scale.advance(5)
    scale.console(f"enrol maker={MAKER} model={MODEL} serial=1 code={PRODUCTION_CODE}")
    scale.console(f"enrol accept {platform.answer(scale, 1883, period_s=20)}")
    scale.place(2.0)
    scale.advance(70)
    enrolled = History(exported(scale))
    office.register(enrolled)
    permit = office.registry.permit(office.authority, enrolled, [GRAVITY])
    scale.adjustment_switch(True)
    scale.advance(1)
    scale.console(f"adjust permit {to_base64url(permit)}")
    scale.console("adjust set gravity_use_um_s2 9799000")
    scale.console("adjust close")
    scale.console(f"time {START_S}")
    scale.advance(70)
    scale.power_off()
    scale.copy_flash(copy)
    scale.power_on()
    scale.advance(45)
    scale.console("adjust span 2.2 kg")
    scale.adjustment_switch(False)
    scale.advance(90)
    first_life = exported(scale)
    scale.power_off()
    scale.replace_flash(copy)
    scale.power_on()
    scale.advance(130)
    second_life = exported(scale)
    return History(list(dict.fromkeys([*first_life, *second_life])))


@pytest.fixture(params=["sqlite", "postgresql"])
def new_desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Desk]]:
    """Makes a cloud on a fresh database, time and again."""
    with ExitStack() as stack:
        made = 0

        def make() -> Desk:
            nonlocal made
            made += 1
            url = f"sqlite:///{tmp_path}/{made}.db"
            if request.param == "postgresql":
                server = request.getfixturevalue("postgresql_server")
                name = stack.enter_context(server.database())
                url = server.address(name).replace("postgresql://", "postgresql+psycopg://")
            desk = Desk(url)
            stack.callback(desk.close)
            return desk

        yield make


def judgement_of(desk: Desk, past: History) -> Judgement:
    """Judge from what the database holds."""
    with database.reading(desk.engine) as connection:
        scale_id = connection.execute(select(scales.c.id).where(scales.c.public_code == past.code)).scalar_one()
        facts = scale_facts.load(connection, scale_id)
        keys = load_keys_of(connection, facts.identity_ids)
        held = summary_store.load_summaries(connection, list(keys.values()))
        return judge([one.summary for one in held.values()], facts.facts, Clock(NOW_MS), facts.active_kid)


def check_signatures(receiver: Receiver) -> None:
    """What the worker does when it has time, again where another receiver was faster."""
    left = True
    while left:
        with contextlib.suppress(Conflict):
            left = receiver.check_signatures(NOW_MS)


def hand(receiver: Receiver, past: History, raws: Iterable[bytes]) -> None:
    """Hand one batch over."""
    receiver.handle([Message(topic_of(past.code, "up"), raw, (0, 0, 0)) for raw in raws], NOW_MS)


def take_in(desk: Desk, past: History, chance: random.Random | None) -> Judgement:
    """Let receivers take in the history: in its own order by one, or by chance in any order, batches and receivers.

    What is verified comes first, as nothing is verified once a tampering is known.
    """
    desk.register(past)
    desk.approve(past.software())
    early, later = list(past.raws[:VERIFIED]), past.raws[VERIFIED:]
    items: list[bytes | Callable[[], object]] = [*later, partial(desk.permit, past, [GRAVITY])]
    if chance:
        items += chance.sample(past.raws, len(past.raws) // 3)
        chance.shuffle(early)
        chance.shuffle(items)
    receivers = [desk.receiver(SHARDS) for _ in range(3 if chance else 1)]
    for batch in [[raw] for raw in early] if chance and chance.random() < 0.5 else [early]:
        hand(chance.choice(receivers) if chance else receivers[0], past, batch)
    for receiver in receivers:
        check_signatures(receiver)
    desk.work_off(NOW_MS)
    assert desk.alerts() == []
    desk.verify(past, VERIFIED)
    while items:
        size = chance.choice([1, 2, 7, 30]) if chance else len(items)
        some, items = items[:size], items[size:]
        hand(
            chance.choice(receivers) if chance else receivers[0], past, [one for one in some if isinstance(one, bytes)]
        )
        for fact in some:
            if not isinstance(fact, bytes):
                fact()
    for receiver in receivers:
        check_signatures(receiver)
        receiver.close()
    desk.work_off(NOW_MS + 2_000)
    return judgement_of(desk, past)


def test_history_of_a_real_scale_is_judged_alike_in_every_order(
    simulate: Callable[..., SimulatedScale], new_desk: Callable[[], Desk], tmp_path: Path
) -> None:
    platform = Platform()
    scale = simulate(cell="class_iii", factory=factory_file(platform.root.point))
    office = new_desk()
    office.authority = PlatformKey.of(platform.authority.private)
    past = history(scale, platform, office, tmp_path / "copy.bin")
    judged = []
    for at in range(ORDERS[office.engine.name]):
        desk = new_desk()
        desk.authority = office.authority
        judged.append(take_in(desk, past, random.Random(at) if at else None))
        assert set(desk.held(past)) == set(past.raws), "both lives are evidence"
        assert len(desk.held(past)) == len(past.raws), "each statement is held once"
    codes = {(finding.rule, finding.code) for finding in judged[0].findings}
    assert codes >= {("continuity", "fork"), ("parameter_change", "changed")}
    changed = [finding for finding in judged[0].findings if finding.rule == "parameter_change"]
    assert [finding.values["reason"] for finding in changed] == ["no-permit"], "the other change was permitted"
    for other in judged[1:]:
        assert other.findings == judged[0].findings
        assert other.standing == judged[0].standing
