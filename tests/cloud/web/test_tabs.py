"""Seven tabs of a console in a real browser, which opens six connections to a host: all load and stay live."""

import itertools
import re
from collections.abc import Callable, Iterator

import pytest
from kit.servers import CHROMIUM_ARGUMENTS, wait_until
from kit.world import World
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect, sync_playwright
from steelyard_cloud.people.roles import Role

TABS = 7
LOADS_MS = 10_000
LIVE_MS = 6_000
SLEEPS_MS = 6_000
HOLDER = "navigator.locks.query().then((locks) => locks.held.map((one) => one.clientId).join())"
Open = Callable[[], Page]


@pytest.fixture(scope="module")
def browser(chromium_path: object) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=str(chromium_path), args=list(CHROMIUM_ARGUMENTS))
        yield made
        made.close()


@pytest.fixture
def console(browser: Browser, world: World) -> Iterator[BrowserContext]:
    """A regulator's browser, signed in; its one tab is closed again."""
    context = browser.new_context(locale="en-GB")
    context.set_default_timeout(LOADS_MS)
    sign_in(context, world, Role.REGULATOR)
    yield context
    context.close()


def hasten(context: BrowserContext) -> None:
    """Let pages look after one second, and not after five, whether they still hear of changes."""

    def shortened(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=re.sub(r"(LOOK_MS|POLL_MS) = 5000", r"\1 = 1000", answer.text()))

    context.route(re.compile(r"/(stream|live)\.js"), shortened)


def sign_in(context: BrowserContext, world: World, role: Role) -> None:
    page = context.new_page()
    page.goto(world.sign_in_link(role))
    page.get_by_role("button", name="Open the console").click()
    page.wait_for_load_state()
    page.close()


def tab(context: BrowserContext, world: World, path: str = "/alerts") -> Page:
    """One more tab, loaded, connected and live; `notReloaded` stays true as long as it is the same page."""
    page = context.new_page()
    page.goto(f"{world.settings.url}{path}")
    expect(page.locator("[data-live-indicator]")).to_have_attribute("data-state", "on", timeout=LOADS_MS)
    page.evaluate("window.notReloaded = true")
    return page


def streams(world: World) -> int:
    return len(world.app.state.context.hub._listeners)


def see(world: World, pages: list[Page], number: int) -> None:
    """A new scale cheats: the alert, the `number`th, appears on all pages without a reload."""
    scale = world.in_use(f"HT-{number}")
    world.send(scale, scale.cheat())
    for page in pages:
        expect(page.locator("#alerts tbody tr")).to_have_count(number, timeout=LIVE_MS)
        assert page.evaluate("window.notReloaded") is True


def test_seven_tabs_load_share_one_stream_and_stay_live(world: World, console: BrowserContext) -> None:
    pages = [tab(console, world) for _ in range(TABS)]
    see(world, pages, 1)
    assert streams(world) == 1
    other = tab(console, world, "/scales")
    expect(other.locator("#scales tbody tr")).to_have_count(1)


@pytest.mark.parametrize("order", ["first first", "last first", "from the middle"])
def test_tabs_stay_live_in_whatever_order_others_close(world: World, console: BrowserContext, order: str) -> None:
    pages, alerts = [tab(console, world) for _ in range(TABS)], itertools.count(1)
    while pages:
        see(world, pages, next(alerts))
        at = {"first first": 0, "last first": -1, "from the middle": len(pages) // 2}[order]
        for _ in range(2):
            if pages:
                pages.pop(at if at < len(pages) else 0).close()
    world.until(lambda: streams(world) == 0, "the end of the stream")


def test_a_stream_is_taken_from_a_tab_that_sleeps(world: World, console: BrowserContext) -> None:
    hasten(console)
    first, second = tab(console, world), tab(console, world)
    before = second.evaluate(HOLDER)
    first.evaluate(f"setTimeout(() => {{ const end = Date.now() + {SLEEPS_MS}; while (Date.now() < end); }})")
    wait_until(lambda: second.evaluate(HOLDER) not in (before, ""), SLEEPS_MS / 1000, "the stream taken over")
    see(world, [second], 1)
    expect(first.locator("#alerts tbody tr")).to_have_count(1, timeout=SLEEPS_MS + LIVE_MS)
    world.until(lambda: streams(world) == 1, "the old stream given up")


def test_a_browser_that_cannot_share_a_stream_looks_by_itself(world: World, browser: Browser) -> None:
    context = browser.new_context(locale="en-GB")
    context.add_init_script("Object.defineProperty(Navigator.prototype, 'locks', { value: undefined })")
    hasten(context)
    sign_in(context, world, Role.REGULATOR)
    pages = [tab(context, world) for _ in range(TABS)]
    see(world, pages, 1)
    assert streams(world) == 0
    context.close()


def test_two_people_in_one_browser_do_not_share(world: World, console: BrowserContext) -> None:
    regulator = tab(console, world)
    sign_in(console, world, Role.ADMIN)
    admin = tab(console, world)
    world.until(lambda: streams(world) == 2, "a stream for each")
    see(world, [admin, regulator], 1)


def test_a_tab_finds_out_that_the_session_ended(world: World, console: BrowserContext) -> None:
    pages = [tab(console, world) for _ in range(2)]
    pages[0].get_by_role("button", name="Sign out").click()
    pages[0].wait_for_url("**/sign-in")
    world.app.state.context.hub._drop_all()  # as after ten minutes
    pages[1].wait_for_url("**/sign-in", timeout=LOADS_MS)
