"""Bad input to a scale through its real downlink topic: forged receipts, permits and key sets, and plain garbage.

Ingest is dead, so that no true receipt blurs the picture, and the adjustment switch is on all the time, so that only
the missing permit stands between the forger and the parameters.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from kit.servers import Server, wait_until
from kit.whole_system import Cloud, await_ingest, exported, publish, status, topic_of
from steelyard_cloud.keys import PlatformKey
from steelyard_protocol import cbor, cose, downlink, identity, p256, statement
from steelyard_protocol.downlink import KeySet, Permit, PermitFor, Receipt, Role
from steelyard_protocol.parameters import KEYS
from steelyard_protocol.statement import Statement
from steelyard_simulator.demo.market import Stall

ADJUST = "adjust set gravity_use_um_s2"
FIELD = KEYS["gravity_use_um_s2"]
FAR_S = 0xFFFFFFFF


@dataclass
class Forgers:
    """What a forger may know: the scale's statements, all public keys, and one key of its own."""

    cloud: Cloud
    kid: bytes
    newest: Statement
    stranger: PlatformKey

    @property
    def receipt(self) -> Receipt:
        return Receipt(self.kid, self.newest.number, self.newest.hash, 1_800_000_000)

    @property
    def permit(self) -> Permit:
        return Permit(self.kid, PermitFor.ADJUST, 1, 7, 0, FAR_S, 0, 0, None, (FIELD,))

    def messages(self) -> dict[str, bytes]:
        """Every message by what is wrong with it."""
        online, authority, root, stranger = self.cloud.online, self.cloud.authority, self.cloud.root, self.stranger
        receipt, permit = self.receipt, self.permit
        ours = ((stranger.public_key, Role.ONLINE | Role.AUTHORITY),)
        forged = {
            "receipt by a stranger": signed(receipt, stranger),
            "receipt by a stranger who claims to be online": signed(receipt, stranger, online),
            "receipt by the authority": signed(receipt, authority),
            "receipt by the root": signed(receipt, root),
            "receipt with a changed signature": signed(receipt, online)[:-1] + b"\x00",
            "receipt for another scale": signed(replace(receipt, identity=stranger.kid), online),
            "receipt with a foreign hash": signed(replace(receipt, hash=bytes(32)), online),
            "receipt beyond the head by a stranger": signed(replace(receipt, number=4_000_000_000), stranger, online),
            "receipt for number 0": signed(replace(receipt, number=0), online),
            "receipt for a huge number": signed(replace(receipt, number=2**64), online),
            "receipt with half a hash": signed(replace(receipt, hash=receipt.hash[:16]), online),
            "receipt signed as if it were a statement": signed_by(receipt.payload(), online, statement.EXTERNAL),
            "receipt with one element too many": signed_by([*receipt.payload(), 0], online),
            "permit by a stranger": signed(permit, stranger),
            "permit by a stranger who claims to be the authority": signed(permit, stranger, authority),
            "permit by the online key": signed(permit, online),
            "permit with a changed signature": signed(permit, authority)[:-1] + b"\x00",
            "permit for another scale": signed(replace(permit, identity=stranger.kid), authority),
            "permit for other counters": signed(replace(permit, calibration_counter=5), authority),
            "permit to unlock": signed(replace(permit, what=PermitFor.UNLOCK), authority),
            "permit to update": signed(replace(permit, what=PermitFor.UPDATE), authority),
            "permit with a huge window": signed(replace(permit, not_after=2**70), authority),
            "permit for a hundred fields": signed(replace(permit, fields=tuple(range(100))), authority),
            "permit for fields that are no list": signed_by([*permit.payload()[:-1], FIELD], authority),
            "permit spelled otherwise": respelled(signed(permit, authority)),
            "permit without its tag": signed(permit, authority)[1:],
            "permit cut short": signed(permit, authority)[:-20],
            "key set by a stranger": signed(KeySet(9, ours), stranger),
            "key set by a stranger who claims to be the root": signed(KeySet(9, ours), stranger, root),
            "key set by the online key": signed(KeySet(9, ours), online),
            "key set of number 0": signed(KeySet(0, ours), root),
            "key set of the number that is held": signed(KeySet(1, ours), root),
            "key set of an order that nobody knows": signed_by([99, self.kid, 1], authority),
        }
        nonsense = {
            "nothing": b"",
            "garbage": b"garbage",
            "3,000 bytes": bytes(3000),
            "deep nesting": b"\x81" * 1500,
            "deep nesting, signed": signed_raw(b"\x81" * 1200 + b"\0", authority),
            "an integer of 1,500 bytes": b"\xc2\x59\x05\xdc" + b"\xff" * 1500,
            "indefinite lengths": b"\x9f" * 1000 + b"\xff" * 1000,
            "a claim of a gigabyte": b"\xd2\x84\x5a\x40\x00\x00\x00",
            "one of the scale's own statements": self.newest.raw,
        }
        return {**forged, **nonsense}


def signed(order: downlink.Order, key: PlatformKey, claims: PlatformKey | None = None) -> bytes:
    return downlink.sign(order, key.private_key, (claims or key).kid)


def signed_by(payload: list[object], key: PlatformKey, external: bytes = downlink.EXTERNAL) -> bytes:
    return signed_raw(cbor.encode(payload), key, external)


def signed_raw(payload: bytes, key: PlatformKey, external: bytes = downlink.EXTERNAL) -> bytes:
    header = {cose.HEADER_ALG: cose.ESP256, cose.HEADER_KID: key.kid}
    return cose.encode_sign1(header, payload, key.private_key, external)


def respelled(raw: bytes) -> bytes:
    """The same message with a longer length than its protected header needs."""
    assert raw[2] == 0x4F
    return raw[:2] + b"\x58\x0f" + raw[3:]


@pytest.fixture
def cloud(tmp_path: Path, mosquitto: Server) -> Iterator[Cloud]:
    cloud = Cloud(tmp_path / "cloud", mosquitto.port)
    cloud.start_ingest()
    await_ingest(mosquitto)
    yield cloud
    cloud.close()


def refusals(stall: Stall) -> list[dict[str, int]]:
    return [one["facts"] for one in stall.ask("log 100") if one["event"] == "downlink refused"]


def test_forged_messages_open_nothing_trim_nothing_and_are_told(cloud: Cloud, mosquitto: Server) -> None:
    (stall,) = cloud.put_on_record(1, permit_required=1)
    wait_until(lambda: status(stall)["receipted"] >= 2, 20, "a true receipt")
    cloud.kill_ingest()
    kid, down = identity.from_text(stall.public_code), topic_of(stall.public_code, "down")
    forgers = Forgers(cloud, kid, statement.parse(exported(stall)[-1]), PlatformKey.of(p256.make_private_key()))
    # Receipts that were on their way when ingest died still arrive, but are judged before what is published now.
    publish(mosquitto.port, down, signed(forgers.permit, cloud.authority)[:-1] + b"\x00")
    wait_until(lambda: bool(refusals(stall)), 20, "the event of a refusal")
    wait_until(lambda: (now := status(stall))["number"] > now["receipted"] + 3, 20, "statements without receipt")
    receipted = status(stall)["receipted"]
    stall.scale.adjustment_switch(on=True)
    wait_until(lambda: bool(status(stall)["switch"]), 10, "the switch")
    before = stall.ask("parameters")

    forgers = replace(forgers, newest=statement.parse(exported(stall)[-1]))
    assert forgers.newest.number > receipted
    publish(mosquitto.port, down, *forgers.messages().values())
    for value in (9_799_000, 9_798_000):
        answer = stall.scale.console_json(f"{ADJUST} {value}")
        assert answer["error"] == "permit-required", answer

    # Orders are judged in turn: once the true permit counts, every forged one has been judged.
    permit = signed(forgers.permit, cloud.authority)
    publish(mosquitto.port, down, permit)
    wait_until(lambda: "error" not in stall.scale.console_json(f"{ADJUST} 9799000"), 20, "the true permit")
    stall.scale.adjustment_switch(on=False)
    wait_until(lambda: not status(stall)["session"], 10, "the end of the session")
    now, found = status(stall), [statement.parse(raw) for raw in exported(stall)]
    assert now["receipted"] == receipted
    assert (now["calibration_counter"], now["configuration_counter"], now["locked"]) == (1, 0, False)
    assert {one.number for one in found} >= set(range(receipted + 1, now["number"] + 1))
    assert len([one for one in stall.ask("log 100") if one["event"] == "session opened"]) == 1
    after = stall.ask("parameters")["parameters"]
    assert {name for name, value in after.items() if value != before["parameters"][name]} == {"gravity_use_um_s2"}

    # Spent: the same permit again, and whatever was forged, now that the counters have moved on.
    publish(mosquitto.port, down, permit, *forgers.messages().values())
    stall.scale.adjustment_switch(on=True)
    wait_until(lambda: bool(status(stall)["switch"]), 10, "the switch")
    assert stall.scale.console_json(f"{ADJUST} 9797000")["error"] == "permit-required"
    publish(mosquitto.port, down, signed(forgers.receipt, cloud.online))
    wait_until(lambda: status(stall)["receipted"] == forgers.newest.number, 20, "the true receipt to be taken")
    assert stall.scale.console_json(f"{ADJUST} 9797000")["error"] == "permit-required"
    assert stall.ask("parameters")["parameters"] == after
    cloud.start_ingest()
    wait_until(lambda: status(stall)["receipted"] > now["number"], 30, "receipts again")
    (told,) = refusals(stall)
    assert told["count"] >= 1
    assert [alert["rule"] for alert in cloud.alerts(stall)] == ["parameter_change"], "the platform knows of no permit"
