"""How long an honest scale waits for its receipt while one key holder does his worst, a thousand messages a second.

He has a registered key and a chain of 20,000 statements, and sends what costs a receiver most: copies under numbers
that he used already, undated changes and openings far below his head, which have to look for a date, starts of another
program each time, numbers far apart. Each statement has a good signature. First a message is one statement, then a
batch of as many as fit, up to forty; the worse of the two counts. The reference is the same without him, in the same
run; `honest receipt under attack p99` is in seconds. Two of the honest scales are in the attacker's shard.
"""

import statistics
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from copy import copy
from itertools import cycle
from multiprocessing import Pipe, Process
from multiprocessing.connection import Connection
from pathlib import Path
from select import select
from typing import Any

from bench_ingest import Cloud
from kit.cloud_desk import Wire
from kit.signing_scale import SigningScale
from mqtt_load import connect, publish
from steelyard_protocol.events import EventKind
from steelyard_protocol.statement import Oversized, encode_batch, hash_of

HONEST = 20
LONG, AT_ONCE = 20_000, 20
SECONDS, RATE = 15.0, 1_000
DISTINCT = 70_000  # statements: more than a receiver remembers the signatures of
PATIENCE_S = 60.0


def rows() -> list[dict[str, Any]]:
    """One row: the 99th of a hundred receipts, under the worse of two attacks and in peace."""
    calm = waits_under("nothing")
    value, reference = max(p99(waits_under("statements")), p99(waits_under("batches"))), p99(calm)
    return [
        {
            "name": "honest receipt under attack p99",
            "value": value,
            "unit": "s",
            "reference": reference,
            "ratio": value / reference,
        }
    ]


def waits_under(attack: str) -> list[float]:
    """Seconds that the honest scales wait for each receipt while that goes on, on a platform of their own."""
    honest = [SigningScale(seed) for seed in range(1, HONEST + 1)]
    attacker = SigningScale(HONEST + 1)
    with tempfile.TemporaryDirectory() as folder, Cloud(Path(folder) / "cloud", [*honest, attacker], 1) as cloud:
        cloud.take([(scale.up, encode_batch([scale.enrol(), scale.boot()])) for scale in [*honest, attacker]])
        before = attacker.branch()
        chain = [attacker.snapshot() for _ in range(LONG)]
        some = [encode_batch(chain[at : at + AT_ONCE]) for at in range(0, LONG, AT_ONCE)]
        cloud.take([(attacker.up, message) for message in some])
        messages: list[bytes] = []
        if attack == "statements":
            messages = list(attacks(attacker, before, int(SECONDS * RATE)))
        elif attack == "batches":
            messages = batches(attacks(attacker, before, DISTINCT))
        wire = Wire(cloud.broker.port, *honest)
        with flooded(cloud.broker.port, attacker, messages):
            found = waits(wire, honest, SECONDS)
        wire.close()
    return found


def attacks(attacker: SigningScale, before: SigningScale, count: int) -> Iterator[bytes]:
    """So many, signed beforehand; `before` is the attacker at statement 2."""
    for turn in range(count // 5):
        thief = twin(before)
        thief.skip(turn % 200)
        yield thief.change({40: 1_400_000 + turn}, flags=0)
        yield thief.event(EventKind.CASE_OPENED, turn, flags=0)
        yield thief.boot(software=turn.to_bytes(32, "big"))
        yield twin(attacker).snapshot(turn)
        attacker.skip(turn % 3)
        yield attacker.snapshot()


def twin(scale: SigningScale) -> SigningScale:
    """A second machine with the same key, without a copy of its long past."""
    other = copy(scale)
    other.map, other.chain = dict(scale.map), []
    return other


def batches(statements: Iterable[bytes]) -> list[bytes]:
    """The same in messages as long as the wire allows."""
    found: list[bytes] = []
    some: list[bytes] = []
    for one in statements:
        try:
            encode_batch([*some, one])
        except Oversized:
            found.append(encode_batch(some))
            some = []
        some.append(one)
    return found


@contextmanager
def flooded(port: int, attacker: SigningScale, messages: list[bytes]) -> Iterator[None]:
    """Somebody publishes at the rate, in a process of his own; what was sent once is sent again after the last."""
    if not messages:
        yield
        return
    here, there = Pipe()
    sender = Process(target=flood, args=(port, attacker.up, messages, there))
    sender.start()
    try:
        here.recv()
        yield
    finally:
        here.send("stop")
        sender.join()


def flood(port: int, topic: str, messages: list[bytes], told: Connection) -> None:
    """Publish until told to stop; says when the rate is reached."""
    end = connect(port, "attacker")
    start_s = time.monotonic()
    for sent, message in enumerate(cycle(messages)):
        end.sendall(publish(topic, message, 1 + sent % 65_535))
        while select([end], [], [], 0)[0]:  # the broker's acknowledgements
            end.recv(65_536)
        if sent == RATE:
            told.send("flooding")
        if told.poll(max(0.0, start_s + sent / RATE - time.monotonic())):
            return


def waits(wire: Wire, honest: list[SigningScale], seconds: float) -> list[float]:
    """Seconds from a statement's publication to its receipt, one scale after the other."""
    found: list[float] = []
    end_s = time.monotonic() + seconds
    for scale in cycle(honest):
        if time.monotonic() > end_s:
            break
        wanted = hash_of(raw := scale.snapshot())
        start_s = time.perf_counter()
        wire.send(scale, raw)
        wire.await_down(lambda topic, payload: topic == scale.down and wanted in payload, PATIENCE_S)  # noqa: B023
        found.append(time.perf_counter() - start_s)
    return found


def p99(seconds: list[float]) -> float:
    """The wait that one in a hundred exceeds."""
    return statistics.quantiles(seconds, n=100, method="inclusive")[98]
