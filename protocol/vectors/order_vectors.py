"""Examples of times, asks and updates, and of what a scale asks beside its chain, for `make.py` beside it."""

import hashlib
from typing import Protocol

from steelyard_protocol import cbor, downlink
from steelyard_protocol.downlink import Ask, Asked, Time, Update
from steelyard_protocol.package import sector_hashes
from steelyard_protocol.questions import encode_piece

NONCE = hashlib.sha256(b"steelyard vector nonce").digest()[:16]
IMAGE = bytes(range(256)) * 20
IMAGE_HASH = hashlib.sha256(IMAGE).digest()


class Signer(Protocol):
    """A key of the platform."""

    private_key: bytes
    kid: bytes


def more(scale: bytes, online: Signer, manufacturer: Signer, time_s: int) -> dict[str, bytes]:
    """A time, an ask of each kind, and an update."""
    software = hashlib.sha256(b"steelyard vector software").digest()
    update = Update("pico-w-reference", 2, "0.2.0", software, len(IMAGE), IMAGE_HASH, sector_hashes(IMAGE))
    asked: list[tuple[Asked, int | bytes | None]] = [
        (Asked.SNAPSHOT, None), (Asked.PARAMETERS, None), (Asked.RESEND, 2), (Asked.PERIOD, 60), (Asked.FRESH, NONCE),
    ]  # fmt: skip
    asks = [Ask(scale, time_s + at, what, value) for at, (what, value) in enumerate(asked)]
    made = {"time": Time(scale, NONCE, time_s), **{f"ask {Asked(one.what).name.lower()}": one for one in asks}}
    orders = {name: downlink.sign(order, online.private_key, online.kid) for name, order in made.items()}
    return orders | {"update": downlink.sign(update, manufacturer.private_key, manufacturer.kid)}


def questions(scale: bytes, code: bytes) -> list[dict[str, str]]:
    """What a scale asks beside its chain, one of each kind."""
    asked = {
        "time": [4, scale, NONCE],
        "fresh code": [5, scale, 7, code],
        "piece": [6, scale, IMAGE_HASH[:16], 4_096],
    }
    return [{"name": name, "raw": cbor.encode(payload).hex()} for name, payload in asked.items()]


def piece() -> bytes:
    """The last piece of the image."""
    return encode_piece(IMAGE_HASH[:16], 4_096, IMAGE[4_096:])
