"""Hands batches to a receiver without a broker, and looks at what became of them."""

import itertools

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from sqlalchemy import func, select
from steelyard_cloud.db import database
from steelyard_cloud.db.schema import quarantine as quarantine_table
from steelyard_cloud.db.schema import scales, statements
from steelyard_cloud.ingest.mqtt.broker import Message
from steelyard_cloud.ingest.receiver import Receiver
from steelyard_cloud.judge.facts import Clock
from steelyard_cloud.judge.judge import Judgement, judge
from steelyard_cloud.scales import facts as scale_facts
from steelyard_cloud.statements import summaries as summary_store
from steelyard_cloud.statements.keys import load_keys_of
from steelyard_protocol import downlink, p256
from steelyard_protocol.statement import parse

from kit.cloud_desk import Desk
from kit.signing_scale import SigningScale

NOW = 1_800_000_000_000
SEEDS = itertools.count(1_000)  # a fresh scale for every example


def send(
    receiver: Receiver, scale: SigningScale, *payloads: bytes, topic: str = "", at_ms: int = NOW
) -> list[tuple[str, bytes]]:
    """Hand one batch over, by default under the scale's own topic; gives topic and bytes of each answer."""
    return receiver.handle([Message(topic or scale.up, payload, (0, 0, 0)) for payload in payloads], at_ms)


def hand(receiver: Receiver, scale: SigningScale, *payloads: bytes, at_ms: int = NOW) -> list[downlink.Receipt]:
    """The same; gives the receipts for the scale, whose signatures are checked."""
    outgoing = send(receiver, scale, *payloads, at_ms=at_ms)
    orders = [downlink.open_order(raw, receiver.online.public_key) for topic, raw in outgoing if topic == scale.down]
    return [order for order in orders if isinstance(order, downlink.Receipt)]


def judgement_of(desk: Desk, scale: SigningScale, at_ms: int = NOW) -> Judgement:
    """Judge from what the database holds, as a receiver that has just started would."""
    with database.reading(desk.engine) as connection:
        scale_id = connection.execute(select(scales.c.id).where(scales.c.public_code == scale.code)).scalar_one()
        facts = scale_facts.load(connection, scale_id)
        keys = load_keys_of(connection, facts.identity_ids)
        held = summary_store.load_summaries(connection, list(keys.values()))
        return judge([one.summary for one in held.values()], facts.facts, Clock(at_ms), facts.active_kid)


def count(desk: Desk, table: str = "statements") -> int:
    chosen = statements if table == "statements" else quarantine_table
    with database.reading(desk.engine) as connection:
        return connection.execute(select(func.count()).select_from(chosen)).scalar_one()


def fail(*_: object) -> None:
    """Stands for a database that goes away before the commit."""
    raise RuntimeError("gone")


def damaged(raw: bytes, byte: int = 1) -> bytes:
    """The same statement with a signature that does not verify."""
    return raw[:-1] + bytes([raw[-1] ^ byte])


def signed_again(scale: SigningScale, raw: bytes) -> bytes:
    """The same content under another signature of the same key, by a random nonce."""
    key = ec.derive_private_key(int.from_bytes(scale.private_key, "big"), ec.SECP256R1())
    r, s = utils.decode_dss_signature(key.sign(parse(raw).signed, ec.ECDSA(hashes.SHA256())))
    return raw[:-64] + p256.lower(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
