"""`make screenshots`: play the demo up to the caught cheat and take the pictures of the documentation from it."""

from pathlib import Path

from playwright.sync_api import Browser, sync_playwright
from steelyard_simulator.demo.narration import Narration
from steelyard_simulator.demo.scene import set_up
from steelyard_simulator.demo.story import CHEAT, CHEAT_AT_S, Story

from kit import servers

ROOT = Path(__file__).resolve().parents[2]
IMAGES = ROOT / "docs" / "images"


def main() -> None:
    """Write console.png, scale.png and public.png."""
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright, set_up(Narration(as_json=False), port=8080) as scene:
        browser = playwright.chromium.launch(
            executable_path=str(servers.chromium()), args=list(servers.CHROMIUM_ARGUMENTS)
        )
        story = Story(scene)
        story.play(CHEAT_AT_S + 3)
        code = scene.stalls[CHEAT].public_code
        take_console(browser, scene.sign_in_link(), scene.cloud.url, code)
        take_public(browser, f"{scene.cloud.url}/s/{code}")
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


def take_public(browser: Browser, address: str) -> None:
    """The public page on a phone without JavaScript."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, device_scale_factor=2, locale="en-GB", java_script_enabled=False
    )
    page = context.new_page()
    page.goto(address)
    page.screenshot(path=IMAGES / "public.png")


if __name__ == "__main__":
    main()
