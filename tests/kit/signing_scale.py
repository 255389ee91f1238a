"""A scale without a scale: it keeps a chain and signs statements as a real one would, for tests of what receives them.

Methods named after one statement append it and return its bytes; `adjust` and `open_case` append what such an act
leaves and return the list. `branch()` copies the scale with its key, as a thief would.
"""

import copy
import hashlib
from collections.abc import Mapping
from typing import Any

from steelyard_protocol import agreement, fresh, identity, ocra, p256, parameters, sales, statement, weight
from steelyard_protocol.bodies import Kind
from steelyard_protocol.events import EventKind
from steelyard_protocol.statement import Flag

from kit.parameters import MAP

MAKER, MODEL, PRODUCTION_CODE = "Hengtai", "ACS-15", "P-2026-11"
SOFTWARE = ("steelyard-agent", "0.1.0", hashlib.sha256(b"approved software").digest())
OTHER_SOFTWARE = ("steelyard-agent", "0.1.0", hashlib.sha256(b"replaced software").digest())
SOFTWARE_HASH = SOFTWARE[2]
START_S = 1_800_000_000
TEMPERATURE_CDEG = 2_000


class SigningScale:
    """One key, one chain; `time_s` advances with each statement by `step_s`, which is the period unless it is given."""

    def __init__(
        self,
        seed: int = 1,
        *,
        period_s: int = 600,
        serial_number: str | None = None,
        root: bytes | None = None,
        start_s: int = START_S,
        step_s: int | None = None,
    ) -> None:
        self.private_key = (seed * 0x9E3779B97F4A7C15 + 7).to_bytes(32, "big")
        self.public_key = p256.public_key(self.private_key)
        self.agreement_private = (seed + 1_000_000).to_bytes(32, "big")
        self.agreement_key = p256.public_key(self.agreement_private)
        self.kid = identity.kid(self.public_key)
        self.serial_number = serial_number or f"S{seed:06d}"
        self.production_code = f"{PRODUCTION_CODE}-{self.serial_number[-20:]}"
        self.root = identity.thumbprint(root) if root else None
        self.period_s = period_s
        self.step_s = period_s if step_s is None else step_s
        self.map = dict(MAP)
        self.software = SOFTWARE
        self.repair_code: str | None = None
        self.chain: list[bytes] = []
        self.number = 0
        self.head_hash = b""
        self.boot_number = 1
        self.time_s = start_s
        self.uptime_s = 0
        self.flags = 2  # clock by the network
        self.calibration_counter = 0
        self.configuration_counter = 0
        self._started = False

    @classmethod
    def called(cls, serial_number: str, **known: Any) -> "SigningScale":
        """A scale whose key follows from its serial number."""
        seed = int.from_bytes(hashlib.sha256(serial_number.encode()).digest()[:16], "big")
        return cls(seed, serial_number=serial_number, **known)

    @property
    def code(self) -> str:
        """Its identity as text, which is its public code."""
        return identity.to_text(self.kid)

    @property
    def up(self) -> str:
        """Topic of its statements."""
        return f"sy/1/{self.code[0]}/{self.code}/up"

    @property
    def down(self) -> str:
        """Topic of what the platform sends it."""
        return f"sy/1/{self.code[0]}/{self.code}/down"

    def branch(self) -> "SigningScale":
        """A second machine with the same key and the same past."""
        return copy.deepcopy(self)

    def state(self) -> tuple[bytes, int, int]:
        """Digest and counters."""
        return parameters.digest(self.map), self.calibration_counter, self.configuration_counter

    def append(self, kind: int, body: list[Any], /, **head: Any) -> bytes:
        """Sign the next statement; `head` overrides parts of the header, `extra` are elements beyond its known ones."""
        self.number += 1
        self.time_s += self.step_s
        self.uptime_s += self.step_s
        digest, calibration, configuration = self.state()
        flags = head.get("flags", self.flags)
        clock = type(flags) is int and flags & Flag.CLOCK_QUALITY
        payload = [
            head.get("kind", int(kind)),
            head.get("number", self.number),
            head.get("link", self.head_hash[: statement.LINK_BYTES] or statement.NO_LINK),
            head.get("time", self.time_s if clock else 0),
            head.get("uptime", self.uptime_s),
            flags,
            head.get("boot", self.boot_number),
            head.get("digest", digest),
            head.get("calibration_counter", calibration),
            head.get("configuration_counter", configuration),
            *head.get("extra", ()),
            body,
        ]
        raw = statement.build(self.private_key, self.kid, payload)
        self.head_hash = statement.hash_of(raw)
        self.chain.append(raw)
        return raw

    def enrol(self) -> bytes:
        """Statement 1, made when it is first asked for."""
        if not self.chain:
            keys = [identity.cose_key(self.public_key), identity.cose_key(self.agreement_key)]
            self.append(Kind.ENROL, [*keys, 0, MAKER, MODEL, self.serial_number, self.production_code, None])
        return self.chain[0]

    def boot(
        self, *, software: bytes | None = None, late: bool = False, other: Mapping[int, Any] | None = None
    ) -> bytes:
        """A start, after the first one a restart; `software` is the hash of another program than its own.

        A `late` one states the start that it is in; `other` has elements of the body that are not as they were made.
        """
        if self._started and not late:
            self.boot_number += 1
            self.uptime_s = -self.step_s
        self._started = True
        name, version, own = self.software
        body = [identity.thumbprint(self.public_key), [name, version, software or own], "simulated", "hx711", 0, False]
        body += [1, self.root, self.number, self.period_s, dict(self.map), self.production_code, self.repair_code]
        for at, element in (other or {}).items():
            body[at] = element
        return self.append(Kind.BOOT, body)

    def snapshot(self, load_mg: int = 0, noise: int = 38, drift: int = 0, *, lie: int = 0, **head: Any) -> bytes:
        """A snapshot of a stable load; `lie` intervals are added to the weight that follows from the counts."""
        zero = self.map[32] + drift
        filtered = zero + load_mg * MAP[40] // MAP[41]
        gross = weight.gross_intervals(self.map, filtered, zero, TEMPERATURE_CDEG) + lie
        body = [filtered, zero, gross, 0, TEMPERATURE_CDEG, 4_980, noise, drift, -3, 3, 0, 7, 93]
        return self.append(Kind.SNAPSHOT, body, **{"flags": self.flags | Flag.STABLE, **head})

    def sale(self, sale: int, net: int = 247, unit_price: int = 1_299, *, lie: int = 0, **record: Any) -> bytes:
        """The sale of a net weight in intervals, or a cancellation; `lie` is added to the price that follows."""
        one = {"time": self.time_s + self.step_s, "tare": 0, "tare_kind": 0, "item": 0, "cancels": None} | record
        price = sales.price(self.map, net, unit_price) + lie
        sold = sales.Sale(sale=sale, net=net, unit_price=unit_price, price=price, **one)
        return self.append(Kind.SALE, list(sold))

    def sold(self, sale: int, net: int = 247, *, lie: int = 0, **record: Any) -> sales.Sale:
        """A record that is not stated by itself, made now."""
        one = {"time": self.time_s, "tare": 0, "tare_kind": 0, "unit_price": 1_299, "item": 0, "cancels": None} | record
        price = sales.price(self.map, net, one["unit_price"]) + lie
        return sales.Sale(sale=sale, net=net, price=price, **one)

    def batch(self, records: Mapping[bytes, sales.Sale], *, hashes: bool = True, **head: Any) -> bytes:
        """A batch of records by their salts, or their sums alone."""
        numbers = [one.sale for one in records.values()]
        sums: list[int] = []
        for cancelled in (False, True):
            some = [one for one in records.values() if (one.cancels is not None) == cancelled]
            sums += [len(some), sum(one.net for one in some), sum(one.price for one in some)]
        hashed = [sales.hash_of(one, salt) for salt, one in records.items()] if hashes else []
        return self.append(Kind.SALE_BATCH, [min(numbers), max(numbers), *sums, hashed], **head)

    def fresh_code(self, **other: Any) -> str:
        """The digits of a fresh code of this moment; `other` replaces fields by name."""
        digest, calibration, configuration = self.state()
        flags = (self.flags | Flag.STABLE) & 0xFF
        fields: dict[str, Any] = {"identity": self.kid, "number": self.number, "time": self.time_s, "flags": flags}
        fields |= {"gross": 201, "software": self.software[2][:16], "digest": digest, "calibration": calibration}
        fields |= {"configuration": configuration, "nonce": None} | other
        return fresh.to_digits(fresh.build(self.private_key, list(fields.values())))

    def answer(
        self, purpose: agreement.Purpose, suite: str, unlock: bytes, question: str, session: bytes | None
    ) -> str:
        """Its answer to a question, given the platform's unlock key."""
        secret = agreement.agree(self.agreement_private, unlock)
        key = agreement.code_key(secret, purpose, suite, self.agreement_key, unlock)
        return ocra.response(suite, key, question, session=session)

    def parameters(self, permit: bytes | None = None) -> bytes:
        """The whole map, as after each session; `permit` is the one that the session was opened with."""
        return self.append(Kind.PARAMETERS, [dict(self.map), permit])

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
        """The cheat's own event: fewer counts stand for the same mass."""
        return self.change(self._raised_span(permille), permit, **head)

    def skip(self, count: int) -> None:
        """Use up numbers, as after a lost journal."""
        self.number += count

    def adjust(self, changes: dict[int, int], permit: bytes | None = None) -> list[bytes]:
        """A whole session under a permit or without: its opening, the change, the new map and its closing."""
        named = statement.hash_of(permit) if permit else None
        opened = self.event(EventKind.SESSION_OPENED, named)
        changed, whole = self.change(changes, named), self.parameters(permit)
        return [opened, changed, whole, self.event(EventKind.SESSION_CLOSED, 2)]

    def cheat(self, permille: int = 100) -> list[bytes]:
        """The classic fraud, as a session without a permit: everything weighs more."""
        return self.adjust(self._raised_span(permille))

    def open_case(self, stamp_s: int | None = None) -> list[bytes]:
        """The case is opened now, or was at the latch's stamp; the scale locks itself."""
        stamp_s = self.time_s + self.step_s if stamp_s is None else stamp_s
        opened = self.event(EventKind.CASE_OPENED, stamp_s)
        self.flags |= Flag.LOCKED | Flag.CASE_OPEN
        return [opened, self.event(EventKind.LOCKED, 1)]

    def _raised_span(self, permille: int) -> dict[int, int]:
        return {40: self.map[40] * 1000 // (1000 + permille)}
