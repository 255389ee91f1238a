"""`make screenshots`: play the demo up to the caught cheat and take the pictures of the documentation from it."""

from pathlib import Path

from playwright.sync_api import Browser, sync_playwright
from steelyard_simulator.demo.counter import Counter
from steelyard_simulator.demo.narration import Narration
from steelyard_simulator.demo.scene import set_up
from steelyard_simulator.demo.story import CHEAT, CHEAT_AT_S, Story

from kit import servers
from kit.servers import wait_until

ROOT = Path(__file__).resolve().parents[2]
IMAGES = ROOT / "docs" / "images"


def main() -> None:
    """Write console.png, scale.png, public.png, counter.png and receipt.png."""
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright, set_up(Narration(as_json=False), port=8080) as scene:
        browser = playwright.chromium.launch(
            executable_path=str(servers.chromium()), args=list(servers.CHROMIUM_ARGUMENTS)
        )
        story = Story(scene)
        story.play(CHEAT_AT_S + 3)
        code = scene.stalls[CHEAT].public_code
        take_console(browser, scene.sign_in_link(), scene.cloud.url, code)
        take_public(browser, f"{scene.cloud.url}/s/{code}", "public.png")
        take_counter(browser, scene.counter)
        browser.close()
        story.stop()


def take_console(browser: Browser, sign_in: str, url: str, code: str) -> None:
    """The alert with its parameters side by side, and the scale with its plot, as the regulator sees them."""
    page = browser.new_page(viewport={"width": 1200, "height": 860}, device_scale_factor=1.5, locale="en-GB")
    page.goto(sign_in)
    page.get_by_role("button").first.click()
    page.goto(f"{url}/alerts")
    page.locator("a[href^='/alerts/']").first.click()
    page.wait_for_load_state()
    page.screenshot(path=IMAGES / "console.png")
    page.goto(f"{url}/scales/{code}")
    page.screenshot(path=IMAGES / "scale.png")


def take_counter(browser: Browser, counter: Counter) -> None:
    """The stall that sells, after a sale, and what the code on its receipt proves."""
    page = browser.new_page(viewport={"width": 1240, "height": 640}, locale="en-GB")
    page.goto(counter.url)
    page.locator(".paper a").first.wait_for()
    page.wait_for_timeout(1000)
    page.screenshot(path=IMAGES / "counter.png")
    link = page.locator(".paper a").first.get_attribute("href")
    wait_until(lambda: "On record" in page.request.get(str(link)).text(), 20, "the sale in the cloud")
    take_public(browser, str(link), "receipt.png")


def take_public(browser: Browser, address: str, name: str) -> None:
    """A public page on a phone without JavaScript."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, device_scale_factor=2, locale="en-GB", java_script_enabled=False
    )
    page = context.new_page()
    page.goto(address)
    page.screenshot(path=IMAGES / name)


if __name__ == "__main__":
    main()
