"""Fifty scales with a bad life each, through a real broker and a real database, and their verdicts read off the page.

The naive judge is given what the database has in the end; the page must say the same word. Some of the scales are
honest, so that it can also be *Verified*.
"""

import random
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from kit.cloud_desk import Wire, wait_for
from kit.naive_chain import Registry, Verification
from kit.naive_judge import judge_naively
from kit.naive_reading import Row
from kit.servers import Server
from kit.signing_scale import OTHER_SOFTWARE, SigningScale
from kit.world import World
from sqlalchemy import select
from steelyard_cloud.db import database
from steelyard_cloud.db.schema import identities, scales, statements, summaries, verifications
from steelyard_cloud.ingest.mqtt.broker import Address, MqttBroker
from steelyard_cloud.judge import summary_bytes
from steelyard_cloud.judge.verdict import Verdict
from steelyard_cloud.scales import facts as scale_facts
from steelyard_cloud.settings import SHARDS
from steelyard_cloud.web.words.states import VERDICTS
from steelyard_protocol.events import EventKind
from steelyard_protocol.statement import encode_batch, parse

LIVES, MOST_MOVES = 50, 6
SETTLE_S = 60

Move = Callable[[SigningScale, random.Random], list[bytes]]


def withheld(scale: SigningScale, _: random.Random) -> list[bytes]:
    """Numbers that nobody ever sends."""
    scale.skip(2)
    return [scale.snapshot()]


def forked(scale: SigningScale, chance: random.Random) -> list[bytes]:
    """A copy of the key speaks too."""
    thief = scale.branch()
    return [thief.snapshot(chance.randrange(9) * 1_000 + 500), scale.snapshot()]


def undated(scale: SigningScale, _: random.Random) -> list[bytes]:
    """The clock's battery is flat."""
    scale.flags &= ~3
    return [scale.snapshot()]


def rewritten(scale: SigningScale, _: random.Random) -> list[bytes]:
    """The span is raised, and the flash of before written back: the old parameters under new numbers."""
    before = scale.map, scale.calibration_counter
    raised = [scale.raise_span(), scale.snapshot()]
    scale.map, scale.calibration_counter = dict(before[0]), before[1]
    return [*raised, scale.boot(), scale.snapshot()]


HONEST: tuple[Move, ...] = (
    lambda scale, chance: [scale.snapshot(chance.randrange(5) * 100_000)],
    lambda scale, _: [scale.boot()],
    lambda scale, _: [scale.parameters()],
    lambda scale, chance: [scale.append(9, [chance.randrange(5)])],
)
BAD: tuple[Move, ...] = (
    lambda scale, _: scale.cheat(),
    rewritten,
    lambda scale, _: [scale.boot(software=OTHER_SOFTWARE[2])],
    lambda scale, _: scale.open_case(),
    lambda scale, _: [scale.snapshot(500_000, lie=1)],
    lambda scale, _: [scale.event(EventKind.JOURNAL_LOST, scale.number, link=bytes(16))],
    withheld,
    forked,
    undated,
)


@pytest.fixture
def platform(tmp_path: Path, database_url: str, mosquitto: Server) -> Iterator[World]:
    """A platform on a real broker."""
    world = World(tmp_path, database_url, MqttBroker(Address("127.0.0.1", mosquitto.port), SHARDS))
    world.start()
    world.registry.add_type(quantity=LIVES)
    yield world
    world.stop()


def live(world: World, wire: Wire, scale: SigningScale, seed: int) -> None:
    """Enrolled, verified at statement 2, and then its life, in drips, doubled and out of order."""
    chance = random.Random(seed)
    assert world.enrol(scale, sends=False).status_code == 201
    wire.send(scale, scale.enrol(), scale.boot())
    wait_for(lambda: world.head(scale) >= 2, f"statement 2 of {seed}")
    assert world.verify(scale).status_code == 201
    moves = HONEST if seed % 4 == 0 else HONEST + BAD
    raws = [raw for _ in range(chance.randrange(1, MOST_MOVES)) for raw in chance.choice(moves)(scale, chance)]
    raws += [chance.choice(raws) for _ in range(2)]
    chance.shuffle(raws)
    while raws:
        size = chance.randrange(1, 5)
        some, raws = raws[:size], raws[size:]
        wire.send(scale, encode_batch(some) if len(some) > 1 else some[0])


def settled(world: World, scale: SigningScale) -> bool:
    """Whether all that it signed is stored, and nothing waits."""
    query = select(summaries.c.summary, summaries.c.stored).join(scales, scales.c.id == summaries.c.scale_id)
    with database.reading(world.engine) as connection:
        row = connection.execute(query.where(scales.c.public_code == scale.code)).one()
    summary = summary_bytes.load(scale.kid, row.summary)
    return row.stored >= len(set(scale.chain)) and not summary.rereads and not summary.unchecked


def naive(world: World, scale: SigningScale) -> Verdict:
    """The word of the naive judge for what the database has."""
    with database.reading(world.engine) as connection:
        scale_id = connection.execute(select(scales.c.id).where(scales.c.public_code == scale.code)).scalar_one()
        c = statements.c
        rows = connection.execute(
            select(c.raw, c.received_ms)
            .join(identities, identities.c.id == c.identity_id)
            .where(identities.c.kid == scale.kid)
        )
        stored = [Row(parse(raw), received_ms) for raw, received_ms in rows]
        facts = scale_facts.load(connection, scale_id).facts
        named = connection.execute(select(verifications).where(verifications.c.scale_id == scale_id)).all()
    bounds = {one.hash: one for one in facts.baselines}
    registry = Registry(
        verifications=tuple(
            Verification(
                scale.kid,
                row.number,
                row.hash,
                row.start_hash,
                row.recorded_ms,
                row.expires_ms,
                bounds[row.hash].longest_ms,
            )
            for row in named
        ),
        permits=facts.permits,
        approved=facts.approved_software,
        period_s=facts.period_s,
    )
    return judge_naively(sorted(stored, key=lambda row: row.commit_ms), registry, world.now, scale.kid)[0]


def on_the_page(client: httpx.Client, scale: SigningScale) -> str:
    """The heading of its public page."""
    found = re.search(r"<h1>(.*?)</h1>", client.get(f"/s/{scale.code}", headers={"Accept-Language": "en"}).text)
    assert found
    return found[1]


def test_the_page_says_what_the_naive_judge_says_of_fifty_lives(platform: World, mosquitto: Server) -> None:
    some = [platform.scale(f"L{seed}") for seed in range(LIVES)]
    wire = Wire(mosquitto.port, *some)
    for seed, scale in enumerate(some):
        live(platform, wire, scale, seed)
    for scale in some:
        wait_for(lambda scale=scale: settled(platform, scale), f"all of {scale.serial_number} stored", SETTLE_S)
    platform.now = time.time_ns() // 1_000_000
    client, seen = platform.client(None), Counter[Verdict]()
    for scale in some:
        word = naive(platform, scale)
        wait_for(
            lambda scale=scale, word=word: on_the_page(client, scale) == VERDICTS[word][0],
            f"{scale.serial_number}: {word}, and not {on_the_page(client, scale)}",
        )
        seen[word] += 1
    wire.close()
    assert seen[Verdict.VERIFIED] >= LIVES // 4
    assert set(seen) >= {Verdict.ALTERED, Verdict.LOCKED, Verdict.CANNOT_BE_TOLD}
