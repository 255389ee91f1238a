"""Enrolment: what is bound to a key, what uses an order up, and what proves nothing."""

from dataclasses import astuple
from typing import Any

import pytest
from kit.office import NOW_MS, Office
from kit.registry import ORDER
from kit.signing_scale import MAKER, MODEL, PRODUCTION_CODE, SigningScale
from steelyard_cloud import errors
from steelyard_cloud.db.schema import (
    factory_orders,
    identities,
    scales,
)
from steelyard_cloud.people.audit import Actor
from steelyard_cloud.scales import enrolment, orders
from steelyard_protocol import identity
from steelyard_protocol.plate import reading_key


def enrol(office: Office, scale: SigningScale, order: str = ORDER, raw: bytes = b"") -> enrolment.Enrolled:
    return enrolment.enrol(
        office.connection,
        office.actor,
        order=order,
        raw=raw or scale.enrol(),
        place="Stall 9",
        period_s=300,
        now_ms=NOW_MS,
    )


def test_an_enrolled_scale_is_on_record_with_its_key(office: Office) -> None:
    scale = SigningScale(50)
    before = office.row(factory_orders)["used"]
    made = enrol(office, scale)
    assert (made.public_code, made.identity, made.created) == (scale.code, scale.code, True)
    row = office.row(scales)
    assert {name: row[name] for name in row if name not in ("scale_type_id", "factory_order_id")} == {
        "id": made.scale_id,
        "public_code": scale.code,
        "shard": scale.code[0],
        "maker": MAKER,
        "model": MODEL,
        "serial_number": scale.serial_number,
        "production_code": f"{PRODUCTION_CODE}-{scale.serial_number}",
        "organisation_id": office.actor.organisation_id,
        "division_code": "330106",
        "place": "Stall 9",
        "life_stage": "produced",
        "life_version": 1,
        "owner_id": None,
        "returns_to": None,
        "reading_key": reading_key(MAKER, MODEL, scale.serial_number),
        "period_s": 300,
        "enrolled_ms": NOW_MS,
        "production_code_shared": False,
    }
    assert row["scale_type_id"] == office.desk.registry.scale_type_id
    key = office.row(identities)
    assert {name: key[name] for name in key if name != "id"} == {
        "scale_id": made.scale_id,
        "kid": scale.kid,
        "text": scale.code,
        "shard": scale.code[0],
        "thumbprint": identity.thumbprint(scale.public_key),
        "public_key": scale.public_key,
        "agreement_key": scale.agreement_key,
        "key_store_class": 0,
        "enrolment": scale.enrol(),
        "active": True,
        "enrolled_ms": NOW_MS,
    }
    assert office.logged() == ("scale.enrol", f"scale:{made.scale_id}", {"identity": scale.code, "order": ORDER})
    assert office.told(scale.code[0]) == ("identity", made.scale_id, {"identity": scale.code})
    again = enrol(office, scale)
    assert (again.scale_id, again.public_code, again.identity, again.created) == (*astuple(made)[:3], False)
    assert office.row(factory_orders)["used"] == before + 1


def test_an_order_is_used_up_scale_by_scale(office: Office) -> None:
    registry = office.desk.registry
    maker = office.actor.organisation_id
    known = {"scale_type_id": registry.scale_type_id, "division_code": "330106", "now_ms": NOW_MS}
    orders.add_factory_order(office.connection, office.actor, number="TWO", organisation_id=maker, quantity=2, **known)
    for seed in (60, 61):
        assert enrol(office, SigningScale(seed), "TWO").created
    with pytest.raises(errors.OrderUsedUp):
        enrol(office, SigningScale(62), "TWO")
    with pytest.raises(errors.NotFound):
        enrol(office, SigningScale(62), "NONE")
    office.actor = Actor("user:41", 4711, registry.organisations["Xihu Repairs"], "330109", 41)
    with pytest.raises(errors.NotFound):
        enrol(office, SigningScale(62))


def test_a_plate_is_of_one_scale(office: Office) -> None:
    taken = SigningScale(70)
    enrol(office, taken)
    same_serial, same_code = SigningScale(71), SigningScale(72)
    same_serial.serial_number = taken.serial_number
    same_code.production_code = taken.production_code
    for twin, why in ((same_serial, "serial number"), (same_code, "production code")):
        with pytest.raises(errors.AlreadyExists, match=why):
            enrol(office, twin)
    other = taken.branch()
    other.chain, other.number, other.head_hash, other.serial_number = [], 0, b"", "S-other"
    with pytest.raises(errors.IdentityTaken):
        enrol(office, other)


def test_an_enrolment_proves_its_key_or_is_refused() -> None:
    def with_body(head: dict[str, Any] | None = None, **changed: Any) -> bytes:
        scale = SigningScale(80)
        keys = [identity.cose_key(scale.public_key), identity.cose_key(scale.agreement_key)]
        body = {"store": 0, "maker": MAKER, "model": MODEL, "serial": "S-1", "code": "P-1", "before": None} | changed
        return scale.append(1, [*keys, *body.values()], **(head or {}))

    first, body = enrolment.read_enrolment(with_body())
    assert (first.number, body.serial_number) == (1, "S-1")
    scale = SigningScale(80)
    scale.enrol()
    linked = SigningScale(80)
    linked.head_hash = b"\x01" * 32
    predecessor = [scale.kid, 5, bytes(32), 0, 0]
    for raw, why in (
        (b"x", "statement"),
        (scale.boot(), "kind 2 with number 2"),
        (linked.enrol(), "links to nothing"),
        (with_body(before=predecessor), "succeeds another key"),
        (with_body({"uptime": -1}), "uptime is out of its range"),
        *((with_body(**{name: "A\x07B"}), "no label can show") for name in ("maker", "model", "serial", "code")),
    ):
        with pytest.raises(errors.EnrolmentMalformed, match=why):
            enrolment.read_enrolment(raw)
    forged = SigningScale(80)
    forged.private_key = SigningScale(81).private_key
    borrowed = SigningScale(80)
    borrowed.kid = SigningScale(81).kid
    for raw in (forged.enrol(), borrowed.enrol()):
        with pytest.raises(errors.EnrolmentForged):
            enrolment.read_enrolment(raw)
