"""Everything fails at once, again and again: broker, ingest, database, network and the scales' own power.

Three real agents, a real broker without persistence, ingest as a process, and a database, all killed in mid-traffic at
moments that a seed decides. Afterwards every statement that a scale ever made is held, byte for byte (invariants 1, 2),
and no receipt was ever ahead of the commit that it speaks of (invariant 3).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from kit import servers
from kit.chain import faults_of_chain, faults_of_evidence
from kit.servers import Server, ServerFailed, wait_until
from kit.whole_system import Cloud, await_ingest, exported, status
from kit.witness import Witness
from steelyard_protocol import identity, statement
from steelyard_simulator.demo.market import Stall, together

SCALES = 3
TORN = ("none", "prefix", "scattered", "all")
SETTLE_S = 120


@dataclass
class Place:
    """Everything that can fail, and what was seen of the scales' journals meanwhile."""

    broker: Server
    cloud: Cloud
    witness: Witness
    stalls: list[Stall]
    database: Server | None
    journals: dict[bytes, dict[int, set[bytes]]] = field(default_factory=dict)

    def work(self, statements: int) -> None:
        """Let the scales make some more statements, whoever of them has power."""
        powered = [stall for stall in self.stalls if stall.scale.powered]
        target = sum(status(stall)["number"] for stall in powered) + statements

        def done() -> bool:
            return sum(status(stall)["number"] for stall in powered) >= target

        wait_until(done, 30, f"{statements} more statements")

    def look_into_journals(self) -> None:
        """Note what the consoles export: all of it has been released."""
        for stall in self.stalls:
            if stall.scale.powered:
                for raw in exported(stall):
                    one = statement.parse(raw)
                    self.journals.setdefault(one.kid, {}).setdefault(one.number, set()).add(raw)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, mosquitto: Server, tmp_path: Path) -> Iterator[Place]:
    """Scales on record, verified and reporting."""
    with ExitStack() as stack:
        url, server = "", None
        if request.param == "postgresql":
            own = stack.enter_context(servers.postgresql())
            url, server = own.address("postgres").replace("postgresql://", "postgresql+psycopg://"), own.server
        cloud = Cloud(tmp_path / "cloud", mosquitto.port, database_url=url)
        stack.callback(cloud.close)
        cloud.start_ingest()
        await_ingest(mosquitto)
        witness = Witness(mosquitto.port, cloud.settings.database, cloud.online.public_key)
        stack.callback(witness.close)
        stalls = cloud.put_on_record(*range(1, SCALES + 1), speed=8.0)
        yield Place(mosquitto, cloud, witness, stalls, server)


class Failures:
    """What fails: each method breaks one thing and gives what repairs it."""

    def __init__(self, place: Place, chance: random.Random) -> None:
        self.place, self.chance = place, chance

    def broker(self) -> Callable[[], None]:
        self.place.broker.kill()
        return self.place.broker.start

    def ingest(self) -> Callable[[], None]:
        self.place.cloud.kill_ingest()
        return self.place.cloud.start_ingest

    def database(self) -> Callable[[], None]:
        server = self.place.database
        assert server
        server.kill()

        def starts() -> bool:
            try:
                server.start()
            except ServerFailed:  # what its killed children shared is not free yet
                return False
            return True

        return lambda: wait_until(starts, 30, "the database's start after its death")

    def network(self) -> Callable[[], None]:
        scale = self.chance.choice(self.place.stalls).scale
        scale.cut_network()
        return scale.restore_network

    def power(self) -> Callable[[], None]:
        scale = self.chance.choice([stall.scale for stall in self.place.stalls if stall.scale.powered])
        scale.cut_power(at=self.chance.randint(1, 4), how=self.chance.choice(TORN), seed=self.chance.randrange(1000))
        wait_until(lambda: not scale.powered, 30, "the power cut")
        return scale.power_on


def test_nothing_is_lost_whatever_is_killed(place: Place, request: pytest.FixtureRequest) -> None:
    chance = random.Random(request.node.name)
    failures = Failures(place, chance)
    plan = [failures.broker] * 2 + [failures.ingest] * 2 + [failures.network] * 2 + [failures.power] * 3
    plan += [failures.database] if place.database else []
    chance.shuffle(plan)
    repairs: list[tuple[str, Callable[[], None]]] = []
    for fail in plan:
        for at, (name, repair) in reversed(list(enumerate(repairs))):
            if name == fail.__name__ or len(repairs) > 2 or chance.random() < 0.5:
                del repairs[at]
                repair()
        place.look_into_journals()
        repairs.append((fail.__name__, fail()))
        place.work(chance.randint(1, 9))
    for _, repair in repairs:
        repair()
    judge(place)


def judge(place: Place) -> None:
    """Wait until everything made so far is receipted, and compare what is held with every trace of what was made."""
    heads = together(lambda stall: int(status(stall)["number"]), place.stalls)
    for stall, head in zip(place.stalls, heads, strict=True):
        wait_until(
            lambda s=stall, n=head: status(s)["receipted"] >= n, SETTLE_S, f"a receipt for {head} of {stall.serial}"
        )
    place.look_into_journals()
    for stall, head in zip(place.stalls, heads, strict=True):
        kid = identity.from_text(stall.public_code)
        evidence = place.cloud.held(stall.public_code)
        assert faults_of_chain([raw for raw in evidence if statement.parse(raw).number <= head], head) == []
        journal = place.journals[kid]
        assert {number: len(contents) for number, contents in journal.items() if len(contents) > 1} == {}
        made = [raw for number, contents in journal.items() if number <= head for raw in contents]
        assert len(made) == head, "the journal, looked into many times, showed every number"
        assert faults_of_evidence(evidence, made) == []
        seen = [raw for raw in place.witness.seen_of(kid) if statement.parse(raw).number <= head]
        assert faults_of_evidence(made, seen) == [], "what passed the broker was synced"
    assert place.witness.second_contents() == []
    assert [seen for seen in place.witness.receipts if not seen.true] == []
    assert len(place.witness.receipts) >= SCALES
    assert place.cloud.alerts() == []
    assert place.cloud.quarantined() == {}
