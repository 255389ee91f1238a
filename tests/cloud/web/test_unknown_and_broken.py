"""What a later version adds to a statement, and what breaks the format, is shown on the page and in the API."""

import html
import zlib
from typing import Any

import pytest
from kit.world import World
from steelyard_cloud.people.roles import Role
from steelyard_protocol import cbor

NOTHING = {"unknown_flags": [], "extra_head": None, "extra_body": None, "unread": [], "breaches": []}
TIME_BREACH = "the time is out of its range or of another type"


@pytest.mark.parametrize(
    ("kind", "body", "head", "shown", "words"),
    [
        (5, [3, [1]], {"flags": 1 << 10 | 1 << 15 | 2}, {"unknown_flags": [10, 15]}, "unknown flags 10, 15"),
        (
            5,
            [3, [1]],
            {"extra": [7]},
            {"extra_head": cbor.encode([7]).hex()},
            "Scale locked itself · unknown elements: 1",
        ),
        (5, [3, [1, 2], 3], {}, {"extra_body": cbor.encode([2, 3]).hex()}, "Scale locked itself · unknown elements: 2"),
        (5, [1_000, []], {}, {}, "Unknown kind of event: 1000"),
        (99, [], {}, {}, "A statement of an unknown kind"),
        (5, [3, [1]], {"time": -1}, {"unread": ["time"], "breaches": [TIME_BREACH]}, f"format: {TIME_BREACH}"),
    ],
)
def test_page_and_api_show_it(
    quiet: World, kind: int, body: list[Any], head: dict[str, Any], shown: dict[str, Any], words: str
) -> None:
    scale = quiet.in_use(f"S-{zlib.crc32(words.encode())}")
    before = quiet.client(Role.ADMIN).get(f"/api/v1/scales/{scale.code}/statements").json()["statements"][0]
    assert {name: before[name] for name in NOTHING} == NOTHING
    quiet.send(scale, [scale.append(kind, body, **head)])
    newest = quiet.client(Role.ADMIN).get(f"/api/v1/scales/{scale.code}/statements").json()["statements"][0]
    assert (newest["number"], newest["kind"]) == (3, kind)
    assert {name: newest[name] for name in NOTHING} == NOTHING | shown
    page = html.unescape(quiet.signed_in(Role.ADMIN).get(f"/scales/{scale.code}").text)
    assert words in page
