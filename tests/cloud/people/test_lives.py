"""How long what opens a door lives, to the millisecond, and by which number a scale is told of who gave an order."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from kit.cloud_desk import Desk
from steelyard_cloud.db import database
from steelyard_cloud.people import access
from steelyard_cloud.people.roles import Principal, Role

NOW_MS = 1_800_000_000_000
HOUR_MS = 3_600_000


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A cloud with people."""
    desk = Desk(f"sqlite:///{tmp_path}/cloud.db")
    yield desk
    desk.close()


@pytest.mark.parametrize(("after_ms", "opens"), [(0, True), (HOUR_MS - 1, True), (HOUR_MS, False)])
def test_a_sign_in_link_lives_for_an_hour_and_one_use(desk: Desk, after_ms: int, opens: bool) -> None:
    with database.writing(desk.engine) as connection:
        link = access.create_sign_in_link(connection, desk.registry.users[Role.REGULATOR], NOW_MS)
        assert access.open_session(connection, link + "x", NOW_MS + after_ms) is None
        assert (access.open_session(connection, link, NOW_MS + after_ms) is not None) == opens
        assert access.open_session(connection, link, NOW_MS + after_ms) is None


def test_a_session_lives_for_twelve_hours_or_until_it_is_closed(desk: Desk) -> None:
    user = desk.registry.users[Role.REGULATOR]
    with database.writing(desk.engine) as connection:
        opened = [
            access.open_session(connection, access.create_sign_in_link(connection, user, NOW_MS), NOW_MS)
            for _ in range(2)
        ]
        first, second = (secret or "" for secret in opened)
        principal = access.by_session(connection, first, NOW_MS + 12 * HOUR_MS - 1)
        assert principal is not None
        assert (principal.actor, principal.role, principal.user_id) == (f"user:{user}", Role.REGULATOR, user)
        assert (principal.name, principal.organisation) == ("Wang Li", "Hangzhou Market Supervision")
        assert (principal.organisation_id, principal.division) == (
            desk.registry.organisations["Hangzhou Market Supervision"],
            "330100",
        )
        assert access.by_session(connection, first, NOW_MS + 12 * HOUR_MS) is None
        access.close_session(connection, first)
        assert access.by_session(connection, first, NOW_MS) is None
        assert access.by_session(connection, second, NOW_MS) is not None, "that of another browser goes on"


@pytest.mark.parametrize(
    ("actor", "number"),
    [
        ("user:7", 7),
        ("token:7", 0x80000007),
        (f"user:{2**31 + 5}", 5),
        (f"token:{2**31 - 1}", 2**32 - 1),
        ("user:1", 1),
        ("token:0", 2**31),
    ],
)
def test_a_scale_is_told_of_a_person_and_of_a_token_by_different_numbers(actor: str, number: int) -> None:
    assert Principal(actor, Role.ADMIN, "x", 1, "x", None).number == number
