"""What this version does not know, and what breaks the format: kept, receipted, shown."""

from typing import Any

import pytest
from kit.cloud_desk import Desk
from kit.handing_over import hand
from kit.signing_scale import SigningScale
from sqlalchemy import select
from steelyard_cloud.db import database
from steelyard_cloud.db.schema import identities, statements
from steelyard_cloud.ingest.receiver import Receiver
from steelyard_protocol.events import EventKind
from steelyard_protocol.statement import hash_of


@pytest.mark.parametrize(
    "head",
    [
        {"flags": 1 << 10 | 6},
        {"flags": 1 << 14 | 6},
        {"flags": 0xFC00 | 6},
        {"extra": [7, b"new", None]},
        {"extra": ({"new": [1]},), "flags": 1 << 15 | 2},
        {"kind": 99},
        {"kind": 0xFFFFFFFF, "extra": [1], "flags": 1 << 11 | 2},
    ],
)
def test_what_a_later_version_adds_is_stored_and_receipted_like_anything_else(
    desk: Desk, receiver: Receiver, head: dict[str, Any]
) -> None:
    scale = SigningScale()
    desk.register(scale)
    hand(receiver, scale, scale.enrol(), scale.boot())
    grown = scale.snapshot(**head)
    (receipt,) = hand(receiver, scale, grown)
    assert (receipt.number, receipt.hash) == (3, hash_of(grown))
    (receipt,) = hand(receiver, scale, scale.snapshot())
    assert receipt.number == 4
    assert numbers_of(desk, scale) == [1, 2, 3, 4]
    assert desk.alerts(scale) == []


@pytest.mark.parametrize(
    "head",
    [
        {"kind": 0},
        {"kind": None},
        {"time": 0},
        {"time": -1},
        {"time": 1 << 32},
        {"uptime": -1},
        {"flags": 0x10002},
        {"flags": -2},
        {"flags": None},
        {"flags": 0, "time": 5},
        {"boot": 0},
        {"boot": "1"},
        {"digest": b""},
        {"calibration_counter": 0x10000},
        {"configuration_counter": -1},
        {"kind": -3, "time": None, "uptime": b"", "flags": [], "boot": {}, "digest": 1},
    ],
    ids=repr,
)
def test_a_head_that_breaks_the_format_keeps_its_number_its_receipt_and_becomes_a_finding(
    desk: Desk, receiver: Receiver, head: dict[str, Any]
) -> None:
    scale = SigningScale()
    desk.register(scale)
    hand(receiver, scale, scale.enrol(), scale.boot())
    broken = scale.snapshot(**head)
    (receipt,) = hand(receiver, scale, broken)
    assert (receipt.number, receipt.hash) == (3, hash_of(broken))
    (receipt,) = hand(receiver, scale, scale.snapshot())
    assert receipt.number == 4
    assert numbers_of(desk, scale) == [1, 2, 3, 4]
    found = [one for one in desk.alerts(scale) if one["rule"] == "authenticity"]
    assert {one["first_number"] for one in found} == {3}
    assert not [one for one in desk.alerts(scale) if one["rule"] in ("parameter_change", "weight")]


@pytest.mark.parametrize("link", [b"short", 7, None])
def test_a_head_with_an_unreadable_link_keeps_its_number(desk: Desk, receiver: Receiver, link: Any) -> None:
    scale = SigningScale()
    desk.register(scale)
    hand(receiver, scale, scale.enrol(), scale.boot())
    hand(receiver, scale, scale.snapshot(link=link), scale.snapshot())
    assert numbers_of(desk, scale) == [1, 2, 3, 4]
    assert {one["rule"] for one in desk.alerts(scale)} == {"authenticity", "continuity"}


@pytest.mark.parametrize("number", [0, -1, 1 << 32, None, "3"])
def test_without_a_readable_number_a_statement_is_stored_and_shown_under_none(
    desk: Desk, receiver: Receiver, number: Any
) -> None:
    scale = SigningScale()
    desk.register(scale)
    hand(receiver, scale, scale.enrol(), scale.boot())
    (receipt,) = hand(receiver, scale, scale.snapshot(number=number))
    assert receipt.number == 2
    assert numbers_of(desk, scale) == [0, 1, 2]


def test_a_lost_journal_told_by_a_head_that_breaks_the_format_still_lets_receipts_go_on(
    desk: Desk, receiver: Receiver
) -> None:
    scale = SigningScale()
    desk.register(scale)
    hand(receiver, scale, scale.enrol(), scale.boot())
    scale.skip(100)
    (receipt,) = hand(receiver, scale, scale.event(EventKind.JOURNAL_LOST, 2, link=bytes(16), flags=1 << 20))
    assert receipt.number == 103


def numbers_of(desk: Desk, scale: SigningScale) -> list[int]:
    """Under which numbers the scale's statements are stored."""
    c = statements.c
    query = select(c.number).join(identities, identities.c.id == c.identity_id).where(identities.c.kid == scale.kid)
    with database.reading(desk.engine) as connection:
        return list(connection.scalars(query.order_by(c.number)))
