"""A played scale: it signs real statements and keeps its chain, without a microcontroller."""

import hashlib

from steelyard_protocol import downlink, identity, p256, parameters, statement, weight
from steelyard_protocol.bodies import Kind
from steelyard_protocol.events import EventKind
from steelyard_protocol.identity import cose_key

SOFTWARE = ("steelyard-agent", "0.1.0", hashlib.sha256(b"approved software").digest())
OTHER_SOFTWARE = ("steelyard-agent", "0.1.0", hashlib.sha256(b"replaced software").digest())
MAKER, MODEL = "Hengtai", "ACS-15"

PARAMETERS = {
    1: 15_000_000,
    2: 100_000,
    3: 5_000,
    4: 8,
    5: 300,
    6: 1_000,
    7: 200,
    8: 20,
    9: 100,
    10: 2,
    11: 156,
    12: 0,
    32: 84_120,
    33: 9_794_160,
    34: 9_793_630,
    35: 2_000,
    36: 0,
    37: 0,
    40: 1_530_000,
    41: 15_000_000,
}


class PlayedScale:
    """One scale with its key, parameters and chain; each method gives the bytes of one signed statement."""

    def __init__(self, serial_number: str, root: bytes, clock_s: int, period_s: int = 600) -> None:
        seed = hashlib.sha256(serial_number.encode()).digest()
        self.private_key = seed
        self.public_key = p256.public_key(seed)
        self.agreement_key = p256.public_key(hashlib.sha256(b"agreement" + seed).digest())
        self.kid = identity.kid(self.public_key)
        self.code = identity.to_text(self.kid)
        self.serial_number = serial_number
        self.root = identity.thumbprint(root)
        self.clock_s, self.period_s = clock_s, period_s
        self.started_s = clock_s
        self.parameters = dict(PARAMETERS)
        self.counters = [0, 0]
        self.software = SOFTWARE
        self.repair_code: str | None = None
        self.number, self.boot_number, self.last_hash = 0, 0, bytes(32)
        self.flags = 2
        self.chain: list[bytes] = []

    @property
    def topic(self) -> str:
        """Where it publishes."""
        return f"sy/1/{self.code[0]}/{self.code}/up"

    def _sign(self, kind: int, body: list[object]) -> bytes:
        self.number += 1
        head = [
            int(kind),
            self.number,
            self.last_hash[: statement.LINK_BYTES],
            self.clock_s,
            self.clock_s - self.started_s,
            self.flags,
            max(1, self.boot_number),
            parameters.digest(self.parameters),
            *self.counters,
        ]
        raw = statement.build(self.private_key, self.kid, [*head, body])
        self.last_hash = statement.hash_of(raw)
        self.chain.append(raw)
        return raw

    def enrol(self) -> bytes:
        """Statement 1."""
        keys = [cose_key(self.public_key), cose_key(self.agreement_key)]
        return self._sign(Kind.ENROL, [*keys, 0, MAKER, MODEL, self.serial_number, "P-2026-11", None])

    def boot(self) -> bytes:
        """A start."""
        self.boot_number += 1
        self.started_s = self.clock_s
        thumbprint = identity.thumbprint(self.public_key)
        body = [thumbprint, list(self.software), "pico-w", "hx711", 0, False, 1, self.root, self.number]
        return self._sign(Kind.BOOT, [*body, self.period_s, dict(self.parameters), "P-2026-11", self.repair_code])

    def snapshot(self, load_mg: int = 0, noise: int = 38, drift: int = 0, *, lie: int = 0) -> bytes:
        """A snapshot one period later; `lie` is added to the weight, which then does not follow from the counts."""
        self.clock_s += self.period_s
        zero = self.parameters[32] + drift
        filtered = zero + load_mg * self.parameters[40] // PARAMETERS[41]
        gross = weight.gross_intervals(self.parameters, filtered, zero, 2_000) + lie
        flags, self.flags = self.flags, self.flags | statement.Flag.STABLE
        raw = self._sign(Kind.SNAPSHOT, [filtered, zero, gross, 0, 2_000, 4_980, noise, drift, -3, 3, 0, 7, 93])
        self.flags = flags
        return raw

    def change(self, new: dict[int, int], permit: bytes | None = None) -> list[bytes]:
        """An adjustment: session, change event, parameters, session closed."""
        self.clock_s += 1
        named = statement.hash_of(permit) if permit else None
        opened = self._sign(Kind.EVENT, [int(EventKind.SESSION_OPENED), [named]])
        changes = [[key, self.parameters.get(key), value] for key, value in sorted(new.items())]
        after = self.parameters | new
        counters = [
            self.counters[0] + any(key >= 32 for key in new),
            self.counters[1] + any(key < 32 for key in new),
        ]
        event = self._sign(
            Kind.EVENT, [int(EventKind.PARAMETER_CHANGE), [changes, named, parameters.digest(after), *counters]]
        )
        self.parameters, self.counters = after, counters
        whole = self._sign(Kind.PARAMETERS, [dict(after), permit])
        closed = self._sign(Kind.EVENT, [int(EventKind.SESSION_CLOSED), [2]])
        return [opened, event, whole, closed]

    def raise_span(self, permille: int = 100) -> list[bytes]:
        """The classic fraud: everything weighs more."""
        return self.change({41: PARAMETERS[41] * (1000 + permille) // 1000})

    def open_case(self, stamp_s: int | None = None) -> list[bytes]:
        """The case is opened now, or was at the latch's stamp; the scale locks itself."""
        self.clock_s += 1
        stamp_s = self.clock_s if stamp_s is None else stamp_s
        opened = self._sign(Kind.EVENT, [int(EventKind.CASE_OPENED), [stamp_s]])
        self.flags |= statement.Flag.LOCKED | statement.Flag.CASE_OPEN
        return [opened, self._sign(Kind.EVENT, [int(EventKind.LOCKED), [1]])]


def accepts_permit(raw: bytes, key_set: bytes, root: bytes) -> downlink.Permit:
    """The permit, checked as a scale checks it: root → key set → authority."""
    held = downlink.open_order(key_set, root)
    assert isinstance(held, downlink.KeySet)
    kid = downlink.kid_of(raw)
    (key,) = [key for key, roles in held.keys if identity.kid(key) == kid and roles & downlink.Role.AUTHORITY]
    order = downlink.open_order(raw, key)
    assert isinstance(order, downlink.Permit)
    return order
