"""Types, their software and factory orders: what is recorded, what is refused, and who is told."""

from typing import Any

import pytest
from kit.office import NOW_MS, Office
from kit.signing_scale import SOFTWARE
from steelyard_cloud import errors
from steelyard_cloud.db.schema import (
    approved_software,
    factory_orders,
    scale_types,
)
from steelyard_cloud.people.roles import Role
from steelyard_cloud.scales import orders, programs, types
from steelyard_cloud.scales.programs import Software


def add_type(office: Office, **changed: Any) -> int:
    known = {"maker": "Hengtai", "model": "ACS-30", "parameters": {"max_mg": 30_000_000}}
    known |= {name: changed.pop(name) for name in list(changed) if name in types.Application._fields}
    other = {"organisation_id": office.actor.organisation_id, "software": [Software(*SOFTWARE)]}
    applied = types.Application(**known)
    given = {"type_approval": "PA-1", "applied": applied, "now_ms": NOW_MS} | other | changed
    return types.add_scale_type(office.connection, office.acting(Role.ADMIN), **given)


def test_a_type_is_recorded_with_its_software(office: Office) -> None:
    type_id = add_type(office)
    assert office.row(scale_types) == {
        "id": type_id,
        "organisation_id": office.actor.organisation_id,
        "maker": "Hengtai",
        "model": "ACS-30",
        "type_approval": "PA-1",
        "parameters": {"1": 30_000_000},
        "longest_validity_days": 1461,
        "stage": "in force",
        "life_version": 1,
        "envelope": None,
        "created_ms": NOW_MS,
    }
    program = office.row(approved_software)
    assert (program["scale_type_id"], program["software_hash"], program["recorded_ms"]) == (
        type_id,
        SOFTWARE[2],
        NOW_MS,
    )
    assert (program["name"], program["version"]) == SOFTWARE[:2]
    details = {"name": SOFTWARE[0], "version": SOFTWARE[1], "hash": SOFTWARE[2].hex(), "scale_type": type_id}
    assert office.logged() == ("software.record", f"software:{program['id']}", details)
    bare = add_type(office, model="ACS-60", software=[], longest_validity_days=30)
    assert office.logged() == ("type.add", f"type:{bare}", {"approval": "PA-1"})
    assert office.row(scale_types)["longest_validity_days"] == 30


def test_a_type_is_of_a_known_maker_and_new(office: Office) -> None:
    add_type(office)
    with pytest.raises(errors.NotFound):
        add_type(office, model="ACS-31", organisation_id=10**6)
    with pytest.raises(errors.AlreadyExists):
        add_type(office)
    assert add_type(office, maker="Other")
    assert add_type(office, model="ACS-31")


def test_a_type_fixes_type_specific_parameters_within_their_range() -> None:
    kept = types.type_parameters({"max_mg": 1_000, "e_mg": 100_000_000, "permit_required": 1})
    assert kept == {"1": 1_000, "3": 100_000_000, "12": 1}
    for wrong in ({"max_mg": 999}, {"e_mg": 100_000_001}, {"zero_counts": 5}, {"point_1_mg": 5}, {"colour": 5}):
        with pytest.raises(errors.WrongValue, match="parameters"):
            types.type_parameters(wrong)
    multi = {"max_mg": 15_000_000, "e_mg": 2_000, "max_1_mg": 6_000_000, "e_2_mg": 5_000}
    assert types.type_parameters(multi) == {"1": 15_000_000, "3": 2_000, "16": 6_000_000, "17": 5_000}
    for name in multi:
        with pytest.raises(errors.WrongValue, match="parameters"):
            types.type_parameters({key: value for key, value in multi.items() if key != name})
    with pytest.raises(errors.WrongValue, match="whole number"):
        types.type_parameters(multi | {"max_1_mg": 6_002_000})


def test_a_program_is_approved_once_and_all_who_judge_the_type_are_told(office: Office) -> None:
    type_id = office.desk.registry.scale_type_id

    def approve(hash_: bytes, of: int = type_id) -> None:
        program, admin = Software("agent", "9", hash_), office.acting(Role.ADMIN)
        programs.add_software(office.connection, admin, scale_type_id=of, software=program, now_ms=NOW_MS)

    approve(b"n" * 32)
    for scale in (office.scale, office.other):
        assert office.told(scale.code[0]) == ("scale-type", None, {"scale_type_id": type_id})
    with pytest.raises(errors.AlreadyExists):
        approve(b"n" * 32)
    with pytest.raises(errors.NotFound):
        approve(b"m" * 32, of=10**6)
    unused = add_type(office, software=[])
    approve(b"n" * 32, of=unused)
    assert office.told(office.scale.code[0])[2] == {"scale_type_id": type_id}, "nobody has a scale of the other type"


def test_an_order_is_of_its_maker_s_own_type_and_has_a_number_of_its_own(office: Office) -> None:
    def add(number: str, **changed: Any) -> int:
        known = {"organisation_id": office.actor.organisation_id, "scale_type_id": office.desk.registry.scale_type_id}
        known |= {"quantity": 7, "division_code": "330106", "now_ms": NOW_MS}
        return orders.add_factory_order(office.connection, office.actor, number=number, **(known | changed))

    made = add("A-1")
    assert office.row(factory_orders) == {
        "id": made,
        "number": "A-1",
        "organisation_id": office.actor.organisation_id,
        "scale_type_id": office.desk.registry.scale_type_id,
        "quantity": 7,
        "used": 0,
        "division_code": "330106",
        "created_ms": NOW_MS,
    }
    assert office.logged() == ("order.add", f"order:{made}", {"number": "A-1", "quantity": 7})
    with pytest.raises(errors.AlreadyExists):
        add("A-1")
    with pytest.raises(errors.NotFound):
        add("A-2", scale_type_id=10**6)
    with pytest.raises(errors.NotFound):
        add("A-2", organisation_id=office.desk.registry.organisations["Xihu Repairs"])
