"""A scale's life goes by number on console and public page, and nothing pushes a change of parameters out of sight."""

import re
from html import unescape

import httpx
import pytest
from kit.parameters import MAP
from kit.signing_scale import SigningScale
from kit.world import World
from steelyard_cloud.people.roles import Role
from steelyard_cloud.scales.public import EVENTS_SHOWN
from steelyard_protocol.events import EventKind

CONSOLE, PUBLIC = "/scales/{}", "/s/{}"
LINE = re.compile(r"<li[^>]*><time>(.*?)</time>(.*?)</li>", re.DOTALL)
HEADING = {CONSOLE: 'id="scale-life"', PUBLIC: "What happened"}
CHANGED = {CONSOLE: "Parameters changed: ", PUBLIC: "Its parameters were changed"}


@pytest.fixture
def desk(world: World) -> httpx.Client:
    return world.signed_in(Role.REGULATOR)


def lines(client: httpx.Client, path: str, **query: int) -> list[str]:
    """The entries of a scale's life on a page, the newest first."""
    answer = client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return [unescape(text).strip() for _, text in LINE.findall(answer.text)]


def numbers(client: httpx.Client, scale: SigningScale, **query: int) -> list[int]:
    """The numbers of the entries on the console, those that have one."""
    answer = client.get(CONSOLE.format(scale.code), params=query)
    return [int(one) for one in re.findall(r"<time>[^<]*? · statement (\d+)</time>", answer.text)]


def older(client: httpx.Client, path: str, **query: int) -> dict[str, int]:
    """The query of the link to older entries; empty where there is none."""
    text = client.get(path, params=query).text
    found = re.search(r'\?(life_before|before)=(\d+)#(?:scale-life|history)"', text)
    return {found[1]: int(found[2])} if found else {}


def paged(client: httpx.Client, address: str, heading: str) -> list[list[str]]:
    """The entries of each page of a life, without what is repeated of earlier ones."""
    pages: list[list[str]] = []
    query: dict[str, int] = {}
    while not pages or query:
        text = client.get(address, params=query).text
        first_list = text[text.index(heading) :]
        first_list = first_list[: first_list.index("</ol>")]
        pages.append([unescape(line).strip() for _, line in LINE.findall(first_list)])
        query = older(client, address, **query)
    return pages


def noise(scale: SigningScale, count: int) -> list[bytes]:
    return [scale.event(EventKind.CLOCK_SET, scale.time_s, scale.time_s + 1, 2) for _ in range(count)]


def test_order_is_by_number_whatever_the_clock_says_and_whatever_comes_late(world: World, desk: httpx.Client) -> None:
    scale = world.in_use("HT-1")
    opened = scale.open_case()
    scale.time_s += 400 * 86_400  # the clock runs ahead for a while
    ahead = scale.event(EventKind.UNLOCKED, 1, None)
    scale.time_s -= 800 * 86_400  # and then behind
    behind = scale.cheat()
    world.send(scale, [*behind, ahead], held=False)
    world.until(lambda: world.head(scale) == scale.number, "what is newer")
    world.now += 60_000
    world.send(scale, opened, held=False)
    world.until(lambda: world.one(scale)["stored"] == scale.number, "what came late")
    console = lines(desk, CONSOLE.format(scale.code))
    assert numbers(desk, scale) == [9, 7, 6, 5, 4, 3, 2, 2]
    public = lines(world.client(None), PUBLIC.format(scale.code))
    assert [text.split()[0] for text in public] == ["Its", "Scale", "Scale", "Case", "Verified", "Put"]
    assert console[-1] == "Enrolled by its maker with its own key"
    assert console[-3].startswith("Verified by Hangzhou Metrology Institute")


@pytest.mark.parametrize("path", [CONSOLE, PUBLIC])
def test_a_change_stays_in_sight_whatever_else_happens(world: World, desk: httpx.Client, path: str) -> None:
    scale = world.in_use("HT-1")
    world.send(scale, scale.cheat())
    for _ in range(3):
        world.send(scale, noise(scale, 100))
    for _ in range(30):
        world.send(scale, scale.open_case())
    world.send(scale, [scale.boot() for _ in range(30)])
    found = lines(desk, path.format(scale.code))
    assert [text for text in found if text.startswith(CHANGED[path])], found
    assert "Earlier changes of parameters" in desk.get(path.format(scale.code)).text


@pytest.mark.parametrize("path", [CONSOLE, PUBLIC])
def test_all_of_a_life_can_be_paged_through(world: World, desk: httpx.Client, path: str) -> None:
    scale = world.in_use("HT-1")
    told = []
    for at in range(12):
        told += scale.adjust({40: MAP[40] + at})
        told += scale.open_case()
    world.send(scale, [*told, scale.snapshot()])
    pages = paged(desk, path.format(scale.code), HEADING[path])
    seen = [line for page in pages for line in page]
    assert len(pages) > 2
    assert sum(line.startswith(CHANGED[path]) for line in seen) == 12
    assert sum("case" in line.lower() and "open" in line.lower() for line in seen) == 12
    assert sum(line.startswith("Verified by") for line in seen) == 1
    assert seen[-1].startswith({CONSOLE: "Enrolled", PUBLIC: "Put on record"}[path])
    assert len(seen) == {CONSOLE: 12 * 5 + 3, PUBLIC: 12 * 3 + 2}[path], "each once"


def test_many_changes_are_paged_too_and_none_is_left_out(world: World, desk: httpx.Client) -> None:
    scale = world.in_use("HT-1")
    changes = [scale.change({40: MAP[40] + 1 + at}, commit=2) for at in range(70)]
    world.send(scale, changes)
    query: dict[str, int] = {}
    seen: set[int] = set()
    while True:
        seen |= set(numbers(desk, scale, **query))
        if not (query := older(desk, CONSOLE.format(scale.code), **query)):
            break
    assert seen == set(range(2, 73))


def test_events_of_one_kind_alone_are_paged_on_the_public_page_too(world: World, desk: httpx.Client) -> None:
    scale = world.in_use("HT-1")
    world.send(scale, [scale.change({40: MAP[40] + 1 + at}, commit=2) for at in range(2 * EVENTS_SHOWN)])
    pages = paged(desk, PUBLIC.format(scale.code), HEADING[PUBLIC])
    assert [sum(line.startswith(CHANGED[PUBLIC]) for line in page) for page in pages] == [EVENTS_SHOWN] * 2


def test_a_permit_stands_behind_what_had_arrived_and_on_one_page_only(world: World, desk: httpx.Client) -> None:
    scale = world.in_use("HT-1")
    world.send(scale, noise(scale, 30))
    world.now += 1000
    terms = {"fields": ["gravity_use_um_s2"], "not_after": world.now // 1000 + 3600}
    permitted = world.client(Role.REGULATOR).post(f"/api/v1/scales/{scale.code}/permits", json=terms)
    assert permitted.status_code == 201
    world.now += 1000
    world.send(scale, noise(scale, 30))
    address, query, found = CONSOLE.format(scale.code), {}, []
    while True:
        page = lines(desk, address, **query)
        at = [n for n, text in enumerate(page) if text.startswith("Adjustment permitted by")]
        found += [(query, page[n - 1], numbers(desk, scale, **query)) for n in at]
        if not (query := older(desk, address, **query)):
            break
    assert len(found) == 1
    query, _, there = found[0]
    assert there[0] > 32 > there[-1], "between number 32 and the next"


def test_pages_of_another_number_than_there_is_are_empty_or_whole(world: World, desk: httpx.Client) -> None:
    scale = world.in_use("HT-1")
    assert lines(desk, CONSOLE.format(scale.code), life_before=1) == ["Enrolled by its maker with its own key"]
    whole = lines(desk, CONSOLE.format(scale.code))
    assert lines(desk, CONSOLE.format(scale.code), life_before=2**32) == whole
    assert desk.get(f"/scales/{scale.code}?life_before=0").status_code == 422
