"""Permits: which windows and fields they may have, and that they are recorded as they were signed."""

from typing import Any

import pytest
from kit.office import NOW_MS, Office
from steelyard_cloud import errors
from steelyard_cloud.db.schema import (
    permits,
)
from steelyard_cloud.scales import permits as permit_acts
from steelyard_cloud.scales import store
from steelyard_cloud.scales.permits import Terms
from steelyard_protocol import downlink, statement

DAY_S = 86_400
NOW_S = NOW_MS // 1_000


def terms(begin_s: int = NOW_S, end_s: int = NOW_S + DAY_S, **changed: Any) -> Terms:
    known = {"fields": (41,), "calibration_counter": 3, "configuration_counter": 2}
    return Terms(not_before_s=begin_s, not_after_s=end_s, **(known | changed))


def test_a_window_ends_in_the_future_and_is_no_longer_than_31_days() -> None:
    for begin_s, end_s in ((NOW_S, NOW_S + 31 * DAY_S), (NOW_S - 31 * DAY_S + 1, NOW_S + 1), (NOW_S, NOW_S + 1)):
        terms(begin_s, end_s).check(NOW_MS)
    for begin_s, end_s in (
        (NOW_S, NOW_S + 31 * DAY_S + 1),
        (NOW_S - 5, NOW_S),
        (NOW_S + 5, NOW_S + 5),
        (NOW_S + 6, NOW_S + 5),
    ):
        with pytest.raises(errors.WrongWindow):
            terms(begin_s, end_s).check(NOW_MS)
    assert permit_acts.LONGEST_DAYS == 31


def test_fields_are_named_as_parameters_are() -> None:
    assert permit_acts.field_keys(["point_1_mg", "max_mg", "max_mg"]) == (1, 41)
    with pytest.raises(errors.WrongValue, match="colour, weight"):
        permit_acts.field_keys(["max_mg", "colour", "weight"])


def test_a_permit_is_recorded_as_it_was_signed(office: Office) -> None:
    scale = office.in_scope()
    what = downlink.PermitFor.UNLOCK
    asked = terms(what=what, locked_at=7, fields=(41, 43))
    raw = permit_acts.permit(office.connection, office.regulator, office.desk.authority, scale, asked, NOW_MS)
    order = downlink.open_order(raw, office.desk.authority.public_key)
    assert order == downlink.Permit(
        identity=office.scale.kid,
        what=what,
        order_number=1,
        by=4711,
        not_before=NOW_S,
        not_after=NOW_S + DAY_S,
        calibration_counter=3,
        configuration_counter=2,
        locked_at=7,
        fields=(41, 43),
    )
    assert downlink.kid_of(raw) == office.desk.authority.kid
    row = office.row(permits)
    permit_id = row.pop("id")
    assert row == {
        "scale_id": scale.id,
        "identity_id": scale.identity_id,
        "permit_hash": statement.hash_of(raw),
        "what": int(what),
        "order_number": 1,
        "by_number": 4711,
        "not_before_s": NOW_S,
        "not_after_s": NOW_S + DAY_S,
        "calibration_counter": 3,
        "configuration_counter": 2,
        "fields": [41, 43],
        "locked_at": 7,
        "raw": raw,
        "sent_ms": None,
        "organisation_id": office.actor.organisation_id,
        "division_code": "330109",
        "recorded_ms": NOW_MS,
    }
    details = {"what": "unlock", "order": 1, "fields": [41, 43]}
    assert office.logged() == ("scale.permit", f"scale:{scale.id}", details)
    assert office.told(scale.shard) == ("permit", scale.id, {"permit_id": permit_id})
    assert store.permit_to_send(office.connection, permit_id, NOW_MS + 5) == (scale.identity_id, raw)
    assert office.row(permits)["sent_ms"] == NOW_MS + 5


def test_permits_are_numbered_and_listed_by_scale(office: Office) -> None:
    for number, scale in enumerate((office.scale, office.other, office.scale), 1):
        raw = permit_acts.permit(
            office.connection,
            office.regulator,
            office.desk.authority,
            office.in_scope(scale),
            terms(fields=(40 + number,)),
            NOW_MS + number,
        )
        order = downlink.open_order(raw, office.desk.authority.public_key)
        assert isinstance(order, downlink.Permit)
        assert order.order_number == number
    scale = office.in_scope()
    listed = permit_acts.permits_of(office.connection, scale, 9)
    assert [(one.fields, one.recorded_ms, one.organisation) for one in listed] == [
        ([43], NOW_MS + 3, "Hengtai Scales"),
        ([41], NOW_MS + 1, "Hengtai Scales"),
    ]
    assert permit_acts.permits_of(office.connection, scale, 1) == listed[:1]


def test_an_unknown_scale_has_no_active_identity(office: Office) -> None:
    scale = office.in_scope()
    found = store.active_identity(office.connection, scale.id)
    assert (found.id, found.kid) == (scale.identity_id, office.scale.kid)
    with pytest.raises(errors.NotFound):
        store.active_identity(office.connection, 10**6)
    assert store.longest_validity_days(office.connection, scale.id) == 1461
