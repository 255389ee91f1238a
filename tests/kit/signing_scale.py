"""A scale without a scale: it keeps a chain and signs statements as a real one would, for tests of what receives them.

Every method appends one statement and returns its bytes; `branch()` copies the scale with its key, as a thief would.
"""

import copy
from typing import Any

from steelyard_protocol import identity, p256, parameters, statement, weight
from steelyard_protocol.bodies import Kind
from steelyard_protocol.events import EventKind
from steelyard_protocol.statement import Flag

MAP = {
    1: 15_000_000,
    2: 100_000,
    3: 5_000,
    4: 8,
    5: 500,
    6: 500,
    7: 500,
    8: 20,
    9: 100,
    10: 2,
    11: 156,
    12: 0,
    32: 10_000,
    33: 9_801_000,
    34: 9_801_000,
    35: 2_000,
    36: 0,
    37: 0,
    40: 500_000,
    41: 15_000_000,
}
SOFTWARE = bytes(range(32))
START_S = 1_800_000_000


class SigningScale:
    """One key, one chain; `time_s` advances by the period with each statement."""

    def __init__(self, seed: int = 1, *, period_s: int = 600, serial_number: str | None = None) -> None:
        self.private_key = (seed * 0x9E3779B97F4A7C15 + 7).to_bytes(32, "big")
        self.public_key = p256.public_key(self.private_key)
        self.agreement_key = p256.public_key((seed + 1_000_000).to_bytes(32, "big"))
        self.thumbprint = identity.thumbprint(self.public_key)
        self.kid = self.thumbprint[:10]
        self.text = identity.to_text(self.kid)
        self.serial_number = serial_number or f"S{seed:06d}"
        self.period_s = period_s
        self.map = dict(MAP)
        self.number = 0
        self.head_hash = b""
        self.boot_number = 1
        self.time_s = START_S
        self.uptime_s = 0
        self.flags = 2  # clock by the network
        self.calibration_counter = 0
        self.configuration_counter = 0

    @property
    def up(self) -> str:
        """Topic of its statements."""
        return f"sy/1/{self.text[0]}/{self.text}/up"

    @property
    def down(self) -> str:
        """Topic of what the platform sends it."""
        return f"sy/1/{self.text[0]}/{self.text}/down"

    def branch(self) -> "SigningScale":
        """A second machine with the same key and the same past."""
        return copy.deepcopy(self)

    def state(self) -> tuple[bytes, int, int]:
        """Digest and counters."""
        return parameters.digest(self.map), self.calibration_counter, self.configuration_counter

    def append(self, kind: int, body: list[Any], **head: Any) -> bytes:
        """Sign the next statement; `head` overrides parts of the header."""
        self.number += 1
        self.time_s += self.period_s
        self.uptime_s += self.period_s
        digest, calibration, configuration = self.state()
        flags = head.get("flags", self.flags)
        payload = [
            int(kind),
            head.get("number", self.number),
            head.get("link", self.head_hash[:16] or bytes(16)),
            self.time_s if flags & Flag.CLOCK_QUALITY else 0,
            self.uptime_s,
            flags,
            self.boot_number,
            head.get("digest", digest),
            head.get("calibration_counter", calibration),
            head.get("configuration_counter", configuration),
            body,
        ]
        raw = statement.build(self.private_key, self.kid, payload)
        self.head_hash = statement.hash_of(raw)
        return raw

    def enrol(self) -> bytes:
        """Statement 1."""
        keys = [identity.cose_key(self.public_key), identity.cose_key(self.agreement_key)]
        return self.append(Kind.ENROL, [*keys, 0, "Maker", "Model", self.serial_number, "P-1", None])

    def boot(self, *, software: bytes = SOFTWARE, restart: bool = False) -> bytes:
        """A start; `restart` begins a new boot."""
        if restart:
            self.boot_number += 1
            self.uptime_s = -self.period_s
        return self.append(
            Kind.BOOT,
            [
                self.thumbprint,
                ["agent", "0.1.0", software],
                "simulated",
                "hx711",
                1,
                False,
                1,
                None,
                self.number,
                self.period_s,
                dict(self.map),
                "P-1",
                None,
            ],
        )

    def snapshot(self, filtered: int = 110_000, *, lie: int = 0, **head: Any) -> bytes:
        """A snapshot; `lie` intervals are added to the recomputable weight."""
        gross = weight.gross_intervals(self.map, filtered, self.map[32], 2_000) + lie
        return self.append(
            Kind.SNAPSHOT, [filtered, self.map[32], gross, 0, 2_000, 3_300, 12, 3, -2, 4, 1, 7, 96], **head
        )

    def parameters(self) -> bytes:
        """The whole map, as after each session."""
        return self.append(Kind.PARAMETERS, [dict(self.map), None])

    def event(self, kind: int, *facts: Any, **head: Any) -> bytes:
        """Any event."""
        return self.append(Kind.EVENT, [int(kind), list(facts)], **head)

    def change(self, changes: dict[int, int], permit: bytes | None = None, *, commit: int = 1, **head: Any) -> bytes:
        """A commit of parameters under the permit with this hash; only a session's first `commit` raises counters."""
        before = self.state()
        listed = [[field, self.map.get(field), new] for field, new in sorted(changes.items())]
        self.map.update(changes)
        if commit == 1:
            self.calibration_counter += any(field >= 32 for field in changes)
            self.configuration_counter += any(field < 32 for field in changes)
        facts = [listed, permit, *self.state()]
        names = ("digest", "calibration_counter", "configuration_counter")
        return self.event(EventKind.PARAMETER_CHANGE, *facts, **dict(zip(names, before, strict=True)), **head)

    def raise_span(self, permille: int = 100, permit: bytes | None = None, **head: Any) -> bytes:
        """The cheat: fewer counts stand for the same mass."""
        return self.change({40: self.map[40] * 1000 // (1000 + permille)}, permit, **head)

    def skip(self, count: int) -> None:
        """Use up numbers, as after a lost journal."""
        self.number += count
