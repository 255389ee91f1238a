"""Bad input through a real broker into the real ingest: refused, held or quarantined as the wire says, and counted.

A real scale reports all the while. Whatever is thrown at its topic or at others, its standing does not change, no alert
is raised, its statements go on being receipted, and its evidence is exactly what it sent.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from kit import servers
from kit.chain import faults_of_chain
from kit.servers import wait_until
from kit.signing_scale import SigningScale
from kit.whole_system import Cloud, publish, status, topic_of
from sqlalchemy import func, select
from steelyard_cloud.db import database
from steelyard_cloud.db.schema import quarantine as table
from steelyard_cloud.settings import SHARDS
from steelyard_cloud.statements import quarantine
from steelyard_protocol import cbor, cose, identity, statement
from steelyard_simulator.demo.market import Stall

ANOTHER_KEY = (12345).to_bytes(32, "big")


@dataclass
class Scene:
    """A cloud, the scale that is attacked, and what it had sent before."""

    port: int
    cloud: Cloud
    stall: Stall
    known: list[bytes]

    @property
    def kid(self) -> bytes:
        return identity.from_text(self.stall.public_code)

    @property
    def up(self) -> str:
        return topic_of(self.stall.public_code, "up")

    def forged(self, payload: object = None, key: bytes = ANOTHER_KEY) -> bytes:
        """A statement in the scale's name by somebody who has not got its key."""
        last = statement.parse(self.known[-1])
        head = [3, last.number + 1000, last.hash[:16], 1, 1, 2, 1, last.digest, 9, 9, [0] * 13]
        return statement.build(key, self.kid, payload if isinstance(payload, list) else head)

    def stays_as_it_is(self) -> None:
        """Wait until statements made from now on are receipted, and see that nothing else happened to the scale."""
        after = status(self.stall)["number"]
        wait_until(lambda: status(self.stall)["receipted"] > after, 20, "receipts for the honest scale")
        evidence = self.cloud.held(self.stall.public_code)
        assert faults_of_chain(evidence, len(evidence)) == []
        assert self.cloud.alerts(self.stall) == []
        standing = self.cloud.standing(self.stall)
        assert (standing["altered"], standing["forks"], standing["missing"]) == (False, 0, 0)
        assert (standing["calibration_counter"], standing["configuration_counter"]) == (0, 0)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def scene(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A scale on record and reporting, on both databases."""
    folder = tmp_path_factory.mktemp("scene")
    broker = servers.mosquitto(folder)
    server = request.getfixturevalue("postgresql_server") if request.param == "postgresql" else None
    try:
        with server.database() if server else contextlib.nullcontext() as name:
            url = server.address(name).replace("postgresql://", "postgresql+psycopg://") if server else ""
            cloud = Cloud(folder / "cloud", broker.port, database_url=url)
            try:
                cloud.ingest_here()
                (stall,) = cloud.put_on_record(1)
                yield Scene(broker.port, cloud, stall, cloud.held(stall.public_code))
            finally:
                cloud.close()
    finally:
        broker.stop()


def other_shard(text: str) -> str:
    return next(shard for shard in SHARDS if shard != text[0])


def respelled(raw: bytes) -> bytes:
    """The same statement with the length of its protected header in two bytes more than it needs."""
    assert raw[2] == 0x4F
    return raw[:2] + b"\x59\x00\x0f" + raw[3:]


def without_kid(scene: Scene) -> bytes:
    return cose.encode_sign1({cose.HEADER_ALG: cose.ESP256}, b"\x80", ANOTHER_KEY, statement.EXTERNAL)


def by_algorithm(scene: Scene, algorithm: int) -> bytes:
    header = {cose.HEADER_ALG: algorithm, cose.HEADER_KID: scene.kid}
    return cose.encode_sign1(header, b"\x80", ANOTHER_KEY, statement.EXTERNAL)


STRANGER = SigningScale(99)
MALFORMED: dict[str, Callable[[Scene], bytes]] = {
    "nothing": lambda _: b"",
    "garbage": lambda _: b"\x00garbage",
    "text": lambda _: b'{"weight": 1.0}',
    "truncated": lambda scene: scene.known[-1][:-30],
    "longer than it says": lambda scene: scene.known[-1] + b"\0",
    "not deterministic": lambda scene: respelled(scene.known[-1]),
    "indefinite length": lambda scene: b"\x9f" + scene.known[-1] + b"\xff",
    "deep nesting of arrays": lambda _: b"\x81" * 2000 + b"\0",
    "deep nesting of tags": lambda _: b"\xd2" * 2000,
    "claims a gigabyte": lambda _: b"\x5a\x40\x00\x00\x00",
    "an integer of 2,000 bytes": lambda _: b"\xc2\x59\x07\xd0" + b"\xff" * 2000,
    "the largest integer": lambda _: cbor.encode(2**64 - 1),
    "an empty batch": lambda _: cbor.encode([]),
    "a batch of 41": lambda scene: cbor.encode([scene.known[0][:40]] * 41),
    "a batch in a batch": lambda scene: cbor.encode([cbor.encode(scene.known[:2])]),
}
REFUSED: dict[str, tuple[str, Callable[[Scene], tuple[str, bytes]]]] = {
    **{name: ("malformed", lambda scene, make=make: (scene.up, make(scene))) for name, make in MALFORMED.items()},
    "message over 8 KiB": ("oversized", lambda scene: (scene.up, bytes(8193))),
    "nesting of 8,000": ("oversized", lambda scene: (scene.up, b"\x81" * 8000 + b"\0")),
    "an integer of 8,000 bytes": ("oversized", lambda scene: (scene.up, b"\xc2\x59\x1f\x40" + b"\xff" * 8000)),
    "statement over 2 KiB": ("oversized", lambda scene: (scene.up, cbor.encode([bytes(2049)]))),
    "no kid": ("no-identity", lambda scene: (scene.up, without_kid(scene))),
    "another algorithm": ("algorithm", lambda scene: (scene.up, by_algorithm(scene, -8))),
    "wrong key": ("signature", lambda scene: (scene.up, scene.forged())),
    "wrong key, huge integers": ("signature", lambda scene: (scene.up, scene.forged([2**64, -(2**70)] + [0] * 9))),
    "old statement, changed": ("signature", lambda scene: (scene.up, scene.known[1][:-1] + b"\x01")),
    "kid of another, own topic": ("topic", lambda scene: (scene.up, STRANGER.branch().enrol())),
    "own kid, topic of another": ("topic", lambda scene: (STRANGER.up, scene.known[-1])),
    "own kid, lower-case topic": (
        "topic",
        lambda scene: (f"sy/1/{scene.stall.public_code[0]}/{scene.stall.public_code.lower()}/up", scene.known[-1]),
    ),
    "wrong shard": (
        "wrong-shard",
        lambda scene: (f"sy/1/{other_shard(scene.stall.public_code)}/{scene.stall.public_code}/up", scene.known[-1]),
    ),
    "unknown identity": ("unknown-identity", lambda scene: (STRANGER.up, STRANGER.branch().enrol())),
    "a topic of 200 letters": ("topic", lambda scene: (f"sy/1/0/{'砝' * 200}/up", scene.known[-1])),
}


def test_what_cannot_be_authenticated_is_quarantined_and_counted_by_its_reason(scene: Scene) -> None:
    for name, (reason, make) in REFUSED.items():
        before = scene.cloud.quarantined()
        topic, payload = make(scene)
        publish(scene.port, topic, payload)
        wait_until(lambda before=before: scene.cloud.quarantined() != before, 10, f"a count for: {name}")
        after = scene.cloud.quarantined()
        assert {why: after[why] - before.get(why, 0) for why in after if after[why] != before.get(why)} == {
            reason: 1
        }, name
    with database.reading(scene.cloud.engine) as connection:
        kept = connection.execute(select(table.c.reason, table.c.raw)).all()
    assert {reason for reason, _ in kept} == {reason for reason, _ in REFUSED.values()}
    assert all(len(raw) <= quarantine.LONGEST for _, raw in kept)
    assert scene.cloud.statistics()["identities"] == 1
    scene.stays_as_it_is()


def test_replay_and_repetition_are_held_once_and_receipted_again(scene: Scene) -> None:
    before = scene.cloud.quarantined()
    batch = statement.encode_batch(scene.known[:20])
    publish(scene.port, scene.up, *scene.known, batch, batch, *reversed(scene.known))
    scene.stays_as_it_is()
    assert scene.cloud.quarantined() == before


def test_one_bad_member_of_a_batch_costs_the_others_nothing(scene: Scene) -> None:
    before = scene.cloud.quarantined()
    publish(scene.port, scene.up, cbor.encode([scene.known[0], b"x" * 50, scene.forged(), scene.known[1]]))
    wait_until(lambda: sum(scene.cloud.quarantined().values()) == sum(before.values()) + 2, 10, "two counts")
    scene.stays_as_it_is()


def test_flood_is_limited_to_its_topic(scene: Scene) -> None:
    intruder = SigningScale(98)
    before = scene.cloud.quarantined()
    publish(scene.port, intruder.up, *(bytes([at % 256, at // 256]) * 30 for at in range(600)))

    def counted() -> bool:
        return sum(scene.cloud.quarantined().values()) == sum(before.values()) + 600

    wait_until(counted, 20, "a count for each message")
    assert scene.cloud.quarantined()["limited"] - before.get("limited", 0) >= 500
    with database.reading(scene.cloud.engine) as connection:
        kept = connection.scalar(select(func.count()).where(table.c.topic == intruder.up))
    assert kept == quarantine.PER_TOPIC
    scene.stays_as_it_is()


def authentic(scale: SigningScale, payload: bytes) -> bytes:
    """A payload that the scale's own key signed, whatever it is."""
    header = {cose.HEADER_ALG: cose.ESP256, cose.HEADER_KID: scale.kid}
    return cose.encode_sign1(header, payload, scale.private_key, statement.EXTERNAL)


def test_what_is_authentic_but_breaks_the_profile_is_held_and_judged(scene: Scene) -> None:
    rogue = SigningScale(97 if scene.cloud.engine.name == "sqlite" else 96)
    scene.cloud.registry.add_type()
    scene.cloud.registry.enrol(rogue)
    before = scene.cloud.quarantined()
    head = [3, 4, bytes(16), 1, 1, 2, 1, bytes(16), 0, 0, []]
    raws = [rogue.enrol(), rogue.boot(), rogue.snapshot()]
    raws += [authentic(rogue, b"\x81" * nesting + b"\0") for nesting in (20, 500, 1900)]
    raws += [authentic(rogue, b"\x9f" + b"\0" * length + b"\xff") for length in range(60)]
    raws += [authentic(rogue, payload) for payload in (b"", b"\x80", b"\x18\x00", b"\xff" * 900, cbor.encode({1: 2}))]
    for at, value in (
        (0, 2**64),
        (0, -1),
        (1, 0),
        (1, 2**32),
        (2, b""),
        (3, 2**70),
        (5, 1 << 63),
        (8, -(2**63)),
        (10, 1),
    ):
        raws.append(authentic(rogue, cbor.encode([*head[:at], value, *head[at + 1 :]])))
    raws.append(authentic(rogue, cbor.encode([*head[:1], 5, *head[2:10], [2**66] * 13])))
    raws.append(authentic(rogue, cbor.encode([77, 6, *head[2:10], ["from", "the", "future"]])))
    publish(scene.port, rogue.up, *raws)
    wait_until(lambda: len(scene.cloud.held(rogue.code)) == len(raws), 20, "all of it held")
    assert set(scene.cloud.held(rogue.code)) == set(raws)
    assert scene.cloud.quarantined() == before
    found = [alert for alert in scene.cloud.alerts() if alert["scale"] == rogue.code]
    profile = [alert for alert in found if alert["values"]["code"] == "profile"]
    assert sum(alert["count"] for alert in profile) >= len(raws) - 5
    assert len(profile) <= 12, "as many findings as there are kinds of breach, however many spellings"
    scene.stays_as_it_is()
