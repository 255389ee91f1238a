"""How long an honest scale waits for its receipt while one key holder does his worst, a thousand messages a second.

He has a registered key and a chain of 20,000 statements, and sends what costs a receiver most: copies under numbers
that he used already, undated changes and openings far below his head, which have to look for a date, starts of another
program each time, numbers far apart. Each message is a statement with a good signature. The reference is the same
without him, in the same run; `honest receipt under attack p99` is in seconds.
"""

import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

from bench_ingest import Cloud
from kit.cloud_desk import Wire
from kit.signing_scale import SigningScale
from steelyard_protocol.events import EventKind
from steelyard_protocol.statement import encode_batch, hash_of

HONEST = 20
LONG, AT_ONCE = 20_000, 20
SECONDS, RATE = 15.0, 1_000
PATIENCE_S = 60.0


def rows() -> list[dict[str, Any]]:
    """One row: the 99th of a hundred receipts, under attack and in peace."""
    honest = [SigningScale(seed) for seed in range(1, HONEST + 1)]
    attacker = SigningScale(HONEST + 1)
    with tempfile.TemporaryDirectory() as folder, Cloud(Path(folder) / "cloud", [*honest, attacker], 1) as cloud:
        cloud.take([(scale.up, encode_batch([scale.enrol(), scale.boot()])) for scale in [*honest, attacker]])
        before = attacker.branch()
        chain = [attacker.snapshot() for _ in range(LONG)]
        some = [encode_batch(chain[at : at + AT_ONCE]) for at in range(0, LONG, AT_ONCE)]
        cloud.take([(attacker.up, message) for message in some])
        worst = list(attacks(attacker, before))
        wire = Wire(cloud.broker.port, *honest)
        calm = waits(wire, honest, SECONDS)
        stop = threading.Event()
        sender = threading.Thread(target=flood, args=(wire, attacker, worst, stop))
        sender.start()
        attacked = waits(wire, honest, SECONDS)
        stop.set()
        sender.join()
        wire.close()
    value, reference = p99(attacked), p99(calm)
    return [
        {
            "name": "honest receipt under attack p99",
            "value": value,
            "unit": "s",
            "reference": reference,
            "ratio": value / reference,
        }
    ]


def attacks(attacker: SigningScale, before: SigningScale) -> Iterator[bytes]:
    """Enough for the whole run, signed beforehand; `before` is the attacker at statement 2."""
    for turn in range(int(SECONDS * RATE) // 5):
        thief = before.branch()
        thief.skip(turn % 200)
        yield thief.change({40: 1_400_000 + turn}, flags=0)
        yield thief.event(EventKind.CASE_OPENED, turn, flags=0)
        yield thief.boot(software=turn.to_bytes(32, "big"))
        yield attacker.branch().snapshot(turn)
        attacker.skip(turn % 3)
        yield attacker.snapshot()


def flood(wire: Wire, attacker: SigningScale, messages: list[bytes], stop: threading.Event) -> None:
    """Publish at the rate until told to stop; what was sent once is sent again after the last."""
    start_s = time.monotonic()
    for sent, message in enumerate(cycle(messages)):
        wire.send(attacker, message)
        ahead_s = start_s + sent / RATE - time.monotonic()
        if stop.wait(max(0.0, ahead_s)) if ahead_s > 0 else stop.is_set():
            return


def waits(wire: Wire, honest: list[SigningScale], seconds: float) -> list[float]:
    """Seconds from a statement's publication to its receipt, one scale after the other."""
    found, end_s = [], time.monotonic() + seconds
    for scale in cycle(honest):
        if time.monotonic() > end_s:
            return found
        wanted = hash_of(raw := scale.snapshot())
        start_s = time.perf_counter()
        wire.send(scale, raw)
        while not any(topic == scale.down and wanted in payload for topic, payload in wire.down):
            if time.perf_counter() - start_s > PATIENCE_S:
                raise TimeoutError(f"no receipt within {PATIENCE_S} s")
            time.sleep(0.001)
        found.append(time.perf_counter() - start_s)
        wire.down.clear()
    return found


def p99(seconds: list[float]) -> float:
    """The wait that one in a hundred exceeds."""
    return statistics.quantiles(seconds, n=100, method="inclusive")[98]
