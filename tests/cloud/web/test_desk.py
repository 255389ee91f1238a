"""What a regulator sees, in a real browser: alerts appear by themselves, evidence can be had, decisions stay."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from kit.servers import CHROMIUM_ARGUMENTS
from kit.world import World
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from steelyard_cloud.people.roles import Role

SCREENSHOTS = Path(__file__).parents[3] / "build" / "screenshots"
DESK = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def browser(chromium_path: Path) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=str(chromium_path), args=list(CHROMIUM_ARGUMENTS))
        yield made
        made.close()


@pytest.fixture
def desk(browser: Browser, world: World) -> Iterator[Page]:
    """A regulator's browser, signed in by a link."""
    context = browser.new_context(viewport=DESK, locale="en-GB", device_scale_factor=1)
    page = context.new_page()
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(world.sign_in_link(Role.REGULATOR))
    page.get_by_role("button", name="Open the console").click()
    page.wait_for_url("**/alerts")
    yield page
    context.close()
    assert problems == []


def shoot(page: Page, name: str, *, whole: bool = True) -> None:
    """A screenshot for people to look at."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=whole)


def market(world: World) -> list:
    """Three scales of a market with a day of honest reports."""
    places = ("龙翔桥市场 A-12", "龙翔桥市场 B-03", "文三路 218 号")
    made = []
    for index, place in enumerate(places):
        scale = world.in_use(f"HT26-{40117 + index}", place, start_s=world.now // 1000 - 60 * 600)
        loads = (0, 0, 350_000, 0, 1_240_000, 0, 0, 2_755_000, 0, 515_000, 0, 0)
        reports = [scale.snapshot(loads[n % 12], 34 + n * 7 % 11, drift=n * 3 % 17 - 8) for n in range(58)]
        world.send(scale, reports)
        made.append(scale)
    return made


def test_alert_appears_without_a_reload_and_is_decided(world: World, desk: Page) -> None:
    honest, cheat, _third = market(world)
    expect(desk.get_by_text("No alerts. New ones appear here by themselves.")).to_be_visible()
    expect(desk.locator("[data-live-indicator]")).to_have_attribute("data-state", "on")
    shoot(desk, "desk-empty")
    desk.evaluate("window.notReloaded = true")
    world.send(cheat, cheat.cheat())
    row = desk.locator("#alerts tbody tr")
    expect(row).to_have_count(1, timeout=3_000)
    expect(row).to_contain_text("Parameters changed without a permit")
    assert desk.evaluate("window.notReloaded") is True
    expect(desk).to_have_title("(1) Alerts · Steelyard")
    world.send(cheat, [cheat.snapshot(1_000_000)])
    world.send(honest, honest.open_case())
    shoot(desk, "desk-alerts")
    desk.get_by_role("link", name="Parameters changed without a permit").click()
    expect(desk.locator("#alert-verdict")).to_contain_text("1.000 kg on the pan is now shown as 1.100 kg: +10.0 %.")
    expect(desk.locator("tr.changed")).to_contain_text("Calibration point 1: counts")
    shoot(desk, "desk-alert")
    desk.get_by_text("19 parameters are as verified").click()
    desk.locator("#alert-parameters").evaluate("part => { part.dataset.seen = 'before' }")
    world.send(cheat, cheat.cheat(200))
    expect(
        desk.get_by_text("The parameters have been changed again since then; both sets are shown below.")
    ).to_be_visible()
    expect(desk.locator("#alert-parameters[data-seen]")).to_have_count(0)
    expect(desk.locator("#alert-parameters details")).to_have_attribute("open", "")
    shoot(desk, "desk-alert-changed-again")
    desk.get_by_label("New status").select_option("investigating")
    desk.get_by_label("Reason").fill("Inspector sent to the stall")
    desk.get_by_role("button", name="Record the decision").click()
    expect(desk.locator("#alert-state")).to_contain_text("Investigating")
    expect(desk.locator("#alert-actions")).to_contain_text("Wang Li: Inspector sent to the stall")
    desk.goto(f"{world.settings.url}/scales/{cheat.code}")
    expect(desk.locator("figure img").first).to_be_visible()
    assert all(desk.evaluate("[...document.images].map((image) => image.complete && image.naturalWidth > 0)"))
    shoot(desk, "desk-scale")
    desk.goto(f"{world.settings.url}/scales")
    shoot(desk, "desk-scales")
    desk.goto(f"{world.settings.url}/alerts?lang=zh-CN")
    shoot(desk, "desk-alerts-zh")
    desk.get_by_role("link", name="HT26").first.click()
    shoot(desk, "desk-scale-zh")
    desk.goto(f"{world.settings.url}/alerts/1")
    shoot(desk, "desk-alert-zh")


def phone(browser: Browser, locale: str, **options: object) -> BrowserContext:
    """A consumer's phone without JavaScript."""
    return browser.new_context(
        viewport=PHONE, locale=locale, java_script_enabled=False, device_scale_factor=2, **options
    )


def test_public_page_works_without_javascript(world: World, browser: Browser) -> None:
    honest, cheat, _ = market(world)
    world.send(cheat, cheat.cheat())
    world.until(lambda: world.one(cheat)["verdict"] == "altered", "altered")
    for locale, name in (("en-GB", "en"), ("zh-CN", "zh")):
        context = phone(browser, locale)
        page = context.new_page()
        for code, what, tone in (
            (honest.code, "verified", "good"),
            (cheat.code, "altered", "bad"),
            ("0000000000000000", "unknown", "bad"),
        ):
            page.goto(f"{world.settings.url}/s/{code}")
            expect(page.locator(f".verdict.{tone} h1")).to_be_in_viewport()
            expect(page.locator("html")).to_have_attribute("lang", locale if name == "zh" else "en")
            assert page.locator("main").bounding_box()["width"] <= PHONE["width"], "no scrolling sideways"
            shoot(page, f"phone-{what}-{name}")
        page.goto(f"{world.settings.url}/s")
        page.locator("input[name=code]").fill(honest.code.lower())
        page.locator("button").click()
        expect(page.locator(".verdict.good h1")).to_be_visible()
        page.goto(f"{world.settings.url}/s")
        shoot(page, f"phone-look-up-{name}")
        context.close()
    context = phone(browser, "en-GB", color_scheme="dark")
    page = context.new_page()
    page.goto(f"{world.settings.url}/s/{honest.code}")
    shoot(page, "phone-verified-dark")
    context.close()


def test_several_alerts_are_decided_at_once_after_a_preview(world: World, desk: Page) -> None:
    scales = [world.in_use(f"HT26-{number}", "龙翔桥市场") for number in (1, 2, 3)]
    for scale in scales:
        world.send(scale, scale.cheat())
    expect(desk.locator("#alerts tbody tr")).to_have_count(3)
    desk.get_by_label("Select alert 1").check()
    desk.get_by_label("Select alert 2").check()
    world.send(scales[0], scales[0].cheat(200))
    world.until(lambda: len(world.alerts()) == 4, "another alert")
    expect(desk.get_by_label("Select alert 1")).to_be_checked()
    desk.get_by_label("Decide all selected:").select_option("investigating")
    desk.get_by_role("button", name="Preview").click()
    expect(desk.get_by_role("heading", name="These 2 alerts will change")).to_be_visible()
    shoot(desk, "desk-preview")
    desk.get_by_label("Reason").fill("One inspection for the whole market")
    desk.get_by_role("button", name="Record the decision").click()
    desk.wait_for_url("**/alerts")
    states = {alert["id"]: (alert["state"], alert["assignee"]) for alert in world.alerts()}
    assert states == {
        1: ("investigating", "Wang Li"),
        2: ("investigating", "Wang Li"),
        3: ("open", None),
        4: ("open", None),
    }
    desk.goto(f"{world.settings.url}/alerts/decide?to=closed&alert=1&alert=3")
    expect(desk.get_by_text("None: none of the selected alerts can be given this status.")).to_be_visible()
    expect(desk.get_by_role("button", name="Record the decision")).to_have_count(0)


def test_the_plots_and_statements_of_a_scale_follow_without_a_reload(world: World, desk: Page) -> None:
    scale = world.in_use("HT26-1", start_s=world.now // 1000 - 60 * 600)
    world.send(scale, [scale.snapshot(100_000 * n) for n in range(40)])
    desk.goto(f"{world.settings.url}/scales/{scale.code}")
    first = desk.locator("#scale-statements tbody tr").first
    expect(first).to_have_attribute("data-key", "42")
    desk.evaluate("window.notReloaded = true")
    world.send(scale, [scale.snapshot(7_000_000)])
    expect(first).to_have_attribute("data-key", "43", timeout=8_000)
    expect(first).to_contain_text("7.000 kg")
    assert desk.locator("figure img").first.get_attribute("src").endswith("n=43&lang=en")
    assert desk.evaluate("window.notReloaded") is True
    desk.get_by_role("link", name="Older statements").click()
    expect(desk.locator("#scale-statements tbody tr").first).to_have_attribute("data-key", "18")
