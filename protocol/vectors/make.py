"""Writes golden.json beside it: one example of every message, with the keys that signed it.

Everything is derived from fixed seeds and RFC 6979 signatures, so two runs give the same file. Run it with
`python protocol/vectors/make.py`; a test checks that the committed file is what it writes.
"""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import code_vectors
import order_vectors
import weight_vectors
from steelyard_protocol import cbor, cose, downlink, identity, p256, parameters, sales, statement, weight
from steelyard_protocol.downlink import KeySet, Permit, PermitFor, Receipt, Role
from steelyard_protocol.enrolment import EnrolAnswer

GOLDEN = Path(__file__).with_name("golden.json")
TIME = 1_790_000_000

PARAMETERS = {
    1: 15_000_000, 2: 100_000, 3: 5_000, 4: 16, 5: 500, 6: 500, 7: 500, 8: 40, 9: 200, 10: 2, 11: 156, 12: 0,
    32: 84_213, 33: 9_794_200, 34: 9_801_300, 35: 2_000, 36: 251_000, 37: -3_200, 40: 1_530_000, 41: 15_000_000,
}  # fmt: skip
LINEARISED = PARAMETERS | {40: 510_100, 41: 5_000_000, 42: 1_020_050, 43: 10_000_000, 44: 1_530_000, 45: 15_000_000}


class Signer:
    """A key made from a seed: never used but here."""

    def __init__(self, seed: str) -> None:
        digest = int.from_bytes(hashlib.sha256(f"steelyard vector {seed}".encode()).digest(), "big")
        self.private_key = (digest % (p256.ORDER - 1) + 1).to_bytes(32, "big")
        self.public_key = p256.public_key(self.private_key)
        self.kid = identity.kid(self.public_key)

    def describe(self) -> dict[str, str]:
        return {
            "private_key": self.private_key.hex(),
            "public_key": self.public_key.hex(),
            "thumbprint": identity.thumbprint(self.public_key).hex(),
            "identity": identity.to_text(self.kid),
            "shard": identity.shard(self.kid),
        }


SCALE, AGREEMENT = Signer("scale"), Signer("agreement")
ROOT, ONLINE, AUTHORITY = Signer("root"), Signer("online"), Signer("authority")
UNLOCK, MANUFACTURER = Signer("unlock"), Signer("manufacturer")


class Chain:
    """Statements of the vector's scale, each linked to the one before."""

    def __init__(self) -> None:
        self.number = 0
        self.link = statement.NO_LINK
        self.made: list[dict[str, Any]] = []

    def add(
        self, name: str, kind: int, body: list[Any], *, extra: Sequence[Any] = (), rest: Sequence[Any] = (), **head: Any
    ) -> bytes:
        """The next statement; a later version puts `extra` between head and body, and `rest` after the body."""
        self.number += 1
        fields = {
            "time": TIME + 60 * self.number, "uptime": 60 * self.number, "flags": 2, "boot": 1,
            "digest": parameters.digest(PARAMETERS), "calibration": 3, "configuration": 1,
        } | head  # fmt: skip
        payload = [kind, self.number, self.link, *fields.values(), *extra, body, *rest]
        raw = statement.build(SCALE.private_key, SCALE.kid, payload)
        self.link = statement.link_of(statement.hash_of(raw))
        self.made.append({"name": name, "raw": raw.hex(), "payload": cbor.encode(payload).hex()})
        return raw


def snapshot_body(map_: dict[int, int], filtered: int, temperature: int) -> list[int]:
    zero = map_[32]
    gross = weight.gross_intervals(map_, filtered, zero, temperature)
    return [filtered, zero, gross, 0, temperature, 5_012, 41, 5, -3, 4, 0, 20, 97]


def change_body(old: dict[int, int], new: dict[int, int], permit: bytes | None) -> list[Any]:
    changes = [
        [key, old.get(key), new.get(key)] for key in sorted(old.keys() | new.keys()) if old.get(key) != new.get(key)
    ]
    permit_hash = hashlib.sha256(permit).digest() if permit else None
    return [1, [changes, permit_hash, parameters.digest(new), 4, 1]]


def permit() -> Permit:
    return Permit(SCALE.kid, PermitFor.ADJUST, 7, 42, TIME, TIME + 86_400, 3, 1, None, (40, 41, 42, 43, 44, 45))


def statements(signed_permit: bytes) -> Chain:
    chain = Chain()
    keys = [identity.cose_key(SCALE.public_key), identity.cose_key(AGREEMENT.public_key)]
    unset = {"time": 0, "flags": 0}
    chain.add("enrol", 1, [*keys, 0, "Steelyard", "Reference 15", "SY-000123", "CN-2026-000123", None], **unset)
    software = ["steelyard-agent", "0.1.0", hashlib.sha256(b"steelyard vector software").digest()]
    root = identity.thumbprint(ROOT.public_key)
    boot = [
        identity.thumbprint(SCALE.public_key), software, "pico-w-reference", "hx711", 1, False, 0, root, 1, 600,
        PARAMETERS, "CN-2026-000123", None,
    ]  # fmt: skip
    chain.add("boot", 2, boot, **unset)
    chain.add("snapshot", 3, snapshot_body(PARAMETERS, 187_654, 2_350), flags=6)
    chain.add("parameters", 4, [PARAMETERS, None])
    chain.add("event session opened", 5, [12, [hashlib.sha256(signed_permit).digest()]], flags=98)
    chain.add("event parameter change", 5, change_body(PARAMETERS, LINEARISED, signed_permit), flags=98)
    after = {"digest": parameters.digest(LINEARISED), "calibration": 4}
    chain.add("parameters under a permit", 4, [LINEARISED, signed_permit], flags=98, **after)
    chain.add("snapshot linearised", 3, snapshot_body(LINEARISED, 902_113, 1_187), flags=6, **after)
    facts: list[list[Any]] = [
        [2, [TIME]], [3, [1]], [4, [2, 9]], [5, [3]], [6, [-123_456, 2]], [7, [4, 1]], [8, [0, TIME, 4]],
        [9, [5, 1, 3]], [10, [SCALE.kid, AGREEMENT.kid]], [11, [software[2], root]], [13, [1]], [14, [1_024]],
        [15, [2, 9]], [16, [12]], [17, [600, 60]], [18, [77]],
    ]  # fmt: skip
    for event in facts:
        chain.add(f"event {event[0]}", 5, event, **after)
    chain.add("unknown kind", 99, ["kept as evidence"], **after)
    chain.add("longer body", 3, [*snapshot_body(LINEARISED, 902_113, 1_187), "new element"], **after)
    return chain


def growth(chain: Chain) -> list[dict[str, Any]]:
    """What a later version may send and a receiver of this one reads, at the end of the same chain."""
    before = len(chain.made)
    after = {"digest": parameters.digest(LINEARISED), "calibration": 4}
    snapshot = snapshot_body(LINEARISED, 902_113, 1_187)
    chain.add("reserved flags", 3, snapshot, **after | {"flags": 1 << 10 | 1 << 14 | 1 << 15 | 6})
    chain.add("longer head", 3, snapshot, extra=(7, b"new", {"new": [1]}), **after)
    chain.add("longer payload", 3, snapshot, rest=([1], "new"), **after)
    chain.add("longer event", 5, [2, [TIME, "new fact"], "new element"], **after)
    chain.add("unknown event", 5, [1_000, ["kept", 1]], **after)
    return chain.made[before:]


def sold(chain: Chain) -> list[dict[str, Any]]:
    """Sales, at the end of the same chain: one, its cancellation, and both in a batch with and without hashes."""
    before = len(chain.made)
    map_ = LINEARISED | {13: 2, 14: 0}
    head = {"digest": parameters.digest(map_), "calibration": 4, "configuration": 2}
    chain.add("parameters with prices", 4, [map_, None], **head)
    first, cancelled = sale_and_cancellation()
    chain.add("sale", 6, list(first), flags=6, **head)
    chain.add("sale cancelled", 6, list(cancelled), **head)
    sums = [1, first.net, first.price] * 2
    hashes = [sales.hash_of(one, hashlib.sha256(b"salt %d" % one.sale).digest()[:16]) for one in (first, cancelled)]
    chain.add("sale batch", 7, [1_025, 1_026, *sums, hashes], **head)
    chain.add("sale batch without hashes", 7, [1_025, 1_026, *sums, []], **head)
    top, most = 0xFFFFFFFF, 9_007_199_254_740_991
    full = [top, top, *[top, most, most] * 2, [bytes([number]) * 16 for number in range(64)]]
    chain.add("sale batch at every bound", 7, full, **head)
    chain.add("event 19", 5, [19, [3]], **head)
    image = hashlib.sha256(order_vectors.IMAGE).digest()
    chain.add("event 21", 5, [21, [2, image]], **head)
    chain.add("event 22", 5, [22, [2, 4]], **head)
    return chain.made[before:]


def sale_and_cancellation() -> tuple[sales.Sale, sales.Sale]:
    first = sales.Sale(1_025, TIME, 247, 10, 2, 1_299, sales.price(LINEARISED, 247, 1_299), 17, None)
    return first, first._replace(sale=1_026, time=TIME + 5, cancels=1_025)


def sizes() -> list[dict[str, Any]]:
    """Two snapshots alone: a scale in the middle of its life, and every field at its bound."""
    link, digest = hashlib.sha256(b"link").digest()[:16], parameters.digest(PARAMETERS)
    middle = [3, 104_512, link, TIME, 1_209_600, 6, 19, digest, 3, 1, snapshot_body(PARAMETERS, 187_654, 2_350)]
    low, far = -8_388_608, -16_777_216
    body = [low, far, -2_147_483_647, -2_147_483_647, 12_500, 65_535, 65_535, far, far, far, far, 65_535, 100]
    top = 0xFFFFFFFF
    bound = [3, top, link, top, top, 1_023, top, digest, 65_535, 65_535, body]
    made = [("snapshot mid-life", middle), ("snapshot at every bound", bound)]
    return [
        {"name": name, "raw": statement.build(SCALE.private_key, SCALE.kid, payload).hex()} for name, payload in made
    ]


def refused(example: bytes) -> list[dict[str, str]]:
    """Messages that no profile accepts, with the code a receiver counts or the breach it notes."""
    message = cose.decode_sign1(example)
    header = {1: cose.ESP256, 4: SCALE.kid}

    def build(tag: int | None, protected: Any, unprotected: Any, signature: bytes) -> str:
        array = [cbor.encode(protected), unprotected, message.payload, signature]
        return cbor.encode(cbor.Tag(tag, array) if tag else array).hex()

    high = message.signature[:32] + (p256.ORDER - int.from_bytes(message.signature[32:], "big")).to_bytes(32, "big")
    return [
        {"name": "truncated", "raw": example[:-1].hex(), "reason": "malformed"},
        {"name": "trailing byte", "raw": example.hex() + "00", "reason": "malformed"},
        {"name": "empty", "raw": "", "reason": "malformed"},
        {"name": "another tag", "raw": build(98, header, {}, message.signature), "reason": "malformed"},
        {"name": "no identity", "raw": build(18, {1: -9}, {}, message.signature), "reason": "no-identity"},
        {
            "name": "short identity",
            "raw": build(18, {1: -9, 4: b"short"}, {}, message.signature),
            "reason": "no-identity",
        },
        {
            "name": "algorithm EdDSA",
            "raw": build(18, {1: -8, 4: SCALE.kid}, {}, message.signature),
            "reason": "algorithm",
        },
        {"name": "critical header", "raw": build(18, header | {2: [1]}, {}, message.signature), "reason": "malformed"},
        {
            "name": "oversized",
            "raw": (example[:19] + b"\x59\x10\x00" + bytes(4096) + example[-66:]).hex(),
            "reason": "oversized",
        },
        {"name": "deep nesting", "raw": (b"\x81" * 400 + b"\x00").hex(), "reason": "malformed"},
        {"name": "untagged", "raw": build(None, header, {}, message.signature), "reason": "breach"},
        {"name": "unprotected header", "raw": build(18, header, {5: b"iv"}, message.signature), "reason": "breach"},
        {"name": "algorithm ES256", "raw": build(18, header | {1: -7}, {}, message.signature), "reason": "breach"},
        {"name": "high s", "raw": build(18, header, {}, high), "reason": "breach"},
    ]


def make() -> dict[str, Any]:
    """Everything that golden.json holds."""
    keys = tuple((key.public_key, role) for key, role in ((ONLINE, Role.ONLINE), (AUTHORITY, Role.AUTHORITY)))
    key_set = downlink.sign(KeySet(3, keys), ROOT.private_key, ROOT.kid)
    signed_permit = downlink.sign(permit(), AUTHORITY.private_key, AUTHORITY.kid)
    chain = statements(signed_permit)
    made = list(chain.made)
    last = bytes.fromhex(made[-1]["raw"])
    receipt = Receipt(SCALE.kid, len(made), statement.hash_of(last), TIME + 3_600)
    signed_receipt = downlink.sign(receipt, ONLINE.private_key, ONLINE.kid)
    orders = {"receipt": signed_receipt, "permit": signed_permit, "key set": key_set}
    orders |= order_vectors.more(SCALE.kid, ONLINE, MANUFACTURER, TIME)
    answer = EnrolAnswer(SCALE.kid, key_set, "broker.example", 8883, True, "a password", 600)
    signers = {"scale": SCALE, "agreement": AGREEMENT, "root": ROOT, "online": ONLINE, "authority": AUTHORITY}
    signers |= {"unlock": UNLOCK, "manufacturer": MANUFACTURER}
    fresh = code_vectors.fresh_codes(SCALE.private_key, SCALE.kid, TIME, PARAMETERS)
    return {
        "keys": {name: signer.describe() for name, signer in signers.items()},
        "parameters": [
            {"map": cbor.encode(map_).hex(), "digest": parameters.digest(map_).hex()}
            for map_ in (PARAMETERS, LINEARISED, *weight_vectors.multi(PARAMETERS))
        ],
        "statements": made,
        "growth": growth(chain),
        "sales": sold(chain),
        "sizes": sizes(),
        "batch": statement.encode_batch(bytes.fromhex(one["raw"]) for one in made[:5]).hex(),
        "orders": [{"name": name, "raw": raw.hex()} for name, raw in orders.items()],
        "enrol answer": answer.sign(AUTHORITY.private_key, AUTHORITY.kid).hex(),
        "questions": order_vectors.questions(SCALE.kid, bytes.fromhex(fresh[0]["raw"])),
        "piece": order_vectors.piece().hex(),
        "refused": refused(bytes.fromhex(made[2]["raw"])),
        "weights": weight_vectors.weights(PARAMETERS, LINEARISED),
        "prices": weight_vectors.prices(PARAMETERS),
        "fresh": fresh,
        "sale proofs": code_vectors.sale_proofs(SCALE.kid, *sale_and_cancellation()),
        "codes": code_vectors.codes(AGREEMENT.private_key, UNLOCK.private_key, PARAMETERS),
    }


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps(make(), indent=1) + "\n")
